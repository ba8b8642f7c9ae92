import { plural } from "../summary.ts";
import type { Edge, Group } from "./picture.ts";

/** Pictures with no more boxes than this show all of them. */
const FEW = 14;

/**
 * Leaves out the boxes that nothing leads to or from and that have no notes; their group says how many.
 * A picture of few boxes keeps all.
 */
export function trimmed(groups: readonly Group[], edges: readonly Edge[]): Group[] {
  if (groups.reduce((sum, group) => sum + group.boxes.length, 0) <= FEW) return [...groups];
  const ends = new Set(edges.flatMap(({ from, to }) => [from, to]).map((e) => `${e.kind} ${e.id}`));
  return groups.flatMap((group) => {
    const boxes = group.boxes.filter((b) => b.notes.length > 0 || ends.has(`box ${b.id}`));
    const out = group.boxes.length - boxes.length;
    if (boxes.length === 0 && group.notes.length === 0 && !ends.has(`group ${group.id}`)) return [];
    const text = boxes.length === 0 ? plural(out, "workload") : `and ${plural(out, "other")}`;
    const notes = out === 0 ? group.notes : [...group.notes, { text }];
    return [{ ...group, boxes, notes }];
  });
}
