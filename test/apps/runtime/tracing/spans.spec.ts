import assert from "node:assert/strict";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import type { Tracing } from "../../../../apps/runtime/tracing/tracing.ts";
import { Started } from "../../counter/servers.ts";
import { startTraces, type Traces, traced } from "./collectors.ts";

describe("tracing: what spans say", () => {
  const started = new Started();
  let traces: Traces;
  let tracing: Tracing;

  beforeEach(async () => {
    traces = await startTraces(started);
    tracing = traced(traces.url, { environment: "staging" });
  });
  afterEach(() => started.stop());

  const request = { method: "GET", route: "/nginx", path: "/nginx/x?token=secret", headers: {} };
  const sending = { method: "GET", path: "/x?token=secret#f", address: "10.1.0.7", port: 8080 };

  it("a server's span and those of its tries, by the semantic conventions", async () => {
    const server = tracing.server(request);
    const first = server.client(sending);
    first.end({ error: Object.assign(new Error("connect refused"), { code: "ECONNREFUSED" }) });
    server.client({ ...sending, address: "fd00::7", attempt: 2 }).end({ status: 200 });
    server.end({ status: 200 });
    await tracing.close();

    const spans = traces.spans();
    const [one, two, whole] = spans;
    assert.equal(spans.length, 3);
    assert.ok(one && two && whole);
    assert.deepEqual(
      spans.map(({ name, kind, status }) => [name, kind, status]),
      [
        ["GET", "client", "error"],
        ["GET", "client", "unset"],
        ["GET /nginx", "server", "unset"],
      ],
    );
    assert.deepEqual([one.parent, two.parent, whole.parent], [whole.id, whole.id, undefined]);
    assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([server.traceId]));
    assert.deepEqual([whole.service, whole.replica], ["router", "router-0"]);
    assert.deepEqual(whole.attributes, {
      "http.request.method": "GET",
      "url.path": "/nginx/x",
      "url.scheme": "http",
      "http.route": "/nginx",
      "http.response.status_code": 200,
    });
    assert.deepEqual(one.attributes, {
      "http.request.method": "GET",
      "server.address": "10.1.0.7",
      "server.port": 8080,
      "url.full": "http://10.1.0.7:8080/x",
      "error.type": "ECONNREFUSED",
    });
    assert.equal(one.message, "connect refused");
    assert.deepEqual(two.attributes, {
      "http.request.method": "GET",
      "server.address": "fd00::7",
      "server.port": 8080,
      "url.full": "http://[fd00::7]:8080/x",
      "http.request.resend_count": 1,
      "http.response.status_code": 200,
    });
  });

  it("a 4xx is an error to the client, a 5xx to both", async () => {
    for (const status of [399, 400, 499, 500, 599]) {
      const server = tracing.server({ ...request, route: `/${status}` });
      server.client({ ...sending, method: "PUT" }).end({ status });
      server.end({ status });
    }
    await tracing.close();
    const failed = traces
      .spans()
      .filter(({ status }) => status === "error")
      .map(({ kind, attributes }) => `${kind} ${attributes["error.type"]}`);
    assert.deepEqual(failed.sort(), [
      "client 400",
      "client 499",
      "client 500",
      "client 599",
      "server 500",
      "server 599",
    ]);
  });

  it("methods and routes that aren't known make no names up", async () => {
    tracing.server({ method: "BREW", path: "/pot", headers: {} }).end({ error: "thrown text" });
    tracing.server({ ...request, method: "POST", route: undefined }).end({ status: 404 });
    await tracing.close();
    const [brew, post] = traces.spans().sort((a, b) => (a.name < b.name ? -1 : 1));
    assert.deepEqual([brew?.name, post?.name], ["HTTP", "POST"]);
    assert.equal(brew?.attributes["http.request.method"], "_OTHER");
    assert.equal(brew?.attributes["error.type"], "_OTHER");
    assert.equal(post?.attributes["http.route"], undefined);
  });

  it("only the first end of a span counts", async () => {
    const server = tracing.server(request);
    server.end({ status: 200 });
    server.end({ error: new Error("late") });
    await tracing.close();
    const [span, ...others] = traces.spans();
    assert.deepEqual([span?.status, others], ["unset", []]);
  });

  it("nothing of queries and header fields is sent, and long paths are cut", async () => {
    const bodies: string[] = [];
    const server = createServer(async (request, response) => {
      assert.equal(request.headers["content-type"], "application/json");
      bodies.push(await text(request));
      response.end("{}");
    });
    const url = `http://127.0.0.1:${await started.listen(server)}`;
    const tracing = traced(url, { environment: "staging" });
    const headers = { authorization: "Bearer secret", cookie: "secret=1", host: "secret.lan" };
    const span = tracing.server({ ...request, headers });
    span.client(sending).end({ status: 200 });
    span.end({ error: new Error("x".repeat(5000)) });
    tracing.server({ ...request, path: `/${"y".repeat(5000)}` }).end({ status: 200 });
    await tracing.close();
    const [body = ""] = bodies;
    assert.equal(bodies.length, 1);
    assert.ok(!body.includes("secret"), body);
    assert.ok(body.length < 6000, String(body.length));
    assert.match(body, /"deployment.environment.name","value":\{"stringValue":"staging"\}/);
    assert.match(body, /"service.version","value":\{"stringValue":"v2"\}/);
  });

  it("a batch goes out a second after the first end, unasked", async () => {
    tracing.server(request).end({ status: 200 });
    const start = performance.now();
    while (traces.spans().length === 0 && performance.now() - start < 5000) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const took = performance.now() - start;
    assert.ok(took > 500 && took < 3000, `${took} ms`);
  });

  it("spans that aren't recorded aren't sent", async () => {
    const none = traced(traces.url, { samplePercent: 0 });
    const span = none.server(request);
    span.client(sending).end({ status: 500 });
    span.end({ status: 500 });
    await none.close();
    assert.deepEqual(traces.spans(), []);
  });
});
