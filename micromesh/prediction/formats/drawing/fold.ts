/** Many pairs that are alike as few edges. */
import type { End } from "./picture.ts";

/** Two boxes, and what is the case between them; pairs with the same `key` look the same. */
export interface Pair {
  from: string;
  to: string;
  key: string;
}

export interface Folded {
  from: End;
  to: End;
  key: string;
}

/** More edges between single boxes than this can't be followed. */
const MOST_SINGLE = 24;

/**
 * Everything in a group to everything in another one is one edge between the groups; so are all of a
 * group to one box, and one box to all of a group. An edge from a group to itself: all within it.
 *
 * @param groups the ids of each group's boxes, by the group's id
 * @returns the edges, and the pairs that are too many and too unlike each other for edges
 */
export function fold(
  pairs: readonly Pair[],
  groups: ReadonlyMap<string, readonly string[]>,
): { edges: Folded[]; left: Pair[] } {
  const groupOf = new Map([...groups].flatMap(([group, ids]) => ids.map((id) => [id, group])));
  const size = (id: string) => groups.get(groupOf.get(id) ?? "")?.length ?? 1;
  const inGroup = (id: string): End => ({ kind: "group", id: groupOf.get(id) ?? "" });
  const single = (id: string): End => ({ kind: "box", id });
  const same = (p: Pair) => groupOf.get(p.from) === groupOf.get(p.to);
  const found: Folded[] = [];

  /** Takes those sets of pairs, alike in what `ends` makes of them, that are complete. */
  function take(
    rest: readonly Pair[],
    ends: (p: Pair) => { from: End; to: End; of: number } | undefined,
  ): Pair[] {
    const sets = new Map<string, Pair[]>();
    const left: Pair[] = [];
    for (const pair of rest) {
      const way = ends(pair);
      if (!way) left.push(pair);
      else {
        const key = JSON.stringify([way.from, way.to, pair.key]);
        const set = sets.get(key);
        if (set) set.push(pair);
        else sets.set(key, [pair]);
      }
    }
    for (const set of sets.values()) {
      const [first] = set;
      const way = first && ends(first);
      if (way && way.of > 1 && set.length === way.of) {
        found.push({ from: way.from, to: way.to, key: first.key });
      } else left.push(...set);
    }
    return left;
  }

  let rest = take(pairs, (p) => {
    const of = size(p.from) * (same(p) ? size(p.to) - 1 : size(p.to));
    return { from: inGroup(p.from), to: inGroup(p.to), of };
  });
  rest = take(rest, (p) =>
    same(p) ? undefined : { from: inGroup(p.from), to: single(p.to), of: size(p.from) },
  );
  rest = take(rest, (p) =>
    same(p) ? undefined : { from: single(p.from), to: inGroup(p.to), of: size(p.to) },
  );
  return {
    edges: [
      ...found.map(unwrapped(groups)),
      ...(rest.length > MOST_SINGLE ? [] : rest).map((p) => ({
        from: single(p.from),
        to: single(p.to),
        key: p.key,
      })),
    ],
    left: rest.length > MOST_SINGLE ? rest : [],
  };
}

/** A group of one box is that box. */
function unwrapped(groups: ReadonlyMap<string, readonly string[]>): (edge: Folded) => Folded {
  const end = (e: End): End => {
    const ids = e.kind === "group" ? groups.get(e.id) : undefined;
    return ids?.length === 1 && ids[0] !== undefined ? { kind: "box", id: ids[0] } : e;
  };
  return (edge) => ({ ...edge, from: end(edge.from), to: end(edge.to) });
}
