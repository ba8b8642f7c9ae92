/**
 * Takes the rule out of a cluster's Corefile; Pulumi runs it as a local command when the rule is no longer
 * declared, and on destroy. MICROMESH_COREDNS_KUBECONFIG holds the kubeconfig's contents.
 */
import { undoRule } from "./live-corefile.ts";

const BY_HAND =
  'take the lines from "# micromesh: begin" to "# micromesh: end" out of it by hand ' +
  "(kubectl -n kube-system edit configmap coredns)";
const said = (text: string) => process.stderr.write(`${text}\n`);

try {
  const undone = await undoRule(process.env.MICROMESH_COREDNS_KUBECONFIG ?? "");
  if (undone.kind === "undone") said("CoreDNS has the Corefile that it had");
  else if (undone.kind === "nothing") said("CoreDNS' Corefile holds no rule of this stack");
  else said(`the cluster is taken for gone, ${undone.why}; where it isn't, ${BY_HAND}`);
} catch (error) {
  said(`the Corefile of CoreDNS can't be changed back, ${(error as Error).message}: ${BY_HAND}`);
  process.exitCode = 1;
}
// An API server that keeps silent would keep the process.
process.exit();
