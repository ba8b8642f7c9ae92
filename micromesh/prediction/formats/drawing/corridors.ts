/** Where lines cross a column that they have no end in: between two of its frames. */

import type { Rect } from "./geometry.ts";
import { channelsPassed, keyOf, type Net } from "./nets.ts";
import type { Group } from "./picture.ts";

/** Between two lines in the same gap. */
const LANE = 7;

export interface Corridors {
  /** The additional room that the lines take in a gap; gap 0 is above the first frame. */
  room(column: number, gap: number): number;
  /** The height at which a net crosses a column, once frames are where `rects` says. */
  y(net: Net, column: number, rects: ReadonlyMap<string, Rect>): number;
}

/** Each net crosses a column in one gap, the one that is nearest to the middle of its way. */
export function corridorsOf(
  nets: readonly Net[],
  at: ReadonlyMap<string, number>,
  columns: readonly (readonly Group[])[],
  rects: ReadonlyMap<string, Rect>,
): Corridors {
  const chosen = new Map<Net, Map<number, { gap: number; lane: number }>>();
  const lanes = new Map<string, number>();
  const middle = (key: string) => {
    const rect = rects.get(key);
    return rect ? rect.y + rect.height / 2 : 0;
  };
  const heightOf = (column: number, gap: number): number =>
    gapMiddle(columns[column] ?? [], gap, rects);
  const sorted = [...nets].sort((a, b) => middle(keyOf(a.to)) - middle(keyOf(b.to)));
  for (const net of sorted) {
    const own = new Map<number, { gap: number; lane: number }>();
    for (const column of columnsCrossed(net, at)) {
      const sources = net.sources.map(({ edge }) => middle(keyOf(edge.from)));
      const mean = sources.reduce((a, b) => a + b, 0) / Math.max(1, sources.length);
      const aim = (middle(keyOf(net.to)) + mean) / 2;
      const gaps = Array.from({ length: (columns[column]?.length ?? 0) + 1 }, (_, gap) => gap);
      const distance = (gap: number) =>
        Math.abs(heightOf(column, gap) - aim) + 6 * (lanes.get(`${column} ${gap}`) ?? 0);
      const gap = gaps.reduce((best, g) => (distance(g) < distance(best) ? g : best), 0);
      const lane = lanes.get(`${column} ${gap}`) ?? 0;
      lanes.set(`${column} ${gap}`, lane + 1);
      own.set(column, { gap, lane });
    }
    chosen.set(net, own);
  }
  return {
    room: (column, gap) => LANE * (lanes.get(`${column} ${gap}`) ?? 0),
    y(net, column, now) {
      const way = chosen.get(net)?.get(column);
      if (!way) return 0;
      const count = lanes.get(`${column} ${way.gap}`) ?? 1;
      const groups = columns[column] ?? [];
      // Off the grids of the ends at both sides of the channels.
      return gapMiddle(groups, way.gap, now, count) + (way.lane - (count - 1) / 2) * LANE + 2;
    },
  };
}

function columnsCrossed(net: Net, at: ReadonlyMap<string, number>): Set<number> {
  const found = new Set<number>();
  const to = at.get(keyOf(net.to)) ?? 0;
  for (const { edge } of net.sources) {
    const passed = channelsPassed(at.get(keyOf(edge.from)) ?? 0, to, net.side);
    passed.slice(1).forEach((channel, i) => {
      found.add(Math.min(channel, passed[i] ?? channel));
    });
  }
  return found;
}

/** @param count the lines above the first or below the last frame, which grow away from it */
function gapMiddle(
  groups: readonly Group[],
  gap: number,
  rects: ReadonlyMap<string, Rect>,
  count = 1,
): number {
  const rect = (i: number) => rects.get(`group ${groups[i]?.id}`);
  const [above, below] = [rect(gap - 1), rect(gap)];
  const apart = 10 + ((count - 1) * LANE) / 2;
  if (above && below) return (above.y + above.height + below.y) / 2;
  if (below) return below.y - apart;
  return above ? above.y + above.height + apart : 0;
}
