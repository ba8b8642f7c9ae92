import assert from "node:assert/strict";
import { diffObjects } from "../../../micromesh/simulator/cluster/changes.ts";
import { object } from "./objects.ts";

const map = (objects: Record<string, unknown>) =>
  new Map(
    Object.entries(objects).map(([key, data]) => [key, object("v1", "ConfigMap", key, { data })]),
  );

describe("diffObjects", () => {
  it("names what has come, what has changed and what has gone", () => {
    assert.deepEqual(
      diffObjects(
        map({ kept: { a: 1 }, altered: { a: 1 }, gone: {} }),
        map({ kept: { a: 1 }, altered: { a: 2 }, come: {} }),
      ),
      { added: ["come"], changed: ["altered"], removed: ["gone"] },
    );
  });

  it("finds no change where only the order of fields differs", () => {
    const { changed } = diffObjects(map({ c: { a: 1, b: 2 } }), map({ c: { b: 2, a: 1 } }));
    assert.deepEqual(changed, []);
  });

  it("finds a change deep in an object", () => {
    const { changed } = diffObjects(map({ c: { a: [{ b: 1 }] } }), map({ c: { a: [{ b: 2 }] } }));
    assert.deepEqual(changed, ["c"]);
  });
});
