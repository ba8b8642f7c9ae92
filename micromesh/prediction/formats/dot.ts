import type { Prediction } from "../prediction.ts";
import type { Box, Edge, End, Group } from "./drawing/picture.ts";
import { predicted } from "./drawing/predicted.ts";
import { LOOKS } from "./drawing/style.ts";

/**
 * A prediction for Graphviz (https://graphviz.org/doc/info/lang.html): a cluster to a namespace, a box
 * to a workload, edges in the look of their verdict with their ports, and why as a tooltip. As in the
 * SVG, permitted flows that nothing needs are folded into edges between clusters, and into notes such
 * as `open to everyone`: Graphviz can't lay out an edge for every pair of a few dozen workloads.
 */
export function dot(prediction: Prediction): string {
  const picture = predicted(prediction);
  const clusters = new Map(picture.groups.map((group, i) => [group.id, `cluster_${i}`]));
  const anchors = new Map(picture.groups.map((group) => [group.id, group.boxes[0]?.id ?? ""]));
  const nodeOf = (end: End) => (end.kind === "box" ? end.id : (anchors.get(end.id) ?? ""));
  const lines = [
    `digraph ${quoted(picture.title)} {`,
    `  label=${quoted(`${picture.title}\n${picture.subtitle}`)}; labelloc=t; fontname="Helvetica";`,
    "  rankdir=LR; compound=true; ranksep=0.8;",
    '  node [shape=box style="rounded,filled" fillcolor=white color="#818b98" fontname="Helvetica" fontsize=11];',
    '  edge [fontname="Helvetica" fontsize=9 arrowsize=0.7];',
    ...picture.groups.flatMap((group) => cluster(group, clusters.get(group.id) ?? "")),
    ...picture.edges.map((edge) => {
      const ends = `${quoted(nodeOf(edge.from))} -> ${quoted(nodeOf(edge.to))}`;
      const from = edge.from.kind === "group" ? ` ltail=${clusters.get(edge.from.id)}` : "";
      const to = edge.to.kind === "group" ? ` lhead=${clusters.get(edge.to.id)}` : "";
      return `  ${ends} [${look(edge)}${from}${to}];`;
    }),
  ];
  return `${lines.join("\n")}\n}\n`;
}

function cluster(group: Group, id: string): string[] {
  if (group.name === "") return group.boxes.map((box) => `  ${node(box)}`);
  const label = [group.name, ...group.notes.map((note) => note.text)].join("\n");
  return [
    `  subgraph ${id} {`,
    `    label=${quoted(label)}; style="rounded,filled"; fillcolor="#f6f8fa"; color="#d1d9e0"; fontsize=11;`,
    ...group.boxes.map((box) => `    ${node(box)}`),
    "  }",
  ];
}

const SHAPES: Readonly<Record<Box["kind"], string>> = {
  workload: "",
  service: ' style="rounded,dashed"',
  controller: ' fillcolor="#ddf4ff"',
  external: ' shape=ellipse style=filled fillcolor="#ddf4ff"',
};

function node(box: Box): string {
  const lines = [box.name, box.detail, ...box.notes.map((note) => note.text)];
  const label = lines.filter((line) => line !== "").join("\n");
  return `${quoted(box.id)} [label=${quoted(label)}${SHAPES[box.kind]}];`;
}

const HEADS: Readonly<Partial<Record<Edge["tone"], string>>> = {
  cut: " style=dashed arrowhead=tee",
  broken: " style=dotted arrowhead=odot",
};

function look({ tone, label, tip }: Edge): string {
  const { light, width } = LOOKS[tone];
  const text = label === "" ? "" : ` label=${quoted(label)}`;
  const colours = `color="${light}" fontcolor="${light}" penwidth=${width}`;
  return `${colours}${HEADS[tone] ?? ""}${text} tooltip=${quoted(tip)}`;
}

/** A quoted string; a backslash would start one of Graphviz's own escapes (`\N`, `\G`). */
function quoted(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll(/\p{Cc}/gu, "");
  return `"${escaped}"`;
}
