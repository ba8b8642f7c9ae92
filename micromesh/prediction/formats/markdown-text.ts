/** GitHub's Markdown (https://github.github.com/gfm/), and a comment's length. */
import { clip, plain } from "./columns.ts";

/** GitHub refuses a comment of more than 65,536 characters; some are left for what a job adds. */
export const LONGEST_COMMENT = 65_000;

/**
 * Prose that shows as it is: no markup, no HTML, no cell's end, and nothing that GitHub would link, be
 * it a mention, an issue or an address. It looks for those in the rendered text, where an escape is
 * gone; an empty comment between the characters remains.
 */
export function prose(text: string): string {
  return plain(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/[\\`*_[\]|~$]/g, "\\$&")
    .replaceAll(/@|#(?=\d)|:(?=\/\/)|\bwww(?=\.)|\bGH(?=-\d)/gi, "$&<!-- -->");
}

/** A code span, also within a table's cell. */
export function code(text: string): string {
  const content = plain(text).replaceAll("|", "\\|").trim();
  if (content === "") return "";
  const runs = content.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(0, ...runs.map((run) => run.length)) + 1);
  const space = content.startsWith("`") || content.endsWith("`") ? " " : "";
  return fence + space + content + space + fence;
}

/** What stands at the head of a comment, in one line. */
export function title(text: string): string {
  return code(clip(plain(text), 200));
}

/** Items of one kind, between what opens and what closes them. */
export interface Section {
  opening: string;
  /** Each with the line break that ends it. */
  items: string[];
  closing?: string;
  /** What the items are, in the plural: for the line that says how many are left out. */
  noun: string;
}

/** Puts sections together, as many items as the comment may have, the first sections' first. */
export function comment(
  head: string,
  sections: readonly Section[],
  limit = LONGEST_COMMENT,
): string {
  const filled = sections.filter((section) => section.items.length > 0);
  const left = (count: number, noun: string) => `\n… and ${count} more ${noun}, left out here.\n`;
  const frame = (section: Section) =>
    section.opening.length +
    (section.closing ?? "").length +
    left(section.items.length, section.noun).length +
    1;
  let room = limit - head.length - filled.reduce((sum, section) => sum + frame(section), 0);
  let text = head;
  for (const { opening, items, closing, noun } of filled) {
    text += `\n${opening}`;
    let shown = 0;
    for (const item of items) {
      if (item.length > room) break;
      text += item;
      room -= item.length;
      shown++;
    }
    if (shown < items.length) text += left(items.length - shown, noun);
    text += closing ?? "";
  }
  return text.trimEnd();
}
