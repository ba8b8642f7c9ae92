import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { meshAt, Unavailable } from "../../../../apps/shop/runtime/mesh-client.ts";
import { freePort, Started } from "../../counter/servers.ts";

describe("shop: calls through the mesh", () => {
  const started = new Started();
  afterEach(() => started.stop());

  async function gateway(answer: (response: ServerResponse) => void) {
    const seen: { method?: string; url?: string; headers: IncomingHttpHeaders }[] = [];
    const server = createServer(({ method = "", url = "", headers }, response) => {
      seen.push({ method, url, headers });
      answer(response);
    });
    return { url: `http://127.0.0.1:${await started.listen(server)}`, seen };
  }

  it("hand on answers up to 499, and who asked", async () => {
    const { url, seen } = await gateway((response) => {
      response.writeHead(404);
      response.end('{"error":"none"}');
    });
    const incoming = {
      traceparent: "00-1",
      tracestate: "a=b",
      authorization: "Bearer x",
      cookie: "secret",
      host: "shop.lan",
    };
    const answer = await meshAt(url, incoming).call("DELETE", "/cart/ann/clear?order=o", {
      "if-match": '"5"',
    });
    assert.equal(answer.status, 404);
    assert.deepEqual(answer.body, { error: "none" });
    const [{ method, url: path, headers } = { headers: {} }] = seen;
    assert.deepEqual([method, path], ["DELETE", "/cart/ann/clear?order=o"]);
    const { traceparent, tracestate, authorization, cookie, host } = headers;
    assert.deepEqual(
      { traceparent, tracestate, authorization, cookie, host },
      {
        ...incoming,
        cookie: undefined,
        host: new URL(url).host,
      },
    );
    assert.equal(headers["if-match"], '"5"');
  });

  const cases: [string, (response: ServerResponse) => void, string][] = [
    [
      "an error with a reason",
      (r) => r.writeHead(503, { "retry-after": "30" }).end('{"error":"open"}'),
      "it answered 503: open",
    ],
    ["an error without one", (r) => r.writeHead(502).end("<html>"), "it answered 502"],
    ["too many requests", (r) => r.writeHead(429).end("{}"), "it answered 429"],
    ["what isn't JSON", (r) => r.end("<html>"), "it answered 200, and not in JSON"],
    [
      "a redirect",
      (r) => r.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
      "it answered 302, and not in JSON",
    ],
    ["silence", () => {}, "no answer within 300 ms"],
    [
      "silence in the middle",
      (r) => r.writeHead(200, { "content-length": "9" }).write("{"),
      "no answer within 300 ms",
    ],
    ["a connection cut off", (r) => r.destroy(), "other side closed"],
  ];
  for (const [what, answer, reason] of cases) {
    it(`say that a service can't be asked: ${what}`, async () => {
      const { url } = await gateway(answer);
      const call = meshAt(url, {}, 300).call("GET", "/catalog/products");
      await assert.rejects(call, (error: Error) => {
        assert.ok(error instanceof Unavailable);
        assert.equal(error.message, `catalog can't be asked: ${reason}; try again later`);
        assert.equal(error.status, 503);
        const retryAfter = what === "an error with a reason" ? { "retry-after": "30" } : {};
        assert.deepEqual(error.headers, { ...retryAfter, "x-failed-dependency": "catalog" });
        return true;
      });
    });
  }

  it("say that there's no gateway", async () => {
    const port = await freePort();
    await assert.rejects(meshAt(`http://127.0.0.1:${port}`).call("GET", "/cart/ann"), {
      message: `cart can't be asked: connect ECONNREFUSED 127.0.0.1:${port}; try again later`,
    });
  });
});
