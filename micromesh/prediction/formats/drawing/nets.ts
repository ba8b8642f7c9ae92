/** Edges as the lines that carry them: those to one end that look alike share a line. */
import type { Edge, End, Group, Tone } from "./picture.ts";

export type Side = "left" | "right";

/** A line that leads to one end, from one or more. */
export interface Net {
  to: End;
  /** Where it enters. */
  side: Side;
  tone: Tone;
  label: string;
  sources: { edge: Edge; side: Side }[];
}

/** @returns the key of an end in maps */
export function keyOf(end: End): string {
  return `${end.kind} ${end.id}`;
}

/** The column of each end, by its key. */
export function columnsOf(columns: readonly (readonly Group[])[]): Map<string, number> {
  const found = new Map<string, number>();
  columns.forEach((groups, column) => {
    for (const group of groups) {
      found.set(`group ${group.id}`, column);
      for (const box of group.boxes) found.set(`box ${box.id}`, column);
    }
  });
  return found;
}

/** An edge whose end isn't in any column is left out. */
export function netsOf(edges: readonly Edge[], columns: ReadonlyMap<string, number>): Net[] {
  const count = Math.max(0, ...columns.values()) + 1;
  const nets = new Map<string, Net>();
  for (const edge of edges) {
    const [from, to] = [columns.get(keyOf(edge.from)), columns.get(keyOf(edge.to))];
    if (from === undefined || to === undefined) continue;
    // Within a column a line goes round on the side where the fewest others pass.
    const aside: Side = to === 0 && count > 1 ? "left" : "right";
    const enter: Side = from === to ? aside : from < to ? "left" : "right";
    const leave: Side = from === to ? aside : from < to ? "right" : "left";
    const key = JSON.stringify([keyOf(edge.to), enter, edge.tone, edge.label]);
    const net = nets.get(key) ?? {
      to: edge.to,
      side: enter,
      tone: edge.tone,
      label: edge.label,
      sources: [],
    };
    nets.set(key, net);
    net.sources.push({ edge, side: leave });
  }
  return [...nets.values()];
}

/** The channels that a line goes along, in order: channel `i` is to the left of column `i`. */
export function channelsPassed(from: number, to: number, side: Side): number[] {
  if (from === to) return [side === "left" ? from : from + 1];
  const step = from < to ? 1 : -1;
  const first = from < to ? from + 1 : from;
  const last = from < to ? to : to + 1;
  const passed: number[] = [];
  for (let channel = first; channel !== last + step; channel += step) passed.push(channel);
  return passed;
}
