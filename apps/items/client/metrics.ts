/** What the client counts, for Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Entry } from "./history.ts";
import { KINDS } from "./outcome.ts";

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class Metrics {
  readonly registry = new Registry();
  readonly #requests = new Counter({
    name: "items_client_requests_total",
    help: "Requests to the API, by what has come of them",
    labelNames: ["outcome"],
    registers: [this.registry],
  });
  readonly #duration = new Histogram({
    name: "items_client_request_duration_seconds",
    help: "Time from a request to what came of it",
    buckets: BUCKETS_SECONDS,
    registers: [this.registry],
  });
  readonly #ok = new Gauge({
    name: "items_client_last_ok",
    help: "1 if the last request was answered as it should be",
    registers: [this.registry],
  });

  /** With what the process itself uses: CPU time, memory, handles. */
  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const outcome of KINDS) this.#requests.inc({ outcome }, 0);
  }

  ended({ kind, ms }: Entry): void {
    this.#requests.inc({ outcome: kind });
    this.#duration.observe(ms / 1000);
    this.#ok.set(kind === "ok" ? 1 : 0);
  }
}
