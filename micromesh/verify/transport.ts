import type { Request, WorkloadRef } from "../../stacks/outputs.ts";
import type { Observation } from "./client/observation.ts";

/** Where a probe is run from: a client beyond the cluster's edge, or a pod of the workload. */
export type Origin = "outside" | WorkloadRef;

/** A way to put requests to a network from places in it. */
export interface Transport {
  /**
   * Puts one request to the network.
   * @throws ProbeError, or any Error in one line, if the request couldn't be put: no observation
   */
  observe(from: Origin, request: Request, timeoutMs: number): Promise<Observation>;
  /** Ends what observing left open: connections and local listeners. */
  close(): Promise<void>;
}

/** Why a probe couldn't be run, in one line: what, where, how to mend. */
export class ProbeError extends Error {
  override name = "ProbeError";
  /** Trying again can't help: the mend is the user's. */
  readonly permanent: boolean;

  constructor(message: string, options: { permanent?: boolean } = {}) {
    super(message);
    this.permanent = options.permanent ?? false;
  }
}

/** `outside`, or `namespace/workload`. */
export function originName(from: Origin): string {
  return from === "outside" ? from : `${from.namespace}/${from.workload}`;
}
