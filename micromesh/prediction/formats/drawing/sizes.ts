/** How much room boxes and groups take, in the units of an SVG: pixels at its own size. */
import { textWidth } from "./measure.ts";
import type { Box, Group } from "./picture.ts";

export const NAME_SIZE = 12.5;
export const SMALL_SIZE = 10.5;
export const TITLE_SIZE = 12.5;
/** From one line of small text to the next. */
export const LINE = 14;
/** From one line's end at a side to the next one's. */
export const SLOT = 8;
/** Between a frame and what is in it. */
export const PADDING = 12;
/** Between the boxes of a group. */
export const BOX_GAP = 8;
/** Text is cut beyond this width. */
export const WIDEST = 240;
const NARROWEST = 112;
const TEXT_MARGIN = 20;

export function boxWidth(box: Box): number {
  const widest = Math.max(
    textWidth(box.name, NAME_SIZE),
    ...smallLines(box).map((line) => textWidth(line, SMALL_SIZE)),
  );
  return clamp(widest + TEXT_MARGIN);
}

/** @param slots the most line ends at one of its sides */
export function boxHeight(box: Box, slots: number): number {
  return Math.max(26 + LINE * smallLines(box).length, 12 + SLOT * slots);
}

/** What stands below a box's name. */
export function smallLines(box: Box): string[] {
  return [...(box.detail === "" ? [] : [box.detail]), ...box.notes.map((note) => note.text)];
}

/** Of the column that the group stands in, without the padding. */
export function groupWidth(group: Group): number {
  const header = Math.max(
    textWidth(group.name, TITLE_SIZE),
    ...group.notes.map((note) => textWidth(note.text, SMALL_SIZE)),
  );
  return Math.max(clamp(header), ...group.boxes.map(boxWidth));
}

/** The part of a frame above its boxes. */
export function headerHeight(group: Group, slots: number): number {
  if (group.name === "") return 0;
  return Math.max(26 + LINE * group.notes.length, 10 + SLOT * slots);
}

/** @param slots the most line ends at one side of the box or group with this key */
export function groupHeight(group: Group, slots: (key: string) => number): number {
  const boxes = group.boxes.map((box) => boxHeight(box, slots(`box ${box.id}`)));
  const inner = boxes.reduce((a, b) => a + b, 0) + BOX_GAP * Math.max(0, boxes.length - 1);
  const frame = group.name === "" ? 0 : boxes.length > 0 ? PADDING : 0;
  return headerHeight(group, slots(`group ${group.id}`)) + inner + frame;
}

function clamp(width: number): number {
  return Math.min(WIDEST, Math.max(NARROWEST, width));
}
