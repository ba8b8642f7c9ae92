/** Where the boxes, frames and lines of a picture are. */
import { arrange } from "./arrange.ts";
import { type Channel, channelsOf } from "./channels.ts";
import { type Corridors, corridorsOf } from "./corridors.ts";
import type { Point, Rect } from "./geometry.ts";
import { loosened } from "./loosen.ts";
import { channelsPassed, columnsOf, keyOf, type Net, netsOf, type Side } from "./nets.ts";
import type { Group, Picture } from "./picture.ts";
import { BOX_GAP, boxHeight, groupHeight, groupWidth, headerHeight, PADDING } from "./sizes.ts";
import { type Ends, endsOf, slotsOf } from "./slots.ts";

/** A line as it is drawn: from its end, where the arrow is, to each of its sources. */
export interface Route {
  net: Net;
  /** One to a source, in the order of the net's. */
  paths: Point[][];
}

export interface Placed {
  width: number;
  height: number;
  groups: Group[];
  /** By key: `box ...` and `group ...`. */
  rects: ReadonlyMap<string, Rect>;
  routes: Route[];
}

/** Between groups of a column that no line passes between. */
const GROUP_GAP = 20;

/**
 * Columns of frames with their boxes, and lines along the channels between the columns: a line never
 * passes behind a box, because where it has to cross a column it does between two frames.
 */
export function place(original: Picture): Placed {
  const picture = { ...original, groups: loosened(original.groups) };
  const columns = arrange(picture, (group) => groupHeight(group, () => 0) + GROUP_GAP);
  const at = columnsOf(columns);
  const nets = netsOf(picture.edges, at);
  const slots = slotsOf(nets);
  const rough = stacked(columns, slots, () => GROUP_GAP);
  const corridors = corridorsOf(nets, at, columns, rough);
  const rects = stacked(columns, slots, (column, gap) => GROUP_GAP + corridors.room(column, gap));
  const ends = endsOf(nets, rects, at, corridors);
  const channels = channelsOf(nets, ends, corridors, rects, columns, at);
  return laidOut(columns, rects, nets, ends, corridors, channels, at);
}

/** Heights only: groups of each column from above, all columns around the same middle. */
function stacked(
  columns: readonly Group[][],
  slots: (key: string) => number,
  gap: (column: number, index: number) => number,
): Map<string, Rect> {
  const rects = new Map<string, Rect>();
  // Lines pass above the first frame and below the last one, too.
  const heights = columns.map((groups, column) =>
    groups.reduce(
      (sum, group, i) => sum + groupHeight(group, slots) + gap(column, i + 1),
      gap(column, 0),
    ),
  );
  const tallest = Math.max(0, ...heights);
  columns.forEach((groups, column) => {
    let y = Math.round((tallest - (heights[column] ?? 0)) / 2) + gap(column, 0);
    groups.forEach((group, i) => {
      const height = groupHeight(group, slots);
      rects.set(`group ${group.id}`, { x: 0, y, width: 0, height });
      let inside = y + headerHeight(group, slots(`group ${group.id}`));
      for (const box of group.boxes) {
        const tall = boxHeight(box, slots(`box ${box.id}`));
        rects.set(`box ${box.id}`, { x: 0, y: inside, width: 0, height: tall });
        inside += tall + BOX_GAP;
      }
      y += height + gap(column, i + 1);
    });
  });
  return rects;
}

function laidOut(
  columns: readonly Group[][],
  heights: ReadonlyMap<string, Rect>,
  nets: readonly Net[],
  ends: Ends,
  corridors: Corridors,
  channels: readonly Channel[],
  at: ReadonlyMap<string, number>,
): Placed {
  const rects = new Map<string, Rect>();
  const lefts: number[] = [];
  let x = 0;
  let bottom = 0;
  columns.forEach((groups, column) => {
    x += channels[column]?.width ?? 0;
    const inner = Math.max(...groups.map(groupWidth));
    lefts.push(x);
    for (const group of groups) {
      const set = (key: string, left: number, width: number) => {
        const rect = heights.get(key);
        if (!rect) return;
        rects.set(key, { ...rect, x: left, width });
        bottom = Math.max(bottom, rect.y + rect.height);
      };
      set(`group ${group.id}`, x, inner + 2 * PADDING);
      for (const box of group.boxes) set(`box ${box.id}`, x + PADDING, inner);
    }
    x += inner + 2 * PADDING;
  });
  const starts = channels.map((channel, i) => {
    const left = lefts[i];
    return left === undefined ? x : left - channel.width;
  });
  const edgeOf = (key: string, side: Side) => {
    const rect = rects.get(key);
    return !rect ? 0 : side === "left" ? rect.x : rect.x + rect.width;
  };
  const lane = (channel: number, net: Net) =>
    (starts[channel] ?? 0) + (channels[channel]?.lanes.get(net) ?? 0);

  function path(net: Net, source: number): Point[] {
    const from = net.sources[source];
    if (!from) return [];
    const [start, finish] = [keyOf(from.edge.from), keyOf(net.to)];
    const exit: Point = { x: edgeOf(start, from.side), y: ends.exit(net, source) };
    const entry: Point = { x: edgeOf(finish, net.side), y: ends.entry(net) };
    const passed = channelsPassed(at.get(start) ?? 0, at.get(finish) ?? 0, net.side);
    const points: Point[] = [exit];
    let y = exit.y;
    passed.forEach((channel, i) => {
      const lx = lane(channel, net);
      points.push({ x: lx, y });
      const next = passed[i + 1];
      y = next === undefined ? entry.y : corridors.y(net, Math.min(channel, next), heights);
      points.push({ x: lx, y });
    });
    points.push(entry);
    return points.reverse();
  }

  const routes = nets.map((net) => ({ net, paths: net.sources.map((_, i) => path(net, i)) }));
  for (const { paths } of routes) {
    for (const points of paths) for (const point of points) bottom = Math.max(bottom, point.y);
  }
  return {
    width: x + (channels[columns.length]?.width ?? 0),
    height: bottom,
    groups: columns.flat(),
    rects,
    routes,
  };
}
