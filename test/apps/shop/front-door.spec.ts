import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Running, start } from "../../../micromesh/cli/running.ts";
import type { State } from "../../../micromesh/simulator/control/server.ts";
import { eventually } from "../counter/servers.ts";
import { described, fuzz } from "./fuzz.ts";
import { ask, seed } from "./runtime/world.ts";

/** What befalls a shop at its front door, and what of it comes through to who asks. */
describe("shop: at the simulator's front door", function () {
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
  const post = (path: string) => ask("POST", door + path);

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
