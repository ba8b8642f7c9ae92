import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { registerUsage } from "../../usage/metrics.ts";
import type { RequestCount } from "../agent/messages.ts";
import type { Simulator } from "../simulator.ts";

/**
 * The simulator's Prometheus metrics. Requests carry Istio's names and labels
 * (https://istio.io/latest/docs/reference/config/metrics/), so that its dashboards work.
 */
export class Metrics {
  readonly registry = new Registry();
  private readonly requests = new Counter({
    name: "istio_requests_total",
    help: "Requests served by simulated pods.",
    labelNames: [
      "reporter",
      "source",
      "source_principal",
      "destination",
      "response_code",
      "connection_security_policy",
    ],
    registers: [this.registry],
  });
  private readonly durations = new Histogram({
    name: "istio_request_duration_milliseconds",
    help: "Duration of requests served by simulated pods.",
    labelNames: ["destination"],
    buckets: [1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000],
    registers: [this.registry],
  });

  add(destination: string, reports: RequestCount[]): void {
    for (const report of reports) {
      this.requests.inc(
        {
          reporter: "destination",
          source: report.source,
          source_principal: report.sourcePrincipal,
          destination,
          response_code: String(report.responseCode),
          connection_security_policy: report.mtls ? "mutual_tls" : "none",
        },
        report.durations.length,
      );
      for (const duration of report.durations) this.durations.observe({ destination }, duration);
    }
  }

  /** Pods' states are read when they're asked for. */
  watch(simulator: Simulator): void {
    registerUsage(this.registry, () => simulator.usage.now());
    const restarts = new Gauge({
      name: "micromesh_container_restarts",
      help: "Restarts of each container.",
      labelNames: ["pod", "container"],
      registers: [this.registry],
      collect: () => {
        restarts.reset();
        for (const pod of simulator.cluster.statuses) {
          for (const { name, restarts: count } of pod.containers) {
            restarts.set({ pod: `${pod.namespace}/${pod.name}`, container: name }, count);
          }
        }
      },
    });
    const ready = new Gauge({
      name: "micromesh_pod_ready",
      help: "1 for a pod that is ready.",
      labelNames: ["pod"],
      registers: [this.registry],
      collect: () => {
        ready.reset();
        for (const pod of simulator.cluster.statuses) {
          ready.set({ pod: `${pod.namespace}/${pod.name}` }, pod.ready ? 1 : 0);
        }
      },
    });
  }
}
