import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import {
  classify,
  endToEnd,
  type ForwardOptions,
  type ForwardResult,
  forward,
  type HeaderLines,
  headerLines,
} from "../../../../micromesh/simulator/runtimes/reverse-proxy.ts";
import { unanswering } from "./full-backlog.ts";

const listenOn = async (server: net.Server) => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as net.AddressInfo).port;
};

describe("reverse proxy", () => {
  const servers: net.Server[] = [];
  const stops: (() => void)[] = [];
  const agents: http.Agent[] = [];
  const clients: net.Socket[] = [];
  let results: ForwardResult[] = [];

  /** A front that forwards everything to `to` and writes the failure's kind where it can. */
  async function front(
    to: { host?: string; port: number },
    options: Partial<ForwardOptions> & { headers?: HeaderLines } = {},
  ): Promise<number> {
    const agent = options.agent ?? new http.Agent({ keepAlive: true });
    agents.push(agent);
    const server = http.createServer(async (request, response) => {
      const upstream = {
        host: to.host ?? "127.0.0.1",
        port: to.port,
        method: request.method ?? "GET",
        path: request.url ?? "/",
        headers: options.headers ?? endToEnd(headerLines(request.rawHeaders)),
      };
      if (request.headers["transfer-encoding"])
        upstream.headers.push(["Transfer-Encoding", "chunked"]);
      const result = await forward(request, response, upstream, { ...options, agent });
      results.push(result);
      if (!result.ok && !result.headersSent && result.failure.kind !== "client-gone")
        response.writeHead(502).end(result.failure.kind);
    });
    servers.push(server);
    return await listenOn(server);
  }

  async function upstream(server: net.Server): Promise<{ port: number }> {
    servers.push(server);
    server.on("connection", (socket) => {
      clients.push(socket);
      socket.on("error", () => {});
    });
    return { port: await listenOn(server) };
  }

  async function fetchText(port: number, init: RequestInit = {}, path = "/") {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  async function until(condition: () => boolean) {
    for (let tries = 0; tries < 200 && !condition(); tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(condition());
  }

  beforeEach(() => {
    results = [];
  });

  afterEach(async () => {
    for (const agent of agents.splice(0)) agent.destroy();
    for (const client of clients.splice(0)) client.destroy();
    for (const stop of stops.splice(0)) stop();
    for (const server of servers.splice(0)) {
      (server as http.Server).closeAllConnections?.();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("passes on end-to-end headers only, and not what Connection names", () => {
    const kept = endToEnd([
      ["Connection", "close, X-Mine"],
      ["X-Mine", "1"],
      ["x-other", "2"],
      ["Keep-Alive", "x"],
      ["TE", "x"],
      ["Trailer", "x"],
      ["Transfer-Encoding", "chunked"],
      ["Upgrade", "x"],
      ["Proxy-Connection", "x"],
      ["Set-Cookie", "a"],
      ["Set-Cookie", "b"],
    ]);
    assert.deepEqual(kept, [
      ["x-other", "2"],
      ["Set-Cookie", "a"],
      ["Set-Cookie", "b"],
    ]);
  });

  it("keeps status, reason, header case, repeated headers and body", async () => {
    const to = await upstream(
      http.createServer((_request, response) => {
        response.writeHead(207, "Many", ["X-One", "1", "Set-Cookie", "a", "Set-Cookie", "b"]);
        response.end("body");
      }),
    );
    const port = await front(to);
    const [response] = (await once(http.get({ port, host: "127.0.0.1" }), "response")) as [
      http.IncomingMessage,
    ];
    response.resume();
    assert.equal(response.statusCode, 207);
    assert.equal(response.statusMessage, "Many");
    const shown = headerLines(response.rawHeaders).filter(([name]) => /^(?:X-|Set)/.test(name));
    assert.deepEqual(shown, [
      ["X-One", "1"],
      ["Set-Cookie", "a"],
      ["Set-Cookie", "b"],
    ]);
  });

  it("lets the head be rewritten, or the answer be dropped", async () => {
    const to = await upstream(
      http.createServer((request, response) =>
        response.writeHead(request.url === "/drop" ? 500 : 200).end("theirs"),
      ),
    );
    const port = await front(to, {
      onHead: (head) =>
        head.status === 500 ? undefined : { ...head, status: 201, headers: [["X-New", "1"]] },
    });
    const changed = await fetchText(port);
    assert.deepEqual([changed.status, changed.headers.get("x-new")], [201, "1"]);
    const dropping = http.get({ port, host: "127.0.0.1", path: "/drop" });
    dropping.on("error", () => {});
    await until(() => results.length === 2);
    assert.deepEqual(results[1], { ok: true, status: 500, handled: false });
    dropping.destroy();
  });

  it("streams bodies both ways, chunked or by length", async () => {
    const to = await upstream(http.createServer((request, response) => request.pipe(response)));
    const port = await front(to);
    const body = "x".repeat(3_000_000);
    assert.equal((await fetchText(port, { method: "POST", body })).text, body);
    const stream = new Blob([body]).stream();
    const chunked = await fetchText(port, {
      method: "PUT",
      body: stream,
      duplex: "half",
    } as RequestInit);
    assert.equal(chunked.text, body);
  });

  it("slows the upstream down to the client's pace", async () => {
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024);
    const to = await upstream(
      http.createServer((_request, response) => {
        const more = () => {
          while (written < 200_000_000) {
            written += chunk.length;
            if (!response.write(chunk)) return void response.once("drain", more);
          }
          response.end();
        };
        more();
      }),
    );
    const port = await front(to);
    const client = net.connect(port, "127.0.0.1");
    clients.push(client);
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(client, "data");
    client.pause();
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(written < 60_000_000, `${written} bytes were taken for a client that reads none`);
  });

  it("sends the head at once when the body is slow to come", async () => {
    const to = await upstream(
      http.createServer((_request, response) => {
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.flushHeaders();
      }),
    );
    const port = await front(to);
    const [response] = await once(http.get({ port, host: "127.0.0.1" }), "response");
    assert.equal(response.statusCode, 200);
    response.destroy();
  });

  it("calls a refused connection refused, and still answers a POST", async () => {
    const spare = net.createServer();
    const port = await listenOn(spare);
    spare.close();
    const through = await front({ port });
    const body = "x".repeat(1_000_000);
    const got = await fetchText(through, { method: "POST", body });
    assert.deepEqual([got.status, got.text], [502, "refused"]);
  });

  it("tells an unknown name", async () => {
    const through = await front({ host: "no-such-name.invalid", port: 80 });
    assert.equal((await fetchText(through)).text, "name");
  });

  it("tells a connection that isn't made in time", async function () {
    const silent = await unanswering();
    if (!silent) return this.skip();
    stops.push(silent.stop);
    const through = await front(silent, { connectTimeoutMs: 300, responseTimeoutMs: 5000 });
    const started = performance.now();
    assert.equal((await fetchText(through)).text, "connect-timeout");
    assert.ok(performance.now() - started < 2000);
  });

  it("tells an answer that doesn't begin in time, counted from the connection", async () => {
    const to = await upstream(net.createServer(() => {}));
    const through = await front(to, { connectTimeoutMs: 5000, responseTimeoutMs: 200 });
    assert.equal((await fetchText(through)).text, "response-timeout");
  });

  it("doesn't count the time in which the client still sends", async () => {
    const to = await upstream(
      http.createServer((request, response) => {
        request.resume();
        request.on("end", () => response.end("late"));
      }),
    );
    const through = await front(to, { responseTimeoutMs: 300 });
    const request = http.request({ port: through, host: "127.0.0.1", method: "POST" });
    for (let count = 0; count < 5; count++) {
      request.write("x");
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    request.end();
    const [response] = await once(request, "response");
    assert.equal(response.statusCode, 200);
    response.resume();
  });

  it("tells a close before the headers from one after them", async () => {
    const closing = await upstream(
      net.createServer((socket) => socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\nX-"))),
    );
    const through = await front(closing, { agent: new http.Agent({ keepAlive: false }) });
    assert.equal((await fetchText(through)).text, "reset-before-headers");

    const half = await upstream(
      net.createServer((socket) =>
        socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")),
      ),
    );
    const halfway = await front(half);
    await assert.rejects(fetchText(halfway));
    await until(() => results.length === 2);
    const failed = results[1] as Extract<ForwardResult, { ok: false }>;
    assert.deepEqual([failed.failure.kind, failed.headersSent], ["broken-response", true]);
  });

  it("breaks the client's connection when the answer falls silent half way", async () => {
    const to = await upstream(
      http.createServer((_request, response) => {
        response.writeHead(200, { "Content-Length": 10 });
        response.write("half");
      }),
    );
    const through = await front(to, { idleTimeoutMs: 200 });
    await assert.rejects(fetchText(through));
  });

  it("tells what isn't HTTP", async () => {
    const to = await upstream(
      net.createServer((socket) => socket.on("data", () => socket.end("SSH-2.0-x\r\n\r\n"))),
    );
    assert.equal((await fetchText(await front(to))).text, "bad-response");
  });

  it("tells a request that can't be sent, instead of throwing", async () => {
    const to = await upstream(http.createServer((_request, response) => response.end()));
    const through = await front(to, {
      headers: [
        ["Host", "x"],
        ["Bad Name", "1"],
      ],
    });
    assert.equal((await fetchText(through)).text, "bad-request");
  });

  it("drops the upstream's request when the client goes away", async () => {
    let dropped = false;
    const to = await upstream(
      http.createServer((_request, response) => {
        response.on("close", () => {
          dropped = true;
        });
      }),
    );
    const through = await front(to);
    const request = http.get({ port: through, host: "127.0.0.1" });
    request.on("error", () => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    request.destroy();
    await until(() => dropped && results.length === 1);
    const failed = results[0] as Extract<ForwardResult, { ok: false }>;
    assert.equal(failed.failure.kind, "client-gone");
  });

  it("asks again once, on a new connection, when an idle one turns out closed", async () => {
    const counts = await closesIdle();
    const through = await front(counts);
    assert.equal((await fetchText(through)).text, "ok");
    assert.equal((await fetchText(through)).text, "ok");
    assert.deepEqual(counts.requests, [2, 1]);
  });

  it("never sends a body or an unsafe method twice", async () => {
    const counts = await closesIdle();
    const through = await front(counts);
    assert.equal((await fetchText(through)).text, "ok");
    const got = await fetchText(through, { method: "POST" });
    assert.equal(got.text, "reset-before-headers");
    const again = await closesIdle();
    const put = await front(again);
    await fetchText(put);
    const body = await fetchText(put, { method: "PUT", body: "x" });
    assert.equal(body.text, "reset-before-headers");
  });

  it("doesn't retry on a fresh connection", async () => {
    let connections = 0;
    const to = await upstream(
      net.createServer((socket) => {
        connections++;
        socket.on("data", () => socket.destroy());
      }),
    );
    assert.equal((await fetchText(await front(to))).text, "reset-before-headers");
    assert.equal(connections, 1);
  });

  it("sorts system errors", () => {
    const kind = (code: string, connected = false) =>
      classify(Object.assign(new Error(code), { code }), connected).kind;
    assert.equal(kind("ENOTFOUND"), "name");
    assert.equal(kind("EAI_AGAIN"), "name");
    assert.equal(kind("EHOSTUNREACH"), "unreachable");
    assert.equal(kind("ENETUNREACH"), "unreachable");
    assert.equal(kind("ETIMEDOUT"), "connect-timeout");
    assert.equal(kind("ETIMEDOUT", true), "response-timeout");
    assert.equal(kind("ECONNRESET", true), "reset-before-headers");
    assert.equal(kind("EPIPE", true), "reset-before-headers");
    assert.equal(kind("HPE_INVALID_CONSTANT", true), "bad-response");
  });

  /** Answers the first request of a connection and drops the connection on the second. */
  async function closesIdle() {
    const requests: number[] = [];
    const to = await upstream(
      net.createServer((socket) => {
        const index = requests.push(0) - 1;
        socket.on("data", () => {
          requests[index] = (requests[index] as number) + 1;
          if (requests[index] === 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          else socket.destroy();
        });
      }),
    );
    return { ...to, requests };
  }
});
