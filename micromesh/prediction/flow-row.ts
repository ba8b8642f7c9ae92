import type { Flow } from "./prediction.ts";

/** A flow whose reasons are put in words when they're first looked at: a matrix of many needs none. */
export class FlowRow implements Flow {
  readonly from: string;
  readonly to: string;
  readonly ports: string;
  readonly verdict: Flow["verdict"];
  neededBy: string[];
  readonly reachesListener: boolean;
  readonly requests?: string[];
  #because: string[] | (() => string[]);

  constructor(flow: Omit<Flow, "because">, because: () => string[]) {
    this.from = flow.from;
    this.to = flow.to;
    this.ports = flow.ports;
    this.verdict = flow.verdict;
    this.neededBy = flow.neededBy;
    this.reachesListener = flow.reachesListener;
    if (flow.requests) this.requests = flow.requests;
    this.#because = because;
  }

  get because(): string[] {
    if (typeof this.#because === "function") this.#because = [...new Set(this.#because())];
    return this.#because;
  }

  /** Plain data, reasons included. */
  toJSON(): Flow {
    const { from, to, ports, verdict, because, neededBy, reachesListener, requests } = this;
    return {
      from,
      to,
      ports,
      verdict,
      because,
      neededBy,
      reachesListener,
      ...(requests && { requests }),
    };
  }
}
