import assert from "node:assert/strict";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { pause, register } from "../../../../apps/shop/runtime/registration.ts";
import { eventually, freePort, Started } from "../../counter/servers.ts";

describe("shop: the registration of a replica", () => {
  const started = new Started();
  afterEach(() => started.stop());

  const replica = (registry: string) => ({
    registry,
    name: "cart",
    replica: "cart-0",
    url: "http://10.0.0.7:8080",
    version: "v2",
    healthCheck: "/cart/health",
  });

  async function startRegistry(port = 0) {
    const seen: unknown[] = [];
    const answer = { status: 200, holdMs: 0 };
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const { method, url, headers } = request;
      if (method === "PUT") await sleep(answer.holdMs);
      seen.push([method, url, headers["content-type"], body && JSON.parse(body)]);
      response.writeHead(answer.status).end("no room");
    });
    const url = `http://127.0.0.1:${await started.listen(server, port)}`;
    return { url, seen, answer };
  }

  const put = [
    "PUT",
    "/services/cart/replicas/cart-0",
    "application/json",
    { url: "http://10.0.0.7:8080", version: "v2", health_check: "/cart/health" },
  ];
  const goodbye = ["DELETE", "/services/cart/replicas/cart-0", undefined, ""];

  it("is said at once, and taken back once", async () => {
    const { url, seen } = await startRegistry();
    const lines: string[] = [];
    const registration = register(replica(url), (line) => lines.push(line));
    await eventually(() => assert.equal(lines.length, 1));
    await Promise.all([registration.end(), registration.end()]);
    assert.deepEqual(seen, [put, goodbye]);
    assert.deepEqual(lines, [`registered as http://10.0.0.7:8080 with ${url}`]);
  });

  it("is tried again until the registry is there; its absence is said once", async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const lines: string[] = [];
    const registration = register(replica(url), (line) => lines.push(line));
    await sleep(700);
    const { seen } = await startRegistry(port);
    await eventually(() => assert.deepEqual(seen, [put]));
    await eventually(() =>
      assert.deepEqual(lines, [
        `not registered with ${url}: connect ECONNREFUSED 127.0.0.1:${port}`,
        `registered as http://10.0.0.7:8080 with ${url}`,
      ]),
    );
    await registration.end();
  });

  it("is refused in the registry's words", async () => {
    const { url, answer } = await startRegistry();
    answer.status = 404;
    const lines: string[] = [];
    const registration = register(replica(url), (line) => lines.push(line));
    await eventually(() =>
      assert.deepEqual(lines, [`not registered with ${url}: it answered 404 no room`]),
    );
    await registration.end();
  });

  it("doesn't come back after the goodbye", async () => {
    const { url, seen, answer } = await startRegistry();
    answer.holdMs = 200;
    const registration = register(replica(url), () => {});
    await sleep(100);
    await registration.end();
    await sleep(300);
    assert.deepEqual(seen.filter((one) => (one as unknown[])[0] === "DELETE").length, 1);
    assert.ok(seen.length <= 2);
  });

  it("says goodbye for a second at most to a registry that's silent", async () => {
    const server = createServer(() => {});
    const url = `http://127.0.0.1:${await started.listen(server)}`;
    const lines: string[] = [];
    const registration = register(replica(url), (line) => lines.push(line));
    await sleep(50);
    const start = Date.now();
    await registration.end();
    assert.ok(Date.now() - start < 1300);
    assert.deepEqual(lines, [`no goodbye to ${url}: no answer in time`]);
  });

  it("beats every 2 s, sooner after failures, a tenth by chance", () => {
    const longest = [0, 1, 2, 3, 4, 5, 6, 60].map((failures) => pause(failures, () => 0));
    assert.deepEqual(longest, [2000, 250, 500, 1000, 2000, 2000, 2000, 2000]);
    assert.equal(
      pause(0, () => 1),
      1800,
    );
  });
});
