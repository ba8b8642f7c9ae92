/** The matrix in a terminal's columns. */
import { clip, columns, pad, plain } from "./columns.ts";
import type { Line, Matrix } from "./matrix.ts";
import { type Paint, SIGNS } from "./paint.ts";

/** Up to so many destinations are named above their column; more have the number of their row. */
const NAMED_COLUMNS = 12;
/** A head says less than this of a name: then a number says more. */
const SHORTEST_HEAD = 14;
/** The part of the width that the names of the rows may take. */
const LABEL_SHARE = 0.4;

/** How a block of columns is drawn. */
interface Block {
  destinations: Line[];
  /** Columns from one destination to the next. */
  pitch: number;
  /** Destinations are named above, rather than numbered. */
  named: boolean;
}

/** The fewest blocks that the matrix takes in `width` columns; 1: it fits. */
export function blocksNeeded(matrix: Matrix, width: number): number {
  return blocks(matrix, width, labelWidth(matrix, width, false)).length;
}

/**
 * A row to a source, under its namespace, and a column to a destination, in blocks where the width
 * isn't enough for all. No line is wider than `width`.
 */
export function grid(matrix: Matrix, width: number, paint: Paint): string[] {
  const named = labelWidth(matrix, width, true);
  const heads = namedBlock(matrix, width, named);
  const label = heads ? named : labelWidth(matrix, width, false);
  return (heads ? [heads] : blocks(matrix, width, label)).flatMap((block, i) => [
    ...(i > 0 ? [""] : []),
    ...(block.named
      ? namesAbove(block, label, width, paint)
      : numbersAbove(matrix, block, label, paint)),
    ...rows(matrix, block, label, paint),
  ]);
}

function labelWidth(matrix: Matrix, width: number, named: boolean): number {
  const number = named ? 0 : digits(matrix) + 1;
  const widest = Math.max(
    0,
    ...matrix.lines.map((line) =>
      Math.max(columns(plain(line.heading)), indent(line) + number + columns(plain(line.name))),
    ),
  );
  return Math.min(widest, Math.max(1, Math.floor(width * LABEL_SHARE)));
}

function indent(line: Line): number {
  return line.heading === "" ? 0 : 2;
}

function digits(matrix: Matrix): number {
  return String(matrix.lines.length).length;
}

function namedBlock(matrix: Matrix, width: number, label: number): Block | undefined {
  const destinations = matrix.lines.filter((line) => matrix.isDestination(line));
  if (destinations.length > NAMED_COLUMNS) return undefined;
  const longest = Math.max(0, ...destinations.map((d) => columns(plain(d.fullName))));
  for (const pitch of [3, 2]) {
    const left = width - label - destinations.length * pitch - 4;
    if (left >= longest || (pitch === 2 && left >= SHORTEST_HEAD)) {
      return { destinations, pitch, named: true };
    }
  }
  return undefined;
}

function blocks(matrix: Matrix, width: number, label: number): Block[] {
  const destinations = matrix.lines.filter((line) => matrix.isDestination(line));
  const room = Math.max(1, width - label - 2);
  for (const pitch of [3, 2, 1]) {
    if (span(destinations, pitch) <= room) return [{ destinations, pitch, named: false }];
  }
  const found: Block[] = [];
  let current: Line[] = [];
  for (const line of destinations) {
    if (current.length > 0 && span([...current, line], 1) > room) {
      found.push({ destinations: current, pitch: 1, named: false });
      current = [];
    }
    current.push(line);
  }
  if (current.length > 0) found.push({ destinations: current, pitch: 1, named: false });
  return found;
}

/** The columns that the cells take: one more wherever the namespace changes. */
function span(destinations: Line[], pitch: number): number {
  const changes = destinations.filter(
    (d, i) => i > 0 && d.heading !== destinations[i - 1]?.heading,
  );
  return (destinations.length - 1) * pitch + 1 + changes.length;
}

/** One text to a destination, as far apart as the cells are. */
function spread(block: Block, texts: readonly string[], separator: string, paint: Paint): string {
  let line = "";
  block.destinations.forEach((destination, i) => {
    if (i > 0) {
      const apart = destination.heading !== block.destinations[i - 1]?.heading;
      const gap = " ".repeat(block.pitch - 1);
      line += block.named || !apart ? gap : gap + paint("quiet", separator);
    }
    line += texts[i] ?? " ";
  });
  return line;
}

function namesAbove(block: Block, label: number, width: number, paint: Paint): string[] {
  const { destinations, pitch } = block;
  const left = width - label - destinations.length * pitch - 4;
  const longest = Math.max(0, ...destinations.map((d) => columns(plain(d.fullName))));
  const widest = Math.min(left, longest);
  return destinations.map((destination, i) => {
    const before = " ".repeat(label + 2) + `│${" ".repeat(pitch - 1)}`.repeat(i);
    const leader = `┌${"─".repeat((destinations.length - i) * pitch - 1)} `;
    const name = pad(clip(plain(destination.fullName), widest), widest);
    const listens = plain(destination.listens);
    const shown = left - widest - 2 >= columns(listens) ? listens : "";
    return (
      paint("quiet", before + leader) +
      (shown === "" ? name.trimEnd() : `${name}  ${paint("quiet", shown)}`)
    );
  });
}

function numbersAbove(matrix: Matrix, block: Block, label: number, paint: Paint): string[] {
  const size = digits(matrix);
  const numbers = block.destinations.map((d) => String(matrix.lines.indexOf(d) + 1).padStart(size));
  const lines = Array.from({ length: size }, (_, row) => {
    const texts = numbers.map((number) => number[row] ?? " ");
    return " ".repeat(label + 2) + spread(block, texts, " ", paint);
  });
  return [
    paint("heading", namespacesAbove(block, label)),
    ...lines.map((line) => paint("quiet", line.trimEnd())),
  ].filter((line) => line !== "");
}

/** The namespaces above their columns, cut where there are few columns; empty where none is named. */
function namespacesAbove(block: Block, label: number): string {
  let line = " ".repeat(label + 2);
  let at = label + 2;
  block.destinations.forEach((destination, i) => {
    const previous = block.destinations[i - 1];
    if (i > 0) at += block.pitch + (previous?.heading === destination.heading ? 0 : 1);
    if (i > 0 && previous?.heading === destination.heading) return;
    const own = block.destinations.filter((d) => d.heading === destination.heading).length;
    const name = clip(plain(destination.heading), (own - 1) * block.pitch + 1);
    line = pad(line, at) + (own > 1 ? name : " ");
  });
  return line.trimEnd();
}

function rows(matrix: Matrix, block: Block, label: number, paint: Paint): string[] {
  const size = digits(matrix);
  const lines: string[] = [];
  let heading = "";
  matrix.lines.forEach((line, i) => {
    if (line.heading !== heading && line.heading !== "") {
      lines.push(paint("heading", clip(plain(line.heading), label)));
    }
    heading = line.heading;
    const number = block.named ? "" : `${String(i + 1).padStart(size)} `;
    const margin = " ".repeat(indent(line));
    const name = pad(clip(plain(line.name), label - indent(line) - number.length), 0);
    const states = matrix.isSource(line)
      ? block.destinations.map((to) => matrix.state(line, to))
      : [];
    const texts = states.map((state) => paint(state, SIGNS[state]));
    const used = indent(line) + number.length + columns(name);
    lines.push(
      `${margin}${paint("quiet", number)}${name}${" ".repeat(Math.max(0, label - used) + 2)}${spread(block, texts, "│", paint)}`.trimEnd(),
    );
  });
  return lines;
}
