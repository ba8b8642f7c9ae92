import type { Block } from "../../connectivity/address.ts";
import type { Workload } from "../cluster/workloads.ts";

/** A way in from outside that leads to a Service. */
export interface WayIn {
  /**
   * Who takes the requests from outside: pods, something whose pods aren't declared, or nobody, so that clients
   * reach the pods themselves.
   */
  by:
    | { kind: "workload"; workload: Workload }
    | { kind: "controller"; id: string }
    | { kind: "clients"; ranges: Block[] };
  /** The object that leads in: `Ingress b-apacherr/counter`. */
  object: string;
  /** The place of the backend in it. */
  field: string;
  /** The Service that it leads to, `namespace/name`. */
  service: string;
  /** The Service's port, by number or name; undefined: its only one. */
  port?: number | string;
  /** Instead of the Service's port, the target port that it leads to. */
  target?: number | string;
  /** Undefined: requests do come in; else why they never arrive. */
  closed?: string;
  /** It's the Service's own, so that what's wrong with the Service is told of it already. */
  own?: boolean;
}
