import assert from "node:assert/strict";
import { createConnection, createServer } from "node:net";
import { type Child, eventually, freePort, Started } from "../../counter/servers.ts";
import { ask, programOf, type Shop, seed, signIn, startShop } from "../runtime/world.ts";

/**
 * The order service as a process, killed at every moment that the world can see: before and after each
 * call of another service, and before and after each message to the store has arrived there.
 */
for (const [users, access] of [
  ["anybody", { required: false }],
  ["signed in", { required: true }],
] as const) {
  describe(`shop: the order service, killed, users: ${users} (MICROMESH_SEED=${seed})`, function () {
    this.timeout(90_000);
    const bundled = new Started();
    const started = new Started();
    let program: string;
    let shop: Shop;
    let storeProxy: number;
    /** Called at each moment; while the process starts or settles, nobody listens. */
    let moment: () => void = () => {};

    before(() => {
      program = programOf(bundled, "order");
    });
    after(() => bundled.stop());
    beforeEach(async () => {
      shop = await startShop(started, access);
      const isOurs = (url = "") => !/^\/order|^\/auth\/token/.test(url);
      shop.gateway.meddling = {
        before: ({ url }) => isOurs(url) && moment(),
        after: ({ url }) => isOurs(url) && moment(),
      };
      storeProxy = await started.listen(
        createServer((client) => {
          const server = createConnection(shop.storePort, "127.0.0.1");
          client.on("data", (data) => {
            moment();
            server.write(data);
          });
          server.on("data", (data) => {
            moment();
            client.write(data);
          });
          for (const [one, other] of [
            [client, server],
            [server, client],
          ] as const) {
            one.on("error", () => {});
            one.on("close", () => other.destroy());
          }
        }),
      );
    });
    afterEach(async () => {
      moment = () => {};
      await started.stop();
    });

    async function startOrder(): Promise<Child> {
      const port = await freePort();
      const child = started.process(process.execPath, [program], {
        PORT: String(port),
        POD_NAME: "order-0",
        MESH_URL: shop.gateway.url,
        STORE_HOST: "127.0.0.1",
        STORE_PORT: String(storeProxy),
        AUTH: JSON.stringify(access),
      });
      const url = `http://127.0.0.1:${port}`;
      shop.gateway.services.order = url;
      await child.says("listening");
      await eventually(async () => {
        assert.equal((await ask("GET", `${url}/order/health`)).status, 200);
      });
      return child;
    }

    /** Whoever asks shows a token, if that's asked for. */
    const askAs = async (user: string, method: string, path: string, headers = {}) => {
      const { url } = shop.gateway;
      const shown = access.required ? await signIn(url, user) : {};
      return ask(method, url + path, { ...headers, ...shown });
    };
    const fill = async (user: string) => {
      for (const product of ["p-1", "p-2"]) {
        await askAs(user, "POST", `/cart/${user}/add?product_id=${product}`);
      }
    };
    const create = (user: string) =>
      askAs(user, "POST", `/order/create?user_id=${user}`, { "idempotency-key": user });
    const cartOf = async (user: string) =>
      (await askAs(user, "GET", `/cart/${user}`)).body.items.length;
    const ordersOf = async (user: string) =>
      (await askAs(user, "GET", `/order/user/${user}`)).body.orders;

    it("leaves the cart or one order of it, at every moment, and a repeat gets that order", async () => {
      const seen = { cart: 0, order: 0 };
      let child = await startOrder();
      let ended = false;
      // Not every moment, since each takes a new process: now these, now those.
      for (let at = 1 + (seed % 2); !ended; at += access.required ? 4 : 2) {
        const user = `user-${at}`;
        await fill(user);
        let moments = 0;
        moment = () => {
          moments += 1;
          if (moments === at) child.signal("SIGKILL");
        };
        const answer = await create(user).catch(() => undefined);
        moment = () => {};
        ended = moments < at;
        if (ended) assert.equal(answer?.status, 201);
        else {
          await child.exited;
          child = await startOrder();
        }

        // Settled at the start, without anybody who reads the user's orders.
        await eventually(async () => {
          assert.deepEqual(await shop.store.run("SMEMBERS", "order:unsettled"), []);
        });
        const orders = await ordersOf(user);
        const state = [orders.length, await cartOf(user)];
        assert.deepEqual(state, orders.length > 0 ? [1, 0] : [0, 2], `moment ${at}`);
        seen[orders.length > 0 ? "order" : "cart"] += 1;

        const repeat = await create(user);
        assert.equal(repeat.status, 201, `moment ${at}: ${JSON.stringify(repeat.body)}`);
        assert.deepEqual(await ordersOf(user), [repeat.body]);
        if (orders.length > 0) assert.deepEqual(orders, [repeat.body]);
        if (answer?.status === 201) assert.deepEqual(answer.body, repeat.body);
        assert.equal(await cartOf(user), 0);
      }
      assert.ok(seen.order > 2 && seen.cart > 2, JSON.stringify(seen));
    });
  });
}
