import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connectionsIn } from "../../micromesh/verify/live/connections.ts";
import { podResources } from "../../micromesh/verify/live/quantities.ts";
import { liveUsage } from "../../micromesh/verify/live/usage.ts";

describe("quantities of the Kubernetes API", () => {
  it("of a pod's containers are added up", () => {
    const usage = (cpu: string, memory: string) => ({ usage: { cpu, memory } });
    const metadata = { namespace: "a", name: "x" };
    const items = [{ metadata, containers: [usage("10m", "1Mi"), usage("2500000n", "1Ki")] }];
    assert.deepEqual(podResources(items).get("a/x"), {
      cpuMillicores: 13,
      memoryBytes: 2 ** 20 + 2 ** 10,
    });
  });
});

describe("the kernel's tables of connections", () => {
  const table = (...lines: string[]) =>
    ["  sl  local_address rem_address   st tx_queue rx_queue", ...lines, ""].join(";");
  const line = (local: string, remote: string, state: string) =>
    `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  0`;
  const LISTENS = line("00000000:1F90", "00000000:0000", "0A");

  it("tell who came in, who goes out, and not what waits or stays inside", () => {
    assert.deepEqual(
      connectionsIn(
        table(
          LISTENS,
          line("0500F40A:1F90", "0600F40A:C001", "01"),
          line("0500F40A:1F90", "0700F40A:C002", "01"),
          line("0500F40A:C003", "0800F40A:1538", "01"),
          line("0500F40A:1F90", "0600F40A:C004", "06"),
          line("0100007F:1F90", "0100007F:C005", "01"),
        ),
      ),
      { in: 2, out: 1 },
    );
  });

  it("tell the same of IPv6, where IPv4 comes mapped", () => {
    const ip = (tail: string) => `0000000000000000FFFF0000${tail}`;
    assert.deepEqual(
      connectionsIn(
        table(
          line(`${"0".repeat(32)}:1F90`, `${"0".repeat(32)}:0000`, "0A"),
          line(`${ip("0500F40A")}:1F90`, `${ip("0600F40A")}:C001`, "01"),
          line(`${ip("0100007F")}:1F90`, `${ip("0100007F")}:C001`, "01"),
          line(`${"0".repeat(24)}01000000:1F90`, `${"0".repeat(24)}01000000:C001`, "01"),
        ),
      ),
      { in: 1, out: 0 },
    );
  });

  it("may be empty", () => assert.deepEqual(connectionsIn(""), { in: 0, out: 0 }));
});

describe("what pods of a cluster use", () => {
  let api: Server;
  let asked: string[];
  let metrics: [number, unknown];
  const pod = {
    metadata: { namespace: "a", name: "x", labels: { "app.kubernetes.io/part-of": "items" } },
    spec: { containers: [{ name: "main", image: "busybox" }] },
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [{ restartCount: 2 }, { restartCount: 1 }],
    },
  };
  const usage = () => {
    const server = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    const kubeconfig = JSON.stringify({
      "current-context": "c",
      clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    });
    return liveUsage(kubeconfig, ["items", "shop"]);
  };

  beforeEach(async () => {
    asked = [];
    api = createServer((request, response) => {
      const line = decodeURIComponent((request.url ?? "").replaceAll("+", " "));
      asked.push(line);
      const [status, body] = line.startsWith("/apis/metrics.k8s.io/v1beta1/pods")
        ? metrics
        : line.startsWith("/api/v1/pods?")
          ? [200, { kind: "PodList", items: [pod] }]
          : [404, {}];
      response.writeHead(status as number, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    api.closeAllConnections();
    api.close();
  });

  it("comes from metrics-server, for the pods of the labs; what can't be told is a note", async () => {
    const { namespace, name } = pod.metadata;
    const containers = [{ name: "main", usage: { cpu: "5m", memory: "1Mi" } }];
    metrics = [200, { items: [{ metadata: { namespace, name }, containers }] }];
    const { pods, notes } = await usage();
    assert.deepEqual(pods, [
      {
        pod: "a/x",
        partOf: "items",
        ready: true,
        restarts: 3,
        cpuMillicores: 5,
        memoryBytes: 2 ** 20,
        connections: undefined,
      },
    ]);
    assert.ok(asked.some((line) => /pods\?labelSelector=.*part-of in \(items, shop\)/.test(line)));
    assert.equal(notes.length, 2);
    assert.match(notes[0] ?? "", /^Connections of 1 pod couldn't be read/);
    assert.match(notes[1] ?? "", /hubble observe/);
  });

  it("has no CPU and memory where there is no metrics-server, and says how to get it", async () => {
    for (const status of [404, 503]) {
      metrics = [status, { kind: "Status", message: "no" }];
      const { pods, notes } = await usage();
      assert.equal(pods[0]?.cpuMillicores, undefined);
      assert.match(notes[0] ?? "", /minikube addons enable metrics-server/);
    }
    metrics = [403, { kind: "Status", message: 'user "u" cannot list' }];
    assert.match((await usage()).notes[0] ?? "", /permission to list pods\.metrics\.k8s\.io$/);
  });
});
