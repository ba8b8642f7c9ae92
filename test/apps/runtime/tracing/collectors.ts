/** Where tests send spans: to the real store, or to collectors that aren't well. */
import { createServer, type Server } from "node:net";
import { traceRoutes } from "../../../../apps/router/traces/routes.ts";
import type { KeptSpan } from "../../../../apps/router/traces/span.ts";
import { TraceStore } from "../../../../apps/router/traces/store.ts";
import { createService } from "../../../../apps/runtime/http/service.ts";
import { openTracing, type TracingOptions } from "../../../../apps/runtime/tracing/tracing.ts";
import type { Started } from "../../counter/servers.ts";
import { serve } from "../../shop/runtime/world.ts";

export interface Traces {
  url: string;
  store: TraceStore;
  /** All spans of all traces. */
  spans(): KeptSpan[];
}

/** The store as it runs, on a free port. */
export async function startTraces(started: Started, store = new TraceStore()): Promise<Traces> {
  const app = await createService({
    name: "traces",
    description: "",
    replica: "traces-0",
    version: "v1",
  });
  traceRoutes(app, store);
  const url = await serve(started, app);
  return { url, store, spans: () => [...store.newest()].flatMap(({ spans }) => spans) };
}

/** Tracing of a program that sends its spans to a collector, or nowhere. */
export function traced(collector: string | undefined, options: Partial<TracingOptions> = {}) {
  return openTracing({
    service: "router",
    version: "v2",
    replica: "router-0",
    env: collector === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: collector },
    log: () => {},
    ...options,
  });
}

/** Takes connections, and never says anything. */
export async function silent(started: Started): Promise<string> {
  const server: Server = createServer((socket) => socket.resume());
  return `http://127.0.0.1:${await started.listen(server)}`;
}
