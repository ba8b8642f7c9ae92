import type { Endpoint } from "../../../stacks/outputs.ts";
import type { Declaration } from "../../resources/declared.ts";
import { connectCluster } from "../live/cluster.ts";
import { type Assessment, assess } from "./assess.ts";
import { declaredIn } from "./declared.ts";
import type { Origin } from "./mend.ts";
import { readCluster } from "./read.ts";

/**
 * Compares a real cluster with what is declared. It only reads there: one list for each kind and namespace.
 * @param kubeconfig contents; its current context is used
 * @param endpoints ways in from outside, by host name
 * @throws ProbeError if the kubeconfig can't be used, or the cluster doesn't answer
 */
export async function liveDrift(
  declaration: Declaration,
  kubeconfig: string,
  endpoints: Record<string, Endpoint>,
  origin: Origin,
): Promise<Assessment> {
  const declared = declaredIn(declaration);
  const cluster = connectCluster(kubeconfig, new AbortController().signal);
  const found = await readCluster(cluster, declared);
  return assess(declaration, declared, found, endpoints, origin);
}
