/** What a replica counts, for Prometheus. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Service } from "../../runtime/http/service.ts";

const BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60,
];
/** Instead of a status, for requests without an answer, as Envoy has it in its access log. */
const NO_ANSWER = "0";

export class Metrics {
  readonly registry = new Registry();
  readonly #requests = new Counter({
    name: "service_requests_total",
    help: "Requests that are over, by the status of their answer; 0: they had none",
    labelNames: ["code"],
    registers: [this.registry],
  });
  readonly #duration = new Histogram({
    name: "service_request_duration_seconds",
    help: "Time from a request to the end of its answer",
    buckets: BUCKETS_SECONDS,
    registers: [this.registry],
  });
  readonly #active = new Gauge({
    name: "service_active_requests",
    help: "Requests that are under way",
    registers: [this.registry],
  });

  /** Counts a server's requests. To be called before routes are added. */
  watch(app: Service): void {
    app.addHook("onRequest", async (_request, { raw }) => {
      const ended = this.#duration.startTimer();
      this.#active.inc();
      raw.once("close", () => {
        this.#active.dec();
        ended();
        this.#requests.inc({ code: raw.writableFinished ? raw.statusCode : NO_ANSWER });
      });
    });
  }
}
