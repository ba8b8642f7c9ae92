/** Rules that deny: with an exception for the connection. */
import type { Reason } from "../../connectivity/model.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind, objectTitle } from "../../resources/kubernetes.ts";
import { type Edit, rulePlace } from "./edit.ts";
import { blocksOf } from "./outside.ts";
import type { Question } from "./question.ts";
import { type Direction, principalOf, tierRule } from "./rules.ts";
import type { World } from "./world.ts";

/** The policy goes on denying everybody else. None where its kind knows no exceptions. */
export function exceptions(
  policy: KubernetesObject,
  { rule, text }: Reason,
  question: Question,
  world: World,
): Edit[] {
  const place = rulePlace(rule)?.rule;
  if (!place || !text.startsWith("denies")) return [];
  const [, list = "", index] = /^spec\.(\w+)\[(\d+)\]$/.exec(place) ?? [];
  const kind = groupKind(policy);
  const object = structuredClone(policy);
  if (kind === "security.istio.io/AuthorizationPolicy") {
    leaveOut(object.spec.rules[Number(index)], question, world);
    const what = `leave ${question.from.title} out of ${place} of ${objectTitle(policy)}`;
    return [{ text: what, object }];
  }
  if (!kind.startsWith("policy.networking.k8s.io/")) return [];
  const exception = tierRule(policy, question, list as Direction, world);
  if (!exception) return [];
  // The first rule that matches decides.
  object.spec[list] = [exception, ...object.spec[list]];
  const end = list === "ingress" ? `in from ${question.from.title}` : `out to ${question.to.title}`;
  const { protocol, port } = question;
  const what = `put first in spec.${list} of ${objectTitle(policy)} a rule that lets ${protocol} ${port} ${end}`;
  return [{ text: what, object }];
}

type Source = Record<string, string[]>;

/** Of a DENY rule of the mesh, each of its sources but this one. */
function leaveOut(rule: { from?: { source?: Source }[] }, question: Question, world: World): void {
  const except = exceptionFor(question, world);
  const from = rule.from?.length ? rule.from : [{}];
  rule.from = from.map(({ source = {} }) => ({ source: except(source) }));
}

function exceptionFor(question: Question, world: World): (source: Source) => Source {
  const { from } = question;
  if (from.kind === "outside" && from.range) {
    const blocks = blocksOf(from.range);
    return (source) => ({ ...source, notIpBlocks: [...(source.notIpBlocks ?? []), ...blocks] });
  }
  const principal = principalOf(question, world);
  if (principal) {
    return (source) => ({
      ...source,
      notPrincipals: [...(source.notPrincipals ?? []), principal],
    });
  }
  // Who has no identity is left out of a rule that asks for any.
  return (source) => ({ ...source, principals: source.principals ?? ["*"] });
}
