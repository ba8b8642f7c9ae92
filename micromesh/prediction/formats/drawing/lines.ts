/** Lines, arrow heads and the signs at them, as elements of an SVG. */

import { LABEL_SIZE, WIDEST_LABEL } from "./channels.ts";
import type { Point } from "./geometry.ts";
import { clipWidth, textWidth } from "./measure.ts";
import type { Net } from "./nets.ts";
import type { Tone } from "./picture.ts";
import type { Route } from "./place.ts";
import { PADDING } from "./sizes.ts";
import { element, escaped } from "./xml.ts";

const BEND = 6;
const HEAD = 8;
/** From an arrow's point to the sign at it. */
const SIGN = 15;

/** Faint lines first, so that what matters lies above them. */
const ORDER: readonly Tone[] = [
  "faint",
  "permitted",
  "removed",
  "added",
  "changed",
  "works",
  "broken",
  "cut",
  "lost",
];

export function lines(routes: readonly Route[]): string[] {
  const sorted = [...routes].sort((a, b) => ORDER.indexOf(a.net.tone) - ORDER.indexOf(b.net.tone));
  return [...sorted.map(line), ...sorted.map(ending)];
}

function line({ net, paths }: Route): string {
  return paths
    .map((points, i) => {
      const tip = net.sources[i]?.edge.tip ?? "";
      // It begins behind the arrow's head; with dashes, lines that join there fall on each other.
      const d = rounded(shortened(points));
      const title = tip === "" ? "" : element("title", {}, escaped(tip));
      return element("path", { class: `line ${net.tone}`, d }, title);
    })
    .join("\n");
}

function shortened(points: readonly Point[]): Point[] {
  const [end, next, ...rest] = points;
  if (!end || !next) return [...points];
  return [{ x: end.x + Math.sign(next.x - end.x) * (HEAD - 1), y: end.y }, next, ...rest];
}

/** A line along points whose bends are round. */
export function rounded(all: readonly Point[]): string {
  const points = all.filter((p, i) => i === 0 || p.x !== all[i - 1]?.x || p.y !== all[i - 1]?.y);
  const [first, ...rest] = points;
  if (!first) return "";
  let d = `M${at(first)}`;
  let previous = first;
  rest.forEach((point, i) => {
    const next = rest[i + 1];
    if (!next || collinear(previous, point, next)) d += `L${at(point)}`;
    else {
      const radius = Math.min(BEND, apart(previous, point) / 2, apart(point, next) / 2);
      d += `L${at(towards(point, previous, radius))}Q${at(point)} ${at(towards(point, next, radius))}`;
    }
    previous = point;
  });
  return d;
}

function at({ x, y }: Point): string {
  return `${round(x)} ${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function apart(a: Point, b: Point): number {
  return Math.abs(a.x - b.x) + Math.abs(a.y - b.y);
}

function collinear(a: Point, b: Point, c: Point): boolean {
  return (a.x === b.x && b.x === c.x) || (a.y === b.y && b.y === c.y);
}

/** Lines go up, down or sideways only. */
function towards(from: Point, to: Point, distance: number): Point {
  return {
    x: from.x + Math.sign(to.x - from.x) * distance,
    y: from.y + Math.sign(to.y - from.y) * distance,
  };
}

/** The arrow's head, the sign that says without colour what becomes of the flow, and the label. */
function ending({ net, paths }: Route): string {
  const [path] = paths;
  const [end, next] = path ?? [];
  if (!end || !next) return "";
  const away = Math.sign(next.x - end.x) || -1;
  const back = round(end.x + away * HEAD);
  const head = `M${at(end)}L${back} ${end.y - 4}L${back} ${end.y + 4}Z`;
  const parts = [element("path", { class: `${net.tone} fill`, d: head })];
  const mark = sign(net.tone, end.x + away * SIGN, end.y);
  if (mark !== "") parts.push(mark);
  if (net.label !== "") parts.push(label(net, end, away, mark !== ""));
  return parts.join("\n");
}

/** On a ground of its own, which interrupts the line; beyond the frame's padding. */
function label(net: Net, end: Point, away: number, marked: boolean): string {
  const text = clipWidth(net.label, LABEL_SIZE, WIDEST_LABEL - 24);
  const x = end.x + away * (marked ? SIGN + 9 : PADDING + 4);
  const width = textWidth(text, LABEL_SIZE) * 0.94;
  const ground = element("rect", {
    class: "page",
    x: round(away < 0 ? x - width : x - 2),
    y: end.y - 5.5,
    width: round(width + 2),
    height: 11,
  });
  const anchor = away < 0 ? "end" : "start";
  const pale = net.tone === "faint" || net.tone === "permitted";
  const colour = pale ? "small" : `${net.tone} fill`;
  return (
    ground +
    element(
      "text",
      { class: `label ${colour}`, x, y: end.y + 3.5, "text-anchor": anchor },
      escaped(text),
    )
  );
}

/** A small disc with a cross, an exclamation mark, a plus or a minus. */
export function sign(tone: Tone, x: number, y: number): string {
  const strokes: Partial<Record<Tone, string>> = {
    cut: `M${x - 2.4} ${y - 2.4}l4.8 4.8m0 -4.8l-4.8 4.8`,
    lost: `M${x - 2.4} ${y - 2.4}l4.8 4.8m0 -4.8l-4.8 4.8`,
    broken: `M${x} ${y - 3.2}v3.6m0 1.4v1.4`,
    added: `M${x - 3} ${y}h6m-3 -3v6`,
    removed: `M${x - 3} ${y}h6`,
    changed: `M${x - 3} ${y - 1.3}h6m-6 2.6h6`,
  };
  const stroke = strokes[tone];
  if (!stroke) return "";
  return (
    element("circle", { class: `${tone} fill`, cx: x, cy: y, r: 5.2 }) +
    element("path", { class: "line sign", d: stroke })
  );
}
