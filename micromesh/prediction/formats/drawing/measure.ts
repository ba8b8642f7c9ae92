/** How wide a text is likely to be: an SVG's fonts are the reader's. */
import { columns } from "../columns.ts";

/** In ems, generous: those of DejaVu Sans, the widest of the usual sans-serif fonts. */
const NARROW = 0.42;
const USUAL = 0.64;
const BROAD = 0.86;

/** @returns an upper estimate in the units of `size`, the font's size */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const character of text) {
    if (columns(character) === 2) ems += 1.1;
    else if (/[MW@%m→←…]/.test(character)) ems += BROAD + 0.1;
    else if (/[A-Z&+<>=~]/.test(character)) ems += BROAD - 0.08;
    else if (/[ijltfrI.,:;'|!/()[\]-]/.test(character)) ems += NARROW;
    else ems += USUAL;
  }
  return Math.ceil(ems * size);
}

/** Cuts a text to a width, with `…` where something is missing. */
export function clipWidth(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join("")}…`, size) > width) {
    characters.pop();
  }
  return `${characters.join("")}…`;
}
