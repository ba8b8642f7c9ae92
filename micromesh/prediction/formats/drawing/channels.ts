/** The room between columns, and the lane in it that each line has. */
import type { Corridors } from "./corridors.ts";
import type { Rect } from "./geometry.ts";
import { textWidth } from "./measure.ts";
import { channelsPassed, keyOf, type Net } from "./nets.ts";
import type { Group } from "./picture.ts";
import type { Ends } from "./slots.ts";

export const LABEL_SIZE = 9.5;
/** Text beside a line is cut beyond this width. */
export const WIDEST_LABEL = 150;
/** From one lane to the next. */
const LANE = 8;
/** From a frame to the next lane: an arrow head's room, and some to bend in. */
const MARGIN = 20;
/** Lines in one lane are at least this far apart. */
const APART = 10;

/** Lines at heights nearer than this look like one. */
const MEET = 5;

/** The heights at which a line comes to its lane, or goes from it, on either side. */
interface Span {
  left: number[];
  right: number[];
}

export interface Channel {
  width: number;
  /** From the channel's left. */
  lanes: ReadonlyMap<Net, number>;
}

/** Channel `i` is to the left of column `i`; the last one is to the right of all. */
export function channelsOf(
  nets: readonly Net[],
  ends: Ends,
  corridors: Corridors,
  rects: ReadonlyMap<string, Rect>,
  columns: readonly (readonly Group[])[],
  at: ReadonlyMap<string, number>,
): Channel[] {
  const spans: Map<Net, Span>[] = [...columns, []].map(() => new Map());
  const extend = (channel: number, net: Net, from: "left" | "right", y: number) => {
    const span = spans[channel]?.get(net) ?? { left: [], right: [] };
    span[from].push(y);
    spans[channel]?.set(net, span);
  };
  for (const net of nets) {
    const to = at.get(keyOf(net.to)) ?? 0;
    net.sources.forEach(({ edge, side }, source) => {
      const passed = channelsPassed(at.get(keyOf(edge.from)) ?? 0, to, net.side);
      const ahead = (passed[1] ?? 0) > (passed[0] ?? 0) ? "right" : "left";
      passed.forEach((channel, i) => {
        const [before, after] = [passed[i - 1], passed[i + 1]];
        // What leaves a box on its right side comes into the channel from the left.
        if (before === undefined) {
          extend(channel, net, side === "right" ? "left" : "right", ends.exit(net, source));
        } else {
          const y = corridors.y(net, Math.min(before, channel), rects);
          extend(channel, net, ahead === "right" ? "left" : "right", y);
        }
        if (after === undefined) {
          extend(channel, net, net.side === "right" ? "left" : "right", ends.entry(net));
        } else extend(channel, net, ahead, corridors.y(net, Math.min(channel, after), rects));
      });
    });
  }
  return spans.map((span, channel) => {
    const labels = (side: Net["side"]) =>
      Math.max(0, ...[...span.keys()].filter((n) => isEntry(n, channel, side, at)).map(labelWidth));
    // A line that enters on its right side comes from the channel to the right of its column.
    const [left, right] = [labels("right"), labels("left")];
    const outer = channel === 0 || channel === columns.length;
    if (span.size === 0) return { width: outer ? 0 : 28, lanes: new Map<Net, number>() };
    const { lanes, count } = assigned(span);
    const width = 2 * MARGIN + left + right + (count - 1) * LANE;
    return {
      width: outer ? width - MARGIN / 2 : width,
      lanes: new Map(
        [...lanes].map(([net, lane]) => [
          net,
          MARGIN + left + lane * LANE - (channel === 0 ? MARGIN / 2 : 0),
        ]),
      ),
    };
  });
}

function isEntry(
  net: Net,
  channel: number,
  side: Net["side"],
  at: ReadonlyMap<string, number>,
): boolean {
  const column = at.get(keyOf(net.to)) ?? 0;
  return net.side === side && channel === (side === "left" ? column : column + 1);
}

function labelWidth(net: Net): number {
  return net.label === ""
    ? 0
    : Math.min(WIDEST_LABEL, textWidth(net.label, LABEL_SIZE)) + MARGIN / 2;
}

/**
 * The first lane that is free along all of a line's height, short lines first. A line that comes from
 * the left at the height at which another one leaves to the right has to turn before that one does, or
 * they would lie on each other; where that can't be for all, the shorter one has its way.
 */
function assigned(span: ReadonlyMap<Net, Span>): { lanes: Map<Net, number>; count: number } {
  const lanes = new Map<Net, number>();
  const taken: [number, number][][] = [];
  const waiting = [...span].sort(([, a], [, b]) => length(a) - length(b));
  const meet = (a: Span, b: Span) =>
    a.left.some((y) => b.right.some((z) => Math.abs(y - z) < MEET));
  while (waiting.length > 0) {
    const free = waiting.findIndex(([, own]) =>
      waiting.every(([, other]) => other === own || !meet(other, own)),
    );
    const [next] = waiting.splice(Math.max(0, free), 1);
    if (!next) break;
    const [net, own] = next;
    const [top, bottom] = extent(own);
    const before = [...lanes].filter(([other]) => {
      const placed = span.get(other);
      return placed !== undefined && meet(placed, own);
    });
    let lane = Math.max(0, ...before.map(([, l]) => l + 1));
    while (taken[lane]?.some(([t, b]) => bottom + APART >= t && top - APART <= b)) lane++;
    while (taken.length <= lane) taken.push([]);
    taken[lane]?.push([top, bottom]);
    lanes.set(net, lane);
  }
  return { lanes, count: Math.max(1, taken.length) };
}

function extent({ left, right }: Span): [top: number, bottom: number] {
  const all = [...left, ...right];
  return [Math.min(...all), Math.max(...all)];
}

function length(span: Span): number {
  const [top, bottom] = extent(span);
  return bottom - top;
}
