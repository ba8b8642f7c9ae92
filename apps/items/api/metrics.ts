/** What the API counts, for Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Database } from "./database/database.ts";
import { HOPS, type Hop } from "./database/failure.ts";

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class Metrics {
  readonly registry = new Registry();
  readonly #duration = new Histogram({
    name: "items_api_request_duration_seconds",
    help: "Time from a request to its answer, by the route's path",
    labelNames: ["method", "route", "status"],
    buckets: BUCKETS_SECONDS,
    registers: [this.registry],
  });
  readonly #failures = new Counter({
    name: "items_api_database_failures_total",
    help: "What the database didn't do, by the hop that failed",
    labelNames: ["hop"],
    registers: [this.registry],
  });

  /** With what the process itself uses: CPU time, memory, handles. */
  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const hop of HOPS) this.#failures.inc({ hop }, 0);
  }

  /** Has the connections of a database shown. */
  show(database: Database): void {
    new Gauge({
      name: "items_api_database_connections",
      help: "Connections in the pool, and requests that wait for one",
      labelNames: ["state"],
      registers: [this.registry],
      collect() {
        const { total, idle, waiting } = database.status();
        this.set({ state: "busy" }, total - idle);
        this.set({ state: "idle" }, idle);
        this.set({ state: "waiting" }, waiting);
      },
    });
    new Gauge({
      name: "items_api_database_up",
      help: "1 if the database has answered when it was last asked",
      registers: [this.registry],
      collect() {
        this.set(database.status().state === "well" ? 1 : 0);
      },
    });
  }

  answered(method: string, route: string, status: number, seconds: number): void {
    this.#duration.observe({ method, route, status }, seconds);
  }

  failed(hop: Hop): void {
    this.#failures.inc({ hop });
  }
}
