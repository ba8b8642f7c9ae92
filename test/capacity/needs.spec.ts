import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { judgeFit } from "../../micromesh/capacity/fit.ts";
import { needsOf } from "../../micromesh/capacity/needs.ts";
import { formatNeeds } from "../../micromesh/capacity/table.ts";
import { capture } from "../../micromesh/resources/capture.ts";
import type { Declaration } from "../../micromesh/resources/declared.ts";
import { declare, helm, kubernetes } from "../resources/declaration.ts";

const deployment = (name: string, memory: string, replicas: number, labels: object = {}) =>
  kubernetes(
    "apps/v1",
    "Deployment",
    { name, namespace: "n" },
    {
      spec: {
        replicas,
        template: {
          metadata: { labels },
          spec: { containers: [{ resources: { requests: { memory, cpu: "10m" } } }] },
        },
      },
    },
  );
const cilium = helm("cilium", {
  values: {
    resources: { requests: { cpu: "100m", memory: "192Mi" } },
    envoy: { enabled: false },
    operator: { replicas: 1, resources: { requests: { cpu: "10m", memory: "48Mi" } } },
  },
});
const shop = { "app.kubernetes.io/part-of": "shop" };
const declared = () =>
  declare(
    deployment("a", "64Mi", 2, { ...shop, "sidecar.istio.io/inject": "true" }),
    deployment("b", "32Mi", 1, shop),
    helm("istiod", { values: { resources: { requests: { cpu: "50m", memory: "192Mi" } } } }),
    cilium,
  );

describe("what a stack needs", () => {
  it("is told by who asks for it: the machine's own, the platform, sidecars, applications", () => {
    const { rows, total, everyNode, largestPod, notes } = needsOf(declared(), {
      nodes: 1,
      k3s: true,
    });
    assert.deepEqual(rows, [
      { what: "operating system", memoryMiB: 200, cpuMillis: 20 },
      { what: "K3s", memoryMiB: 1596, cpuMillis: 60 },
      { what: "K3s' own pods", pods: 3, memoryMiB: 172, cpuMillis: 210 },
      { what: "Cilium", pods: 2, memoryMiB: 240, cpuMillis: 110 },
      { what: "Istio", pods: 1, memoryMiB: 192, cpuMillis: 50 },
      { what: "sidecars of 2 pods", memoryMiB: 256, cpuMillis: 200 },
      { what: "shop", pods: 3, memoryMiB: 160, cpuMillis: 30 },
    ]);
    assert.deepEqual(total, { memoryMiB: 2816, cpuMillis: 680 });
    assert.deepEqual(everyNode.server, { memoryMiB: 1988, cpuMillis: 180 });
    // With its sidecar it's as large as istiod, and has more CPU.
    assert.deepEqual(largestPod, { title: "Deployment n/a", memoryMiB: 192, cpuMillis: 110 });
    assert.deepEqual(notes, []);
  });

  it("grows by an agent's share and one of each node's pods for every node more", () => {
    const one = needsOf(declared(), { nodes: 1, k3s: true });
    const three = needsOf(declared(), { nodes: 3, k3s: true });
    assert.equal(three.total.memoryMiB, one.total.memoryMiB + 2 * (200 + 275 + 192));
    assert.equal(three.rows[1]?.what, "K3s (1 server, 2 agents)");
    assert.equal(three.rows.find(({ what }) => what === "Cilium")?.pods, 4);
    assert.equal(three.everyNode.agent?.memoryMiB, 200 + 275 + 192);
    const ha = needsOf(declared(), { nodes: 3, servers: 3, k3s: true });
    assert.deepEqual(ha.rows[1], {
      what: "K3s (3 servers)",
      memoryMiB: 3 * 1606,
      cpuMillis: 3 * 60,
    });
    assert.deepEqual(ha.everyNode, {
      server: { memoryMiB: 200 + 1606 + 192, cpuMillis: 20 + 60 + 100 },
    });
  });

  it("is the pods' alone where the nodes aren't K3s' own", () => {
    const { rows, everyNode } = needsOf(declared(), { nodes: 1, k3s: false });
    assert.deepEqual(
      rows.map(({ what }) => what),
      ["Cilium", "Istio", "sidecars of 2 pods", "shop"],
    );
    assert.deepEqual(everyNode.server, { memoryMiB: 192, cpuMillis: 100 });
  });

  it("notes charts that it doesn't know", () => {
    const { notes, total } = needsOf(declare(helm("kiali-server")), { nodes: 1, k3s: false });
    assert.deepEqual(notes, [
      "What the chart kiali-server makes isn't known here; it's counted as one pod that requests nothing.",
    ]);
    assert.deepEqual(total, { memoryMiB: 200, cpuMillis: 100 });
  });

  it("doesn't depend on the order of declarations", () => {
    const { resources, ...rest } = declared();
    const reversed = { ...rest, resources: resources.toReversed() };
    const on = { nodes: 2, k3s: true };
    assert.deepEqual(needsOf(reversed, on), needsOf(declared(), on));
  });
});

describe("the table of needs", () => {
  const machine = { name: "t3.small", memoryMiB: 2048, cpuMillis: 2000 };

  it("shows each who asks, the sum, and what the machine has and lacks", () => {
    const needs = needsOf(declared(), { nodes: 1, k3s: true });
    const verdict = judgeFit(needs, machine);
    assert.equal(
      formatNeeds(needs, { machine, verdict }),
      `
┌────────────────────┬──────┬───────────┬───────┐
│ requested by       │ pods │    memory │   CPU │
├────────────────────┼──────┼───────────┼───────┤
│ operating system   │      │   200 MiB │   20m │
│ K3s                │      │  1596 MiB │   60m │
│ K3s' own pods      │    3 │   172 MiB │  210m │
│ Cilium             │    2 │   240 MiB │  110m │
│ Istio              │    1 │   192 MiB │   50m │
│ sidecars of 2 pods │      │   256 MiB │  200m │
│ shop               │    3 │   160 MiB │   30m │
│ in all             │    9 │  2816 MiB │  680m │
│ usable on t3.small │      │  1794 MiB │ 2000m │
│ left (-: missing)  │      │ -1022 MiB │ 1320m │
└────────────────────┴──────┴───────────┴───────┘`.trim(),
    );
  });

  it("stays within 80 columns, long names and large figures included", () => {
    const long = `namespace ${"very-".repeat(11)}long`;
    const needs = {
      ...needsOf(declared(), { nodes: 100, k3s: true }),
      rows: [{ what: long, pods: 100_000, memoryMiB: 10_000_000, cpuMillis: 1_000_000 }],
    };
    const text = formatNeeds(needs, { machine, verdict: judgeFit(needs, machine) });
    for (const line of text.split("\n")) assert.ok([...line].length <= 80, line);
  });

  it("tells no machine where none is known, and the notes beneath", () => {
    const needs = needsOf(declare(helm("kiali-server")), { nodes: 1, k3s: false });
    const lines = formatNeeds(needs).split("\n");
    assert.match(lines.at(-3) as string, /in all/);
    assert.equal(lines.at(-1), needs.notes[0]);
  });
});

describe("the stacks of this project", function () {
  this.timeout(60_000);
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const machine = (memoryMiB: number) => ({ memoryMiB, cpuMillis: 2000 });
  const fitting = (declaration: Declaration) => {
    const needs = needsOf(declaration, { nodes: 1, k3s: true });
    return [8192, 4096, 2048, 1024].filter((size) => judgeFit(needs, machine(size)).fits);
  };

  it("dev with all labs fits 8 GiB and not 4; the counter alone fits 4 and not 2", async () => {
    assert.deepEqual(fitting(await capture({ root, stack: "dev" })), [8192]);
    const labs = JSON.stringify({ counter: { scenario: "open" } });
    const config = ["mesh.kind=none", `labs=${labs}`];
    assert.deepEqual(fitting(await capture({ root, stack: "dev", config })), [8192, 4096]);
  });
});
