/** A service behind the router: what all routes to it share, and what outlives a change of the config. */
import {
  type Balancer,
  type CircuitBreaker,
  type CircuitState,
  circuitBreaker,
  leastRequest,
  type OutlierDetection,
  outlierDetection,
  randomBalancer,
  roundRobin,
} from "../../../micromesh/traffic/index.ts";
import type { Addresses } from "./addresses.ts";
import type { ServiceConfig } from "./config.ts";
import { expand, hostOf, type ServiceEndpoint } from "./endpoints.ts";

export interface ServiceEvents {
  /** A circuit has changed its state. */
  circuitChanged(service: string, from: CircuitState, to: CircuitState): void;
}

export interface EndpointStatus {
  endpoint: ServiceEndpoint;
  /** Requests that it's busy with, until the last byte of their answers. */
  active: number;
  ejected: boolean;
}

export class Service {
  readonly name: string;
  readonly #addresses: Addresses;
  readonly #events: ServiceEvents;
  /** Requests under way, by endpoint. */
  readonly #active = new Map<string, number>();
  #config: ServiceConfig;
  #breaker: CircuitBreaker;
  #outliers: OutlierDetection;
  #balancer: Balancer;
  #expanded: { revision: number; endpoints: readonly ServiceEndpoint[] } | undefined;
  #isRetired = false;

  constructor(name: string, config: ServiceConfig, addresses: Addresses, events: ServiceEvents) {
    this.name = name;
    this.#addresses = addresses;
    this.#events = events;
    this.#config = config;
    this.#breaker = this.#newBreaker(config);
    this.#outliers = newOutliers(config);
    this.#balancer = this.#newBalancer(config);
  }

  get config(): ServiceConfig {
    return this.#config;
  }
  get breaker(): CircuitBreaker {
    return this.#breaker;
  }
  get outliers(): OutlierDetection {
    return this.#outliers;
  }
  get balancer(): Balancer {
    return this.#balancer;
  }

  /** Host names and IP addresses of its endpoints. */
  hosts(): string[] {
    return this.#config.endpoints.map(({ url }) => hostOf(url));
  }

  /**
   * Takes over another config. What is set as before keeps its state: a circuit isn't closed because
   * an endpoint has got another weight.
   */
  apply(config: ServiceConfig): void {
    const before = this.#config;
    const changed = (field: "circuit_breaker" | "outlier_detection" | "balancer") =>
      JSON.stringify(before[field]) !== JSON.stringify(config[field]);
    this.#config = config;
    this.#expanded = undefined;
    if (changed("circuit_breaker")) this.#breaker = this.#newBreaker(config);
    if (changed("outlier_detection")) this.#outliers = newOutliers(config);
    if (changed("balancer")) this.#balancer = this.#newBalancer(config);
  }

  /** Those there are now, ejected or not. */
  endpoints(): readonly ServiceEndpoint[] {
    const { revision } = this.#addresses;
    if (!this.#expanded || (this.#expanded.revision !== revision && !this.#isRetired)) {
      const endpoints = expand(this.#config.endpoints, (host) => this.#addresses.of(host));
      this.#expanded = { revision, endpoints };
    }
    return this.#expanded.endpoints;
  }

  /** Has the endpoints stay as they are, for what is under way: nobody follows its names any more. */
  retire(): void {
    this.endpoints();
    this.#isRetired = true;
  }

  /** Counts a request to an endpoint. @returns to be called when it's over */
  begin(id: string): () => void {
    this.#active.set(id, (this.#active.get(id) ?? 0) + 1);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      const left = (this.#active.get(id) ?? 0) - 1;
      if (left > 0) this.#active.set(id, left);
      else this.#active.delete(id);
    };
  }

  status(): EndpointStatus[] {
    const ejected = new Set(this.#outliers.ejections().map(({ id }) => id));
    return this.endpoints().map((endpoint) => ({
      endpoint,
      active: this.#activeOf(endpoint.id),
      ejected: ejected.has(endpoint.id),
    }));
  }

  /** Closes the circuit, and takes back who is ejected. */
  reset(): void {
    this.#breaker.reset();
    // Whom it isn't told of is forgotten; with the next request everybody is there anew.
    this.#outliers.healthy([]);
  }

  readonly #activeOf = (id: string) => this.#active.get(id) ?? 0;

  #newBreaker({ circuit_breaker }: ServiceConfig): CircuitBreaker {
    return circuitBreaker({
      failureThreshold: circuit_breaker.failure_threshold,
      openMs: circuit_breaker.timeout_seconds * 1000,
      onChange: ({ from, to }) => this.#events.circuitChanged(this.name, from, to),
    });
  }

  #newBalancer({ balancer }: ServiceConfig): Balancer {
    switch (balancer) {
      case "round-robin":
        return roundRobin();
      case "random":
        return randomBalancer();
      case "least-request":
        return leastRequest(this.#activeOf);
    }
  }
}

function newOutliers({ outlier_detection }: ServiceConfig): OutlierDetection {
  return outlierDetection({
    consecutiveErrors: outlier_detection.consecutive_errors,
    baseEjectionMs: outlier_detection.ejection_seconds * 1000,
    maxEjectionPercent: outlier_detection.max_ejection_percent,
  });
}
