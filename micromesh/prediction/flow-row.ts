import type { PortSet } from "../connectivity/port-set.ts";
import type { Flow } from "./prediction.ts";

/** A flow between two ends, as far as its reasons depend on it. */
export interface Grounds {
  /** The places of its ends in the list of ends. */
  source: number;
  destination: number;
  set: PortSet;
}

export type Explain = (flow: Flow, grounds: Grounds) => string[];

/**
 * A flow whose reasons are put in words when they're first looked at: a matrix of many needs none. What they
 * are worked out from is kept in the row itself, since an object or a function more for each would weigh.
 */
export class FlowRow implements Flow {
  readonly from: string;
  readonly to: string;
  readonly ports: string;
  readonly verdict: Flow["verdict"];
  neededBy: string[];
  readonly reachesListener: boolean;
  readonly requests?: string[];
  readonly #source: number;
  readonly #destination: number;
  readonly #set: PortSet;
  #because: string[] | Explain;

  constructor(flow: Omit<Flow, "because">, grounds: Grounds, because: string[] | Explain) {
    this.from = flow.from;
    this.to = flow.to;
    this.ports = flow.ports;
    this.verdict = flow.verdict;
    this.neededBy = flow.neededBy;
    this.reachesListener = flow.reachesListener;
    if (flow.requests) this.requests = flow.requests;
    this.#source = grounds.source;
    this.#destination = grounds.destination;
    this.#set = grounds.set;
    this.#because = because;
  }

  get because(): string[] {
    if (typeof this.#because === "function") {
      const grounds = { source: this.#source, destination: this.#destination, set: this.#set };
      this.#because = [...new Set(this.#because(this, grounds))];
    }
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
