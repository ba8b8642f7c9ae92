/** A picture as an SVG document. */
import type { Rect } from "./geometry.ts";
import { legend } from "./legend.ts";
import { lines } from "./lines.ts";
import { clipWidth, textWidth } from "./measure.ts";
import type { Box, Group, Picture } from "./picture.ts";
import { place } from "./place.ts";
import { LINE, NAME_SIZE, PADDING, SMALL_SIZE, smallLines, TITLE_SIZE } from "./sizes.ts";
import { style } from "./style.ts";
import { element, escaped } from "./xml.ts";

const MARGIN = 20;
const HEADER = 56;

/**
 * The same picture is always the same document. It needs nothing from elsewhere, and follows the
 * reader's preference for light or dark.
 */
export function document(picture: Picture): string {
  const placed = place(picture);
  const titleWidth = Math.min(
    900,
    Math.max(textWidth(picture.title, 17), textWidth(picture.subtitle, SMALL_SIZE)),
  );
  const inner = Math.max(placed.width, titleWidth, 360);
  const left = MARGIN + (inner - placed.width) / 2;
  const below = legend(picture, inner);
  const width = Math.ceil(inner + 2 * MARGIN);
  const height = Math.ceil(HEADER + placed.height + MARGIN + below.height + MARGIN);
  const boxes = placed.groups.flatMap((group) => [
    ...frame(group, placed.rects.get(`group ${group.id}`)),
  ]);
  const content = placed.groups.flatMap((group) =>
    group.boxes.flatMap((b) => box(b, placed.rects.get(`box ${b.id}`))),
  );
  const tones = [
    ...picture.edges.map((edge) => edge.tone),
    ...picture.groups
      .flatMap((g) => [...g.notes, ...g.boxes.flatMap((b) => b.notes)])
      .flatMap((n) => n.tone ?? []),
  ];
  const body = [
    element("title", {}, escaped(`${picture.title}: who may reach whom`)),
    element("desc", {}, escaped(description(picture))),
    element("style", {}, style(tones)),
    element("rect", { class: "page", width, height, rx: 8 }),
    text("title", MARGIN, 30, clipWidth(picture.title, 17, inner)),
    text("small", MARGIN, 48, clipWidth(picture.subtitle, SMALL_SIZE, inner)),
    element(
      "g",
      { transform: `translate(${left} ${HEADER})` },
      `\n${[...boxes, ...lines(placed.routes), ...content].join("\n")}\n`,
    ),
    element(
      "g",
      { transform: `translate(${MARGIN} ${HEADER + placed.height + MARGIN})` },
      `\n${below.content}\n`,
    ),
  ];
  return `${element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-labelledby": undefined,
    },
    `\n${body.join("\n")}\n`,
  )}\n`;
}

/** What the picture says, for who can't see it: the lines that matter in words. */
function description(picture: Picture): string {
  const said = picture.edges.filter(
    (e) => e.tone === "cut" || e.tone === "broken" || e.tone === "lost",
  );
  const words = { cut: "needed, but denied", broken: "broken", lost: "needed, and removed" };
  const items = said.map(
    (e) => `${e.from.id} to ${e.to.id}: ${words[e.tone as keyof typeof words]}`,
  );
  return [picture.subtitle, ...items].join(". ");
}

function text(kind: string, x: number, y: number, content: string): string {
  return element("text", { class: kind, x, y }, escaped(content));
}

function frame(group: Group, rect: Rect | undefined): string[] {
  if (!rect || group.name === "") return [];
  const { x, y, width, height } = rect;
  const kind = group.boxes.some((b) => b.kind === "external") ? "frame outer" : "frame";
  const room = width - 2 * PADDING;
  return [
    element("rect", { class: kind, x, y, width, height, rx: 8 }),
    text("frame-name", x + PADDING, y + 18, clipWidth(group.name, TITLE_SIZE, room)),
    ...group.notes.map((note, i) =>
      text(
        note.tone ? `small ${note.tone} fill` : "small",
        x + PADDING,
        y + 18 + LINE * (i + 1),
        clipWidth(note.text, SMALL_SIZE, room),
      ),
    ),
  ];
}

function box(shown: Box, rect: Rect | undefined): string[] {
  if (!rect) return [];
  const { x, y, width, height } = rect;
  const kinds = { workload: "box", service: "box idle", controller: "box outer", external: "box" };
  const lines = smallLines(shown);
  const top = y + (height - LINE * lines.length - 26) / 2 + 17;
  const tones = [...(shown.detail === "" ? [] : [undefined]), ...shown.notes.map((n) => n.tone)];
  return [
    element("rect", { class: kinds[shown.kind], x, y, width, height, rx: 5 }),
    text("name", x + 10, top, clipWidth(shown.name, NAME_SIZE, width - 16)),
    ...lines.map((line, i) =>
      text(
        tones[i] ? `small ${tones[i]} fill` : "small",
        x + 10,
        top + LINE * (i + 1),
        clipWidth(line, SMALL_SIZE, width - 16),
      ),
    ),
  ];
}
