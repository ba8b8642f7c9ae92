import assert from "node:assert/strict";
import { clusterOf } from "../../../micromesh/prediction/cluster/cluster.ts";
import type { Container } from "../../../micromesh/prediction/cluster/workloads.ts";
import { argumentsOf, environmentOf } from "../../../micromesh/prediction/needs/variables.ts";
import { configMap, deployment, platform } from "../objects.ts";

function environment(container: Container): Record<string, string> {
  const objects = [deployment("x/a", { container }), configMap("x/c", { A: "from c", B: "$(A)" })];
  const cluster = clusterOf(objects, platform());
  const [workload] = cluster.workloads;
  assert.ok(workload);
  return Object.fromEntries(
    environmentOf(container, workload, cluster).map(({ name, value }) => [name, value]),
  );
}

describe("a container's environment", () => {
  it("refers to what stands before, and keeps what it doesn't know", () => {
    const env = [
      { name: "A", value: "1" },
      { name: "B", value: "$(A)-$(C)-$(B)" },
      { name: "C", value: "3" },
    ];
    assert.deepEqual(environment({ env }), { A: "1", B: "1-$(C)-$(B)", C: "3" });
  });

  it("writes two dollars for one", () => {
    const env = [
      { name: "A", value: "1" },
      { name: "B", value: "$$(A) $$$(A) $A" },
    ];
    assert.equal(environment({ env }).B, "$(A) $1 $A");
  });

  it("takes ConfigMaps as they are, and its own over theirs", () => {
    const envFrom = [{ configMapRef: { name: "c" } }, { configMapRef: { name: "none" } }];
    const env = [{ name: "A", value: "own $(A)" }];
    assert.deepEqual(environment({ envFrom, env }), { A: "own from c", B: "$(A)" });
  });
});

describe("a container's arguments", () => {
  it("are flags with values, and what stands by itself", () => {
    const container = {
      command: ["app", "serve"],
      args: ["--a=1", "--b", "2", "-v", "--c", "-x=3", "--d=", "--url=$(URL)"],
    };
    const found = argumentsOf(container, [{ name: "URL", value: "http://x" }]);
    assert.deepEqual(
      found.map(({ name, value }) => `${name}=${value}`),
      ["=app", "=serve", "--a=1", "--b=2", "-x=3", "--d=", "--url=http://x"],
    );
  });
});
