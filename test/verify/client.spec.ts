import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import type { ServerOpts, Socket } from "node:net";
import { promisify } from "node:util";
import { ClosedEarly, failureOf, TimeIsUp } from "../../micromesh/verify/client/failures.ts";
import { bodyLimit } from "../../micromesh/verify/client/observation.ts";
import { observe } from "../../micromesh/verify/client/observe.ts";
import { clientSource } from "../../micromesh/verify/client-source.ts";
import type { Request } from "../../stacks/outputs.ts";
import { freePort, type TestServer, tcpServer } from "./servers.ts";

const timeoutMs = 300;

describe("the probes' client", () => {
  const servers: TestServer[] = [];
  const serve = async (onSocket: (socket: Socket) => void, options?: ServerOpts) => {
    const server = await tcpServer(onSocket, options);
    servers.push(server);
    return server.port;
  };
  /** A server that reads the request's head and then does `then`. */
  const answering = (then: (socket: Socket, head: string) => void) =>
    serve((socket) => {
      let head = "";
      socket.on("data", (chunk) => {
        head += chunk;
        if (head.includes("\r\n\r\n")) then(socket, head);
      });
    });
  const get = (port: number, path = "/", headers = {}): Request => ({
    kind: "http",
    url: `http://127.0.0.1:${port}${path}`,
    method: "GET",
    headers,
  });
  const tcp = (port: number, more: { send?: string; reads?: string } = {}): Request => ({
    kind: "tcp",
    host: "127.0.0.1",
    port,
    ...more,
  });

  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

  describe("over HTTP", () => {
    it("gives status, headers in lower case and body, and follows no redirect", async () => {
      const port = await answering((socket) =>
        socket.end(
          "HTTP/1.1 302 Found\r\nLocation: /get\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n" +
            "Content-Length: 2\r\n\r\nhé".replace("hé", "ok"),
        ),
      );
      const { ms, ...seen } = await observe(get(port), timeoutMs);
      assert.deepEqual(seen, {
        status: 302,
        headers: { location: "/get", "set-cookie": "a=1, b=2", "content-length": "2" },
        body: "ok",
      });
      assert.ok(ms >= 0 && ms < timeoutMs);
    });

    it("connects by `via` but names the URL's host, on a connection of its own", async () => {
      let head = "";
      const port = await answering((socket, text) => {
        head = text;
        socket.end("HTTP/1.1 204 No Content\r\n\r\n");
      });
      const request: Request = {
        kind: "http",
        url: "http://pippo.lan/count/get?x=1",
        method: "POST",
        headers: { "x-user": "jason" },
      };
      const seen = await observe(request, timeoutMs, { host: "127.0.0.1", port });
      assert.equal(seen.status, 204);
      assert.match(head, /^POST \/count\/get\?x=1 HTTP\/1\.1\r\n/);
      assert.match(head, /^host: pippo\.lan\r$/im);
      assert.match(head, /^x-user: jason\r$/m);
      assert.match(head, /^connection: close\r$/im);
    });

    describe("many times", () => {
      /** Says who it is, except to every fourth, whom it refuses. */
      const servers = () => {
        let asked = 0;
        return answering((socket) => {
          asked += 1;
          if (asked % 4 === 0)
            socket.end("HTTP/1.1 503 Busy\r\nX-Who: none\r\nContent-Length: 0\r\n\r\n");
          else socket.end(`HTTP/1.1 200 OK\r\nX-Who: ${asked % 2}\r\nContent-Length: 0\r\n\r\n`);
        });
      };
      const times = (port: number, tally: { times: number; by?: string }) =>
        observe({ ...get(port), tally } as Request, timeoutMs);

      it("counts a header's values, and refusals by their status", async () => {
        const { tally } = await times(await servers(), { times: 8, by: "X-Who" });
        assert.deepEqual(tally, { "0": 2, "1": 4, "503": 2 });
      });

      it("counts by status, and failures by their name", async () => {
        assert.deepEqual((await times(await servers(), { times: 4 })).tally, {
          "200": 3,
          "503": 1,
        });
        const { tally } = await times(await freePort(), { times: 3 });
        assert.deepEqual(tally, { refused: 3 });
      });

      it("sends no more when the time is up", async () => {
        const silent = await answering(() => {});
        const { tally, ms } = await times(silent, { times: 1000 });
        assert.deepEqual(tally, { timeout: 1 });
        assert.ok(ms < 2 * timeoutMs);
      });
    });

    it("cuts a body at its limit and doesn't wait for the rest", async () => {
      const port = await answering((socket) => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        socket.write("x".repeat(bodyLimit + 1));
      });
      const seen = await observe(get(port), timeoutMs);
      assert.equal(seen.body?.length, bodyLimit);
      assert.equal(seen.truncated, true);
      assert.equal(seen.failure, undefined);
    });

    it("gives the answer to a switch of protocols", async () => {
      const port = await answering((socket) =>
        socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        ),
      );
      const request = get(port, "/", { connection: "upgrade", upgrade: "x" });
      assert.equal((await observe(request, timeoutMs)).status, 101);
    });

    const failures: [string, (socket: Socket) => void, object][] = [
      ["a reset before the answer", (s) => s.resetAndDestroy(), { failure: "reset" }],
      ["an end before the answer", (s) => s.end(), { failure: "closed" }],
      ["silence", () => {}, { failure: "timeout" }],
      ["an end amid the headers", (s) => s.end("HTTP/1.1 200 OK\r\nA: "), { failure: "closed" }],
      [
        "a reset amid the body",
        (s) =>
          s.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", () =>
            setTimeout(() => s.resetAndDestroy(), 30),
          ),
        { status: 200, headers: { "content-length": "9" }, body: "half", failure: "reset" },
      ],
      [
        "an end amid the body",
        (s) => s.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"),
        { status: 200, headers: { "content-length": "9" }, body: "half", failure: "closed" },
      ],
      [
        "a body that stalls",
        (s) => s.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"),
        { status: 200, headers: { "content-length": "9" }, body: "half", failure: "timeout" },
      ],
    ];
    for (const [what, then, expected] of failures)
      it(`tells ${what}`, async () => {
        const { ms, ...seen } = await observe(get(await answering(then)), timeoutMs);
        assert.deepEqual(seen, expected);
        if (seen.failure === "timeout") assert.ok(ms >= timeoutMs - 5 && ms < timeoutMs + 200);
      });

    it("tells a reset from an end on connect, every time", async () => {
      const reset = await serve((socket) => socket.resetAndDestroy());
      const closed = await serve((socket) => socket.resume().end());
      for (let i = 0; i < 40; i++) {
        assert.equal((await observe(get(reset), timeoutMs)).failure, "reset");
        assert.equal((await observe(get(closed), timeoutMs)).failure, "closed");
      }
    });

    it("tells a refusal and a name that isn't", async () => {
      assert.equal((await observe(get(await freePort()), timeoutMs)).failure, "refused");
      const nowhere: Request = { ...get(80), url: "http://nowhere.invalid/" } as Request;
      assert.equal((await observe(nowhere, 5000)).failure, "no-such-name");
    });

    it("is an error, no observation, when the answer isn't HTTP", async () => {
      const port = await answering((socket) => socket.end("+PONG\r\n"));
      await assert.rejects(observe(get(port), timeoutMs), /the answer isn't HTTP\/1\.1 \(HPE_/);
    });

    for (const url of ["https://a.lan/", "/count/get", "redis://a.lan", ""])
      it(`is an error when the URL is ${JSON.stringify(url)}`, async () => {
        const request: Request = { kind: "http", url, method: "GET", headers: {} };
        await assert.rejects(observe(request, timeoutMs), /write an absolute URL/);
      });
  });

  describe("over TCP", () => {
    it("sends, and reads until it has seen what it waits for", async () => {
      const port = await serve((socket) =>
        socket.once("data", (sent) => {
          socket.write(`${sent}+PO`);
          setTimeout(() => socket.write("NG\r\n and more"), 20);
        }),
      );
      const seen = await observe(tcp(port, { send: "PING\r\n", reads: "+PONG" }), timeoutMs);
      assert.match(seen.body ?? "", /^PING\r\n\+PONG/);
      assert.equal(seen.failure, undefined);
    });

    it("gives what came, and how it ended, when that isn't what it waits for", async () => {
      const says = (then: (socket: Socket) => void) =>
        serve((socket) => socket.write("-NOAUTH", () => setTimeout(() => then(socket), 20)));
      const ask = async (then: (socket: Socket) => void) => {
        const { ms, ...seen } = await observe(tcp(await says(then), { reads: "+OK" }), timeoutMs);
        return seen;
      };
      assert.deepEqual(await ask((s) => s.end()), { body: "-NOAUTH" });
      assert.deepEqual(await ask(() => {}), { body: "-NOAUTH", failure: "timeout" });
      assert.deepEqual(await ask((s) => s.resetAndDestroy()), {
        body: "-NOAUTH",
        failure: "reset",
      });
    });

    for (const more of [{ reads: "+PONG" }, { send: "PING\r\n", reads: "+PONG" }])
      it(`tells how it fails with ${JSON.stringify(more)}`, async () => {
        const failing = async (onSocket: (socket: Socket) => void) =>
          (await observe(tcp(await serve(onSocket), more), timeoutMs)).failure;
        for (let i = 0; i < 20; i++) {
          assert.equal(await failing((socket) => socket.resume().end()), "closed");
          assert.equal(await failing((socket) => socket.resetAndDestroy()), "reset");
        }
        assert.equal(await failing(() => {}), "timeout");
        assert.equal((await observe(tcp(await freePort(), more), timeoutMs)).failure, "refused");
      });

    it("tells that unread bytes were reset, as a sidecar resets plaintext", async () => {
      const port = await serve((socket) => setTimeout(() => socket.destroy(), 50), {
        pauseOnConnect: true,
      });
      const request = tcp(port, { send: "PING\r\n", reads: "+PONG" });
      assert.equal((await observe(request, timeoutMs)).failure, "reset");
    });

    it("without anything to read, counts a connection that stays open for a second", async () => {
      const port = await serve(() => {});
      const { ms, ...seen } = await observe(tcp(port), 3000);
      assert.deepEqual(seen, { body: "" });
      assert.ok(ms >= 990 && ms < 2000, `${ms} ms`);
      assert.deepEqual((await observe(tcp(port), 200)).failure, undefined);
      const closing = await serve((socket) => setTimeout(() => socket.end(), 200));
      assert.equal((await observe(tcp(closing), 3000)).failure, "closed");
      const resetting = await serve((socket) => setTimeout(() => socket.resetAndDestroy(), 200));
      assert.equal((await observe(tcp(resetting), 3000)).failure, "reset");
      assert.equal((await observe(tcp(await freePort()), 3000)).failure, "refused");
      const greeting = await serve((socket) => socket.write("220 hello"));
      assert.equal((await observe(tcp(greeting), 3000)).body, "220 hello");
    });
  });

  it("looks names up", async () => {
    const found = await observe({ kind: "dns", name: "localhost" }, timeoutMs);
    assert.deepEqual(found.addresses, ["127.0.0.1"]);
    const missing = await observe({ kind: "dns", name: "nowhere.invalid" }, 5000);
    assert.equal(missing.failure, "no-such-name");
    assert.equal(missing.addresses, undefined);
  });

  describe("names failures by their cause", () => {
    const failing = (code: string, syscall?: string) =>
      Object.assign(new Error(`${syscall ?? ""} ${code}`), { code, ...(syscall && { syscall }) });
    const table: [string, unknown, number, string | RegExp][] = [
      ["our own clock", new TimeIsUp(), 1, "timeout"],
      ["our own end", new ClosedEarly(), 1, "closed"],
      ["a connect that the kernel gave up", failing("ETIMEDOUT", "connect"), 1, "timeout"],
      ["a write after the peer's end", failing("EPIPE", "write"), 1, "closed"],
      ["Node's hang-up", failing("ECONNRESET"), 1, "closed"],
      ["a real reset", failing("ECONNRESET", "read"), 1, "reset"],
      ["a silent name server", failing("EAI_AGAIN", "getaddrinfo"), 5000, "timeout"],
      ["a failing name server", failing("EAI_AGAIN", "getaddrinfo"), 20, /name server failed/],
      ["an unreachable host", failing("EHOSTUNREACH", "connect"), 3000, /no route to the host/],
      ["an unreachable network", failing("ENETUNREACH", "connect"), 1, /no route to the network/],
      ["anything else", failing("EMFILE", "socket"), 1, /EMFILE/],
      [
        "several addresses",
        new AggregateError([failing("ENETUNREACH", "c"), failing("ECONNREFUSED", "c")]),
        1,
        "refused",
      ],
      [
        "several addresses, one of a missing family last",
        new AggregateError([failing("ECONNREFUSED", "c"), failing("ENETUNREACH", "c")]),
        1,
        "refused",
      ],
      ["only missing families", new AggregateError([failing("ENETUNREACH", "c")]), 1, /no route/],
    ];
    for (const [what, error, afterMs, expected] of table)
      it(what, () => {
        if (typeof expected === "string") assert.equal(failureOf(error, afterMs), expected);
        else assert.throws(() => failureOf(error, afterMs), expected);
      });
  });

  describe("bundled", () => {
    const run = async (input: unknown) => {
      const args = ["-e", await clientSource(), JSON.stringify(input)];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: "/" });
      assert.equal(stdout.trim().split("\n").length, 1);
      return JSON.parse(stdout);
    };

    it("observes as it does here, on Node alone", async () => {
      const port = await answering((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nhello"));
      const { observation } = await run({ request: get(port), timeoutMs: 2000 });
      assert.equal(observation.status, 200);
      assert.equal(observation.body, "hello");
      const reset = await serve((socket) => socket.resetAndDestroy());
      const again = await run({ request: tcp(reset), timeoutMs: 2000 });
      assert.equal(again.observation.failure, "reset");
    });

    it("prints an error where the probe couldn't be run", async () => {
      const request = { kind: "http", url: "ftp://a", headers: {} };
      assert.match((await run({ request, timeoutMs: 100 })).error, /absolute URL/);
    });

    it("is small enough for the URL of an exec request", async () => {
      // 8 KiB is what common proxies in front of an API server take for a request line.
      assert.ok(encodeURIComponent(await clientSource()).length < 7000);
    });
  });
});
