/** Sets of ports over all protocols, and sets of what a rule opens on them. */
import type { Protocol } from "./model.ts";
import type { PortRange } from "./traffic-policy.ts";

/**
 * Disjoint ascending intervals [first, last, first, last, ...] on one axis, where each protocol has a
 * stretch of its own: they never touch, since there's no port 0.
 */
export type PortSet = readonly number[];

const stretch = 65536;
/** In the order in which ports are written. */
const order: readonly Protocol[] = ["SCTP", "TCP", "UDP"];

export const noPorts: PortSet = [];
export const everyPort: PortSet = order.flatMap((_, i) => [i * stretch + 1, i * stretch + 65535]);

export function portSet(ranges: Iterable<Pick<PortRange, "protocol" | "first" | "last">>): PortSet {
  const pairs = [...ranges]
    .map(({ protocol, first, last }) => {
      const start = order.indexOf(protocol) * stretch;
      return [start + Math.max(first, 1), start + Math.min(last, 65535)] as const;
    })
    .sort(([a], [b]) => a - b);
  const set: number[] = [];
  for (const [first, last] of pairs) {
    const end = set.at(-1);
    if (end !== undefined && first <= end + 1) set[set.length - 1] = Math.max(end, last);
    else set.push(first, last);
  }
  return set;
}

export function portRanges(set: PortSet): PortRange[] {
  const ranges: PortRange[] = [];
  for (let i = 0; i < set.length; i += 2) {
    const start = Math.floor((set[i] as number) / stretch);
    ranges.push({
      protocol: order[start] as Protocol,
      first: (set[i] as number) - start * stretch,
      last: (set[i + 1] as number) - start * stretch,
    });
  }
  return ranges;
}

export function union(a: PortSet, b: PortSet): PortSet {
  if (a.length === 0 || a === b) return b;
  return b.length === 0 ? a : swept(a, b, either);
}

export function intersection(a: PortSet, b: PortSet): PortSet {
  if (a === everyPort || a === b) return b;
  return b === everyPort ? a : swept(a, b, both);
}

export function difference(a: PortSet, b: PortSet): PortSet {
  if (b.length === 0 || a.length === 0) return a;
  return a === b || b === everyPort ? noPorts : swept(a, b, firstOnly);
}

export function hasPort(set: PortSet, protocol: Protocol, port: number): boolean {
  if (port >= stretch) return false;
  const at = order.indexOf(protocol) * stretch + port;
  for (let i = 0; i < set.length; i += 2) {
    if ((set[i] as number) <= at && at <= (set[i + 1] as number)) return true;
  }
  return false;
}

/** `All Connections`, `No Connections`, or e.g. `TCP 80,8000-8085,UDP 53`: the form of np-guard. */
export function portText(set: PortSet): string {
  if (set.length === 0) return "No Connections";
  if (set.length === everyPort.length && set.every((edge, i) => edge === everyPort[i])) {
    return "All Connections";
  }
  const texts = new Map<Protocol, string[]>();
  for (const { protocol, first, last } of portRanges(set)) {
    const text = first === last ? `${first}` : `${first}-${last}`;
    texts.set(protocol, [...(texts.get(protocol) ?? []), text]);
  }
  return [...texts].map(([protocol, list]) => `${protocol} ${list.join(",")}`).join(",");
}

const either = (inA: boolean, inB: boolean) => inA || inB;
const both = (inA: boolean, inB: boolean) => inA && inB;
const firstOnly = (inA: boolean, inB: boolean) => inA && !inB;

/** Keeps the stretches where `keep` holds, walking along the edges of both sets. */
function swept(a: PortSet, b: PortSet, keep: (inA: boolean, inB: boolean) => boolean): PortSet {
  const set: number[] = [];
  let [i, j] = [0, 0];
  let inside = false;
  while (i < a.length || j < b.length) {
    // An interval's last port is in it: its edge lies one further.
    const edgeA = i < a.length ? (a[i] as number) + (i % 2) : Number.POSITIVE_INFINITY;
    const edgeB = j < b.length ? (b[j] as number) + (j % 2) : Number.POSITIVE_INFINITY;
    const at = Math.min(edgeA, edgeB);
    if (edgeA === at) i++;
    if (edgeB === at) j++;
    const kept = keep(i % 2 === 1, j % 2 === 1);
    if (kept === inside) continue;
    set.push(kept ? at : at - 1);
    inside = kept;
  }
  return set;
}
