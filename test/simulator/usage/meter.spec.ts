import assert from "node:assert/strict";
import type { PodStatus } from "../../../micromesh/simulator/pods/status.ts";
import { FlowCounts } from "../../../micromesh/simulator/usage/flow-counts.ts";
import { UsageMeter } from "../../../micromesh/simulator/usage/meter.ts";

const pod = (pid: number | undefined): PodStatus =>
  ({
    namespace: "a",
    name: "x",
    labels: { "app.kubernetes.io/part-of": "lab" },
    ready: true,
    containers: [{ name: "main", image: "node", pid, ready: true, restarts: 2 }],
  }) as unknown as PodStatus;
const flow = (verdict: "dropped" | "denied" | "forwarded", to = "a/y", port = 80, time = 1) => ({
  time,
  verdict,
  source: "a/x",
  destination: to,
  port,
  because: [],
});

describe("counts of what the network stops", () => {
  it("have each source's, by where it was to go, and who was to be reached", () => {
    const counts = new FlowCounts();
    for (const one of [
      flow("dropped"),
      flow("forwarded"),
      flow("dropped"),
      flow("denied", "a/z"),
    ]) {
      counts.add(one);
    }
    assert.deepEqual(counts.of("a/x"), {
      dropped: { count: 2, destinations: [{ to: "a/y", port: 80, count: 2 }] },
      denied: { count: 1, destinations: [{ to: "a/z", port: 80, count: 1 }] },
      stoppedAtIt: 0,
      latestStop: { time: 1, verdict: "denied", source: "a/x", destination: "a/z", port: 80 },
    });
    assert.equal(counts.of("a/y").stoppedAtIt, 2);
    assert.equal(counts.of("a/y").latestStop?.source, "a/x");
    assert.equal(counts.of("b/n").dropped.count, 0);
  });

  it("are bounded, however many destinations and sources there are", () => {
    const counts = new FlowCounts();
    for (let i = 0; i < 5_000; i++) counts.add(flow("dropped", `10.0.0.${i}`, i));
    const { count, destinations } = counts.of("a/x").dropped;
    assert.equal(count, 5_000);
    assert.equal(destinations.length, 21);
    assert.deepEqual(destinations.at(-1), { to: "others", port: 0, count: 4_980 });
  });
});

describe("the meter", () => {
  /** With a clock of its own for the processes' times, which the test sets. */
  const meterOf = (status: () => PodStatus[], cpu: () => Record<number, number>) =>
    new UsageMeter(status, new FlowCounts(), async () =>
      Object.entries(cpu()).map(([pid, cpuSeconds]) => ({
        pid: Number(pid),
        parent: pid === "1" ? 0 : 1,
        group: Number(pid),
        cpuSeconds,
        memoryBytes: 2 ** 20,
      })),
    );

  it("adds up a pod's processes, and tells CPU over an interval alone", async () => {
    let cpu: Record<number, number> = { 1: 10, 2: 1 };
    const meter = meterOf(
      () => [pod(1)],
      () => cpu,
    );
    const [first] = await meter.now();
    assert.equal(first?.cpuMillicores, undefined);
    assert.equal(first?.cpuSeconds, 11);
    assert.equal(first?.memoryBytes, 2 ** 21);
    assert.deepEqual([first?.partOf, first?.restarts, first?.ready], ["lab", 2, true]);
    setTimeout(() => {
      cpu = { 1: 11, 3: 0.5 };
    }, 500);
    const [second] = await meter.measured();
    // 1 s more of the first, all of the new one's; what the one that ended had used stays.
    assert.equal(second?.cpuSeconds, 12.5);
    assert.ok(
      (second?.cpuMillicores ?? 0) > 600 && (second?.cpuMillicores ?? 0) <= 760,
      `${second?.cpuMillicores}m of 1.5 s in about 2 s`,
    );
  }).timeout(5_000);

  it("asks the machine once for all who ask at once", async () => {
    let asked = 0;
    const meter = meterOf(
      () => [pod(1)],
      () => {
        asked++;
        return { 1: 1 };
      },
    );
    await Promise.all([meter.now(), meter.now(), meter.now()]);
    await meter.now();
    assert.equal(asked, 1);
  });

  it("counts connections of processes that run, no others", async () => {
    let pid: number | undefined = 1;
    const meter = meterOf(
      () => [pod(pid)],
      () => ({ 1: 1 }),
    );
    meter.connections({ type: "connections", pid: 1, in: 2, out: 3 });
    assert.deepEqual((await meter.now())[0]?.connections, { in: 2, out: 3 });
    pid = 5;
    assert.deepEqual((await meter.now())[0]?.connections, { in: 0, out: 0 });
  });
});
