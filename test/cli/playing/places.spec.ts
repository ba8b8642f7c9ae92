import assert from "node:assert/strict";
import { placeCalled, placesOf, titleOf } from "../../../micromesh/cli/playing/places.ts";
import { podOf } from "./stub.ts";

const places = placesOf([
  podOf("web", "client", "1"),
  podOf("items", "api", "2"),
  podOf("items", "client", "1"),
  podOf("items", "api", "1"),
  podOf("items", "db", "0", { owner: "StatefulSet db" }),
]);

describe("the places of a game", () => {
  it("are workloads with their pods, in order", () => {
    assert.deepEqual(
      places.map((place) => [titleOf(place), place.pods.map(({ name }) => name).join()]),
      [
        ["items/api", "api-2,api-1"],
        ["items/client", "client-1"],
        ["items/db", "db-0"],
        ["web/client", "client-1"],
      ],
    );
  });

  for (const [text, title, pods] of [
    ["api", "items/api", 2],
    ["items/api", "items/api", 2],
    ["web/client", "web/client", 1],
    ["api-1", "items/api", 1],
    ["items/api-2", "items/api", 1],
  ] as const) {
    it(`${text} is ${title}, ${pods} of its pods`, () => {
      const place = placeCalled(text, places);
      assert.deepEqual([titleOf(place), place.pods.length], [title, pods]);
    });
  }

  for (const [text, told] of [
    ["client", /^client may be any of items\/client, web\/client: say which$/],
    ["client-1", /^client-1 may be any of items\/client, web\/client: say which$/],
    ["nope", /^there is no workload nope; there are items\/api, items\/client, items\/db, web\//],
    ["web/api", /^there is no workload web\/api; /],
    ["", /^there is no workload ; /],
  ] as const) {
    it(`"${text}" is a mistake that tells what there is`, () => {
      assert.throws(() => placeCalled(text, places), { name: "UsageError", message: told });
    });
  }
});
