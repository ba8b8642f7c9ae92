/** What a drawing's lines mean: those that are in it. */
import { rounded, sign } from "./lines.ts";
import { textWidth } from "./measure.ts";
import type { Picture, Tone } from "./picture.ts";
import { SMALL_SIZE } from "./sizes.ts";
import { element, escaped } from "./xml.ts";

const MEANINGS: readonly (readonly [Tone, string])[] = [
  ["works", "needed, and permitted"],
  ["cut", "needed, but denied"],
  ["broken", "permitted, but broken"],
  ["permitted", "permitted, nothing needs it"],
  ["lost", "removed, but needed"],
  ["removed", "removed"],
  ["added", "added"],
  ["changed", "other ports"],
  ["faint", "needed, and permitted as before"],
];

const SAMPLE = 34;
const ROW = 20;
const GAP = 22;

/** @param width the entries' room, in pixels; they take as many rows as that needs */
export function legend(picture: Picture, width: number): { content: string; height: number } {
  const used = new Set(picture.edges.map((edge) => edge.tone));
  const entries = MEANINGS.filter(([tone]) => used.has(tone));
  let x = 0;
  let y = 8;
  const content = entries.map(([tone, meaning]) => {
    const size = SAMPLE + 8 + textWidth(meaning, SMALL_SIZE);
    if (x > 0 && x + size > width) {
      x = 0;
      y += ROW;
    }
    const tip = x + SAMPLE;
    const parts = [
      element("path", {
        class: `line ${tone}`,
        d: rounded([
          { x: tip - 7, y },
          { x, y },
        ]),
      }),
      element("path", { class: `${tone} fill`, d: `M${tip} ${y}l-8 -4v8Z` }),
      sign(tone, tip - 17, y),
      element("text", { class: "small", x: tip + 8, y: y + 4 }, escaped(meaning)),
    ];
    x += size + GAP;
    return parts.filter((part) => part !== "").join("");
  });
  return { content: content.join("\n"), height: entries.length === 0 ? 0 : y + 8 };
}
