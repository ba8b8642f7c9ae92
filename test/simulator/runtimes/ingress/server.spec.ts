import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import {
  compileRoutes,
  type Route,
} from "../../../../micromesh/simulator/runtimes/ingress/router.ts";
import {
  type Endpoint,
  type Ingress,
  type IngressEntry,
  type IngressOptions,
  startIngress,
} from "../../../../micromesh/simulator/runtimes/ingress/server.ts";
import {
  type HeaderLines,
  headerLines,
} from "../../../../micromesh/simulator/runtimes/reverse-proxy.ts";
import { unanswering } from "../reverse-proxy/full-backlog.ts";

interface Got {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

describe("ingress controller", () => {
  let ingress: Ingress;
  let entries: IngressEntry[];
  let seen: { url: string; headers: HeaderLines }[];
  let endpoints: Record<string, Endpoint[]>;
  let setRoutes: (routes: readonly Route[]) => void;
  const open: net.Socket[] = [];
  const servers: net.Server[] = [];

  const routesOf = (paths: Record<string, string>) =>
    compileRoutes([
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name: "i", namespace: "n" },
        spec: {
          rules: [
            {
              host: "pippo.lan",
              http: {
                paths: Object.entries(paths).map(([path, name]) => ({
                  path,
                  pathType: "Prefix",
                  backend: { service: { name, port: { number: 80 } } },
                })),
              },
            },
          ],
        },
      },
    ]).routes;

  async function serve(server: net.Server): Promise<Endpoint> {
    servers.push(server);
    server.on("connection", (socket) => {
      open.push(socket);
      socket.on("error", () => {});
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { host: "127.0.0.1", port: (server.address() as net.AddressInfo).port };
  }

  const web = (name: string) =>
    serve(
      http.createServer((request, response) => {
        seen.push({ url: request.url ?? "", headers: headerLines(request.rawHeaders) });
        if (request.url === "/slow") setTimeout(() => response.end(name), 300);
        else response.end(name);
      }),
    );

  async function start(more: Partial<IngressOptions> = {}) {
    ingress = await startIngress({
      port: 0,
      host: "127.0.0.1",
      hostname: "traefik-0",
      routes: (listener) => {
        setRoutes = listener;
        listener(
          routesOf({
            "/": "app",
            "/hang": "hang",
            "/gone": "gone",
            "/empty": "empty",
            "/no": "absent",
          }),
        );
        return () => {};
      },
      endpoints: (_namespace, service) => endpoints[service],
      onEntry: (entry) => entries.push(entry),
      ...more,
    });
  }

  function ask(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Got> {
    return new Promise((resolve, reject) => {
      const options = { port: ingress.port, host: "127.0.0.1", path, method, agent: false };
      const request = http.request({ ...options, headers: { Host: "pippo.lan", ...headers } });
      request.on("error", reject);
      request.on("response", (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
        response.on("error", reject);
      });
      request.end();
    });
  }

  beforeEach(async () => {
    entries = [];
    seen = [];
    endpoints = { app: [await web("one"), await web("two")], empty: [] };
    await start();
  });

  afterEach(async () => {
    await ingress.close(100);
    for (const socket of open.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) await new Promise((done) => server.close(done));
  });

  it("takes the endpoints in turn", async () => {
    const bodies = [];
    for (let count = 0; count < 4; count++) bodies.push((await ask("/x")).body);
    assert.deepEqual(bodies, ["one", "two", "one", "two"]);
  });

  it("says of whom a request comes, and believes no client", async () => {
    await ask("/a%20b?c=d", {
      Host: "pippo.lan:8080",
      "X-Forwarded-For": "6.6.6.6",
      "X-Forwarded-Proto": "https",
      X_Forwarded_Host: "evil",
      "X-Real-Ip": "6.6.6.6",
      "X-Mine": "kept",
      Connection: "close, X-Dropped",
      "X-Dropped": "1",
    });
    assert.equal(seen[0]?.url, "/a%20b?c=d");
    const headers = Object.fromEntries(seen[0]?.headers ?? []);
    delete headers.Connection;
    assert.deepEqual(headers, {
      Host: "pippo.lan:8080",
      "X-Mine": "kept",
      "X-Forwarded-For": "127.0.0.1",
      "X-Forwarded-Host": "pippo.lan:8080",
      "X-Forwarded-Port": "8080",
      "X-Forwarded-Proto": "http",
      "X-Forwarded-Server": "traefik-0",
      "X-Real-Ip": "127.0.0.1",
    });
  });

  it("says that a connection ends with the answer, where the client wants that, and else nothing of it", async () => {
    assert.equal((await ask("/x", { Connection: "close" })).headers.connection, "close");
    assert.equal((await ask("/x", { Connection: "keep-alive" })).headers.connection, undefined);
  });

  it("answers 404 without a route", async () => {
    const got = await ask("/x", { Host: "other" });
    assert.deepEqual([got.status, got.body], [404, "404 page not found\n"]);
    assert.equal(got.headers["content-type"], "text/plain; charset=utf-8");
    assert.equal(got.headers["x-content-type-options"], "nosniff");
  });

  it("answers 503 without an endpoint", async () => {
    const got = await ask("/empty");
    assert.deepEqual([got.status, got.body], [503, "no available server\n"]);
  });

  it("makes no route to a Service that isn't there: the next one serves", async () => {
    assert.equal((await ask("/no/x")).body, "one");
  });

  it("answers 502 for an endpoint that refuses or closes", async () => {
    const spare = net.createServer().listen(0, "127.0.0.1");
    await once(spare, "listening");
    endpoints.gone = [{ host: "127.0.0.1", port: (spare.address() as net.AddressInfo).port }];
    spare.close();
    const got = await ask("/gone");
    assert.deepEqual([got.status, got.body], [502, "Bad Gateway"]);
    endpoints.gone = [
      await serve(net.createServer((socket) => socket.on("data", () => socket.destroy()))),
    ];
    assert.equal((await ask("/gone")).status, 502);
    assert.equal(entries.at(-1)?.failure?.kind, "reset-before-headers");
  });

  it("answers 504 for an endpoint that can't be reached in time", async function () {
    const silent = await unanswering();
    if (!silent) return this.skip();
    await ingress.close();
    await start({ dialTimeoutMs: 200 });
    endpoints.hang = [{ host: "127.0.0.1", port: silent.port }];
    const got = await ask("/hang");
    silent.stop();
    assert.deepEqual([got.status, got.body], [504, "Gateway Timeout"]);
    assert.equal(entries[0]?.failure?.kind, "connect-timeout");
  });

  it("lets a request under way finish while its route changes", async () => {
    const slow = ask("/slow");
    await new Promise((resolve) => setTimeout(resolve, 50));
    setRoutes([]);
    assert.equal((await ask("/x")).status, 404);
    assert.equal((await slow).body, "one");
    setRoutes(routesOf({ "/": "app" }));
    assert.equal((await ask("/x")).status, 200);
  });

  it("follows endpoints that change", async () => {
    endpoints.app = [await web("three")];
    assert.equal((await ask("/x")).body, "three");
  });

  it("finishes what is under way before it closes", async () => {
    const slow = ask("/slow");
    await new Promise((resolve) => setTimeout(resolve, 50));
    await ingress.close();
    assert.equal((await slow).body, "one");
    await assert.rejects(ask("/x"));
    await start();
  });

  it("passes WebSockets through", async () => {
    const target = http.createServer();
    target.on("upgrade", (request, socket) => {
      seen.push({ url: request.url ?? "", headers: headerLines(request.rawHeaders) });
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Ws: 1\r\n\r\n",
      );
      socket.on("data", (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()));
      socket.on("error", () => {});
    });
    endpoints.app = [await serve(target)];
    const socket = net.connect(ingress.port, "127.0.0.1");
    open.push(socket);
    socket.write(
      "GET /ws HTTP/1.1\r\nHost: pippo.lan\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n",
    );
    const [head] = await once(socket, "data");
    assert.match(String(head), /^HTTP\/1\.1 101 .*X-Ws: 1/s);
    socket.write("hello");
    const [reply] = await once(socket, "data");
    assert.equal(String(reply), "HELLO");
    const headers = Object.fromEntries(seen[0]?.headers ?? []);
    assert.equal(headers["X-Forwarded-Proto"], "ws");
    assert.equal(headers["Sec-WebSocket-Key"], "k");
    const closed = once(socket, "close");
    await ingress.close();
    await closed;
    await start();
  });

  it("relays what isn't a 101 to a WebSocket's client, and its own errors", async () => {
    const upgrade = { Connection: "Upgrade", Upgrade: "websocket" };
    assert.deepEqual(await ask("/x", upgrade).then(({ status, body }) => [status, body]), [
      200,
      "one",
    ]);
    assert.equal((await ask("/x", { ...upgrade, Host: "other" })).status, 404);
    assert.equal((await ask("/empty", upgrade)).body, "no available server\n");
  });

  it("tells each request when it's over", async () => {
    await ask("/x?y");
    await ask("/empty");
    const [first, second] = entries;
    assert.deepEqual(
      [first?.method, first?.path, first?.status, first?.bytes, first?.route?.ingress],
      ["GET", "/x?y", 200, 3, "n/i"],
    );
    assert.deepEqual([second?.status, second?.endpoint], [503, undefined]);
  });

  it("says which port is taken", async () => {
    await assert.rejects(
      startIngress({
        port: ingress.port,
        host: "127.0.0.1",
        hostname: "x",
        routes: () => () => {},
        endpoints: () => [],
      }),
      { code: "EADDRINUSE" },
    );
  });
});
