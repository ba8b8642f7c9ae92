import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import fc from "fast-check";
import { eventually, Started } from "../../counter/servers.ts";
import {
  answering,
  type FakeReplica,
  sendRaw,
  silent,
  startReplica,
} from "../../shop/gateway/front.ts";
import { at, idOf, metric, seed, startRouter, type World } from "./world.ts";

describe(`router: requests on their way (MICROMESH_SEED=${seed})`, () => {
  const started = new Started();
  let a: FakeReplica;
  let b: FakeReplica;
  let world: World;

  beforeEach(async () => {
    a = await startReplica(started, "a-1");
    b = await startReplica(started, "b-1");
    world = await startRouter(started, {
      services: { a: at([a]), b: at([b]) },
      routes: [
        { path: "/nginx", to: "a" },
        { path: "/nginx/deep", to: "b", rewrite: "/api/v1" },
        { path: "/flask", to: "b", retries: { attempts: 0 } },
      ],
    });
  });
  afterEach(() => started.stop());

  const last = ({ got }: FakeReplica) => got.at(-1) ?? assert.fail("nothing has come");

  it("go where the longest path leads, with the prefix replaced and the rest as it was", async () => {
    const ways: [string, FakeReplica, string, string][] = [
      ["/nginx", a, "/", "nginx"],
      ["/nginx/", a, "/", "nginx"],
      ["/nginx?x=1", a, "/?x=1", "nginx"],
      ["/nginx/a%2Fb//../c/?q=a%20b&next=/x?y#", a, "/a%2Fb//../c/?q=a%20b&next=/x?y#", "nginx"],
      ["/nginx/%ff%/%00", a, "/%ff%/%00", "nginx"],
      ["/nginx/deep", b, "/api/v1", "nginx-deep"],
      ["/nginx/deep/x", b, "/api/v1/x", "nginx-deep"],
      ["/nginx/deeper", a, "/deeper", "nginx"],
      ["/%6Eginx/x", a, "/x", "nginx"],
      ["http://mesh.local/flask/x?y", b, "/x?y", "flask"],
      [`/nginx/${"long/".repeat(600)}`, a, `/${"long/".repeat(600)}`, "nginx"],
    ];
    for (const [path, replica, expected, route] of ways) {
      const { status, headers, body } = await world.get(path);
      assert.deepEqual([status, body, last(replica).url], [200, replica.id, expected], path);
      assert.deepEqual(
        [headers["x-route"], headers["x-router-replica"], headers["x-upstream-attempts"]],
        [route, "router-0", "1"],
      );
      assert.match(String(headers["x-response-time"]), /^(?!0\.00)\d+\.\d\dms$/);
      assert.match(String(headers["x-trace-id"]), /^[0-9a-f]{32}$/);
    }
  });

  it("are 404 without a route, and told where the routes are", async () => {
    for (const path of ["/", "/nginxx", "/Nginx", "/x?secret=1", "/nginx%2Fdeep"]) {
      const { status, headers, body } = await world.get(path);
      const error = `no route for GET ${path.split("?")[0]}; GET :9901/router/config lists the routes`;
      assert.deepEqual([status, JSON.parse(body)], [404, { error }]);
      assert.equal(headers["x-route"], undefined);
      assert.equal(headers["x-router-replica"], "router-0");
    }
    const { status } = await world.get("*", { method: "OPTIONS" });
    assert.equal(status, 404);
  });

  for (const method of "GET POST PUT PATCH DELETE OPTIONS HEAD TRACE PROPFIND M-SEARCH".split(
    " ",
  )) {
    it(`keep the method ${method}`, async () => {
      const { status, body } = await world.get("/nginx/x", { method });
      assert.deepEqual([status, last(a).method], [200, method]);
      assert.equal(body, method === "HEAD" ? "" : a.id);
      await eventually(() =>
        assert.equal(world.router.running.services.get("a")?.status()[0]?.active, 0),
      );
    });
  }

  it("keep their body, whatever it is, also in chunks or after a 100 (Continue)", async () => {
    const bodies: [string | undefined, string][] = [
      ["application/json", "{ no JSON"],
      ["text/plain", "ü\r\n\0"],
      [undefined, "untyped"],
    ];
    for (const [type, body] of bodies) {
      const headers: Record<string, string> = type ? { "content-type": type } : {};
      await world.get("/nginx/x", { method: "POST", headers, body });
      const got = last(a);
      assert.deepEqual([got.body, got.headers["content-type"]], [body, type]);
    }
    const start = "POST /nginx/x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n";
    const chunked = "transfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    assert.match(await sendRaw(world.url, start + chunked), /^HTTP\/1\.1 200 /);
    assert.deepEqual([last(a).body, last(a).headers["content-length"]], ["abc", "3"]);
    const expecting = "expect: 100-continue\r\ncontent-length: 3\r\n\r\nabc";
    assert.match(await sendRaw(world.url, start + expecting), /^HTTP\/1\.1 100 .*HTTP\/1\.1 200 /s);
    assert.deepEqual([last(a).body, last(a).headers.expect], ["abc", undefined]);
  });

  it("are 413 with a body over 1 MiB", async () => {
    const post = (bytes: number) =>
      world.get("/nginx/x", { method: "POST", body: Buffer.alloc(bytes, "a") });
    assert.equal((await post(2 ** 20)).status, 200);
    assert.equal(last(a).body.length, 2 ** 20);
    const { status, body } = await post(2 ** 20 + 1);
    assert.equal(status, 413);
    assert.equal(typeof JSON.parse(body).error, "string");
    assert.equal(a.got.length, 1);
  });

  it("say who sent them to which host, and lose their connection's fields", async () => {
    const headers = {
      host: "mesh.local",
      connection: "keep-alive, x-hop",
      "x-hop": "1",
      te: "trailers",
      authorization: "Bearer a.b.c",
    };
    await world.get("/nginx/x", { headers });
    const got = last(a).headers;
    assert.deepEqual(
      [got["x-forwarded-for"], got["x-forwarded-host"], got["x-forwarded-proto"], got.host],
      ["127.0.0.1", "mesh.local", "http", idOf(a)],
    );
    assert.deepEqual(
      [got["x-hop"], got.te, got.authorization],
      [undefined, undefined, "Bearer a.b.c"],
    );
  });

  it("bring the service's own answer back, but for its connection's fields", async () => {
    a.respond = answering(201, {
      "x-service": "a",
      "x-replica-id": "a-1",
      "x-route": "of another router",
      "set-cookie": ["a=1", "b=2"],
      connection: "x-hop",
      "x-hop": "1",
    });
    const { status, headers, body } = await world.get("/nginx/x", { method: "POST" });
    assert.deepEqual([status, body], [201, "status 201"]);
    assert.deepEqual(
      [headers["x-service"], headers["x-replica-id"], headers["x-hop"]],
      ["a", "a-1", undefined],
    );
    assert.deepEqual([headers["set-cookie"], headers["x-route"]], [["a=1", "b=2"], "nginx"]);
    a.respond = (response) => response.writeHead(700).end();
    assert.equal((await world.get("/nginx/x")).status, 502);
  });

  it("bring answers as they come, and cut them off where the service does", async () => {
    const whole = "0123456789".repeat(300_000);
    let finish = () => {};
    a.respond = (response: ServerResponse) => {
      response.write("first,");
      finish = () => response.end(whole);
    };
    const response = await fetch(`${world.url}/nginx/x`);
    const reader = response.body?.getReader();
    assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), "first,");
    const [status] = world.router.running.services.get("a")?.status() ?? [];
    assert.equal(status?.active, 1, "it's busy until the last byte");
    finish();
    let rest = 0;
    for (let part = await reader?.read(); !part?.done; part = await reader?.read()) {
      rest += part?.value.length ?? 0;
    }
    assert.equal(rest, whole.length);
    a.respond = (response: ServerResponse) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      setTimeout(() => response.destroy(), 20);
    };
    await assert.rejects(world.get("/nginx/x"));
    a.respond = answering(200);
    assert.equal((await world.get("/nginx/x")).status, 200);
    assert.deepEqual(await metric(world, "router_requests_total"), {
      "route=nginx,service=a,code=200": 2,
      "route=nginx,service=a,code=502": 1,
    });
  });

  it("leave the service when their client leaves, which is nobody's failure", async () => {
    const { error } = console;
    const errors: unknown[] = [];
    console.error = (...all: unknown[]) => errors.push(all);
    started.add(() => {
      console.error = error;
    });
    let closed: Promise<unknown> | undefined;
    a.respond = (response) => {
      closed = once(response, "close");
      silent();
    };
    for (let i = 0; i < 6; i++) {
      const leaving = new AbortController();
      const asked = world.get("/nginx/x", { signal: leaving.signal });
      await eventually(() => assert.equal(a.got.length, i + 1));
      leaving.abort();
      await assert.rejects(asked);
      await closed;
    }
    assert.deepEqual(
      (await world.ask("GET", "/router/status")).body.services.a.circuit.failures,
      0,
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(await metric(world, "router_requests_total"), {
      "route=nginx,service=a,code=499": 6,
    });
    assert.deepEqual(await metric(world, "router_active_requests"), { "": 0 });
  });

  it("of all kinds are answered, never by a mistake of the router", async () => {
    const token = fc.stringMatching(/^[!#$%&'*+.^_`|~A-Za-z0-9-]{1,20}$/);
    const header = fc.tuple(
      fc.oneof(token, fc.constantFrom("__proto__", "x-forwarded-for", "traceparent", "te", "host")),
      fc.stringMatching(/^[\x21-\x7e\x80-\xff]{0,40}$/),
    );
    const unframed = ([name]: [string, string]) =>
      !/^(content-length|transfer-encoding|connection|upgrade|expect)$/i.test(name);
    const asking = fc.record({
      method: fc.constantFrom("GET", "POST", "DELETE", "OPTIONS", "REPORT"),
      headers: fc
        .array(header.filter(unframed), { maxLength: 5 })
        .map((all) => Object.fromEntries(all)),
      body: fc.string({ unit: "binary", maxLength: 50 }),
    });
    const path = fc
      .tuple(
        fc.constantFrom("/nginx", "/flask/", "/", "http://x"),
        fc.stringMatching(/^[!-~]{0,40}$/),
      )
      .map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(path, asking, async (path, asking) => {
        const { status } = await world.get(path, asking);
        assert.ok(status < 500, `${status}`);
      }),
      { seed, numRuns: 400 },
    );
  });
});
