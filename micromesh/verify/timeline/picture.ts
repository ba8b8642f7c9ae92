/** A timeline as text for a terminal. Pure: samples in, text out. */
import { pad, wrap } from "../columns.ts";
import type { ReportOptions } from "../report.ts";
import { originName } from "../transport.ts";
import { printable } from "../words.ts";
import { type Cell, gridOf } from "./cells.ts";
import type { Outcome } from "./outcome.ts";
import type { Stage, Timeline } from "./record.ts";
import type { Watched } from "./sampler.ts";
import { type StageSummary, summaryOf } from "./summary.ts";

const characters: Record<Outcome, string> = {
  ok: "█",
  error: "▒",
  unknown: "!",
  "no-such-name": "?",
  closed: "x",
  refused: "x",
  reset: "x",
  timeout: "·",
};
const words: Record<Outcome, string> = {
  ok: "ok",
  error: "an error answer",
  unknown: "couldn't be asked",
  "no-such-name": "no such name",
  closed: "closed",
  refused: "refused",
  reset: "reset",
  timeout: "silence",
};
/** ANSI colours. */
const ansi: Record<Outcome, number> = {
  ok: 32,
  error: 33,
  unknown: 33,
  "no-such-name": 35,
  closed: 31,
  refused: 31,
  reset: 31,
  timeout: 31,
};
const NOTHING = " ";
const CHANGE = "│";
const INDENT = "  ";

/** The picture, what its characters mean, and what each stage came to. */
export function formatTimeline(timeline: Timeline, options: ReportOptions = {}): string {
  if (timeline.stages.length === 0) return "Ended before there was anything to watch.";
  const width = Math.max(options.width ?? 80, 60);
  const longest = Math.max(12, ...timeline.paths.map(({ name }) => [...name].length));
  const least = Math.min(longest, Math.floor(width * 0.42) - INDENT.length);
  const grid = gridOf(timeline, width - 2 * INDENT.length - least);
  const taken = grid.columns.reduce((sum, count) => sum + count + 1, -1);
  const label = Math.min(longest, Math.max(least, width - 2 * INDENT.length - taken));
  const lines = [pad("", label + 2 * INDENT.length) + numbers(grid.columns)];
  let origin: string | undefined;
  for (const [path, cells] of byOrigin(timeline.paths, grid.rows)) {
    if (originName(path.from) !== origin) {
      origin = originName(path.from);
      lines.push(origin === "outside" ? "from outside" : `from ${origin}`);
    }
    const [first = "", ...more] = wrap(printable(path.name), label);
    const row = cells.map((stage) => drawn(stage, options)).join(CHANGE);
    lines.push(INDENT + pad(first, label) + INDENT + row, ...more.map((rest) => INDENT + rest));
  }
  return [
    lines.map((line) => line.trimEnd()).join("\n"),
    key(grid.slotSeconds, width),
    timeline.stages.map((stage, i) => told(timeline, stage, i, width)).join("\n"),
  ].join("\n\n");
}

/** Stages' numbers, each at its stage's beginning. */
function numbers(columns: number[]): string {
  return columns.map((count, i) => pad(String(i + 1), count).slice(0, count)).join(CHANGE);
}

/** Paths with their rows, those from one place together. */
function byOrigin(paths: Watched[], rows: Cell[][][]): [Watched, Cell[][]][] {
  const groups = new Map<string, [Watched, Cell[][]][]>();
  for (const [index, path] of paths.entries()) {
    const from = originName(path.from);
    groups.set(from, [...(groups.get(from) ?? []), [path, rows[index] as Cell[][]]]);
  }
  return [...groups.values()].flat();
}

/** Neighbours of one colour are coloured together. */
function drawn(cells: Cell[], { colour = false }: ReportOptions): string {
  const text = cells.map((cell) => (cell ? characters[cell] : NOTHING));
  if (!colour) return text.join("");
  const colours = cells.map((cell) => (cell ? ansi[cell] : 0));
  return text
    .map((character, i) => {
      const begin = colours[i] === (colours[i - 1] ?? 0) ? "" : `\u001b[${colours[i]}m`;
      const end = i === cells.length - 1 && colours[i] !== 0 ? "\u001b[0m" : "";
      return begin + character + end;
    })
    .join("");
}

function key(slotSeconds: number, width: number): string {
  const seconds = Math.round(slotSeconds * 100) / 100;
  const parts = [
    `${characters.ok} ${words.ok}`,
    `${characters.error} ${words.error}`,
    `${characters.timeout} ${words.timeout}`,
    `${characters.refused} refused, reset or closed`,
    `${characters["no-such-name"]} ${words["no-such-name"]}`,
    `${characters.unknown} ${words.unknown}`,
    "blank: nothing asked",
    `${CHANGE} a change has been applied`,
  ];
  const text = `${parts.join("; ")}. A column is ${seconds} s, and shows the worst of them.`;
  return wrap(text, width).join("\n");
}

/** `2 isolated: Redis accepts ...`, and beneath what came of it. */
function told(timeline: Timeline, stage: Stage, index: number, width: number): string {
  const title = `${index + 1} ${stage.scenario}: ${stage.title}`;
  return [
    ...wrap(title, width - 2).map((line, i) => (i === 0 ? line : `${INDENT}${line}`)),
    ...wrap(sums(summaryOf(timeline, stage)), width - 4).map((line) => INDENT + INDENT + line),
  ].join("\n");
}

/** E.g. `through: 8 of 11 paths; silence: 2; at times: 1`. */
function sums({ asked, through, atTimes, others }: StageSummary): string {
  const counts = [
    ...Object.entries(others).map(([outcome, n]) => `${words[outcome as Outcome]}: ${n}`),
    ...(atTimes > 0 ? [`through at times: ${atTimes}`] : []),
  ];
  return [`through: ${through} of ${asked} ${asked === 1 ? "path" : "paths"}`, ...counts].join(
    "; ",
  );
}
