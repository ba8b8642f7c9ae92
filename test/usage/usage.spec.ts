import assert from "node:assert/strict";
import { metricsText } from "../../micromesh/usage/metrics.ts";
import { type PodUsage, podUsage } from "../../micromesh/usage/pod-usage.ts";
import { formatUsage } from "../../micromesh/usage/table.ts";

const bare: PodUsage = { pod: "b/bare", ready: false, restarts: 0 };
const full: PodUsage = {
  pod: "items-client/client-7f9c6b5d4-abcdefghij-with-a-long-name",
  ready: true,
  restarts: 3,
  cpuMillicores: 12,
  cpuSeconds: 1.5,
  memoryBytes: 85 * 2 ** 20,
  connections: { in: 0, out: 2 },
  dropped: { count: 7, destinations: [{ to: "items/api-x", port: 8080, count: 7 }] },
  denied: { count: 0, destinations: [] },
  stoppedAtIt: 0,
  latestStop: {
    time: Date.UTC(2026, 0, 1, 12, 30, 5),
    verdict: "dropped",
    source: "items-client/client-x",
    destination: "items/api-x",
    port: 8080,
  },
};

describe("what pods use, as a table", () => {
  it("has a row for each pod, what isn't known as a dash, and the latest that was stopped", () => {
    const other = { ...full, pod: "items/api-x", dropped: bare.dropped, stoppedAtIt: 7 };
    assert.equal(
      formatUsage({ pods: [bare, full, other], notes: ["A note."] }),
      [
        "  pod                                   cpu  MiB  in  out  drop  deny  kept  rst",
        "✗ b/bare                                  -    -   -    -     -     -     -    0",
        "✓ items-client/client-7f9c6b5d4-abcde…  12m   85   0    2     7     0     0    3",
        "✓ items/api-x                           12m   85   0    2     -     0     7    3",
        "",
        "Stopped last:",
        "  12:30:05 dropped items-client/client-x -> items/api-x:8080",
        "",
        "A note.",
      ].join("\n"),
    );
  });

  it("fits into 80 columns, whatever the figures", () => {
    const huge = { ...full, cpuMillicores: 64_000, memoryBytes: 2 ** 40, restarts: 1_000_000 };
    const lines = formatUsage({ pods: [huge], notes: ["word ".repeat(40)] }).split("\n");
    assert.ok(
      lines.every((line) => [...line].length <= 80),
      lines.join("\n"),
    );
  });
});

describe("what pods use, as Prometheus metrics", () => {
  it("has each figure that is known, and no other", async () => {
    const text = await metricsText([bare, full]);
    const series = text.split("\n").filter((line) => line && !line.startsWith("#"));
    const pod = `pod="${full.pod}"`;
    assert.deepEqual(series.sort(), [
      `micromesh_pod_cpu_cores{${pod}} 0.012`,
      `micromesh_pod_cpu_seconds_total{${pod}} 1.5`,
      `micromesh_pod_dropped_connections_total{${pod},to="items/api-x",port="8080"} 7`,
      `micromesh_pod_memory_bytes{${pod}} ${85 * 2 ** 20}`,
      `micromesh_pod_open_connections{${pod},direction="in"} 0`,
      `micromesh_pod_open_connections{${pod},direction="out"} 2`,
    ]);
    assert.match(text, /# TYPE micromesh_pod_cpu_seconds_total counter/);
  });
});

describe("what pods use, as data", () => {
  it("is what its schema says", () => {
    for (const one of [bare, full]) assert.deepEqual(podUsage.parse(one), one);
  });
});
