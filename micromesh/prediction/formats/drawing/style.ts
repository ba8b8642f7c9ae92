/** The look of a drawing, on light and on dark pages. */
import type { Tone } from "./picture.ts";

/** A line's colour on a light and on a dark page, its width and its dashes. */
interface Look {
  light: string;
  dark: string;
  width: number;
  dashes?: string;
}

export const LOOKS: Readonly<Record<Tone, Look>> = {
  works: { light: "#1a7f37", dark: "#3fb950", width: 2 },
  permitted: { light: "#9199a1", dark: "#767e88", width: 1 },
  cut: { light: "#cf222e", dark: "#ff7b72", width: 2.2, dashes: "7 4" },
  broken: { light: "#b35900", dark: "#f0a03c", width: 2.2, dashes: "2.5 3" },
  added: { light: "#1a7f37", dark: "#3fb950", width: 1.6 },
  removed: { light: "#cf222e", dark: "#ff7b72", width: 1.4, dashes: "6 4" },
  changed: { light: "#8250df", dark: "#bc8cff", width: 1.6 },
  lost: { light: "#cf222e", dark: "#ff7b72", width: 2.8, dashes: "7 4" },
  faint: { light: "#c3c9d0", dark: "#3d444d", width: 1.4 },
};

const FONTS = "-apple-system,'Segoe UI','Noto Sans',Helvetica,Arial,'DejaVu Sans',sans-serif";

/** Colours that aren't a line's: for light pages, then for dark ones. */
const COLOURS: readonly (readonly [selector: string, property: string, string, string])[] = [
  [".page", "fill", "#ffffff", "#0d1117"],
  [".title,.name", "fill", "#1f2328", "#e6edf3"],
  [".frame-name", "fill", "#424a53", "#b8c0c9"],
  [".small", "fill", "#59636e", "#9198a1"],
  [".frame", "fill", "#f6f8fa", "#151b23"],
  [".frame", "stroke", "#d1d9e0", "#3d444d"],
  [".box", "fill", "#ffffff", "#21262d"],
  [".box", "stroke", "#818b98", "#656c76"],
  [".outer", "fill", "#ddf4ff", "#121d2f"],
  [".sign", "stroke", "#ffffff", "#0d1117"],
];

/** The content of a drawing's own `<style>`: no font, script or sheet from elsewhere. */
export function style(tones: Iterable<Tone>): string {
  const used = [...new Set(tones)];
  const rules = (dark: boolean) => [
    ...COLOURS.map(([selector, property, l, d]) => `${selector}{${property}:${dark ? d : l}}`),
    ...used.map((tone) => {
      const colour = LOOKS[tone][dark ? "dark" : "light"];
      return `.line.${tone}{stroke:${colour}}.${tone}.fill{fill:${colour}}`;
    }),
  ];
  const shapes = used.map((tone) => {
    const { width, dashes } = LOOKS[tone];
    return `.line.${tone}{stroke-width:${width}${dashes ? `;stroke-dasharray:${dashes}` : ""}}`;
  });
  return [
    `text{font-family:${FONTS}}`,
    ".title{font-size:17px;font-weight:600}",
    ".name{font-size:12.5px;font-weight:600}",
    ".frame-name{font-size:12.5px;font-weight:600}",
    ".small{font-size:10.5px}",
    ".label{font-size:9.5px}",
    ".line{fill:none;stroke-linecap:butt}",
    ".idle{stroke-dasharray:4 3}",
    ".sign{stroke-width:1.5px}",
    ...shapes,
    ...rules(false),
    `@media (prefers-color-scheme:dark){${rules(true).join("")}}`,
  ].join("\n");
}
