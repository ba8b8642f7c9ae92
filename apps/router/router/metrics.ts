/** What the router counts, for Prometheus. Labels are names of the config, statuses and a few words. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { CircuitState, Outcome } from "../../../micromesh/traffic/index.ts";
import type { UpstreamAnswer } from "../../runtime/http/send.ts";
import type { RouterEvents, Running } from "./router.ts";

/** The route or service of a request that has none. */
const NONE = "none";
const STATES: Record<CircuitState, number> = { closed: 0, "half-open": 1, open: 2 };
const BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20,
];

/** A request and its answer, when the connection has nothing more to do with them. */
export interface Served {
  route: string | undefined;
  service: string | undefined;
  /** The answer's status; 499 if the client has left before its end, 502 if the service has broken it off. */
  status: number;
  seconds: number;
}

export class Metrics implements RouterEvents {
  readonly registry = new Registry();
  readonly #log: (line: string) => void;
  #running: () => Running | undefined = () => undefined;

  readonly #requests = this.#counter(
    "router_requests_total",
    "Requests, by the status of their answer; 499: the client left, 502: also answers broken off",
    ["route", "service", "code"],
  );
  readonly #duration = new Histogram({
    name: "router_request_duration_seconds",
    help: "Time from a request to the last byte of its answer, with all retries",
    labelNames: ["route", "service"],
    buckets: BUCKETS_SECONDS,
    registers: [this.registry],
  });
  readonly #attempts = this.#counter("router_attempts_total", "Tries, by how they ended", [
    "service",
    "outcome",
  ]);
  readonly #retries = this.#counter(
    "router_retries_total",
    "Retries, by how the try before ended",
    ["route", "service", "reason"],
  );
  readonly #refused = this.#counter(
    "router_retries_refused_total",
    "Retries that the budget has refused",
    ["route", "service"],
  );
  readonly #circuitChanges = this.#counter(
    "router_circuit_changes_total",
    "Changes of a service's circuit, by its new state",
    ["service", "to"],
  );
  readonly #faults = this.#counter("router_faults_total", "Faults that have been injected", [
    "route",
    "kind",
  ]);
  readonly #reloads = this.#counter(
    "router_config_reloads_total",
    "Configs that have been read anew, by whether they were right",
    ["result"],
  );
  readonly #valid = this.#gauge("router_config_valid", "1 if the config's file is what runs", []);
  readonly #active = this.#gauge("router_active_requests", "Requests that are under way", []);

  /** @param log hears of circuits that change */
  constructor(log: (line: string) => void = console.log) {
    this.#log = log;
    this.#valid.set(1);
    for (const result of ["success", "failure"]) this.#reloads.inc({ result }, 0);
    this.#gauge(
      "router_circuit_state",
      "The state of a service's circuit: 0 closed, 1 half-open, 2 open",
      ["service"],
      (gauge) => {
        for (const [service, { breaker }] of this.#running()?.services ?? []) {
          gauge.set({ service }, STATES[breaker.status().state]);
        }
      },
    );
    this.#gauge("router_endpoints", "A service's endpoints", ["service", "state"], (gauge) => {
      for (const [service, one] of this.#running()?.services ?? []) {
        const all = one.status();
        const ejected = all.filter((endpoint) => endpoint.ejected).length;
        gauge.set({ service, state: "healthy" }, all.length - ejected);
        gauge.set({ service, state: "ejected" }, ejected);
      }
    });
  }

  /** Has the circuits and endpoints of what runs shown. */
  show(running: () => Running): void {
    this.#running = running;
  }

  begun(): void {
    this.#active.inc();
  }

  served({ route = NONE, service = NONE, status, seconds }: Served): void {
    this.#active.dec();
    this.#requests.inc({ route, service, code: status });
    this.#duration.observe({ route, service }, seconds);
  }

  tried(service: string, outcome: Outcome<UpstreamAnswer> | undefined): void {
    this.#attempts.inc({ service, outcome: outcome ? nameOf(outcome) : "ended" });
  }

  retried(route: string, service: string, outcome: Outcome<UpstreamAnswer>): void {
    this.#retries.inc({ route, service, reason: nameOf(outcome) });
  }

  retryRefused(route: string, service: string): void {
    this.#refused.inc({ route, service });
  }

  circuitChanged(service: string, from: CircuitState, to: CircuitState): void {
    this.#log(`circuit of ${service}: ${from} -> ${to}`);
    this.#circuitChanges.inc({ service, to });
  }

  faultInjected(route: string, kind: "delay" | "abort"): void {
    this.#faults.inc({ route, kind });
  }

  reloaded(problem: string | undefined): void {
    this.#reloads.inc({ result: problem === undefined ? "success" : "failure" });
    this.#valid.set(problem === undefined ? 1 : 0);
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  /** @param read sets its values anew whenever they are asked for */
  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read?: (gauge: Gauge<Label>) => void,
  ): Gauge<Label> {
    return new Gauge<Label>({
      name,
      help,
      labelNames,
      registers: [this.registry],
      ...(read && {
        collect() {
          this.reset();
          read(this);
        },
      }),
    });
  }
}

/** `5xx`, `connect-failure`, `per-try-timeout` */
function nameOf(outcome: Outcome<UpstreamAnswer>): string {
  if ("failure" in outcome) return outcome.failure;
  return `${Math.floor(outcome.answer.status / 100)}xx`;
}
