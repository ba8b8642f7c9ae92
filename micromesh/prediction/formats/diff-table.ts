import type { Change, Mistake, PredictionDiff } from "../prediction.ts";
import { headline } from "./changes.ts";
import { hang, plain } from "./columns.ts";
import { paint as painter, type Style } from "./paint.ts";
import { reasonKey, shared } from "./reasons.ts";

export interface DiffTableOptions {
  /** Columns; 80 by default. */
  width?: number;
  colours?: boolean;
}

/**
 * A difference for a terminal: a line for each flow, `-` removed, `+` added, `~` changed; those that
 * something needs come first and are marked. Flows with the same reason share it.
 */
export function diffTable(diff: PredictionDiff, options: DiffTableOptions = {}): string {
  const { width = 80, colours = false } = options;
  const paint = painter(colours);
  const { changes, newMistakes, mendedMistakes } = diff;
  const lines = hang("", `${plain(diff.before)} → ${plain(diff.after)}: ${headline(diff)}`, width);
  for (const group of grouped(changes)) {
    lines.push("");
    for (const change of group) {
      const text = hang(`${signOf(change)} `, plain(changeText(change)), width);
      lines.push(...text.map((line) => paint(styleOf(change), line)));
    }
    for (const reason of shared(group)) lines.push(...hang("    ", plain(reason), width));
  }
  lines.push(...mistakeLines("New mistakes", newMistakes, width));
  lines.push(...mistakeLines("Mended", mendedMistakes, width));
  return lines.join("\n");
}

/** Those that something needs first; then by their reasons. */
function grouped(changes: Change[]): Change[][] {
  const groups = new Map<string, Change[]>();
  for (const change of [...changes].sort((a, b) => Number(b.needed) - Number(a.needed))) {
    const key = JSON.stringify([change.needed, signOf(change), reasonKey(change)]);
    const group = groups.get(key);
    if (group) group.push(change);
    else groups.set(key, [change]);
  }
  return [...groups.values()];
}

function signOf({ before, after }: Change): "+" | "-" | "~" {
  if (before === undefined) return "+";
  return after === undefined ? "-" : "~";
}

function changeText(change: Change): string {
  const { from, to, before, after, needed } = change;
  const ports = before && after ? `${before} → ${after}` : (before ?? after);
  return `${from} => ${to}: ${ports}${needed ? " (needed)" : ""}`;
}

function styleOf(change: Change): Style {
  const sign = signOf(change);
  if (sign === "+") return "good";
  return sign === "~" ? "partial" : change.needed ? "cut" : "permitted";
}

function mistakeLines(title: string, mistakes: Mistake[], width: number): string[] {
  if (mistakes.length === 0) return [];
  const lines = mistakes.flatMap(({ object, field, text }) =>
    hang("  ", plain(`${object}${field ? ` ${field}` : ""} ${text}`), width),
  );
  return ["", `${title}:`, ...lines];
}
