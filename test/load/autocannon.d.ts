/** As much of autocannon's interface as is used here; the package brings no types. */
declare module "autocannon" {
  import type { EventEmitter } from "node:events";

  export interface Client extends EventEmitter {
    setRequests(requests: Request[]): void;
  }

  export interface Request {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    /** Builds the request anew each time; a falsy value starts over with the first one. */
    setupRequest?(request: Request, context: object): Request | undefined;
    onResponse?(status: number, body: string): void;
  }

  export interface Options {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    /** Seconds. */
    timeout: number;
    setupClient(client: Client): void;
  }

  export interface Result {
    /** Seconds. */
    duration: number;
    /** Connection errors, time-outs included. */
    errors: number;
    timeouts: number;
    requests: { average: number; total: number };
    /** Milliseconds. */
    latency: { p50: number; p90: number; p97_5: number; p99: number; p99_9: number; max: number };
  }

  const autocannon: (options: Options) => Promise<Result>;
  export default autocannon;
}
