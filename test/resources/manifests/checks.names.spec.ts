/** Which names an object may have. */
import assert from "node:assert/strict";
import { read } from "./folder.ts";

describe("what a manifest's object must be", () => {
  it("has a name that its kind may have", async () => {
    const named = (apiVersion: string, kind: string, name: string) => ({
      ...{ apiVersion, kind, metadata: { name } },
      ...(kind === "Service" && { spec: { ports: [{ port: 80 }] } }),
    });
    const { titles, lines } = await read({
      "a.json": JSON.stringify({
        kind: "List",
        items: [
          named("rbac.authorization.k8s.io/v1", "ClusterRole", "system:node"),
          named("rbac.authorization.k8s.io/v1", "Role", "a/b"),
          named("v1", "Service", "a.b"),
          named("v1", "Namespace", "a.b"),
          named("v1", "ConfigMap", "a.b"),
          named("v1", "ConfigMap", "a..b"),
          named("v1", "ConfigMap", "a".repeat(254)),
        ],
      }),
    });
    assert.deepEqual(titles, ["ClusterRole system:node", "ConfigMap default/a.b"]);
    assert.equal(lines.length, 5);
    assert.match(lines[0] as string, /: Role default\/a\/b: metadata\.name is "a\/b"; it may have/);
    assert.match(lines[1] as string, /"a\.b"; write lower-case letters, digits, -, 63 characters/);
  });
});
