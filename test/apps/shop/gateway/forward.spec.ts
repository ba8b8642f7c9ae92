import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { eventually, freePort, Started } from "../../counter/servers.ts";
import {
  answering,
  ask,
  type FakeReplica,
  type Front,
  resetting,
  sendRaw,
  silent,
  startFront,
  startReplica,
} from "./front.ts";

/** No waits between retries, but for those that a test is about. */
const HASTY = { mesh: { retry: { backoff_seconds: 0 } } };

describe("shop: requests through the gateway", () => {
  const started = new Started();
  let front: Front;
  let catalog: FakeReplica;

  beforeEach(async () => {
    front = await startFront(started, {
      ...HASTY,
      services: [
        { name: "cart", path: "/api/basket" },
        { name: "order", path: "/orders" },
      ],
    });
    catalog = await startReplica(started, "catalog-1");
    front.replicas.catalog = [catalog];
  });
  afterEach(() => started.stop());

  const last = ({ got }: FakeReplica) => got.at(-1) ?? assert.fail("nothing has come");

  describe("on their way to a replica", () => {
    it("go by their path, to the path that the service itself has", async () => {
      const cart = await startReplica(started, "cart-1");
      const order = await startReplica(started, "order-1");
      Object.assign(front.replicas, { cart: [cart], order: [order] });
      const ways: [string, FakeReplica, string][] = [
        ["/catalog", catalog, "/catalog"],
        ["/catalog/", catalog, "/catalog/"],
        ["/catalog/products/p-1", catalog, "/catalog/products/p-1"],
        ["/api/basket/ann", cart, "/cart/ann"],
        ["/api/basket", cart, "/cart"],
        ["/orders/o-1", order, "/order/o-1"],
        ["/orders?all", order, "/order?all"],
        // As other services ask.
        ["/cart/ann", cart, "/cart/ann"],
        ["/order?all", order, "/order?all"],
      ];
      for (const [path, replica, expected] of ways) {
        const { status, body } = await ask(front.url, path);
        assert.deepEqual([status, body, last(replica).url], [200, replica.id, expected], path);
      }
      const unknown = ["/catalogue", "/api", "/Catalog/x", "/api/baskets"];
      for (const path of unknown) {
        const { status, body } = await ask(front.url, path);
        const error = `no such path: GET ${path}; /docs lists them`;
        assert.deepEqual([status, JSON.parse(body)], [404, { error }]);
      }
    });

    it("keep their path and query letter by letter", async () => {
      const rests = [
        "/search?q=a%20b&q=%C3%BC+c&empty=&flag",
        "/search?next=/catalog/x?y#",
        "/a%2Fb/%2e%2e/../.%00/;v=1",
        "//a//b/",
        "/~!$&'()*+,=:@",
        "/%7e%E2%82%AC",
      ];
      for (const rest of rests) {
        await ask(front.url, `/catalog${rest}`);
        assert.equal(last(catalog).url, `/catalog${rest}`);
      }
    });

    it("go the same way when their path is encoded, or has a host before it", async () => {
      assert.equal((await ask(front.url, "/%63atalog/a?b")).status, 200);
      assert.equal(last(catalog).url, "/catalog/a?b");
      const target = "http://shop.lan/catalog/products?limit=1";
      assert.equal((await ask(front.url, target)).status, 200);
      assert.equal(last(catalog).url, "/catalog/products?limit=1");
    });

    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]) {
      it(`keep the method ${method}`, async () => {
        const { status, body } = await ask(front.url, "/catalog/x", { method });
        assert.deepEqual([status, last(catalog).method], [200, method]);
        assert.equal(body, method === "HEAD" ? "" : catalog.id);
      });
    }

    it("keep their body, whatever it is", async () => {
      const bodies: [string | undefined, string][] = [
        ["application/json", '{ "a":1}'],
        ["application/json", "{ no JSON"],
        ["text/plain", "ü\r\n\0"],
        ["application/x-www-form-urlencoded", "a=1"],
        [undefined, "untyped"],
      ];
      for (const [type, body] of bodies) {
        const headers: Record<string, string> = type ? { "content-type": type } : {};
        const { status } = await ask(front.url, "/catalog/x", { method: "POST", headers, body });
        const got = last(catalog);
        assert.deepEqual(
          [status, got.body, got.headers["content-type"], got.headers["content-length"]],
          [200, body, type, String(Buffer.byteLength(body))],
        );
      }
    });

    it("keep a body that comes in chunks, or after a 100 (Continue)", async () => {
      const start = "POST /catalog/x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n";
      const chunked = "transfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
      assert.match(await sendRaw(front.url, start + chunked), /^HTTP\/1\.1 200 /);
      assert.deepEqual([last(catalog).body, last(catalog).headers["content-length"]], ["abc", "3"]);
      const expecting = "expect: 100-continue\r\ncontent-length: 3\r\n\r\nabc";
      assert.match(
        await sendRaw(front.url, start + expecting),
        /^HTTP\/1\.1 100 .*HTTP\/1\.1 200 /s,
      );
      assert.deepEqual([last(catalog).body, last(catalog).headers.expect], ["abc", undefined]);
    });

    it("are refused with 413 when their body is over 1 MiB", async () => {
      const whole = Buffer.alloc(1024 * 1024, "a");
      const at = { method: "POST", headers: { "content-type": "text/plain" } };
      assert.equal((await ask(front.url, "/catalog/x", { ...at, body: whole })).status, 200);
      assert.equal(last(catalog).body.length, whole.length);
      const { status, body } = await ask(front.url, "/catalog/x", {
        ...at,
        body: Buffer.concat([whole, Buffer.from("a")]),
      });
      assert.equal(status, 413);
      assert.equal(typeof JSON.parse(body).error, "string");
      assert.equal(catalog.got.length, 1);
    });

    it("have who sent them, to which host, in X-Forwarded fields, and not their connection's fields", async () => {
      await ask(front.url, "/catalog/x", {
        headers: {
          host: "shop.lan",
          connection: "keep-alive, x-hop",
          "x-hop": "1",
          te: "trailers",
          "proxy-authorization": "Basic eDp5",
          authorization: "Bearer a.b.c",
          traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          cookie: "a=1; b=2",
        },
      });
      const { headers } = last(catalog);
      assert.equal(headers["x-forwarded-for"], "127.0.0.1");
      assert.equal(headers["x-forwarded-host"], "shop.lan");
      assert.equal(headers["x-forwarded-proto"], "http");
      assert.equal(headers.host, new URL(catalog.url).host);
      assert.equal(headers.authorization, "Bearer a.b.c");
      assert.equal(headers.cookie, "a=1; b=2");
      assert.match(String(headers.traceparent), /^00-0af7/);
      for (const name of ["x-hop", "te", "proxy-authorization"]) {
        assert.equal(headers[name], undefined, name);
      }
    });

    it("keep what proxies before the gateway said of them", async () => {
      await ask(front.url, "/catalog/x", {
        headers: {
          "x-forwarded-for": "192.0.2.1, 198.51.100.2",
          "x-forwarded-host": "shop.example",
          "x-forwarded-proto": "https",
        },
      });
      const { headers } = last(catalog);
      assert.equal(headers["x-forwarded-for"], "192.0.2.1, 198.51.100.2, 127.0.0.1");
      assert.equal(headers["x-forwarded-host"], "shop.example");
      assert.equal(headers["x-forwarded-proto"], "https");
    });
  });

  describe("on their way back", () => {
    it("keep status, body and fields, but for those of the connection; the gateway adds its time", async () => {
      catalog.respond = answering(201, {
        "x-replica-id": "catalog-1",
        "x-version": "v7",
        "x-response-time": "0ms",
        "set-cookie": ["a=1", "b=2"],
        etag: '"1"',
        location: "/catalog/x",
        connection: "x-hop",
        "x-hop": "1",
        "proxy-authenticate": "Basic",
      });
      const { status, headers, body } = await ask(front.url, "/catalog/x", { method: "POST" });
      assert.deepEqual([status, body], [201, "status 201"]);
      assert.equal(headers["x-replica-id"], "catalog-1");
      assert.equal(headers["x-version"], "v7");
      assert.deepEqual(headers["set-cookie"], ["a=1", "b=2"]);
      assert.deepEqual([headers.etag, headers.location], ['"1"', "/catalog/x"]);
      assert.equal(headers["x-hop"], undefined);
      assert.equal(headers["proxy-authenticate"], undefined);
      assert.match(String(headers["x-response-time"]), /^(?!0\.00)\d+\.\d\dms$/);
      assert.notEqual(headers["x-response-time"], "0ms");
    });

    for (const status of [204, 304, 400, 401, 403, 404, 409, 412, 429]) {
      it(`are answers with ${status}, which are not sent again and open nothing`, async () => {
        catalog.respond = answering(status);
        for (let i = 0; i < 4; i++) {
          assert.equal((await ask(front.url, "/catalog/x")).status, status);
        }
        assert.deepEqual([catalog.got.length, front.retries], [4, []]);
        assert.equal(front.upstreams[0]?.breaker.status().failures, 0);
      });
    }

    it("may be large, and come as they come", async () => {
      const whole = "0123456789".repeat(300_000);
      catalog.respond = (response: ServerResponse) => {
        response.write("first,");
        setTimeout(() => response.end(whole), 100);
      };
      const response = await fetch(`${front.url}/catalog/x`);
      const reader = response.body?.getReader();
      const first = await reader?.read();
      assert.equal(Buffer.from(first?.value ?? []).toString(), "first,");
      let rest = 0;
      for (;;) {
        const part = await reader?.read();
        if (!part || part.done) break;
        rest += part.value.length;
      }
      assert.equal(rest, whole.length);
    });

    it("are cut off when the replica breaks off, and not ended as if they were whole", async () => {
      catalog.respond = (response: ServerResponse) => {
        response.writeHead(200, { "content-length": "100" }).write("half");
        setTimeout(() => response.destroy(), 20);
      };
      await assert.rejects(ask(front.url, "/catalog/x"));
      catalog.respond = (response: ServerResponse) => {
        response.write("half");
        setTimeout(() => response.destroy(), 20);
      };
      await assert.rejects(ask(front.url, "/catalog/x"));
      catalog.respond = answering(200);
      assert.equal((await ask(front.url, "/catalog/x")).status, 200);
    });
  });

  describe("over several replicas", () => {
    it("are spread evenly", async () => {
      const replicas = await Promise.all(["a", "b", "c"].map((id) => startReplica(started, id)));
      front.replicas.catalog = replicas;
      for (let i = 0; i < 30; i++) await ask(front.url, "/catalog/x");
      assert.deepEqual(
        replicas.map(({ got }) => got.length),
        [10, 10, 10],
      );
    });

    it("are spread by the versions' shares exactly: of any 100, 90 and 10", async () => {
      const canary = await startFront(started, {
        services: [{ name: "catalog", versions: { v1: 90, v2: 10, v3: 0 } }],
      });
      const replicas = await Promise.all([
        startReplica(started, "one", "v1"),
        startReplica(started, "two", "v1"),
        startReplica(started, "three", "v1"),
        startReplica(started, "four", "v2"),
        startReplica(started, "five", "v3"),
        startReplica(started, "six", "v9"),
      ]);
      canary.replicas.catalog = replicas;
      const counts: number[][] = [];
      for (let hundred = 0; hundred < 2; hundred++) {
        for (let i = 0; i < 100; i++) await ask(canary.url, "/catalog/x");
        counts.push(replicas.map(({ got }) => got.splice(0).length));
      }
      assert.deepEqual(counts, [
        [30, 30, 30, 10, 0, 0],
        [30, 30, 30, 10, 0, 0],
      ]);
    });

    it("find who has come, and not who has gone", async () => {
      const other = await startReplica(started, "catalog-2");
      assert.equal((await ask(front.url, "/catalog/x")).body, "catalog-1");
      front.replicas.catalog = [other];
      assert.equal((await ask(front.url, "/catalog/x")).body, "catalog-2");
      front.replicas.catalog = [];
      const { status, headers, body } = await ask(front.url, "/catalog/x");
      assert.equal(status, 503);
      assert.deepEqual(JSON.parse(body), {
        error: "catalog has no healthy replica; see GET /mesh/status",
      });
      assert.equal(headers["x-replica-id"], "gateway-0");
      // That nobody is there is no failure of anybody.
      for (let i = 0; i < 4; i++) await ask(front.url, "/catalog/x");
      front.replicas.catalog = [catalog];
      assert.equal((await ask(front.url, "/catalog/x")).status, 200);
    });

    it("go elsewhere at once when a replica can't be reached, whatever the method", async () => {
      const slow = await startFront(started, { mesh: { retry: { backoff_seconds: 60 } } });
      const dead = { id: "dead", url: `http://127.0.0.1:${await freePort()}`, version: "v1" };
      slow.replicas.catalog = [dead, catalog];
      for (const method of ["GET", "POST", "GET", "DELETE"]) {
        const began = performance.now();
        assert.equal((await ask(slow.url, "/catalog/x", { method })).body, "catalog-1");
        assert.ok(performance.now() - began < 1000);
      }
      assert.ok(slow.retries.length > 0);
      assert.equal(catalog.got.length, 4);
    });

    it("leave out for a while who has failed three times in a row", async () => {
      const bad = await startReplica(started, "bad");
      bad.respond = answering(500);
      front.replicas.catalog = [bad, catalog];
      for (let i = 0; i < 20; i++) assert.equal((await ask(front.url, "/catalog/x")).status, 200);
      assert.equal(bad.got.length, 3);
    });
  });

  describe("when there is no answer", () => {
    it("are sent again after a reset if that can do no harm, and else are 502", async () => {
      const harmless: [string, Record<string, string>][] = [
        ["GET", {}],
        ["PUT", {}],
        ["DELETE", {}],
        ["POST", { "idempotency-key": '"1"' }],
        ["PATCH", { "idempotency-key": '"2"' }],
      ];
      for (const [method, headers] of harmless) {
        catalog.got.length = 0;
        catalog.respond = (response) =>
          catalog.got.length === 1 ? resetting(response) : response.end("at last");
        const body = method === "GET" ? undefined : "the body";
        const answer = await ask(front.url, "/catalog/x?y", { method, headers, body });
        assert.deepEqual([answer.status, answer.body], [200, "at last"], method);
        const [first, second, ...more] = catalog.got.map(({ at: _, ...rest }) => rest);
        assert.deepEqual(second, first, "the same once more");
        assert.deepEqual(more, []);
      }
      catalog.respond = resetting;
      for (const method of ["POST", "PATCH"]) {
        catalog.got.length = 0;
        const { status, body } = await ask(front.url, "/catalog/x", { method, body: "once" });
        assert.equal(status, 502);
        assert.match(JSON.parse(body).error, /^catalog: no answer from catalog-1: reset: /);
        assert.equal(catalog.got.length, 1, "sent once");
      }
    });

    it("aren't sent again after a 500 to a POST, but are with an Idempotency-Key", async () => {
      catalog.respond = answering(500);
      const post = (headers: Record<string, string>) =>
        ask(front.url, "/catalog/x", { method: "POST", headers });
      assert.deepEqual((await post({})).body, "status 500");
      assert.equal(catalog.got.length, 1);
      await post({ "idempotency-key": '"1"' });
      assert.equal(catalog.got.length, 1 + 4);
    });

    it("are 502 when it isn't HTTP, or nobody listens", async () => {
      catalog.respond = (response) => response.socket?.end("hello\r\n\r\n");
      assert.equal((await ask(front.url, "/catalog/x")).status, 502);
      const port = await freePort();
      front.replicas.catalog = [{ id: "dead", url: `http://127.0.0.1:${port}`, version: "v1" }];
      const { status, body } = await ask(front.url, "/catalog/x");
      assert.equal(status, 502);
      assert.deepEqual(JSON.parse(body), {
        error: `catalog: no answer from dead: connect-failure: connect ECONNREFUSED 127.0.0.1:${port}`,
      });
    });
  });

  describe("whose client leaves", () => {
    const errors: unknown[][] = [];
    beforeEach(() => {
      errors.length = 0;
      const { error } = console;
      console.error = (...args: unknown[]) => errors.push(args);
      started.add(() => {
        console.error = error;
      });
    });

    it("before the answer leave the replica too, and say nothing of it", async () => {
      let closed: Promise<unknown> | undefined;
      catalog.respond = (response) => {
        closed = once(response, "close");
      };
      for (let i = 0; i < 4; i++) {
        const leaving = new AbortController();
        const asked = ask(front.url, "/catalog/x", { signal: leaving.signal });
        await eventually(() => assert.equal(catalog.got.length, i + 1));
        leaving.abort();
        await assert.rejects(asked);
        await closed;
      }
      catalog.respond = answering(200);
      assert.equal((await ask(front.url, "/catalog/x")).status, 200);
      assert.equal(catalog.got.length, 5, "nothing is sent again for who has left");
      assert.equal(front.upstreams[0]?.breaker.status().failures, 0);
      assert.deepEqual(errors, [], "it's no mistake of the program");
    });

    it("between two tries aren't sent again", async () => {
      const slow = await startFront(started, { mesh: { retry: { backoff_seconds: 0.1 } } });
      slow.replicas.catalog = [catalog];
      catalog.respond = answering(500);
      const leaving = new AbortController();
      const asked = ask(slow.url, "/catalog/x", { signal: leaving.signal });
      await eventually(() => assert.equal(slow.retries.length, 1));
      leaving.abort();
      await assert.rejects(asked);
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(catalog.got.length, 1);
      assert.deepEqual(errors, []);
    });

    it("in the middle of the answer end that too", async () => {
      let closed: Promise<unknown> | undefined;
      catalog.respond = (response) => {
        closed = once(response, "close");
        response.write("and so on");
      };
      const leaving = new AbortController();
      const response = await fetch(`${front.url}/catalog/x`, { signal: leaving.signal });
      await response.body?.getReader().read();
      leaving.abort();
      await closed;
      catalog.respond = silent;
    });
  });
});
