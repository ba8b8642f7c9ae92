import type { Observation } from "../../../micromesh/verify/client/observation.ts";
import { ProbeError, type Transport } from "../../../micromesh/verify/transport.ts";
import type { FakeClock } from "./clock.ts";

/** What a host answers when it's asked at a time, in milliseconds; an Error: it can't be asked. */
export type Behaviour = (at: number) => Partial<Observation> | Error;

/** A network of hosts that behave as they're told, each after `ms` of its own time. */
export class FakeNetwork implements Transport {
  /** When each host was asked, in milliseconds. */
  readonly asked: Record<string, number[]> = {};
  /** The most requests of one host that were under way together. */
  most = 0;
  readonly #clock: FakeClock;
  readonly #hosts: Record<string, Behaviour>;
  readonly #open: Record<string, number> = {};

  constructor(clock: FakeClock, hosts: Record<string, Behaviour>) {
    this.#clock = clock;
    this.#hosts = hosts;
  }

  async observe(...[, request, timeoutMs]: Parameters<Transport["observe"]>): Promise<Observation> {
    if (request.kind !== "tcp") throw new ProbeError(`only tcp, not ${request.kind}`);
    const { host } = request;
    const at = this.#clock.now();
    this.asked[host] = [...(this.asked[host] ?? []), at];
    this.#open[host] = (this.#open[host] ?? 0) + 1;
    this.most = Math.max(this.most, this.#open[host]);
    const seen = this.#hosts[host]?.(at) ?? {};
    if (!(seen instanceof Error)) {
      await this.#clock.sleep(seen.ms ?? (seen.failure === "timeout" ? timeoutMs : 1));
    }
    this.#open[host]--;
    if (seen instanceof Error) throw seen;
    return { ms: this.#clock.now() - at, ...seen };
  }

  async close() {}
}
