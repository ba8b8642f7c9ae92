import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";
import { check, checkAll } from "../../../../apps/shop/registry/health-checks.ts";
import { Replicas } from "../../../../apps/shop/registry/replicas.ts";
import { servicesIn, shopSettings } from "../../../../apps/shop/settings.ts";
import { freePort, Started } from "../../counter/servers.ts";

describe("shop: the registry's health checks, on sockets", () => {
  const started = new Started();
  afterEach(() => started.stop());

  const at = (url: string) => ({ id: "catalog-1", url, version: "v1" });
  const answering = async (listener: RequestListener) =>
    `http://127.0.0.1:${await started.listen(createServer(listener))}`;

  for (const status of [200, 204, 299]) {
    it(`take ${status} for healthy`, async () => {
      const asked: unknown[] = [];
      const url = await answering(({ method, url, headers }, response) => {
        asked.push([method, url, headers.connection]);
        response.writeHead(status).end();
      });
      const result = await check(at(url), "/catalog/health");
      assert.deepEqual(result, { status: "healthy", reason: String(status) });
      // By a connection of its own, which tells that new ones are taken.
      assert.deepEqual(asked, [["GET", "/catalog/health", "close"]]);
    });
  }

  for (const status of [302, 404, 500, 503]) {
    it(`take ${status} for unhealthy`, async () => {
      const url = await answering((_, response) => response.writeHead(status).end("no"));
      assert.deepEqual(await check(at(url), "/"), { status: "unhealthy", reason: String(status) });
    });
  }

  it("take a refused connection for down", async () => {
    const port = await freePort();
    assert.deepEqual(await check(at(`http://127.0.0.1:${port}`), "/"), {
      status: "down",
      reason: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });

  it("take a broken connection, and an answer that isn't HTTP, for down", async () => {
    const endings: ((socket: Socket) => void)[] = [
      (socket) => socket.resetAndDestroy(),
      (socket) => socket.end("hello\r\n\r\n"),
    ];
    for (const end of endings) {
      const server = createTcpServer((socket) => socket.once("data", () => end(socket)));
      const { status, reason } = await check(
        at(`http://127.0.0.1:${await started.listen(server)}`),
        "/",
      );
      assert.equal(status, "down");
      assert.notEqual(reason, "");
    }
  });

  it("wait 2 s for an answer, and no longer", async () => {
    const silent = await answering(() => {});
    const began = performance.now();
    const result = await check(at(silent), "/");
    const took = performance.now() - began;
    assert.deepEqual(result, { status: "down", reason: "no answer within 2000 ms" });
    assert.ok(took > 1900 && took < 3500, `${took} ms`);
  });

  it("go by the status of an answer that never ends, and don't wait for more than 2 s", async () => {
    const endless = await answering((_, response) => response.writeHead(200).write("and so on"));
    const began = performance.now();
    assert.equal((await check(at(endless), "/")).status, "healthy");
    assert.ok(performance.now() - began < 3500);
  });

  it("ask all replicas at once, each service at its own path", async () => {
    const services = servicesIn(
      shopSettings.parse({
        services: [{ name: "cart", health_check: "/up" }],
      }),
    );
    const asked: string[] = [];
    const url = await answering((request, response) => {
      asked.push(request.url ?? "");
      // The first is answered only when all have been asked.
      const isLast = asked.length === 3;
      if (isLast) for (const end of waiting) end();
      if (isLast) response.end();
      else waiting.push(() => response.end());
    });
    const waiting: (() => void)[] = [];
    const replicas = new Replicas(services, Date.now());
    for (const name of ["catalog", "cart", "order"]) {
      replicas.hear(name, { ...at(url), id: `${name}-1` }, Date.now());
    }
    assert.equal(await checkAll(replicas, services), 3);
    assert.deepEqual(asked.sort(), ["/catalog/health", "/order/health", "/up"]);
    assert.deepEqual(
      replicas.all().map(([, { status }]) => status),
      ["healthy", "healthy", "healthy"],
    );
  });
});
