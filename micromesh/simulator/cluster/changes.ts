import { isDeepStrictEqual } from "node:util";
import type { KubernetesObject } from "../../resources/declared.ts";

/** Keys of objects, as `objectKey` makes them. */
export interface ObjectChanges {
  added: string[];
  changed: string[];
  removed: string[];
}

export function diffObjects(
  before: ReadonlyMap<string, KubernetesObject>,
  after: ReadonlyMap<string, KubernetesObject>,
): ObjectChanges {
  return {
    added: [...after.keys()].filter((key) => !before.has(key)),
    changed: [...after].flatMap(([key, object]) =>
      before.has(key) && !isDeepStrictEqual(before.get(key), object) ? [key] : [],
    ),
    removed: [...before.keys()].filter((key) => !after.has(key)),
  };
}
