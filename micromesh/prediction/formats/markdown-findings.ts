/** What needs attention, as sections of a comment. */
import type { Mistake } from "../prediction.ts";
import type { Attention } from "./attention.ts";
import { code, prose, type Section } from "./markdown-text.ts";
import { ALL } from "./ports.ts";

/** More names than this in one place are counted. */
const MOST_NAMES = 6;

/** The section that lists what needs attention, with reasons. */
export function findings(
  heading: string,
  entries: readonly Attention[],
  belongs: (entry: Attention) => boolean,
  nameOf: (id: string) => string,
): Section {
  const items = entries.filter(belongs).map((entry) => {
    const to = entry.to.map(({ id, ports }) =>
      ports === ALL ? code(nameOf(id)) : `${code(nameOf(id))} on ${prose(ports)}`,
    );
    const needs = entry.neededBy.slice(0, MOST_NAMES).map((need) => `needed: ${prose(need)}`);
    const lines = [...entry.because.map(prose), ...needs];
    return (
      `- **${listed(entry.from.map((id) => code(nameOf(id))))} → ${listed(to)}**\n` +
      lines.map((line) => `  - ${line}\n`).join("")
    );
  });
  return { opening: `#### ${heading}\n\n`, items, noun: "flows" };
}

/** The section that lists mistakes. */
export function mistakes(heading: string, found: readonly Mistake[]): Section {
  const items = found.map(
    ({ object, field, text }) =>
      `- **${code(object)}**${field ? `, ${code(field)}` : ""}: ${prose(text)}\n`,
  );
  return { opening: `#### ${heading}\n\n`, items, noun: "mistakes" };
}

function listed(items: string[]): string {
  const shown = items.length <= MOST_NAMES ? items : items.slice(0, MOST_NAMES - 1);
  const more = items.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
