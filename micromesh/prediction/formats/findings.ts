/** What needs attention, as a terminal's lines. */
import type { Mistake, Prediction } from "../prediction.ts";
import type { Attention } from "./attention.ts";
import { hang, plain } from "./columns.ts";
import { names } from "./names.ts";
import { type Paint, SIGNS } from "./paint.ts";
import { ALL } from "./ports.ts";

/** So many findings are read; `all` lists the others. */
const MOST_FINDINGS = 12;
/** So many sources, destinations and needs of one finding are named. */
const MOST_NAMES = 4;

const HEADINGS = [
  ["Needed, but denied", (a: Attention) => a.needed && a.verdict === "deny"],
  ["Needed and permitted, but broken", (a: Attention) => a.needed && a.verdict === "broken"],
  ["Permitted, but broken; nothing needs it", (a: Attention) => !a.needed],
] as const;

/** @param all every entry, source and need; else the first ones, and how many more there are */
export function attentionLines(
  entries: readonly Attention[],
  prediction: Prediction,
  width: number,
  paint: Paint,
  all: boolean,
): string[] {
  const nameOf = names(prediction.parties.map((p) => p.id));
  const sections = HEADINGS.flatMap(([heading, belongs]) => {
    const found = entries.filter(belongs);
    if (found.length === 0) return [];
    const shown = all ? found : found.slice(0, MOST_FINDINGS);
    const more = found.length - shown.length;
    return [
      [
        ...hang("", heading, width).map((line) => paint("heading", line)),
        ...shown.flatMap((entry) => one(entry, nameOf, width, paint, all)),
        ...(more > 0 ? hang("  ", `and ${more} more: --all lists them`, width) : []),
      ],
    ];
  });
  return sections.flatMap((lines, i) => (i === 0 ? lines : ["", ...lines]));
}

function one(
  entry: Attention,
  nameOf: (id: string) => string,
  width: number,
  paint: Paint,
  all: boolean,
): string[] {
  const state = entry.verdict === "deny" ? "cut" : "broken";
  const from = list(entry.from.map(nameOf), all);
  const to = list(
    entry.to.map(({ id, ports }) => (ports === ALL ? nameOf(id) : `${nameOf(id)} on ${ports}`)),
    all,
  );
  const [head = "", ...rest] = hang(`${SIGNS[state]} `, `${from} → ${to}`, width);
  return [
    paint(state, SIGNS[state]) + head.slice(SIGNS[state].length),
    ...rest,
    ...entry.because.flatMap((reason) => hang("  ", reason, width, 4)),
    ...(all ? entry.neededBy : entry.neededBy.slice(0, MOST_NAMES)).flatMap((need) =>
      hang("  needed: ", need, width, 4),
    ),
  ];
}

function list(items: string[], all: boolean): string {
  const shown = all || items.length <= MOST_NAMES ? items : items.slice(0, MOST_NAMES - 1);
  const more = items.length - shown.length;
  return shown.map(plain).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

export function mistakeLines(mistakes: readonly Mistake[], width: number, paint: Paint): string[] {
  if (mistakes.length === 0) return [];
  return [
    paint("heading", "Mistakes"),
    ...mistakes.flatMap(({ object, field, text }) => [
      ...hang("- ", field ? `${object}, ${field}` : object, width),
      ...hang("  ", text, width, 4),
    ]),
  ];
}
