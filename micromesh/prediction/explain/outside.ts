/** Addresses outside, as people write them and as policies do. */
import {
  type AddressRange,
  addressText,
  overlaps,
  parseAddress,
  parseBlock,
} from "../../connectivity/address.ts";
import type { Ends } from "../ends.ts";

/** `10.1.2.3`, `10.0.0.0/8`, or `10.0.0.0-10.255.255.255`, with `[External]` behind it or not. */
export function addressesOf(text: string): AddressRange | undefined {
  const bare = text.replace(/\[External\]$/, "");
  const [head = "", tail, ...rest] = bare.split("-");
  const [first, last] = [parseAddress(head), tail === undefined ? undefined : parseAddress(tail)];
  if (!last) return tail === undefined ? (first ?? parseBlock(bare)) : undefined;
  const isRange = first && rest.length === 0 && first.family === last.family;
  return isRange && first.first <= last.last
    ? { family: first.family, first: first.first, last: last.last }
    : undefined;
}

/** The fewest blocks that are exactly the range. */
export function blocksOf({ family, first, last }: AddressRange): string[] {
  const bits = family === 4 ? 32 : 128;
  const blocks: string[] = [];
  for (let at = first; at <= last; ) {
    let free = 0;
    while (free < bits) {
      const size = 1n << BigInt(free + 1);
      if (at % size !== 0n || at + size - 1n > last) break;
      free++;
    }
    blocks.push(`${addressText(family, at)}/${bits - free}`);
    at += 1n << BigInt(free);
  }
  return blocks;
}

/** The parts of a range that something declared tells apart; at least one. */
export function partsOf(range: AddressRange, { list }: Ends): AddressRange[] {
  const parts = list.flatMap((end) => {
    if (end.kind !== "external" || !overlaps(end.outside.range, range)) return [];
    const { first, last } = end.outside.range;
    const part = { ...range };
    if (first > part.first) part.first = first;
    if (last < part.last) part.last = last;
    return [part];
  });
  return parts.length > 0 ? parts : [range];
}
