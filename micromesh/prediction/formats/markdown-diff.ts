import type { Change, PredictionDiff } from "../prediction.ts";
import { headline, kindOf } from "./changes.ts";
import { mistakes } from "./markdown-findings.ts";
import { code, comment, prose, type Section, title } from "./markdown-text.ts";
import { names } from "./names.ts";
import { ALL } from "./ports.ts";
import { reasonKey, shared } from "./reasons.ts";
import { plural } from "./summary.ts";

/** More names than this in a cell are folded behind their number. */
const MOST_NAMES = 4;
/** And more than this are counted only. */
const MOST_FOLDED = 100;

/** A row of the table: changes alike, from each source to each destination. */
interface Row {
  changes: Change[];
  from: string[];
  to: string[];
}

/**
 * What differs between two predictions as a comment on a pull request, in GitHub's Markdown and within
 * its length: a heading that says the result, the changes, those first that cut what something needs,
 * and the mistakes that are new.
 */
export function markdownDiff(diff: PredictionDiff): string {
  const rows = grouped(diff.changes).sort((a, b) => urgency(a) - urgency(b));
  const nameOf = names(diff.changes.flatMap((change) => [change.from, change.to]));
  const urgent = rows.filter((row) => urgency(row) === 0);
  const others = rows.filter((row) => urgency(row) > 0);
  const sections: Section[] = [
    changes("#### ❌ Needed, and cut by this change\n\n", "", urgent, nameOf),
    mistakes("⚠️ New mistakes", diff.newMistakes),
    urgent.length === 0 || others.length === 0
      ? changes("", "", others, nameOf)
      : changes(
          `<details><summary>Other changes: ${plural(connections(others), "connection")}</summary>\n\n`,
          "\n</details>\n",
          others,
          nameOf,
        ),
    folded(mistakes("", diff.mendedMistakes), "Mended mistakes"),
  ];
  return comment(`### ${title(diff.before)} → ${title(diff.after)}: ${headline(diff)}\n`, sections);
}

function urgency({ changes: [change] }: Row): number {
  if (!change) return 5;
  const kind = kindOf(change);
  if (kind === "removed") return change.needed ? 0 : 3;
  if (kind === "changed") return change.needed ? 1 : 4;
  return change.needed ? 2 : 5;
}

/** Sources with the same change to one destination together, then destinations with the same sources. */
function grouped(all: readonly Change[]): Row[] {
  const what = (change: Change) => [
    kindOf(change),
    change.before,
    change.after,
    change.needed,
    reasonKey(change),
  ];
  const byDestination = new Map<string, Row>();
  for (const change of all) {
    const key = JSON.stringify([change.to, ...what(change)]);
    const row = byDestination.get(key);
    if (row) {
      row.from.push(change.from);
      row.changes.push(change);
    } else byDestination.set(key, { changes: [change], from: [change.from], to: [change.to] });
  }
  const rows = new Map<string, Row>();
  for (const row of byDestination.values()) {
    const key = JSON.stringify([row.from, ...row.changes.slice(0, 1).flatMap(what)]);
    const other = rows.get(key);
    if (other) {
      other.to.push(...row.to);
      other.changes.push(...row.changes);
    } else rows.set(key, row);
  }
  return [...rows.values()];
}

function connections(rows: Row[]): number {
  return rows.reduce((sum, row) => sum + row.changes.length, 0);
}

const MARKS = { added: "➕", removed: "➖", changed: "✏️" } as const;

function changes(
  before: string,
  closing: string,
  rows: Row[],
  nameOf: (id: string) => string,
): Section {
  const cell = (ids: string[], noun: string) => {
    const more = ids.length > MOST_FOLDED ? `<br>and ${ids.length - MOST_FOLDED} more` : "";
    const listed = ids.slice(0, MOST_FOLDED).map((id) => code(nameOf(id)));
    if (ids.length <= MOST_NAMES) return listed.join("<br>");
    return `<details><summary>${ids.length} ${noun}</summary>${listed.join("<br>")}${more}</details>`;
  };
  const items = rows.flatMap((row) => {
    const { from, to } = row;
    const [change] = row.changes;
    if (!change) return [];
    const mark = urgency(row) === 0 ? "❌" : MARKS[kindOf(change)];
    const needed = change.needed && urgency(row) > 0 ? "**needed**; " : "";
    const why = needed + shared(row.changes).map(prose).join("<br>");
    return `| ${mark} | ${cell(from, "sources")} | ${cell(to, "destinations")} | ${ports(change.before)} | ${ports(change.after)} | ${why} |\n`;
  });
  const head = "| | from | to | before | after | why |\n|---|---|---|---|---|---|\n";
  return { opening: before + head, items, closing, noun: "rows of changes" };
}

function ports(text: string | undefined): string {
  if (text === undefined) return "none";
  return text === ALL ? "all" : prose(text);
}

function folded(section: Section, heading: string): Section {
  const summary = `${heading}: ${section.items.length}`;
  return {
    ...section,
    opening: `<details><summary>${summary}</summary>\n\n`,
    closing: "\n</details>\n",
  };
}
