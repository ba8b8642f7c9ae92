import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { V1EndpointSlice, V1Pod } from "@kubernetes/client-node";
import { readyBackend } from "../../micromesh/verify/live/backend.ts";
import { viaOf } from "../../micromesh/verify/live/from-outside.ts";
import { isNodeImage } from "../../micromesh/verify/live/in-pod.ts";
import { newestReady } from "../../micromesh/verify/live/pods.ts";
import { probeContainerSpec } from "../../micromesh/verify/live/probe-container.ts";
import { liveTransport } from "../../micromesh/verify/live/transport.ts";
import { ProbeError } from "../../micromesh/verify/transport.ts";
import type { Endpoint, Request } from "../../stacks/outputs.ts";
import { freePort, tcpServer } from "./servers.ts";

const token = "s3cr3t-t0ken";
const kubeconfigFor = (server: string) => `
apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: "${server}", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: ${token}}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
`;
const http = (url: string): Request => ({ kind: "http", url, method: "GET", headers: {} });
const pod = (name: string, created: string, more: object = {}, ready = "True"): V1Pod => ({
  metadata: { name, namespace: "a", uid: name, creationTimestamp: new Date(created), ...more },
  spec: { containers: [{ name: "main", image: "busybox:1.36" }] },
  status: { conditions: [{ type: "Ready", status: ready }] },
});

describe("the live transport", () => {
  describe("against an API server that", () => {
    let api: Server;
    let url: string;
    /** Answers by method and path; the path may go on with a query. */
    let answers: Record<string, [status: number, body: unknown]>;
    let asked: string[];
    const from = { namespace: "a", workload: "w" };
    const observe = (
      origin: typeof from | "outside" = from,
      endpoints: Record<string, Endpoint> = {},
    ) =>
      liveTransport({ kubeconfig: kubeconfigFor(url), endpoints, probeImage: "node:20" }).observe(
        origin,
        http("http://pippo.lan/"),
        500,
      );
    const pods = (...items: V1Pod[]): [number, unknown] => [200, { kind: "PodList", items }];

    beforeEach(async () => {
      answers = {};
      asked = [];
      api = createServer((req, res) => {
        const line = `${req.method} ${decodeURIComponent(req.url ?? "")}`;
        asked.push(line);
        const found = Object.entries(answers).find(([start]) => line.startsWith(start));
        const [status, body] = found?.[1] ?? [404, { kind: "Status", message: "not found" }];
        res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
      await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
      url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    });
    afterEach(() => {
      api.closeAllConnections();
      api.close();
    });

    const rejects = async (expected: RegExp, permanent: boolean, observing = observe()) => {
      await assert.rejects(observing, (error: ProbeError) => {
        assert.ok(error instanceof ProbeError, String(error));
        assert.match(error.message, expected);
        assert.equal(error.permanent, permanent);
        assert.ok(!error.message.includes(token) && !error.message.includes("\n"), error.message);
        return true;
      });
    };

    it("has no pod of the workload: it looks by both labels", async () => {
      answers["GET /api/v1/namespaces/a/pods"] = pods();
      await rejects(/^a\/w has no pod: is the lab deployed/, false);
      assert.deepEqual(
        asked.map((line) => line.split("?")[1]),
        ["labelSelector=app.kubernetes.io/name=w", "labelSelector=app=w"],
      );
    });

    it("has no ready pod of it", async () => {
      answers["GET /api/v1/namespaces/a/pods"] = pods(pod("x", "2026-01-01", {}, "False"));
      await rejects(
        /^no pod of a\/w is ready \(of 1\): see `kubectl -n a get pods -l app\./,
        false,
      );
    });

    it("forbids listing pods", async () => {
      const message = 'pods is forbidden: User "u" cannot list resource "pods"';
      answers["GET /api/v1/namespaces/a/pods"] = [403, { message }];
      await rejects(/^can't list pods in a: forbidden; .* the permission to list pods$/, true);
    });

    it("doesn't know the user", async () => {
      answers["GET /api/v1/namespaces/a/pods"] = [401, { message: "Unauthorized" }];
      await rejects(/doesn't accept the kubeconfig's credentials; renew them/, true);
    });

    it("forbids exec", async () => {
      answers["GET /api/v1/namespaces/a/pods/x/exec"] = [403, { message: "no" }];
      answers["GET /api/v1/namespaces/a/pods"] = pods(pod("x", "2026-01-01"));
      await rejects(
        /^can't run the probe in container main of a\/x: forbidden; .*pods\/exec$/,
        true,
      );
    });

    it("fails by itself", async () => {
      answers["GET /api/v1/namespaces/a/pods"] = [500, { message: "etcd is full" }];
      await rejects(/^can't list pods in a: the cluster answers 500: etcd is full$/, false);
    });

    it("isn't there", async () => {
      url = `http://127.0.0.1:${await freePort()}`;
      await rejects(/API server doesn't answer \(ECONNREFUSED\); is it running/, false);
    });

    it("has nothing ready behind the Service of the way in, or not its port", async () => {
      const endpoint: Endpoint = { via: "service", namespace: "a", service: "s", port: 80 };
      const outside = () => observe("outside", { "pippo.lan": endpoint });
      answers["GET /api/v1/namespaces/a/services/s"] = [200, { spec: { ports: [{ port: 80 }] } }];
      answers["GET /apis/discovery.k8s.io/v1/namespaces/a/endpointslices"] = [200, { items: [] }];
      await rejects(/^no ready pod is behind Service a\/s: see/, false, outside());
      answers["GET /api/v1/namespaces/a/services/s"] = [200, { spec: { ports: [{ port: 81 }] } }];
      await rejects(/^Service a\/s has no port 80, it has 81: mend/, true, outside());
    });

    it("has no load balancer for the Service of the way in, or not its port", async () => {
      const endpoint: Endpoint = { via: "load-balancer", namespace: "a", service: "s", port: 80 };
      const outside = () => observe("outside", { "pippo.lan": endpoint });
      const path = "GET /api/v1/namespaces/a/services/s";
      const spec = { type: "LoadBalancer", ports: [{ port: 80 }] };
      answers[path] = [200, { spec: { ports: spec.ports } }];
      await rejects(/^Service a\/s is of type ClusterIP, not LoadBalancer: mend/, true, outside());
      answers[path] = [200, { spec: { ...spec, ports: [{ port: 81 }] } }];
      await rejects(/^Service a\/s has no port 80, it has 81: mend/, true, outside());
      for (const status of [undefined, { loadBalancer: {} }, { loadBalancer: { ingress: [] } }]) {
        answers[path] = [200, { spec, status }];
        await rejects(
          /^Service a\/s has no external address: .*`minikube tunnel`.*servicelb/,
          false,
          outside(),
        );
      }
      answers[path] = [403, {}];
      await rejects(/^can't read Service a\/s: forbidden; .*get services$/, true, outside());
    });

    it("has a load balancer with an address, or a host name", async () => {
      let head = "";
      const server = await tcpServer((socket) =>
        socket.on("data", (chunk) => {
          head = String(chunk);
          socket.end("HTTP/1.1 200 OK\r\n\r\n");
        }),
      );
      const { port } = server;
      const endpoint: Endpoint = { via: "load-balancer", namespace: "a", service: "s", port };
      const spec = { type: "LoadBalancer", ports: [{ port }] };
      for (const ingress of [{ ip: "127.0.0.1" }, { hostname: "localhost" }]) {
        const status = { loadBalancer: { ingress: [ingress] } };
        answers["GET /api/v1/namespaces/a/services/s"] = [200, { spec, status }];
        const seen = await observe("outside", { "pippo.lan": endpoint });
        assert.equal(seen.status, 200);
        assert.match(head, /^GET \/ HTTP\/1\.1\r\nhost: pippo\.lan\r\n/i);
      }
      await server.close();
    });

    it("forbids port-forwards", async () => {
      const endpoint: Endpoint = { via: "service", namespace: "a", service: "s", port: 80 };
      answers["GET /api/v1/namespaces/a/services/s"] = [200, { spec: { ports: [{ port: 80 }] } }];
      const endpoints = [{ addresses: ["10.0.0.1"], targetRef: { kind: "Pod", name: "x" } }];
      const items = [{ endpoints, ports: [{ name: "", port: 8080 }] }];
      answers["GET /apis/discovery.k8s.io/v1/namespaces/a/endpointslices"] = [200, { items }];
      answers["GET /api/v1/namespaces/a/pods/x/portforward?ports=8080"] = [403, {}];
      const outside = observe("outside", { "pippo.lan": endpoint });
      await rejects(
        /^can't forward a port to a\/x: forbidden; .*pods\/portforward$/,
        true,
        outside,
      );
    });
  });

  it("goes in by the endpoint's URL, in the name of the request's host", async () => {
    let head = "";
    const server = await tcpServer((socket) =>
      socket.on("data", (chunk) => {
        head += chunk;
        socket.end("HTTP/1.1 200 OK\r\n\r\n");
      }),
    );
    const url = `http://127.0.0.1:${server.port}/ignored`;
    const transport = liveTransport({
      kubeconfig: kubeconfigFor("http://127.0.0.1:1"),
      endpoints: { "pippo.lan": { via: "url", url } },
      probeImage: "node:20",
    });
    const seen = await transport.observe("outside", http("http://pippo.lan/count/get"), 1000);
    assert.equal(seen.status, 200);
    assert.match(head, /^GET \/count\/get HTTP\/1\.1\r\nhost: pippo\.lan\r\n/i);
    await assert.rejects(
      transport.observe("outside", http("http://other.lan/"), 1000),
      /^ProbeError: there's no way in to other\.lan: the stack's `endpoints` have pippo\.lan$/,
    );
    await transport.close();
    await server.close();
  });

  for (const [what, text] of [
    ["no YAML", `{${token}: [`],
    ["no kubeconfig", `token: ${token}`],
    ["an empty text", ""],
  ] as const)
    it(`tells that ${what} is no kubeconfig, and nothing of its contents`, () => {
      const options = { kubeconfig: text, endpoints: {}, probeImage: "node:20" };
      assert.throws(
        () => liveTransport(options),
        (error: Error) =>
          /^the kubeconfig .*: give one that/.test(error.message) && !error.message.includes(token),
      );
    });

  it("chooses the newest ready pod that isn't going", () => {
    const old = pod("old", "2026-01-01");
    const newer = pod("newer", "2026-01-02");
    const going = pod("going", "2026-01-03", { deletionTimestamp: new Date() });
    const starting = pod("starting", "2026-01-04", {}, "False");
    assert.equal(newestReady([old, starting, newer, going])?.name, "newer");
    assert.equal(newestReady([pod("b", "2026-01-01"), pod("a", "2026-01-01")])?.name, "a");
    assert.equal(newestReady([going, starting]), undefined);
  });

  it("finds a ready backend and its port by the port's name", () => {
    const slice = (
      ports: [string | undefined, number][],
      ...endpoints: [string, boolean | undefined][]
    ): V1EndpointSlice => ({
      addressType: "IPv4",
      ports: ports.map(([name, port]) => ({ name, port })),
      endpoints: endpoints.map(([name, ready]) => ({
        addresses: ["10.0.0.1"],
        conditions: ready === undefined ? {} : { ready },
        targetRef: { kind: "Pod", name },
      })),
    });
    const slices = [
      slice([["web", 8080]], ["a", false], ["c", true]),
      slice(
        [
          ["web", 9090],
          ["admin", 1],
        ],
        ["b", undefined],
      ),
    ];
    assert.deepEqual(readyBackend(slices, "web"), { pod: "b", port: 9090 });
    assert.deepEqual(readyBackend(slices.slice(0, 1), "web"), { pod: "c", port: 8080 });
    assert.equal(readyBackend(slices, "metrics"), undefined);
    assert.deepEqual(readyBackend([slice([[undefined, 80]], ["a", true])], ""), {
      pod: "a",
      port: 80,
    });
    assert.equal(readyBackend([{ addressType: "IPv4", endpoints: [] }], ""), undefined);
  });

  it("knows Node's own images", () => {
    for (const image of [
      "node",
      "node:20",
      "docker.io/library/node@sha256:0",
      "m.example:5000/node:22",
    ])
      assert.ok(isNodeImage(image), image);
    for (const image of [
      "nodejs",
      "redis:7",
      "example/node-exporter:1",
      "supernode:1",
      "node/app:1",
    ])
      assert.ok(!isNodeImage(image), image);
  });

  it("reads the address of a way in", () => {
    assert.deepEqual(viaOf("http://192.168.49.2:30080"), { host: "192.168.49.2", port: 30080 });
    assert.deepEqual(viaOf("http://[::1]/x"), { host: "::1", port: 80 });
    for (const url of ["https://a.lan", "a.lan:80", ""])
      assert.throws(() => viaOf(url), /can't be used: it must begin with http:\/\//);
  });

  it("adds a container that a restricted namespace takes and a sidecar doesn't let by", () => {
    const { securityContext, command } = probeContainerSpec("micromesh-probe", "node:20");
    assert.deepEqual(securityContext, {
      runAsNonRoot: true,
      runAsUser: 65534,
      runAsGroup: 65534,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    });
    assert.match(command?.join(" ") ?? "", /^node -e process\.on\("SIGTERM".*3600000\)$/);
  });
});
