/** Changes that might cut a connection. */
import type { Reason } from "../../connectivity/model.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind, objectTitle } from "../../resources/kubernetes.ts";
import type { Analysis } from "../analysis.ts";
import { surroundingsOf } from "../suggest/suggest.ts";
import type { Answer } from "./answer.ts";
import { type Edit, removal, rulePlace } from "./edit.ts";
import { authorization, isolating } from "./new-policies.ts";
import type { Question } from "./question.ts";
import { authorizationRules, type Direction } from "./rules.ts";
import type { World } from "./world.ts";

/** Rules that let a connection through at one place; without all of them it's cut there. */
interface Gate {
  allowing: { policy: KubernetesObject; place: string }[];
}

/** Changes that each cut it at one place, the smallest first; some take several objects. */
export function closingEdits(
  question: Question,
  answer: Answer,
  world: World,
  analysis: Analysis,
): Edit[][] {
  const gates = (["ingress", "mesh", "egress"] as const).map((where) => ({
    where,
    ...gateAt(where, answer, world),
  }));
  const removals = gates
    .filter(({ allowing }) => allowing.length > 0)
    .sort((a, b) => a.allowing.length - b.allowing.length)
    .flatMap((gate) => [...narrowed(gate), removed(gate)]);
  const isolations = gates.flatMap(({ where, allowing }) =>
    where === "mesh" || allowing.length > 0 ? [] : isolation(where, question, world, analysis),
  );
  return [...removals, ...[...isolations, ...denials(question, world)].map((edit) => [edit])];
}

/** New policies that deny it at the server's sidecar. */
function denials(question: Question, world: World): Edit[] {
  const { to } = question;
  if (to.kind !== "pod" || !to.pod.meshed) return [];
  return authorizationRules(question, world).flatMap((rule) => {
    const object = authorization("DENY", rule, question, world);
    return object ? [{ text: `add ${objectTitle(object)}, which denies it`, object }] : [];
  });
}

function gateAt(where: Direction | "mesh", { decisions }: Answer, { cluster }: World): Gate {
  const at = where === "mesh" ? "mesh" : "network";
  const reasons = decisions.filter((decision) => decision.at === at);
  const allowing = reasons.flatMap(({ because }) =>
    because.flatMap((reason) => {
      const place = allowingPlace(reason, where);
      const policy = place && cluster.policies.find((one) => isOf(one, reason));
      return place && policy ? [{ policy, place }] : [];
    }),
  );
  return { allowing };
}

function allowingPlace({ rule, text }: Reason, where: Direction | "mesh"): string | undefined {
  const place = rulePlace(rule);
  if (!place || !text.startsWith("allows")) return undefined;
  const list = where === "mesh" ? "rules" : where;
  return place.rule.startsWith(`${place.section}.${list}[`)
    ? (place.peer ?? place.rule)
    : undefined;
}

function isOf({ kind, metadata }: KubernetesObject, reason: Reason): boolean {
  return (
    kind === reason.kind &&
    metadata.name === reason.name &&
    (reason.namespace === undefined || metadata.namespace === reason.namespace)
  );
}

/** All of a gate's rules removed, object by object. */
function removed({ allowing }: Gate): Edit[] {
  const byPolicy = new Map<KubernetesObject, string[]>();
  for (const { policy, place } of allowing) {
    byPolicy.set(policy, [...(byPolicy.get(policy) ?? []), place]);
  }
  return [...byPolicy].map(([policy, places]) => removal(policy, places));
}

/** Of an AuthorizationPolicy's rule, one of several sources, or one of its values. */
function narrowed({ allowing }: Gate): Edit[][] {
  const [only, ...others] = allowing;
  if (!only || others.length > 0) return [];
  const { policy, place } = only;
  if (groupKind(policy) !== "security.istio.io/AuthorizationPolicy") return [];
  const index = Number(/\[(\d+)\]$/.exec(place)?.[1]);
  const sources = (policy.spec?.rules?.[index]?.from ?? []) as { source?: object }[];
  return sources.flatMap(({ source = {} }, i) => {
    const at = `${place}.from[${i}]`;
    const values = Object.entries(source).flatMap(([field, list]) =>
      /^not/.test(field) || !Array.isArray(list) || list.length < 2
        ? []
        : list.map((value, j) => ({
            ...removal(policy, [`${at}.source.${field}[${j}]`]),
            text: `take ${value} out of ${at}.source.${field} of ${objectTitle(policy)}`,
          })),
    );
    const whole = sources.length > 1 ? [removal(policy, [at])] : [];
    return [...values, ...whole].map((edit) => [edit]);
  });
}

/** A new policy around one end, which keeps what else is needed there. */
function isolation(
  direction: Direction,
  question: Question,
  world: World,
  analysis: Analysis,
): Edit[] {
  const { from, to, port, protocol } = question;
  const kept = analysis.needed.filter((flow) => {
    if (flow.from !== from.title) return true;
    if (flow.to.kind === "host") return flow.to.name !== to.title || (flow.to.port ?? 443) !== port;
    return (
      flow.to.kind !== "workload" ||
      flow.to.workload.id !== to.title ||
      flow.to.port !== port ||
      flow.to.protocol !== protocol
    );
  });
  const object = isolating(direction, question, world, surroundingsOf(analysis, kept));
  if (!object) return [];
  const end = direction === "ingress" ? to : from;
  const side = direction === "ingress" ? "in" : "out";
  const text = `add ${objectTitle(object)}, which lets ${side} at ${end.title} what else is needed, and nothing more`;
  return [{ text, object }];
}
