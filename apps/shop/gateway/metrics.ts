/** What the gateway counts, for Prometheus. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { UpstreamEvents } from "./upstream.ts";

const STATES = ["closed", "open", "half-open"];
const BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20,
];

export class Metrics implements UpstreamEvents {
  readonly registry = new Registry();
  readonly #duration = new Histogram({
    name: "shop_gateway_request_duration_seconds",
    help: "Time from a request to the last byte of its answer, with all retries",
    labelNames: ["service", "status"],
    buckets: BUCKETS_SECONDS,
    registers: [this.registry],
  });
  readonly #retries = new Counter({
    name: "shop_gateway_retries_total",
    help: "Retries of requests to a service",
    labelNames: ["service"],
    registers: [this.registry],
  });
  readonly #circuits = new Gauge({
    name: "shop_gateway_circuit_state",
    help: "1 for the state that a service's circuit is in",
    labelNames: ["service", "state"],
    registers: [this.registry],
  });

  readonly #log: (line: string) => void;

  /** @param services their circuits are closed @param log hears when one changes */
  constructor(services: string[], log: (line: string) => void = console.log) {
    this.#log = log;
    for (const service of services) {
      this.#retries.inc({ service }, 0);
      this.#turned(service, "closed");
    }
  }

  answered(service: string, status: number, seconds: number): void {
    this.#duration.observe({ service, status }, seconds);
  }

  retried(service: string): void {
    this.#retries.inc({ service });
  }

  circuitChanged(service: string, from: string, to: string): void {
    this.#log(`circuit of ${service}: ${from} -> ${to}`);
    this.#turned(service, to);
  }

  #turned(service: string, to: string): void {
    for (const state of STATES) this.#circuits.set({ service, state }, state === to ? 1 : 0);
  }
}
