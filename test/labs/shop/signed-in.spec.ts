import assert from "node:assert/strict";
import { decodeProtectedHeader } from "jose";
import { type Running, start } from "../../../micromesh/cli/running.ts";
import type { State } from "../../../micromesh/simulator/control/server.ts";
import { eventually } from "../../apps/counter/servers.ts";
import { described, fuzz } from "../../apps/shop/fuzz.ts";
import { danglingIn } from "../../apps/shop/gateway/references.ts";
import { ask, seed, signIn } from "../../apps/shop/runtime/world.ts";

/** The scenario as it runs: real processes, the gateway, the front door. */
describe("the shop lab, signed in, at the simulator's ports", function () {
  this.timeout(120_000);
  let running: Running;
  let door: string;
  let control: string;

  before(async () => {
    running = await start(
      {
        stack: "dev",
        config: [],
        lab: ["shop"],
        scenario: ["shop=signed-in"],
        gatewayPort: 0,
        controlPort: 0,
      },
      () => {},
    );
    door = `http://127.0.0.1:${running.simulator.gatewayPort}`;
    control = `http://127.0.0.1:${running.controlPort}`;
    await patiently(async () => {
      const { body } = await ask("GET", `${door}/mesh/status`);
      const counts = Object.values<unknown[]>(body.replicas).map((list) => list.length);
      assert.deepEqual(counts, [2, 2, 2, 2]);
    });
  });
  after(() => running?.stop());

  async function podsOf(name: string): Promise<State["pods"]> {
    const state = (await (await fetch(`${control}/api/state`)).json()) as State;
    return state.pods.filter((pod) => pod.namespace === "shop" && pod.name.startsWith(name));
  }

  async function kill(name: string): Promise<void> {
    const before = await podsOf(name);
    assert.ok(before.length > 0, name);
    for (const { containers } of before) process.kill(containers[0]?.pid as number, "SIGKILL");
    await patiently(async () => {
      for (const { ready, containers } of await podsOf(name)) {
        assert.ok(ready && (containers[0]?.restarts ?? 0) > 0);
      }
    });
  }

  const order = async (user: string, headers: Record<string, string>) => {
    const added = await ask("POST", `${door}/cart/${user}/add?product_id=p-9&quantity=2`, headers);
    assert.equal(added.status, 200, JSON.stringify(added.body));
    return ask("POST", `${door}/order/create?user_id=${user}`, headers);
  };

  it("users order, and see their own and nobody else's", async () => {
    const [ada, bob] = [await signIn(door, "ada"), await signIn(door, "bob")];
    const { status, body } = await order("ada", ada);
    assert.deepEqual([status, body.total], [201, 25]);
    assert.deepEqual((await ask("GET", `${door}/order/${body.id}`, ada)).body, body);
    assert.equal((await ask("GET", `${door}/order/${body.id}`, bob)).status, 404);
    assert.equal((await ask("GET", `${door}/order/user/ada`, bob)).status, 403);
    assert.equal((await ask("GET", `${door}/cart/ada`, bob)).status, 403);
    assert.equal((await ask("GET", `${door}/cart/ada`)).status, 401);
    const { body: listed } = await ask("GET", `${door}/order/user/ada`, ada);
    assert.deepEqual(listed.orders, [body]);
  });

  it("the registry knows auth, and its health", async () => {
    const { body } = await ask("GET", `${control}/services`);
    const { name, path, status, replicas } = body.services[3];
    assert.deepEqual([name, path, status, replicas.length], ["auth", "/auth", "healthy", 2]);
    for (const service of ["catalog", "cart", "order", "auth"]) {
      assert.equal((await ask("GET", `${door}/${service}/health`)).status, 200);
    }
  });

  it(`requests of all kinds never get a 500, and end nobody (MICROMESH_SEED=${seed})`, async () => {
    const { body } = await ask("GET", `${door}/docs/openapi.json`);
    assert.deepEqual(danglingIn(body), []);
    const operations = described(body);
    const before = await Promise.all(["cart", "order", "auth"].map(podsOf));
    for (const headers of [{}, await signIn(door, "ann")]) {
      const statuses = await fuzz(door, operations, { seed, numRuns: 300 }, headers);
      for (const path of ["POST /auth/token", "POST /auth/service-token", "GET /auth/health"]) {
        assert.ok(statuses.has(path), path);
      }
      const own = statuses.get("GET /cart/{user}") ?? new Set();
      // Most are others'; without a token it doesn't come to that.
      assert.equal(own.has(403), "authorization" in headers, [...own].join());
    }
    const restarts = (pods: State["pods"]) => pods.map(({ containers }) => containers[0]?.restarts);
    const after = await Promise.all(["cart", "order", "auth"].map(podsOf));
    assert.deepEqual(after.map(restarts), before.map(restarts));
  });

  it("tokens and the key that signs them survive auth and the store, killed at once", async () => {
    const { status, body } = await ask("POST", `${door}/auth/token?user_id=dan`);
    assert.equal(status, 200);
    const dan = { authorization: `Bearer ${body.access_token}` };
    await order("dan", dan);
    await Promise.all([kill("auth"), kill("store")]);
    await patiently(async () => assert.equal((await order("dan", dan)).status, 201));
    await patiently(async () => {
      const again = await ask("POST", `${door}/auth/token?user_id=dan`);
      assert.equal(again.status, 200);
      const [one, other] = [body, again.body].map((each) =>
        decodeProtectedHeader(each.access_token),
      );
      assert.deepEqual(one, other);
    });
  });

  it("a cart that has just started checks tokens by itself", async () => {
    const eve = await signIn(door, "eve");
    await order("eve", eve);
    await kill("cart");
    await patiently(async () => assert.equal((await order("eve", eve)).status, 201));
  });

  it("nobody's log has a token, or a secret that gets one", async () => {
    let lines = "";
    for (const { namespace, name } of await podsOf("")) {
      lines += await (await fetch(`${control}/api/logs/${namespace}/${name}`)).text();
    }
    assert.match(lines, /listening on 8080/);
    assert.doesNotMatch(lines, /eyJ|Bearer|Basic|PRIVATE KEY/);
  });

  it("where users needn't sign in any more, what they had is still there", async () => {
    const fay = await signIn(door, "fay");
    await ask("POST", `${door}/cart/fay/add?product_id=p-1`, fay);
    await running.change({ shop: "open" });
    await patiently(async () => {
      const { status, body } = await ask("GET", `${door}/cart/fay`);
      assert.deepEqual([status, body.items?.length], [200, 1]);
    });
    assert.equal((await ask("POST", `${door}/auth/token?user_id=fay`)).status, 404);
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
