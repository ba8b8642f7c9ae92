/** A policy of its own for one connection, or against it. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind } from "../../resources/kubernetes.ts";
import { freeName, nameFrom } from "../suggest/names.ts";
import { selectorOf } from "../suggest/selectors.ts";
import { egressRules, ingressRules, type Surroundings } from "../suggest/suggest.ts";
import type { Question } from "./question.ts";
import {
  authorizationRule,
  ciliumRule,
  type Direction,
  networkPolicyRule,
  otherEnd,
  prefixed,
} from "./rules.ts";
import type { World } from "./world.ts";

/**
 * Lets the connection through at one end, and does nothing else to a pod that is isolated already.
 * @param kind `group/Kind` of the policy that is in the way
 * @returns undefined where that end has no pods that a policy could select, or the kind has no such policy
 */
export function newPolicy(
  kind: string,
  direction: Direction,
  question: Question,
  world: World,
): KubernetesObject | undefined {
  const end = direction === "ingress" ? question.to : question.from;
  if (end.kind !== "pod" || !end.workload) return undefined;
  const { namespace } = end.pod;
  const { matchLabels = {}, matchExpressions } = selectorOf(end.workload, world.cluster);
  const object = (apiVersion: string, kind: string, spec: object): KubernetesObject => ({
    apiVersion,
    kind,
    metadata: { name: nameOf(kind, direction, question, world), namespace },
    spec,
  });
  if (kind === "networking.k8s.io/NetworkPolicy") {
    const rule = networkPolicyRule(question, direction, namespace, world);
    return object("networking.k8s.io/v1", "NetworkPolicy", {
      podSelector: selectorOf(end.workload, world.cluster),
      policyTypes: [direction === "ingress" ? "Ingress" : "Egress"],
      [direction]: [rule],
    });
  }
  // What follows selects by labels alone.
  if (matchExpressions) return undefined;
  if (kind.startsWith("cilium.io/")) {
    return object("cilium.io/v2", "CiliumNetworkPolicy", {
      endpointSelector: { matchLabels: prefixed(matchLabels ?? {}) },
      [direction]: [ciliumRule(question, direction, world)],
    });
  }
  const selector = { selector: { matchLabels } };
  if (kind === "security.istio.io/PeerAuthentication") {
    const portLevelMtls = { [question.port]: { mode: "PERMISSIVE" } };
    return object("security.istio.io/v1", "PeerAuthentication", { ...selector, portLevelMtls });
  }
  const rules = [authorizationRule(question, world)];
  return kind === "security.istio.io/AuthorizationPolicy"
    ? object("security.istio.io/v1", "AuthorizationPolicy", {
        ...selector,
        action: "ALLOW",
        rules,
      })
    : undefined;
}

/** `redis-from-apache`; with a number where a policy of that name is there. */
function nameOf(kind: string, direction: Direction, question: Question, world: World): string {
  const end = direction === "ingress" ? question.to : question.from;
  const other = otherEnd(question, direction);
  const own = end.kind === "pod" ? end.pod : { namespace: "", name: "" };
  const peer = other?.kind === "pod" ? other.pod.name : other?.host ? other.host : "outside";
  const name = nameFrom(own.name, direction === "ingress" ? "from" : "to", peer);
  return free(kind, own.namespace, name, world);
}

function free(kind: string, namespace: string, name: string, { cluster }: World): string {
  const taken = new Set(
    cluster.objects
      .filter((object) => object.kind === kind && object.metadata.namespace === namespace)
      .map(({ metadata }) => metadata.name),
  );
  return freeName(name, (one) => taken.has(one));
}

/** Isolates one end, and keeps what else is needed there. Undefined where nobody would be selected. */
export function isolating(
  direction: Direction,
  question: Question,
  world: World,
  surroundings: Surroundings,
): KubernetesObject | undefined {
  const end = direction === "ingress" ? question.to : question.from;
  if (end.kind !== "pod" || !end.workload) return undefined;
  const { workload } = end;
  const { namespace } = workload;
  const rules = direction === "ingress" ? ingressRules : egressRules;
  const name = free("NetworkPolicy", namespace, nameFrom("only-needed", workload.name), world);
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace },
    spec: {
      podSelector: selectorOf(workload, world.cluster),
      policyTypes: [direction === "ingress" ? "Ingress" : "Egress"],
      [direction]: rules(workload, surroundings),
    },
  };
}

/** Denies the connection at the server's sidecar. */
export function denyingInMesh(question: Question, world: World): KubernetesObject | undefined {
  const allowing = newPolicy("security.istio.io/AuthorizationPolicy", "ingress", question, world);
  if (!allowing || groupKind(allowing) !== "security.istio.io/AuthorizationPolicy")
    return undefined;
  const { to } = question;
  if (to.kind !== "pod" || !to.pod.meshed) return undefined;
  const name = nameFrom("not", allowing.metadata.name);
  return {
    ...allowing,
    metadata: {
      ...allowing.metadata,
      name: free("AuthorizationPolicy", to.pod.namespace, name, world),
    },
    spec: { ...allowing.spec, action: "DENY" },
  };
}
