/** Which group stands in which column, and in which order: so that flows lead from left to right. */
import dagre from "@dagrejs/dagre";
import type { Edge, End, Group, Picture } from "./picture.ts";

/** Columns are added above this height, if there are groups for them. */
const TALLEST = 1100;
const USUAL_COLUMNS = 4;
const MOST_COLUMNS = 8;
/** What an edge within a column costs, as a square of heights: it has to go round. */
const WITHIN = 130 ** 2;
const SWEEPS = 6;

/** Groups by column from the left, and in each from above; `height` estimates a group's. */
export function arrange(picture: Picture, height: (group: Group) => number): Group[][] {
  const groupOf = new Map<string, string>();
  for (const group of picture.groups) {
    groupOf.set(`group ${group.id}`, group.id);
    for (const box of group.boxes) groupOf.set(`box ${box.id}`, group.id);
  }
  const home = (end: End) => groupOf.get(`${end.kind} ${end.id}`);
  const weights = new Map<string, number>();
  for (const edge of picture.edges) {
    const [from, to] = [home(edge.from), home(edge.to)];
    if (from === undefined || to === undefined || from === to) continue;
    const key = JSON.stringify([from, to]);
    weights.set(key, (weights.get(key) ?? 0) + weightOf(edge));
  }
  const links = [...weights].map(([key, weight]): Link => {
    const [from, to] = JSON.parse(key) as [string, string];
    return { from, to, weight };
  });
  const sorted = ranked(picture.groups, links);
  return swept(parted(sorted, links, height), picture.edges, home, height);
}

/** How strongly two groups belong beside each other. */
interface Link {
  from: string;
  to: string;
  weight: number;
}

function weightOf(edge: Edge): number {
  return edge.tone === "permitted" ? 1 : 3;
}

/** In the order of the layers in which dagre puts them, which breaks cycles where that costs least. */
function ranked(groups: readonly Group[], links: readonly Link[]): Group[] {
  const graph = new dagre.graphlib.Graph<object, { width: number; height: number }, object>();
  graph.setGraph({ rankdir: "LR" });
  graph.setDefaultEdgeLabel(() => ({}));
  // By number: an empty name would be no node to dagre.
  const number = new Map(groups.map((group, i) => [group.id, String(i)]));
  for (const node of number.values()) graph.setNode(node, { width: 10, height: 10 });
  for (const { from, to, weight } of links) {
    graph.setEdge(number.get(from) ?? "", number.get(to) ?? "", { weight });
  }
  dagre.layout(graph);
  const place = (group: Group) =>
    graph.node(number.get(group.id) ?? "") as unknown as { x: number; y: number };
  return [...groups].sort((a, b) => place(a).x - place(b).x || place(a).y - place(b).y);
}

/** Breaks the sequence into columns of like heights, with few links within a column. */
function parted(
  sorted: Group[],
  links: readonly Link[],
  height: (group: Group) => number,
): Group[][] {
  const total = sorted.reduce((sum, group) => sum + height(group), 0);
  const wanted = Math.max(USUAL_COLUMNS, Math.min(MOST_COLUMNS, Math.ceil(total / TALLEST)));
  const count = Math.min(sorted.length, wanted);
  const at = new Map(sorted.map((group, i) => [group.id, i]));
  const inner = (begin: number, end: number) => {
    let sum = 0;
    for (const { from, to, weight } of links) {
      const [i = -1, j = -1] = [at.get(from), at.get(to)];
      if (i >= begin && i < end && j >= begin && j < end) sum += weight;
    }
    return sum;
  };
  const cost = (begin: number, end: number) => {
    const tall = sorted.slice(begin, end).reduce((sum, group) => sum + height(group), 0);
    return tall ** 2 + WITHIN * inner(begin, end);
  };
  // best[k][end]: the cheapest way to break the first `end` groups into k columns, and its last break.
  let best: { cost: number; breaks: number[] }[] = sorted.map((_, i) => ({
    cost: cost(0, i + 1),
    breaks: [],
  }));
  for (let k = 2; k <= count; k++) {
    const next: typeof best = [];
    for (let end = k; end <= sorted.length; end++) {
      for (let begin = k - 1; begin < end; begin++) {
        const before = best[begin - 1];
        if (!before) continue;
        const sum = before.cost + cost(begin, end);
        if (sum < (next[end - 1]?.cost ?? Number.POSITIVE_INFINITY)) {
          next[end - 1] = { cost: sum, breaks: [...before.breaks, begin] };
        }
      }
    }
    best = next;
  }
  const breaks = best[sorted.length - 1]?.breaks ?? [];
  return [0, ...breaks].map((begin, i) => sorted.slice(begin, breaks[i] ?? sorted.length));
}

/** Moves groups within their columns, and boxes within their groups, towards what they deal with. */
function swept(
  columns: Group[][],
  edges: readonly Edge[],
  home: (end: End) => string | undefined,
  height: (group: Group) => number,
): Group[][] {
  let best = columns;
  let least = Number.POSITIVE_INFINITY;
  let current = columns;
  for (let i = 0; i < SWEEPS; i++) {
    const level = levels(current, height);
    const at = (end: End) => level.get(`${end.kind} ${end.id}`) ?? 0;
    const length = edges.reduce((sum, e) => sum + weightOf(e) * Math.abs(at(e.from) - at(e.to)), 0);
    if (length < least) {
      least = length;
      best = current;
    }
    const pulls = new Map<string, number[]>();
    const pull = (key: string, y: number) => {
      const own = pulls.get(key);
      if (own) own.push(y);
      else pulls.set(key, [y]);
    };
    for (const { from, to } of edges) {
      pull(`box ${from.id}`, at(to));
      pull(`box ${to.id}`, at(from));
      if (home(from) === home(to)) continue;
      pull(`group ${home(from)}`, at(to));
      pull(`group ${home(to)}`, at(from));
    }
    const aim = (key: string) => {
      const own = pulls.get(key);
      return own ? own.reduce((a, b) => a + b, 0) / own.length : (level.get(key) ?? 0);
    };
    current = current.map((groups) =>
      [...groups]
        .sort((a, b) => aim(`group ${a.id}`) - aim(`group ${b.id}`))
        .map((group) => ({
          ...group,
          boxes: [...group.boxes].sort((a, b) => aim(`box ${a.id}`) - aim(`box ${b.id}`)),
        })),
    );
  }
  return best;
}

/** The height at which each box and group is about to stand, from the middle of its column. */
function levels(columns: Group[][], height: (group: Group) => number): Map<string, number> {
  const level = new Map<string, number>();
  for (const groups of columns) {
    let y = -groups.reduce((sum, group) => sum + height(group), 0) / 2;
    for (const group of groups) {
      const tall = height(group);
      level.set(`group ${group.id}`, y + tall / 2);
      group.boxes.forEach((box, i) => {
        level.set(`box ${box.id}`, y + (tall * (i + 1)) / (group.boxes.length + 1));
      });
      y += tall;
    }
  }
  return level;
}
