import type { Prediction } from "../prediction.ts";
import { attention } from "./attention.ts";
import { clip, hang, plain } from "./columns.ts";
import { attentionLines, mistakeLines } from "./findings.ts";
import { blocksNeeded, grid } from "./grid.ts";
import { type Line, type Matrix, matrix } from "./matrix.ts";
import { MEANINGS, type Paint, paint, SIGNS } from "./paint.ts";
import { type Pairs, pairsOf } from "./pairs.ts";
import { summary, tally } from "./summary.ts";

export interface TableOptions {
  /** Columns of the terminal, 20 or more; a smaller one is taken for 20. Default 80. */
  width?: number;
  /** With the escape sequences that colour a terminal; default false. */
  colours?: boolean;
  /** Nothing is folded, and every finding is listed; default false. */
  all?: boolean;
}

/** A narrower terminal shows nothing of use. */
const NARROWEST = 20;
/** More lines than this are no matrix to look at: then a namespace is one line. */
const MOST_LINES = 120;

/**
 * A prediction for a terminal: who may reach what the others listen on, as a matrix of sources by
 * destinations; the flows that need attention, with reasons; the mistakes; and one line that sums up.
 * No line is wider than the terminal, and the last one has no line break.
 */
export function table(prediction: Prediction, options: TableOptions = {}): string {
  const width = Math.max(NARROWEST, options.width ?? 80);
  const style = paint(options.colours ?? false);
  const pairs = pairsOf(prediction);
  const shown = chosen(prediction, width, options.all ?? false, pairs);
  const sections = [
    shown.lines.length === 0
      ? []
      : [...grid(shown, width, style), "", ...legend(shown, width, style)],
    folded(shown, width),
    attentionLines(attention(prediction), prediction, width, style, options.all ?? false),
    mistakeLines(prediction.mistakes, width, style),
    hang("", `${plain(prediction.of)}: ${summary(tally(prediction, pairs))}`, width).map((line) =>
      style("heading", line),
    ),
  ];
  const filled = sections.filter((section) => section.length > 0);
  return filled.map((section) => section.join("\n")).join("\n\n");
}

/** The least folding that fits; where nothing does, twins are one and the columns come in blocks. */
function chosen(prediction: Prediction, width: number, all: boolean, pairs: Pairs): Matrix {
  if (all) return matrix(prediction, "nothing", pairs);
  const apart = matrix(prediction, "ranges", pairs);
  if (blocksNeeded(apart, width) <= 1) return apart;
  const twins = matrix(prediction, "twins", pairs);
  return twins.lines.length <= MOST_LINES ? twins : matrix(prediction, "namespaces", pairs);
}

function legend(shown: Matrix, width: number, style: Paint): string[] {
  const sources = shown.lines.filter((line) => shown.isSource(line));
  const destinations = shown.lines.filter((line) => shown.isDestination(line));
  const seen = new Set(sources.flatMap((from) => destinations.map((to) => shown.state(from, to))));
  const entries = MEANINGS.filter(([state]) => seen.has(state));
  const lines: string[][] = [[]];
  let used = 0;
  for (const [state, meaning] of entries) {
    const size = meaning.length + 2;
    if (used > 0 && used + 3 + size > width) {
      lines.push([]);
      used = 0;
    }
    used += size + (used > 0 ? 3 : 0);
    lines.at(-1)?.push(`${style(state, SIGNS[state])} ${clip(meaning, width - 2)}`);
  }
  return lines.map((line) => line.join("   ")).filter((line) => line !== "");
}

/** What the lines stand for that are more than one party. */
function folded(shown: Matrix, width: number): string[] {
  const twins = shown.lines.filter((line) => line.members.length > 1 && line.name.includes("×"));
  return twins.flatMap((line: Line) => {
    const members = line.members.map((m) => m.name).join(", ");
    return hang("", `${line.fullName}: ${members}`, width, 2);
  });
}
