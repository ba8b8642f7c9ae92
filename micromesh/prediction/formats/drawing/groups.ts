/** The boxes of a drawing, in their groups. */
import type { Party } from "../../prediction.ts";
import { names } from "../names.ts";
import type { Box, Group } from "./picture.ts";

/** The group of what is outside. */
export const OUTSIDE = "outside of the cluster";

/** A group to a namespace, in the order of the parties; what is outside comes last. */
export function groupsOf(parties: readonly Party[]): Group[] {
  const nameOf = names(parties.map((p) => p.id));
  const groups = new Map<string, Group>();
  for (const party of parties) {
    const full = nameOf(party.id);
    const prefix = `${party.namespace}/`;
    const box: Box = {
      id: party.id,
      name: full.startsWith(prefix) ? full.slice(prefix.length) : bare(party, full),
      detail: party.listens,
      kind: party.kind,
      notes: [],
    };
    const [key, name] = place(party);
    const group = groups.get(key) ?? { id: key, name, notes: [], boxes: [] };
    groups.set(key, group);
    group.boxes.push(box);
  }
  return [...groups.values()];
}

function bare(party: Party, full: string): string {
  return party.kind === "service" ? `Service ${party.name}` : full;
}

/** No namespace has a name with a blank in it, so the keys of other groups are apart from theirs. */
function place(party: Party): [key: string, name: string] {
  if (party.kind === "external") return [OUTSIDE, "outside"];
  return party.namespace === undefined
    ? [`alone ${party.id}`, ""]
    : [party.namespace, party.namespace];
}
