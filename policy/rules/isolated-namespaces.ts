import { compile } from "../../micromesh/connectivity/index.ts";
import type { Namespace, Pod } from "../../micromesh/connectivity/model.ts";
import { workloadsOf } from "../../micromesh/prediction/cluster/workloads.ts";
import type { Declaration, ObjectMeta } from "../../micromesh/resources/declared.ts";
import { kubernetesObjects } from "../../micromesh/resources/kubernetes.ts";
import { declaredPlatform } from "../../micromesh/resources/platform.ts";
import { kindOf } from "../kinds.ts";
import { UNKNOWN } from "../plain.ts";
import { containersOf } from "../pods.ts";
import { type Config, exemptions, type StackRule } from "../rule.ts";

export const isolatedNamespaces: StackRule = {
  of: "stack",
  name: "isolated-namespaces",
  description:
    "A pod of another namespace gets into a namespace of the stack, be it declared or only used by a workload, only where " +
    "a rule names it: without any policy everything in the cluster may talk to everything, and one pod that is taken over " +
    "reaches all. Add a NetworkPolicy with podSelector {} and policyTypes [Ingress], or exempt the namespace by its name " +
    "in exemptNamespaces, with the reason.",
  config: {
    exemptNamespaces: exemptions("Namespaces that may be open, with the reason why."),
  },
  violations(declaration, config) {
    const open = openNamespaces(declaration);
    const exempt = exemptIn(config);
    return [...responsible(declaration)].flatMap(([name, urn]) => {
      const pods = open.get(name);
      if (pods === undefined || Object.hasOwn(exempt, name)) return [];
      const message = `namespace ${name} lets pods of other namespaces in${pods}; add a NetworkPolicy with podSelector {} and policyTypes [Ingress], or put the name, with a reason, in exemptNamespaces`;
      return [{ message, urn }];
    });
  },
};

/**
 * The namespaces of a stack with the resource to blame for each: the one that declares it or, where none does, as with
 * `default`, the first workload that is put there. Pods in their node's network don't
 * count: no policy of a namespace closes that.
 */
function responsible({ resources }: Declaration): Map<string, string> {
  const namespaces = resources
    .filter((resource) => kindOf(resource) === "Namespace")
    .map(({ urn, name, inputs }) => [metadataOf(inputs).name ?? name, urn] as const);
  const users = resources
    .filter((resource) => containersOf(resource).some(({ pod }) => pod.hostNetwork !== true))
    .map(({ urn, inputs }) => [metadataOf(inputs).namespace ?? "default", urn] as const)
    .filter(([namespace]) => namespace !== UNKNOWN);
  // Of several with the same key the last one stays.
  return new Map([...users.reverse(), ...namespaces]);
}

function metadataOf({ metadata }: Record<string, unknown>): Partial<ObjectMeta> {
  return (metadata ?? {}) as Partial<ObjectMeta>;
}

function exemptIn({ exemptNamespaces }: Config): Record<string, unknown> {
  return (exemptNamespaces ?? {}) as Record<string, unknown>;
}

/**
 * A pod that no policy can have meant: it's from a namespace without labels that isn't declared, and has no labels
 * either. A policy that lets it in lets everybody in.
 */
const STRANGER = podIn("(a namespace that nobody named)", "(a pod that nobody named)");

/** A port that no rule names: to open one's own port to all of the cluster is a decision, not an oversight. */
const PORT = 65535;

/** The stack's namespaces that a stranger gets into, with the pods there that it reaches, in words. */
export function openNamespaces(declaration: Declaration): Map<string, string> {
  const objects = kubernetesObjects(declaration);
  const declared = objects
    .filter(({ apiVersion, kind }) => apiVersion === "v1" && kind === "Namespace")
    .map(({ metadata }): Namespace => ({ name: metadata.name, labels: { ...metadata.labels } }));
  const used = [...responsible(declaration).keys()]
    .filter((name) => !declared.some((one) => one.name === name))
    .map((name): Namespace => ({ name, labels: {} }));
  const namespaces = [...declared, ...used];
  // Whether the policies are enforced is the question of another rule; Cilium's own mean nothing without Cilium.
  const settings = { ...declaredPlatform(declaration).settings, networkPolicy: true };
  const workloads = workloadsOf(objects, namespaces, settings);
  const policies = objects.filter(({ metadata }) => metadata.namespace !== UNKNOWN);
  const { connection } = compile({ namespaces, policies, settings });
  const reached = (pod: Pod) =>
    connection({ kind: "pod", pod: STRANGER }, { kind: "pod", pod }, PORT, "TCP").allowed;

  return new Map(
    namespaces.flatMap(({ name }) => {
      // Pods in their node's network are beyond the reach of policies.
      const pods = workloads
        .map(({ pod }) => pod)
        .filter((pod) => pod.namespace === name && !pod.hostNetwork);
      if (pods.length === 0) return reached(podIn(name, "any")) ? [[name, ""] as const] : [];
      const open = pods.filter(reached).map((pod) => pod.name);
      const which = open.length === pods.length ? "" : `, to ${open.join(", ")}`;
      return open.length > 0 ? [[name, which] as const] : [];
    }),
  );
}

function podIn(namespace: string, name: string): Pod {
  return {
    namespace,
    name,
    labels: {},
    serviceAccount: "default",
    ips: [],
    ports: [],
    hostNetwork: false,
    meshed: false,
  };
}
