import assert from "node:assert/strict";
import { Metrics } from "../../../micromesh/simulator/control/metrics.ts";
import { serveControl } from "../../../micromesh/simulator/control/server.ts";
import { Simulator } from "../../../micromesh/simulator/simulator.ts";
import type { PodUsage } from "../../../micromesh/usage/pod-usage.ts";
import { app, declarationOf, labelsOf, namespace, object, service } from "../declaration.ts";

/** Accepts connections and keeps them; a child process of it holds some memory. */
const SERVER = `
import net from "node:net";
import { spawn } from "node:child_process";
spawn(process.execPath, ["-e", "globalThis.held = Buffer.alloc(96 * 2 ** 20, 1); setInterval(() => {}, 1e6)"]);
net.createServer((socket) => socket.on("error", () => {})).listen(8080);
`;
/** Keeps two connections; one that breaks, or doesn't come about in 300 ms, is tried anew. */
const CLIENT = `
import net from "node:net";
function hold() {
  const socket = net.connect(8080, "server.far");
  const patience = setTimeout(() => socket.destroy(), 300);
  socket.on("connect", () => clearTimeout(patience));
  socket.on("error", () => {});
  socket.on("close", () => setTimeout(hold, 50));
  setTimeout(() => socket.destroy(), 1_000);
}
hold();
hold();
`;
const CILIUM: [string, string][] = [["cilium", "kube-system"]];

describe("what pods use, before, during and after a policy", function () {
  this.timeout(40_000);
  let simulator: Simulator;
  let control: Awaited<ReturnType<typeof serveControl>>;

  const base = [
    namespace("near"),
    namespace("far"),
    ...app({
      namespace: "far",
      name: "server",
      source: SERVER,
      port: 8080,
      labels: { "app.kubernetes.io/part-of": "test" },
    }),
    service("far", "server", { name: "tcp-any", port: 8080, targetPort: 8080 }),
    ...app({ namespace: "near", name: "client", source: CLIENT }),
  ];
  const deny = object(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    { name: "deny", namespace: "far" },
    { spec: { podSelector: { matchLabels: labelsOf("server") }, policyTypes: ["Ingress"] } },
  );
  const play = async (objects: typeof base) => {
    await simulator.apply(declarationOf(objects, CILIUM));
    await simulator.settled(15_000);
    // A connection that was open before ends by itself within a second; agents report twice a second.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  };
  const usage = async () => {
    const response = await fetch(`http://127.0.0.1:${control.port}/api/pods/usage`);
    const { pods } = (await response.json()) as { pods: PodUsage[] };
    const of = (name: string) => pods.find(({ pod }) => pod.includes(`/${name}-`)) as PodUsage;
    return { client: of("client"), server: of("server") };
  };

  before(async () => {
    const metrics = new Metrics();
    simulator = await Simulator.start(declarationOf(base, CILIUM), { gatewayPort: 0 });
    metrics.watch(simulator);
    control = await serveControl(simulator, {
      port: 0,
      stack: "test",
      metrics,
      changeScenarios: () => assert.fail("nobody asked"),
    });
    await play(base);
  });
  after(async () => {
    await control?.close();
    await simulator?.stop();
  });

  it("has drops rise during, not after, and connections return", async () => {
    const before = await usage();
    assert.deepEqual(before.client.connections, { in: 0, out: 2 });
    assert.deepEqual(before.server.connections, { in: 2, out: 0 });
    assert.equal(before.client.dropped?.count, 0);

    await play([...base, deny]);
    const during = await usage();
    const dropped = during.client.dropped;
    assert.ok(dropped && dropped.count >= 4, `${dropped?.count} drops in 2 s`);
    assert.deepEqual(dropped.destinations, [
      { to: during.server.pod, port: 8080, count: dropped.count },
    ]);
    assert.equal(during.server.stoppedAtIt, dropped.count);
    assert.equal(during.server.dropped?.count, 0);
    assert.equal(during.server.latestStop?.source, during.client.pod);
    assert.equal(during.server.latestStop?.verdict, "dropped");
    assert.deepEqual(during.server.connections, { in: 0, out: 0 });
    assert.deepEqual(during.client.connections, { in: 0, out: 0 });

    await play(base);
    const after = await usage();
    assert.deepEqual(after.client.connections, { in: 0, out: 2 });
    assert.deepEqual(after.server.connections, { in: 2, out: 0 });
    const settled = after.client.dropped?.count ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal((await usage()).client.dropped?.count, settled);
  });

  it("counts the memory of a container's child processes, and CPU time that never falls", async () => {
    const first = await usage();
    assert.ok((first.server.memoryBytes ?? 0) > 140 * 2 ** 20, `${first.server.memoryBytes} bytes`);
    assert.ok((first.client.memoryBytes ?? 0) > 20 * 2 ** 20, `${first.client.memoryBytes} bytes`);
    assert.ok((first.client.cpuSeconds ?? 0) > 0);
    assert.equal(typeof first.client.cpuMillicores, "number");
    const second = await usage();
    assert.ok((second.client.cpuSeconds ?? 0) >= (first.client.cpuSeconds ?? 0));
  });

  it("is told to Prometheus", async () => {
    const { client, server } = await usage();
    const text = await (await fetch(`http://127.0.0.1:${control.port}/metrics`)).text();
    const value = (series: string) => Number(text.split(`\n${series} `)[1]?.split("\n")[0]);
    assert.ok(value(`micromesh_pod_memory_bytes{pod="${server.pod}"}`) > 140 * 2 ** 20);
    assert.ok(value(`micromesh_pod_cpu_seconds_total{pod="${client.pod}"}`) > 0);
    assert.equal(value(`micromesh_pod_open_connections{pod="${client.pod}",direction="out"}`), 2);
    assert.equal(
      value(
        `micromesh_pod_dropped_connections_total{pod="${client.pod}",to="${server.pod}",port="8080"}`,
      ),
      client.dropped?.count,
    );
  });
});
