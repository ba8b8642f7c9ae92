/** At which height each line leaves or enters a box. */
import type { Corridors } from "./corridors.ts";
import type { Rect } from "./geometry.ts";
import { channelsPassed, keyOf, type Net, type Side } from "./nets.ts";
import { SLOT } from "./sizes.ts";

export interface Ends {
  exit(net: Net, source: number): number;
  entry(net: Net): number;
}

/** One line's end at one side of a box or group. */
interface Slot {
  net: Net;
  /** The index of the source whose end it is; undefined: the net's own end. */
  source?: number;
  /** Where the other end is. */
  towards: string;
}

/** How many ends the fuller side of a box or group has, by its key. */
export function slotsOf(nets: readonly Net[]): (key: string) => number {
  const counts = new Map<string, number>();
  for (const [place, slots] of bySide(nets)) {
    const key = place.slice(place.indexOf(" ") + 1);
    counts.set(key, Math.max(counts.get(key) ?? 0, slots.length));
  }
  return (key) => counts.get(key) ?? 0;
}

/**
 * Ends at a side are around its middle, those first whose lines lead further up: to the other end, or
 * to where they cross the next column.
 */
export function endsOf(
  nets: readonly Net[],
  rects: ReadonlyMap<string, Rect>,
  at: ReadonlyMap<string, number>,
  corridors: Corridors,
): Ends {
  const entries = new Map<Net, number>();
  const exits = new Map<Net, number[]>();
  const middle = (key: string) => {
    const rect = rects.get(key);
    return rect ? rect.y + (key.startsWith("group ") ? 14 : rect.height / 2) : 0;
  };
  const aim = ({ net, source, towards }: Slot): number => {
    const from = net.sources[source ?? 0];
    if (!from) return 0;
    const [begin, end] = [at.get(keyOf(from.edge.from)) ?? 0, at.get(keyOf(net.to)) ?? 0];
    const passed = channelsPassed(begin, end, net.side);
    const [a, b] = source === undefined ? passed.slice(-2) : passed;
    return a === undefined || b === undefined
      ? middle(towards)
      : corridors.y(net, Math.min(a, b), rects);
  };
  const sides = bySide(nets);
  for (const [place, slots] of sides) {
    const side = place.startsWith("left") ? "left" : "right";
    const key = place.slice(place.indexOf(" ") + 1);
    slots.sort((a, b) => aim(a) - aim(b));
    const rect = rects.get(key);
    const centre = key.startsWith("group ")
      ? (rect?.y ?? 0) + 12 + ((slots.length - 1) * SLOT) / 2
      : middle(key);
    // Ends at facing sides are never at the same height, so that no two lines lie on each other.
    const offset = side === "left" ? SLOT / 2 : 0;
    const first = centre - ((slots.length - 1) * SLOT) / 2;
    const start = Math.round((first - offset) / SLOT) * SLOT + offset;
    slots.forEach(({ net, source }, i) => {
      const y = start + i * SLOT;
      if (source === undefined) entries.set(net, y);
      else {
        const own = exits.get(net) ?? [];
        own[source] = y;
        exits.set(net, own);
      }
    });
  }
  straighten(nets, entries, exits, sides);
  return {
    exit: (net, source) => exits.get(net)?.[source] ?? 0,
    entry: (net) => entries.get(net) ?? 0,
  };
}

/** A line with a single source that is all but straight is made so, if that keeps it off others. */
function straighten(
  nets: readonly Net[],
  entries: ReadonlyMap<Net, number>,
  exits: Map<Net, number[]>,
  sides: ReadonlyMap<string, readonly Slot[]>,
): void {
  for (const net of nets) {
    const [exit] = exits.get(net) ?? [];
    const entry = entries.get(net);
    const [source] = net.sources;
    if (!source || net.sources.length !== 1 || source.side === net.side) continue;
    if (exit === undefined || entry === undefined || Math.abs(exit - entry) >= SLOT) continue;
    const beside = sides.get(`${source.side} ${keyOf(source.edge.from)}`) ?? [];
    const near = beside.some((slot) => {
      const y =
        slot.source === undefined ? entries.get(slot.net) : exits.get(slot.net)?.[slot.source];
      return slot.net !== net && y !== undefined && Math.abs(y - entry) < SLOT;
    });
    if (!near) exits.set(net, [entry]);
  }
}

function bySide(nets: readonly Net[]): Map<string, Slot[]> {
  const sides = new Map<string, Slot[]>();
  const add = (side: Side, key: string, slot: Slot) => {
    const place = `${side} ${key}`;
    const slots = sides.get(place);
    if (slots) slots.push(slot);
    else sides.set(place, [slot]);
  };
  for (const net of nets) {
    const to = keyOf(net.to);
    const [first] = net.sources;
    add(net.side, to, { net, towards: first ? keyOf(first.edge.from) : to });
    net.sources.forEach(({ edge, side }, source) => {
      add(side, keyOf(edge.from), { net, source, towards: to });
    });
  }
  return sides;
}
