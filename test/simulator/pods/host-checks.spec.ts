import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeHello, type Hello } from "../../../micromesh/simulator/network/hello.ts";
import { socketPath } from "../../../micromesh/simulator/network/sockets.ts";
import { checksOf } from "../../../micromesh/simulator/pods/host-checks.ts";
import type { ContainerSpec, ProbeSpec } from "../../../micromesh/simulator/pods/spec.ts";
import { container } from "./template.ts";

const IP = "10.244.0.10";

describe("checksOf", () => {
  let sockets: string;
  const opened: net.Server[] = [];
  const connections: net.Socket[] = [];
  const hellos: Hello[] = [];
  const requests: http.IncomingMessage[] = [];

  beforeEach(async () => {
    sockets = await mkdtemp(join(tmpdir(), "mm-test-"));
  });
  afterEach(async () => {
    for (const server of opened.splice(0)) server.close();
    for (const connection of connections.splice(0)) connection.destroy();
    hellos.length = requests.length = 0;
    await rm(sockets, { recursive: true });
  });

  /** A pod's port whose bytes, after the hello, go to `serve`. */
  const listen = async (port: number, serve: (socket: net.Socket) => void) => {
    const server = net.createServer((socket) => {
      connections.push(socket);
      socket.on("error", () => {});
      socket.once("data", (bytes) => {
        const decoded = decodeHello(bytes);
        assert.ok(decoded);
        hellos.push(decoded.hello);
        if (decoded.rest.length > 0) socket.unshift(decoded.rest);
        serve(socket);
      });
    });
    opened.push(server);
    await once(server.listen(socketPath(sockets, IP, port)), "listening");
  };
  const answer = (port: number, reply: (response: http.ServerResponse) => void) => {
    const server = http.createServer((request, response) => {
      requests.push(request);
      reply(response);
    });
    return listen(port, (socket) => server.emit("connection", socket));
  };
  const answerStatus = (status: number) =>
    answer(8080, (response) => response.writeHead(status).end("body"));
  const check = (probe: ProbeSpec, spec: Partial<ContainerSpec> = {}, timeoutMs = 1000) =>
    checksOf(sockets, IP, container(spec))(probe, timeoutMs);
  const httpGet = (more: object = {}): ProbeSpec => ({ httpGet: { port: 8080, ...more } });

  describe("by httpGet", () => {
    for (const [status, ok] of [
      [200, true],
      [204, true],
      [302, true],
      [399, true],
      [400, false],
      [404, false],
      [503, false],
    ] as const) {
      it(`${ok ? "succeeds" : "fails"} at ${status}`, async () => {
        await answerStatus(status);
        assert.equal(await check(httpGet()), ok);
      });
    }

    it("asks for the declared path with the declared headers, as the kubelet", async () => {
      await answerStatus(200);
      const httpHeaders = [{ name: "X-Probe", value: "1" }];
      await check(httpGet({ path: "/healthz?full=1", httpHeaders }));
      const [request] = requests;
      assert.equal(request?.method, "GET");
      assert.equal(request?.url, "/healthz?full=1");
      assert.equal(request?.headers["x-probe"], "1");
      assert.equal(request?.headers.host, `${IP}:8080`);
      assert.match(request?.headers["user-agent"] ?? "", /^kube-probe\//);
    });

    it("asks for / and lets a declared Host win", async () => {
      await answerStatus(200);
      await check(httpGet({ httpHeaders: [{ name: "Host", value: "pippo.lan" }] }));
      assert.equal(requests[0]?.url, "/");
      assert.equal(requests[0]?.headers.host, "pippo.lan");
    });

    it("comes from the node and passes no sidecar", async () => {
      await answerStatus(200);
      await check(httpGet());
      assert.deepEqual(hellos, [
        { from: "node", ip: "192.168.49.2", port: 0, bypassSidecar: true },
      ]);
    });

    it("finds a port by its name", async () => {
      await answerStatus(200);
      const ports = [{ name: "web", containerPort: 8080 }];
      assert.equal(await check(httpGet({ port: "web" }), { ports }), true);
    });

    it("fails where the container names no such port", async () => {
      assert.equal(await check(httpGet({ port: "web" })), false);
    });

    it("fails where nothing listens", async () => {
      assert.equal(await check(httpGet()), false);
    });

    it("fails when no answer comes in time", async () => {
      await answer(8080, () => {});
      const before = performance.now();
      assert.equal(await check(httpGet(), {}, 100), false);
      assert.ok(performance.now() - before < 5000);
    });

    it("fails when the connection breaks before an answer", async () => {
      await listen(8080, (socket) => socket.destroy());
      assert.equal(await check(httpGet()), false);
    });

    it("fails when the answer is no HTTP", async () => {
      await listen(8080, (socket) => socket.end("hello\r\n\r\n"));
      assert.equal(await check(httpGet()), false);
    });

    it("leaves no connection behind", async () => {
      await answerStatus(200);
      await check(httpGet());
      const [server] = opened;
      for (let i = 0; i < 100; i++) {
        const count = await new Promise((resolve) => server?.getConnections((_, n) => resolve(n)));
        if (count === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.fail("a connection is still open");
    });
  });

  describe("by tcpSocket", () => {
    const tcpSocket: ProbeSpec = { tcpSocket: { port: 8080 } };

    it("succeeds where something listens", async () => {
      await listen(8080, () => {});
      assert.equal(await check(tcpSocket), true);
    });

    it("fails where nothing does", async () => {
      assert.equal(await check(tcpSocket), false);
    });

    it("fails where the container names no such port", async () => {
      assert.equal(await check({ tcpSocket: { port: "web" } }), false);
    });
  });

  describe("by what can't be run here", () => {
    const exec: ProbeSpec = { exec: { command: ["true"] } };

    it("looks whether the container's first port listens", async () => {
      const ports = [{ containerPort: 8080 }];
      assert.equal(await check(exec, { ports }), false);
      await listen(8080, () => {});
      assert.equal(await check(exec, { ports }), true);
    });

    it("succeeds where the container has no port", async () => {
      assert.equal(await check(exec), true);
    });
  });
});
