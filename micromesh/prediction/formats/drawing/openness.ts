/** What is said in notes rather than drawn: who is open to everyone, and who deals with the outside. */
import type { Party } from "../../prediction.ts";
import type { Group, Note } from "./picture.ts";

/** The ports that one party may reach of another; empty: all; undefined: none. */
export type Reach = (from: string, to: string) => string | undefined;

export interface Openness {
  /** Every other workload reaches all of it. */
  openToEveryone: ReadonlySet<string>;
  /** It reaches something of every workload. */
  reachesEveryone: ReadonlySet<string>;
}

/** Fewer closed workloads than this are drawn to, rather than that a source reaches everyone. */
const FEW = 3;

/** Writes the notes at the boxes, or at the group where all of its workloads have the same. */
export function openness(parties: readonly Party[], groups: Group[], reach: Reach): Openness {
  const workloads = parties.filter((p) => p.kind === "workload").map((p) => p.id);
  const outside = parties.filter((p) => p.kind === "external").map((p) => p.id);
  const openToEveryone = new Set(
    workloads.length < 2
      ? []
      : workloads.filter((to) => workloads.every((from) => from === to || reach(from, to) === "")),
  );
  const closed = workloads.filter((id) => !openToEveryone.has(id));
  const reachesEveryone = new Set(
    closed.length < FEW
      ? []
      : workloads.filter((from) =>
          closed.every((to) => from === to || reach(from, to) !== undefined),
        ),
  );

  function notesOf(id: string): Note[] {
    const entering = share(outside.map((from) => reach(from, id)));
    const leaving = share(outside.map((to) => reach(id, to)));
    const open = [
      ...(openToEveryone.has(id) ? ["everyone"] : []),
      ...(entering === "none" ? [] : [entering === "all" ? "outside" : "some outside"]),
    ];
    const inPart = closed.some((to) => to !== id && reach(id, to) !== "");
    const reached = leaving === "none" ? [] : [leaving === "all" ? "outside" : "some outside"];
    if (reachesEveryone.has(id) && !inPart) reached.unshift("everyone");
    return [
      ...(open.length > 0 ? [`open to ${open.join(" and ")}`] : []),
      ...(reachesEveryone.has(id) && inPart ? ["reaches everyone in part"] : []),
      ...(reached.length > 0 ? [`reaches ${reached.join(" and ")}`] : []),
    ].map((text) => ({ text }));
  }

  for (const group of groups) {
    const boxes = group.boxes.filter((box) => box.kind === "workload");
    for (const box of boxes) box.notes.push(...notesOf(box.id));
    if (boxes.length > 1) lift(group, boxes);
  }
  return { openToEveryone, reachesEveryone };
}

/** What every workload of a group has, the group has. */
function lift(group: Group, boxes: Group["boxes"]): void {
  const common = (boxes[0]?.notes ?? []).filter((note) =>
    boxes.every((box) => box.notes.some((n) => n.text === note.text)),
  );
  group.notes.push(...common);
  for (const box of boxes) {
    box.notes = box.notes.filter((note) => !common.some((c) => c.text === note.text));
  }
}

function share(reached: (string | undefined)[]): "all" | "some" | "none" {
  if (reached.every((ports) => ports === undefined)) return "none";
  return reached.every((ports) => ports === "") ? "all" : "some";
}
