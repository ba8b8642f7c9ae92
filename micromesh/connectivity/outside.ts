/** What is beyond the cluster, cut where some rule cuts it. */
import { type AddressRange, type Block, everything, rangeText } from "./address.ts";
import type { OtherParty } from "./party.ts";
import { type EnforcedPolicies, rulesOf } from "./policy-rules.ts";

/** What of the outside one wants to know about. */
export interface Outside {
  families: (4 | 6)[];
  /** Further blocks to tell apart, besides those of the policies. */
  blocks?: Block[];
}

/** A part of the outside whose addresses no policy tells apart. */
export interface OutsideParty extends OtherParty {
  kind: "external";
  range: AddressRange;
}

/** The outside as parties, in ascending order of their addresses; one per family if nothing cuts it. */
export function outsideParties(
  { enforced, tiered }: EnforcedPolicies,
  { families, blocks = [] }: Outside,
): OutsideParty[] {
  const named = [...enforced, ...tiered]
    .flatMap(rulesOf)
    .flatMap(({ peers }) => peers.flatMap(({ test }) => test.blocks ?? []));
  const all = [...named, ...blocks];
  return families.flatMap((family) => parts(family, all).map(outsideParty));
}

function outsideParty(range: AddressRange): OutsideParty {
  return {
    kind: "external",
    name: rangeText(range),
    identity: { "reserved:world": "" },
    // Any of its addresses stands for all of them: no rule tells them apart.
    addresses: [{ ...range, last: range.first, bits: range.family === 4 ? 32 : 128 }],
    range,
  };
}

function parts(family: 4 | 6, blocks: Block[]): AddressRange[] {
  const all = everything[family];
  const starts = new Set([all.first]);
  for (const block of blocks) {
    if (block.family !== family) continue;
    starts.add(block.first);
    if (block.last < all.last) starts.add(block.last + 1n);
  }
  const sorted = [...starts].sort((a, b) => (a < b ? -1 : 1));
  return sorted.map((first, i) => ({ family, first, last: (sorted[i + 1] ?? all.last + 1n) - 1n }));
}

/** Neighbours that `alike` takes for one become one. The parts are in ascending order. */
export function merged<T extends { range: AddressRange }>(
  list: readonly T[],
  alike: (a: T, b: T) => boolean,
): T[] {
  const result: T[] = [];
  for (let i = 0; i < list.length; ) {
    const first = list[i++] as T;
    let { range: end } = first;
    for (; i < list.length; i++) {
      const next = list[i] as T;
      if (!alike(first, next) || !adjoin(end, next.range)) break;
      end = next.range;
    }
    result.push(
      end === first.range ? first : { ...first, range: { ...first.range, last: end.last } },
    );
  }
  return result;
}

function adjoin(before: AddressRange, after: AddressRange): boolean {
  return before.family === after.family && before.last + 1n === after.first;
}
