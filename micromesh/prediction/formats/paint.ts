/** Signs and colours of a terminal. */
import type { PairState } from "./pairs.ts";

/** Signs of one column each, which can be told apart without colour. */
export const SIGNS: Readonly<Record<PairState, string>> = {
  works: "●",
  permitted: "○",
  partial: "◐",
  denied: "·",
  cut: "✗",
  broken: "!",
  self: "╲",
};

/** In the order of a legend. */
export const MEANINGS: readonly (readonly [PairState, string])[] = [
  ["works", "permitted and needed"],
  ["permitted", "permitted, nothing needs it"],
  ["partial", "permitted in part"],
  ["denied", "denied"],
  ["cut", "needed, but denied"],
  ["broken", "permitted, but broken"],
];

export type Style = PairState | "heading" | "quiet" | "good";

// SGR parameters (ECMA-48, 8.3.117): those of the 16 colours that hold on dark and light terminals.
const SGR: Readonly<Record<Style, string>> = {
  works: "1;32",
  permitted: "0",
  partial: "36",
  denied: "90",
  cut: "1;37;41",
  broken: "1;30;43",
  self: "90",
  heading: "1",
  quiet: "90",
  good: "32",
};

export type Paint = (style: Style, text: string) => string;

/** @param colours false: the text as it is */
export function paint(colours: boolean): Paint {
  if (!colours) return (_, text) => text;
  return (style, text) =>
    text === "" || SGR[style] === "0" ? text : `\u001b[${SGR[style]}m${text}\u001b[0m`;
}
