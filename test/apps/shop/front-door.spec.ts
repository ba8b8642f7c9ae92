import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Running, start } from "../../../micromesh/cli/running.ts";
import type { State } from "../../../micromesh/simulator/control/server.ts";
import { eventually } from "../counter/servers.ts";
import { described, fuzz } from "./fuzz.ts";
import { danglingIn } from "./gateway/references.ts";
import { type Answer, ask, seed } from "./runtime/world.ts";

/** All of it as `npm start` has it: the lab's pods, the ingress at the front door, the control port. */
describe("shop: at the simulator's ports", function () {
  this.timeout(90_000);
  let running: Running;
  let door: string;
  let control: string;
  let users = 0;

  before(async () => {
    running = await start(
      { stack: "dev", config: [], lab: ["shop"], gatewayPort: 0, controlPort: 0 },
      () => {},
    );
    door = `http://127.0.0.1:${running.simulator.gatewayPort}`;
    control = `http://127.0.0.1:${running.controlPort}`;
    await allAreFound();
  });
  after(() => running?.stop());

  const user = () => `user-${users++}`;
  const get = (path: string) => ask("GET", door + path);
  const post = (path: string, headers = {}) => ask("POST", door + path, headers);
  const remove = (path: string) => ask("DELETE", door + path);

  /** Two replicas of each service; a pod that has started anew needs a moment to be found. */
  const allAreFound = () =>
    patiently(async () => {
      const { body } = await get("/mesh/status");
      const counts = Object.values<unknown[]>(body.replicas).map((list) => list.length);
      assert.deepEqual(counts, [2, 2, 2]);
    });

  async function podsOf(name: string): Promise<State["pods"]> {
    const state = (await (await fetch(`${control}/api/state`)).json()) as State;
    const own = state.pods.filter((pod) => pod.namespace === "shop" && pod.name.startsWith(name));
    assert.ok(own.length > 0, `no pod of ${name}`);
    return own;
  }

  async function kill(pod: State["pods"][number] | undefined): Promise<void> {
    const pid = pod?.containers[0]?.pid;
    assert.ok(pid, "a process to kill");
    process.kill(pid, "SIGKILL");
  }

  /** What a service of the shop answers, by way of the gateway. */
  function isFrom(service: string, { headers }: Answer): void {
    assert.match(headers.get("x-replica-id") ?? "", new RegExp(`^${service}-v1-\\w+-\\w+$`));
    assert.equal(headers.get("x-version"), "v1");
    assert.match(headers.get("x-response-time") ?? "", /^\d+\.\d\dms$/);
    assert.match(headers.get("content-type") ?? "", /^application\/json/);
  }

  const LAPTOP = {
    id: "p-1",
    name: "Laptop",
    description: "14 inch, 32 GB of memory, a keyboard to write books on",
    price: 1299,
    category: "computers",
  };

  it("GET /catalog/products", async () => {
    const answer = await get("/catalog/products");
    isFrom("catalog", answer);
    assert.deepEqual([answer.status, answer.body.total], [200, 12]);
    assert.equal(answer.body.products.length, 12);
    assert.deepEqual(answer.body.products[0], LAPTOP);
  });

  it("GET /catalog/products/{id}", async () => {
    const answer = await get("/catalog/products/p-1");
    isFrom("catalog", answer);
    assert.deepEqual([answer.status, answer.body], [200, LAPTOP]);
    const unknown = await get("/catalog/products/p-0");
    isFrom("catalog", unknown);
    assert.equal(unknown.status, 404);
    assert.deepEqual(unknown.body, { error: 'no product "p-0"; /catalog/products lists them' });
  });

  it("GET /catalog/search?q=", async () => {
    const answer = await get("/catalog/search?q=wireless%20mouse");
    isFrom("catalog", answer);
    const ids = answer.body.products.map(({ id }: { id: string }) => id);
    assert.deepEqual([answer.status, ids, answer.body.total], [200, ["p-2"], 1]);
    assert.equal((await get("/catalog/search?q=")).status, 400);
  });

  for (const service of ["catalog", "cart", "order"]) {
    it(`GET /${service}/health`, async () => {
      const answer = await get(`/${service}/health`);
      isFrom(service, answer);
      assert.deepEqual([answer.status, answer.body], [200, { status: "healthy" }]);
    });
  }

  it("GET /cart/{user}, POST /cart/{user}/add, DELETE /cart/{user}/remove/{id} and /clear", async () => {
    const name = user();
    const empty = await get(`/cart/${name}`);
    isFrom("cart", empty);
    assert.deepEqual([empty.status, empty.body], [200, { user: name, items: [], version: 0 }]);
    const added = await post(`/cart/${name}/add?product_id=p-1&quantity=2`);
    isFrom("cart", added);
    const cart = { user: name, items: [{ product_id: "p-1", quantity: 2 }], version: 1 };
    assert.deepEqual([added.status, added.body], [200, cart]);
    assert.equal(added.headers.get("etag"), '"1"');
    await post(`/cart/${name}/add?product_id=p-2&quantity=1`);
    const removed = await remove(`/cart/${name}/remove/p-1`);
    isFrom("cart", removed);
    assert.deepEqual(
      [removed.status, removed.body.items],
      [200, [{ product_id: "p-2", quantity: 1 }]],
    );
    const cleared = await remove(`/cart/${name}/clear`);
    isFrom("cart", cleared);
    assert.deepEqual([cleared.status, cleared.body.items], [200, []]);
    assert.equal((await post(`/cart/${name}/add?product_id=p-0&quantity=1`)).status, 404);
    assert.equal((await post(`/cart/${name}/add?product_id=p-1&quantity=0`)).status, 400);
  });

  it("POST /order/create?user_id=, GET /order/{id}, GET /order/user/{user}", async () => {
    const name = user();
    assert.equal((await post(`/order/create?user_id=${name}`)).status, 409);
    await post(`/cart/${name}/add?product_id=p-9&quantity=2`);
    const created = await post(`/order/create?user_id=${name}`);
    isFrom("order", created);
    const { id, created_at, ...rest } = created.body;
    assert.equal(created.status, 201);
    assert.deepEqual(rest, {
      user: name,
      status: "placed",
      items: [{ product_id: "p-9", name: "Notebook", quantity: 2, price: 12.5, total: 25 }],
      total: 25,
    });
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000);
    assert.equal(created.headers.get("location"), `/order/${id}`);
    assert.deepEqual((await get(`/cart/${name}`)).body.items, [], "the cart is empty");
    const read = await get(`/order/${id}`);
    isFrom("order", read);
    assert.deepEqual([read.status, read.body], [200, created.body]);
    const listed = await get(`/order/user/${name}`);
    isFrom("order", listed);
    assert.deepEqual(listed.body, { user: name, orders: [created.body], total: 1 });
    assert.equal((await get("/order/o-unknown")).status, 404);
  });

  it("two orders at once never order one cart twice", async () => {
    const names = Array.from({ length: 5 }, user);
    await Promise.all(names.map((name) => post(`/cart/${name}/add?product_id=p-2&quantity=1`)));
    await Promise.all(
      names.map(async (name) => {
        const create = () => post(`/order/create?user_id=${name}`);
        const answers = await Promise.all([create(), create(), create()]);
        const statuses = answers.map(({ status }) => status).sort();
        assert.deepEqual(statuses, [201, 409, 409], JSON.stringify(answers));
        assert.equal((await get(`/order/user/${name}`)).body.total, 1);
      }),
    );
  });

  it("an order that is asked for twice by one Idempotency-Key is one", async () => {
    const name = user();
    await post(`/cart/${name}/add?product_id=p-2&quantity=1`);
    const create = () =>
      post(`/order/create?user_id=${name}`, { "idempotency-key": `"${name}-1"` });
    const first = await create();
    await post(`/cart/${name}/add?product_id=p-3&quantity=1`);
    const second = await create();
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.deepEqual(second.body, first.body);
    assert.equal((await get(`/order/user/${name}`)).body.total, 1);
  });

  it("GET /mesh/status, POST /mesh/reset/{service}", async () => {
    const { status, headers, body } = await get("/mesh/status");
    assert.equal(status, 200);
    assert.match(headers.get("x-replica-id") ?? "", /^gateway-/);
    assert.match(headers.get("x-response-time") ?? "", /^\d+\.\d\dms$/);
    for (const service of ["catalog", "cart", "order"]) {
      const { state, failures, since } = body.circuits[service];
      assert.deepEqual([state, failures], ["closed", 0]);
      assert.ok(Date.parse(since) <= Date.now());
      const ids = (await podsOf(`${service}-v1`)).map(({ name }) => name).sort();
      assert.deepEqual(
        body.replicas[service],
        ids.map((id) => ({ id, version: "v1" })),
      );
      const reset = await post(`/mesh/reset/${service}`);
      assert.deepEqual([reset.status, reset.body.state], [200, "closed"]);
    }
    assert.equal((await post("/mesh/reset/stock")).status, 404);
  });

  it("GET /docs, and its document, which has every path that the shop is to have", async () => {
    const page = await fetch(`${door}/docs`);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /swagger-ui-bundle\.js/);
    const script = await fetch(`${door}/docs/swagger-ui-bundle.js`);
    assert.equal(script.status, 200);
    assert.match(await script.text(), /SwaggerUIBundle/);
    const { body } = await get("/docs/openapi.json");
    assert.deepEqual(danglingIn(body), []);
    const operations = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const promised = [
      "GET /catalog/products",
      "GET /catalog/products/{id}",
      "GET /catalog/search",
      "GET /catalog/health",
      "GET /cart/{user}",
      "POST /cart/{user}/add",
      "DELETE /cart/{user}/remove/{product_id}",
      "DELETE /cart/{user}/clear",
      "GET /cart/health",
      "POST /order/create",
      "GET /order/{id}",
      "GET /order/user/{user}",
      "GET /order/health",
      "GET /mesh/status",
      "POST /mesh/reset/{service}",
    ];
    assert.deepEqual(
      promised.filter((one) => !operations.includes(one)),
      [],
    );
  });

  it("GET /services, GET /discovery and POST /health-check at the control port", async () => {
    const listed = await ask("GET", `${control}/services`);
    assert.equal(listed.status, 200);
    assert.match(listed.headers.get("x-replica-id") ?? "", /^registry-/);
    const services = ["catalog", "cart", "order"];
    for (const [index, name] of services.entries()) {
      const { replicas, ...service } = listed.body.services[index];
      assert.deepEqual(service, {
        name,
        path: `/${name}`,
        health_check: `/${name}/health`,
        wanted_replicas: 2,
        status: "healthy",
      });
      const pods = await podsOf(`${name}-v1`);
      assert.deepEqual(
        replicas.map(({ id, url, status, reason }: Record<string, string>) => [
          id,
          url,
          status,
          reason,
        ]),
        pods
          .sort((a, b) => (a.name < b.name ? -1 : 1))
          .map(({ name, ip }) => [name, `http://${ip}:8080`, "healthy", "200"]),
      );
    }
    const { status, headers, body } = await ask("GET", `${control}/discovery`);
    assert.deepEqual([status, body.complete], [200, true]);
    assert.deepEqual(Object.keys(body.services), services);
    for (const name of services) assert.equal(body.services[name].length, 2);
    const same = await fetch(`${control}/discovery`, {
      headers: { "if-none-match": headers.get("etag") ?? "" },
    });
    assert.equal(same.status, 304);
    const checked = await ask("POST", `${control}/health-check`);
    assert.deepEqual([checked.status, checked.body.checked], [200, 6]);
  });

  it(`requests of all kinds never get a 500, and end nobody (MICROMESH_SEED=${seed})`, async () => {
    const before = await restarts();
    const { body } = await get("/docs/openapi.json");
    const operations = described(body);
    assert.ok(operations.length >= 17);
    const statuses = await fuzz(door, operations, { seed, numRuns: 500 });
    for (const { method, path } of operations) {
      assert.ok(statuses.has(`${method} ${path}`), `${method} ${path} was never asked`);
    }
    assert.equal(await restarts(), before);
    assert.deepEqual((await get("/catalog/products/p-1")).status, 200);
  });

  const hasRestarted = (name: string) =>
    patiently(async () => {
      const [pod] = await podsOf(name);
      assert.ok((pod?.containers[0]?.restarts ?? 0) > 0 && pod?.ready, JSON.stringify(pod));
    });

  const restarts = async () =>
    (await podsOf("")).reduce((sum, { containers }) => sum + (containers[0]?.restarts ?? 0), 0);

  it("no GET fails when a replica of the catalog is killed, and it comes back", async () => {
    const [victim] = await podsOf("catalog-v1");
    const counts = new Map<string, number>();
    const asked: Promise<void>[] = [];
    for (let i = 0; i < 250; i++) {
      if (i === 50) await kill(victim);
      asked.push(
        get("/catalog/products/p-1").then(
          ({ status, headers }) => {
            const key = `${status} ${headers.get("x-replica-id")}`;
            counts.set(key, (counts.get(key) ?? 0) + 1);
          },
          (error) => void counts.set(`${error}`, (counts.get(`${error}`) ?? 0) + 1),
        ),
      );
      await sleep(20);
    }
    await Promise.all(asked);
    const pods = (await podsOf("catalog-v1")).map(({ name }) => `200 ${name}`).sort();
    assert.deepEqual([...counts.keys()].sort(), pods, JSON.stringify([...counts]));
    await hasRestarted(victim?.name ?? "");
    await allAreFound();
  });

  it("what has been put into carts and ordered survives a kill -9 of the store", async () => {
    const [ordering, filling] = [user(), user()];
    await post(`/cart/${ordering}/add?product_id=p-9&quantity=1`);
    const { body: order } = await post(`/order/create?user_id=${ordering}`);
    const { body: cart } = await post(`/cart/${filling}/add?product_id=p-3&quantity=3`);
    const [store] = await podsOf("store");
    await kill(store);
    await hasRestarted("store");
    await patiently(async () => {
      assert.deepEqual((await get(`/cart/${filling}`)).body, cart);
      assert.deepEqual((await get(`/order/${order.id}`)).body, order);
    });
    await patiently(async () => {
      assert.equal((await post(`/cart/${filling}/add?product_id=p-4&quantity=1`)).status, 200);
    });
    assert.equal((await post(`/order/create?user_id=${filling}`)).status, 201);
  });
});

/** For what takes a pod's restart, or a circuit that has opened meanwhile: 45 s at most. */
async function patiently(check: () => unknown): Promise<void> {
  const deadline = Date.now() + 45_000;
  for (;;) {
    try {
      return await eventually(check);
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
