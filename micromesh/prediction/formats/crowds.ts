/** Many parties in few words. */
import type { Prediction } from "../prediction.ts";
import { names } from "./names.ts";

/** "all of shop but cart, ad": more exceptions than this say less than the names do. */
const MOST_EXCEPTIONS = 2;

/**
 * @returns a function that names parties in few words: `everyone`, `all of shop`, `everyone but
 * shop/cart`, `shop/cart`, `outside`; one item each
 */
export function crowds(
  prediction: Prediction,
): (members: ReadonlySet<string>, apartFrom: string) => string[] {
  const nameOf = names(prediction.parties.map((p) => p.id));
  const namespaces = new Map<string, string[]>();
  const workloads: string[] = [];
  const ranges: string[] = [];
  const others: string[] = [];
  for (const { id, kind, namespace } of prediction.parties) {
    if (kind === "workload") {
      workloads.push(id);
      namespaces.set(namespace ?? "", [...(namespaces.get(namespace ?? "") ?? []), id]);
    } else (kind === "external" ? ranges : others).push(id);
  }

  /** All of them, or all but few; undefined where naming the members is shorter. */
  function whole(label: string, ids: string[], members: ReadonlySet<string>, apartFrom: string) {
    const expected = ids.filter((id) => id !== apartFrom);
    const missing = expected.filter((id) => !members.has(id));
    if (expected.length < 2 || missing.length > MOST_EXCEPTIONS) return undefined;
    if (missing.length === 0) return label;
    if (expected.length < 3 * missing.length + 2) return undefined;
    return `${label} but ${missing.map(nameOf).join(" and ")}`;
  }

  return (members, apartFrom) => {
    const everyone = whole("everyone", workloads, members, apartFrom);
    const inside = everyone
      ? [everyone]
      : [...namespaces].flatMap(([namespace, ids]) => {
          const all = whole(`all of ${namespace}`, ids, members, apartFrom);
          return all ? [all] : ids.filter((id) => members.has(id)).map(nameOf);
        });
    const reached = ranges.filter((id) => members.has(id));
    const outside =
      reached.length > 0 && reached.length === ranges.length ? ["outside"] : reached.map(nameOf);
    return [...inside, ...others.filter((id) => members.has(id)).map(nameOf), ...outside];
  };
}
