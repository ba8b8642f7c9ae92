/** A policy of its own for one connection, or against it. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { freeName, nameFrom } from "../suggest/names.ts";
import { selectorOf } from "../suggest/selectors.ts";
import { egressRules, ingressRules, type Surroundings } from "../suggest/suggest.ts";
import type { Question } from "./question.ts";
import {
  ciliumRule,
  ciliumSelector,
  type Direction,
  networkPolicyRule,
  otherEnd,
} from "./rules.ts";
import type { World } from "./world.ts";

/**
 * A NetworkPolicy or CiliumNetworkPolicy that lets the connection through at one end, and does nothing else to
 * a pod that is isolated already.
 * @param kind `group/Kind` of the policy that is in the way
 * @returns undefined where that end has no pods that a policy could select
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
  const selector = selectorOf(end.workload, world.cluster);
  if (kind === "networking.k8s.io/NetworkPolicy") {
    const spec = {
      podSelector: selector,
      policyTypes: [direction === "ingress" ? "Ingress" : "Egress"],
      [direction]: [networkPolicyRule(question, direction, namespace, world)],
    };
    return objectFor("networking.k8s.io/v1", "NetworkPolicy", direction, question, world, spec);
  }
  if (!kind.startsWith("cilium.io/")) return undefined;
  const spec = {
    endpointSelector: ciliumSelector(selector),
    [direction]: [ciliumRule(question, direction, world)],
  };
  return objectFor("cilium.io/v2", "CiliumNetworkPolicy", direction, question, world, spec);
}

/** An AuthorizationPolicy for the destination alone. Undefined where labels don't tell it from others. */
export function authorization(
  action: "ALLOW" | "DENY",
  rule: object,
  question: Question,
  world: World,
): KubernetesObject | undefined {
  const selector = meshSelector(question, world);
  const spec = selector && { ...selector, action, rules: [rule] };
  return (
    spec &&
    objectFor("security.istio.io/v1", "AuthorizationPolicy", "ingress", question, world, spec)
  );
}

/** A PeerAuthentication by which the destination takes plaintext on that port, too. */
export function takingPlaintext(question: Question, world: World): KubernetesObject | undefined {
  const selector = meshSelector(question, world);
  const portLevelMtls = { [question.port]: { mode: "PERMISSIVE" } };
  const spec = selector && { ...selector, portLevelMtls };
  return (
    spec &&
    objectFor("security.istio.io/v1", "PeerAuthentication", "ingress", question, world, spec)
  );
}

/** Istio selects by labels that are there, not by such as aren't. */
function meshSelector({ to }: Question, { cluster }: World): object | undefined {
  if (to.kind !== "pod" || !to.workload) return undefined;
  const { matchLabels, matchExpressions } = selectorOf(to.workload, cluster);
  return matchExpressions ? undefined : { selector: { matchLabels: matchLabels ?? {} } };
}

function objectFor(
  apiVersion: string,
  kind: string,
  direction: Direction,
  question: Question,
  world: World,
  spec: object,
): KubernetesObject {
  const end = direction === "ingress" ? question.to : question.from;
  const namespace = end.kind === "pod" ? end.pod.namespace : "";
  const denies = (spec as { action?: string }).action === "DENY";
  const name = free(kind, namespace, nameFor(direction, question, denies), world);
  return { apiVersion, kind, metadata: { name, namespace }, spec };
}

/** `redis-from-apache`, or `redis-not-from-apache`. */
function nameFor(direction: Direction, question: Question, denies: boolean): string {
  const own = direction === "ingress" ? question.to : question.from;
  const other = otherEnd(question, direction);
  const peer = other?.kind === "pod" ? other.pod.name : (other?.host ?? "outside");
  const name = own.kind === "pod" ? own.pod.name : "";
  const words = direction === "ingress" ? ["from", peer] : ["to", peer];
  return nameFrom(name, ...(denies ? ["not", ...words] : words));
}

/** The name, with a number where an object of that name is there. */
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
