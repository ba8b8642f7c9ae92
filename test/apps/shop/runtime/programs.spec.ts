import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type Child, eventually, freePort, Started } from "../../counter/servers.ts";
import { ask, programOf, startGateway, startStore } from "./world.ts";

/** The programs as they run in pods: bundled, in a process of their own, told by signals. */
describe("shop: the bundled programs", function () {
  this.timeout(60_000);
  const bundled = new Started();
  const started = new Started();
  const files: Record<string, string> = {};

  before(() => {
    for (const name of ["catalog", "cart", "order"]) files[name] = programOf(bundled, name);
  });
  afterEach(() => started.stop());
  after(() => bundled.stop());

  function start(name: string, env: NodeJS.ProcessEnv): Child {
    return started.process(process.execPath, [files[name] as string], env);
  }

  it("make a shop, whose state survives them", async () => {
    const store = await startStore(started);
    const gateway = await startGateway(started);
    const registered: string[] = [];
    const registry = createServer((request, response) => {
      registered.push(`${request.method} ${request.url}`);
      request.resume();
      response.end("{}");
    });
    const registryUrl = `http://127.0.0.1:${await started.listen(registry)}`;
    const run = async (name: string) => {
      const port = await freePort();
      const child = start(name, {
        PORT: String(port),
        POD_NAME: `${name}-7`,
        REGISTRY_URL: registryUrl,
        MESH_URL: gateway.url,
        STORE_HOST: "127.0.0.1",
        STORE_PORT: String(store),
      });
      await child.says(`registered as http://127.0.0.1:${port} with ${registryUrl}`);
      gateway.services[name] = `http://127.0.0.1:${port}`;
      await eventually(async () => {
        assert.equal((await ask("GET", `${gateway.url}/${name}/health`)).status, 200);
      });
      return child;
    };
    const { url } = gateway;
    await run("catalog");
    let cart = await run("cart");
    let order = await run("order");
    const added = await ask("POST", `${url}/cart/ann/add?product_id=p-9&quantity=2`);
    assert.equal(added.headers.get("x-replica-id"), "cart-7");
    cart.signal("SIGKILL");
    await cart.exited;
    cart = await run("cart");
    const { status, body } = await ask("POST", `${url}/order/create?user_id=ann`);
    assert.deepEqual([status, body.total], [201, 25]);
    assert.equal(await order.stop("SIGTERM"), 0);
    order = await run("order");
    assert.deepEqual((await ask("GET", `${url}/order/${body.id}`)).body, body);
    assert.ok(registered.includes("PUT /services/order/replicas/order-7"));
    assert.ok(registered.includes("DELETE /services/order/replicas/order-7"));
  });

  it("finish what is under way when they are told to stop, and ask to be left", async () => {
    const port = await freePort();
    const child = start("catalog", { PORT: String(port), FAULTS: '{"delayMs":1500}' });
    await child.says(`listening on ${port}`);
    const url = `http://127.0.0.1:${port}/catalog`;
    const slow = ask("GET", `${url}/products`);
    // Only when it has been taken can it be under way.
    await ask("GET", `${url}/health`);
    child.signal("SIGTERM");
    await child.says("SIGTERM: stopping");
    const meanwhile = await ask("GET", `${url}/health`);
    assert.deepEqual([meanwhile.status, meanwhile.headers.get("connection")], [200, "close"]);
    const { status, headers } = await slow;
    assert.deepEqual([status, headers.get("connection")], [200, "close"]);
    assert.equal(await child.exited, 0);
    assert.match(child.output, /^listening on \d+\nSIGTERM: stopping\nstopped\n$/);
  });

  it("crash when they are told to, without an answer", async () => {
    const port = await freePort();
    const child = start("catalog", { PORT: String(port), FAULTS: '{"crashAfterRequests":2}' });
    await child.says("listening");
    const url = `http://127.0.0.1:${port}/catalog`;
    assert.equal((await ask("GET", `${url}/products`)).status, 200);
    assert.equal((await ask("GET", `${url}/health`)).status, 200);
    await assert.rejects(ask("GET", `${url}/products`));
    assert.equal(await child.exited, 1);
    assert.match(child.output, /fault: crashing, as told by crashAfterRequests\n$/);
  });

  const wrong: [string, NodeJS.ProcessEnv, string][] = [
    ["catalog", { PORT: "x" }, 'PORT is "x"; it must be a port number between 1 and 65535'],
    ["catalog", { VERSION: "v3" }, 'VERSION is "v3"; it must be v1 or v2'],
    ["catalog", { FAULTS: "{" }, 'FAULTS is "{"; it must be JSON, such as {"delayMs": 500}'],
    [
      "catalog",
      { FAULTS: '{"products":{"p-1":{"status":200}}}' },
      String.raw`FAULTS is "{\"products\":{\"p-1\":{\"status\":200}}}"; products: p-1: status: it must be a status from 400 to 599`,
    ],
    [
      "catalog",
      { FAULTS: '{"delay":1}' },
      String.raw`FAULTS is "{\"delay\":1}"; Unrecognized key: "delay"`,
    ],
    [
      "cart",
      { STORE_HOST: "store" },
      "MESH_URL isn't set; it must be a URL without a path, such as http://gateway:8080",
    ],
    [
      "order",
      { MESH_URL: "http://gateway:8080" },
      "STORE_HOST isn't set; it must be the store's host name, such as store",
    ],
  ];
  for (const [name, env, line] of wrong) {
    it(`say in one line why ${name} can't start with ${JSON.stringify(env)}`, async () => {
      const child = start(name, env);
      assert.equal(await child.exited, 1);
      assert.equal(child.output, `${line}\n`);
    });
  }

  it("say in one line that their port is taken", async () => {
    const port = await started.listen(createServer());
    const child = start("catalog", { PORT: String(port) });
    assert.equal(await child.exited, 1);
    assert.match(child.output, new RegExp(`^listen EADDRINUSE: .*:${port}\n$`));
  });
});
