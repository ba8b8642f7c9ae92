/** Pods that can't look up names. */
import type { LookupDecision } from "../../connectivity/index.ts";
import { objectTitle } from "../../resources/kubernetes.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { named } from "../cluster/named.ts";
import type { Workload } from "../cluster/workloads.ts";
import type { Ends } from "../ends.ts";
import type { Mistake } from "../prediction.ts";

/** Pods that policies leave without the cluster's DNS: whatever they're told to call, they won't find it. */
export function withoutNames(cluster: Cluster, ends: Ends): Mistake[] {
  const cut = new Map<string, { field: string; mend: string; workloads: Workload[] }>();
  const lookupOf = lookups(cluster, ends);
  for (const workload of cluster.workloads) {
    if (workload.pod.hostNetwork) continue;
    const lookup = lookupOf(workload);
    if (!lookup) continue;
    // A DNS proxy refuses names by rules that someone wrote for a reason.
    if (lookup.allowed || lookup.proxied) continue;
    // Without any egress there's nobody to look up.
    if (!reachesAnyone(workload, ends)) continue;
    const blame = lookup.because.find(({ kind }) => kind);
    if (!blame?.kind) continue;
    const object = objectTitle({
      kind: blame.kind,
      metadata: { name: blame.name ?? "", namespace: blame.namespace },
    });
    const side = blame.namespace === "kube-system" && workload.namespace !== "kube-system";
    const known = cut.get(object) ?? { ...(side ? atServer : atClient), workloads: [] };
    known.workloads.push(workload);
    cut.set(object, known);
  }
  return [...cut].map(([object, { field, mend, workloads }]) => ({
    object,
    field,
    text: `leaves ${named(workloads)} without DNS, so no name can be looked up; ${mend}`,
  }));
}

/** Whether a workload can look up any name; undefined: nothing could keep it from that. */
function lookups(
  { policies }: Cluster,
  { reach, placeOf, connectivity }: Ends,
): (of: Workload) => LookupDecision | undefined {
  const ask = ({ pod }: Workload) =>
    connectivity.lookup(pod, "kubernetes.default.svc.cluster.local");
  const guarded = policies.some(
    ({ metadata }) => (metadata.namespace ?? "kube-system") === "kube-system",
  );
  if (guarded) return ask;
  // Where nothing stands around the name server, rules for egress decide alone, for all who have the same.
  const byProfile = new Map<object, LookupDecision>();
  return (workload) => {
    const own = reach.classes.of[placeOf(workload.id)] as number;
    const profile = reach.profile(own, "egress");
    if (!profile) return undefined;
    const lookup = byProfile.get(profile) ?? ask(workload);
    byProfile.set(profile, lookup);
    return lookup;
  };
}

const atClient = {
  field: "spec.egress",
  mend: "allow UDP and TCP 53 to k8s-app=kube-dns in kube-system",
};
const atServer = {
  field: "spec.ingress",
  mend: "allow UDP and TCP 53 from every namespace to k8s-app=kube-dns",
};

function reachesAnyone(from: Workload, { reach, placeOf }: Ends): boolean {
  const own = reach.classes.of[placeOf(from.id)] as number;
  return reach.classes.members.some((_, to) => reach.access(own, to) !== reach.accesses.none);
}
