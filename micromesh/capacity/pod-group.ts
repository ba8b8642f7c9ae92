import type { Amounts } from "./amounts.ts";

/** Pods that are all alike. */
export interface PodGroup {
  /** Who they belong to, for people: `Cilium`, or an application's name. */
  owner: string;
  /** What they are, for people: `Deployment shop/cart-v1`. */
  title: string;
  /** In all of the cluster, or one on each node. */
  count: number | "each node";
  /** What one of them requests, without its sidecar. */
  request: Amounts;
  /** What its sidecar requests; undefined: it has none. */
  sidecar?: Amounts;
}
