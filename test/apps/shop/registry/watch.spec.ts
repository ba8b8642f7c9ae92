import assert from "node:assert/strict";
import { createServer } from "node:http";
import { mock } from "node:test";
import { Replicas } from "../../../../apps/shop/registry/replicas.ts";
import { watch } from "../../../../apps/shop/registry/watch.ts";
import { shopSettings } from "../../../../apps/shop/settings.ts";
import { eventually, Started } from "../../counter/servers.ts";

const { services } = shopSettings.parse({});

/** Time stands still here, but for the network's: checks come and go by real sockets. */
describe("shop: the registry as time goes by", () => {
  const started = new Started();
  const replica = { status: 200, asked: 0, url: "" };
  let replicas: Replicas;

  beforeEach(async () => {
    Object.assign(replica, { status: 200, asked: 0 });
    const server = createServer((_, response) => {
      replica.asked++;
      response.writeHead(replica.status).end();
    });
    replica.url = `http://127.0.0.1:${await started.listen(server)}`;
    mock.timers.enable({ apis: ["setInterval", "Date"], now: 0 });
    started.add(() => mock.timers.reset());
    replicas = new Replicas(services, 0);
    started.add(watch(replicas, services));
    hear();
    replicas.note("cart", announced(), { status: "healthy", reason: "200" }, 0);
  });
  afterEach(() => started.stop());

  const announced = () => ({ id: "cart-1", url: replica.url, version: "v1" });
  const hear = () => replicas.hear("cart", announced(), Date.now());
  const status = () => replicas.get("cart", "cart-1")?.status;

  it("checks every replica every 30 s", async () => {
    replica.status = 503;
    for (let beat = 0; beat < 14; beat++) {
      mock.timers.tick(2000);
      hear();
    }
    mock.timers.tick(1999);
    assert.deepEqual([Date.now(), replica.asked], [29_999, 0]);
    mock.timers.tick(1);
    await eventually(() => assert.equal(status(), "unhealthy"));
    assert.equal(replica.asked, 1);
    replica.status = 200;
    for (let beat = 0; beat < 15; beat++) {
      mock.timers.tick(2000);
      hear();
    }
    await eventually(() => assert.equal(status(), "healthy"));
    assert.equal(replica.asked, 2);
  });

  it("turns a silent replica down within 8 s, and forgets it after a minute", () => {
    mock.timers.tick(7000);
    assert.equal(status(), "healthy");
    mock.timers.tick(1000);
    assert.equal(status(), "down");
    assert.deepEqual(replicas.discovery(Date.now()).services.cart, []);
    mock.timers.tick(52_000);
    assert.equal(Date.now(), 60_000);
    assert.equal(status(), "down");
    mock.timers.tick(1000);
    assert.equal(status(), undefined);
  });

  it("does nothing any more when it's closed", async () => {
    await started.stop();
    mock.timers.enable({ apis: ["setInterval", "Date"], now: 0 });
    started.add(() => mock.timers.reset());
    const stop = watch(replicas, services);
    stop();
    mock.timers.tick(30_000);
    // A check would be under way.
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(status(), "healthy");
    assert.equal(replica.asked, 0);
  });
});
