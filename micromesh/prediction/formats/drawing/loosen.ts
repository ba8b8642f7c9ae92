import { OUTSIDE } from "./groups.ts";
import type { Group } from "./picture.ts";

/** So few boxes stand well below each other. */
const FEW = 3;

/**
 * Where all workloads are in one namespace, its frame would be a single column of boxes. Then they
 * stand on their own, and the frame is a card that tells the namespace's name and notes.
 */
export function loosened(groups: readonly Group[]): Group[] {
  const framed = groups.filter((group) => group.name !== "" && group.id !== OUTSIDE);
  const [only] = framed;
  if (!only || framed.length > 1 || only.boxes.length <= FEW) return [...groups];
  return groups.flatMap((group) =>
    group !== only
      ? [group]
      : [
          { ...only, name: `namespace ${only.name}`, boxes: [] },
          ...only.boxes.map(
            (box): Group => ({ id: `alone ${box.id}`, name: "", notes: [], boxes: [box] }),
          ),
        ],
  );
}
