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
  if (kind === "security.istio.io/AuthorizationPolicy") {
    const whom = question.from.title;
    return exceptionsFor(question, world).map(({ except, how }) => {
      const copy = structuredClone(policy);
      leaveOut(copy.spec.rules[Number(index)], except);
      const what = `leave ${whom} out of ${place} of ${objectTitle(policy)}, by ${how}`;
      return { text: what, object: copy };
    });
  }
  const object = structuredClone(policy);
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
type Except = (source: Source) => Source;

/** Of a DENY rule of the mesh, each of its sources but this one. */
function leaveOut(rule: { from?: { source?: Source }[] }, except: Except): void {
  const from = rule.from?.length ? rule.from : [{}];
  rule.from = from.map(({ source = {} }) => ({ source: except(source) }));
}

function exceptionsFor(question: Question, world: World): { except: Except; how: string }[] {
  const { from } = question;
  const more = (field: string, values: string[]) => (source: Source) => ({
    ...source,
    [field]: [...(source[field] ?? []), ...values],
  });
  if (from.kind === "outside" && from.range) {
    return [{ except: more("notIpBlocks", blocksOf(from.range)), how: "its address" }];
  }
  const principal = principalOf(question, world);
  return [
    ...(principal ? [{ except: more("notPrincipals", [principal]), how: "its identity" }] : []),
    // Who has none is left out of a rule that asks for any.
    {
      except: (source: Source) => ({ ...source, principals: source.principals ?? ["*"] }),
      how: "its lack of an identity",
    },
  ];
}
