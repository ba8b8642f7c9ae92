import assert from "node:assert/strict";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { openStore, type Store } from "../../../../apps/shop/runtime/store.ts";
import { connect, StoreUnavailable } from "../../../../apps/shop/runtime/store-connection.ts";
import { eventually, freePort, has, Started } from "../../counter/servers.ts";
import { startStore, storeAt, storeKinds } from "./world.ts";

describe("shop: the store", () => {
  const started = new Started();
  afterEach(() => started.stop());

  for (const kind of storeKinds) {
    describe(`in ${kind}`, () => {
      let store: Store;
      let other: Store;
      let port: number;

      beforeEach(async () => {
        port = await startStore(started, kind);
        store = await storeAt(started, port);
        other = await storeAt(started, port);
      });

      it("changes several keys together", async () => {
        const result = await store.change(["a", "b"], (values) => {
          assert.deepEqual(values, [null, null]);
          return {
            writes: [
              ["SET", "a", "1"],
              ["LPUSH", "list", "x"],
            ],
            result: "done",
          };
        });
        assert.equal(result, "done");
        assert.deepEqual(await store.run("MGET", "a", "b"), ["1", null]);
        assert.deepEqual(await store.run("LRANGE", "list", "0", "-1"), ["x"]);
      });

      it("loses no change of many at once, by one process or several", async () => {
        const add = (using: Store) =>
          using.change(["n"], ([text]) => ({
            writes: [["SET", "n", String(Number(text ?? "0") + 1)]],
            result: undefined,
          }));
        await Promise.all(Array.from({ length: 100 }, (_, i) => add(i % 2 ? store : other)));
        assert.equal(await store.run("GET", "n"), "100");
      });

      it("commits nothing if a key has changed in between", async () => {
        const connection = connect({ host: "127.0.0.1", port }, () => {});
        started.add(() => connection.close());
        await eventually(() => connection.run(["SET", "key", "old"]));
        assert.deepEqual(await connection.watch(["key"]), ["old"]);
        await other.run("SET", "key", "new");
        assert.equal(await connection.commit([["SET", "key", "mine"]]), false);
        assert.deepEqual(await connection.watch(["key"]), ["new"]);
        assert.equal(await connection.commit([["SET", "key", "mine"]]), true);
        assert.equal(await other.run("GET", "key"), "mine");
      });

      it("writes nothing if the decision fails, and goes on", async () => {
        const failed = store.change(["key"], () => {
          throw new Error("no");
        });
        await assert.rejects(failed, { message: "no" });
        const looked = await store.change(["key"], ([value]) => ({ writes: [], result: value }));
        assert.equal(looked, null);
        // A watch that was left behind would now refuse this change.
        await other.run("SET", "key", "1");
        let decisions = 0;
        await store.change(["other"], () => {
          decisions += 1;
          return { writes: [["SET", "other", "1"]], result: undefined };
        });
        assert.equal(decisions, 1);
      });

      it("says what the store refuses", async () => {
        await store.run("LPUSH", "list", "x");
        await assert.rejects(store.run("GET", "list"), (error: Error) => {
          assert.ok(error instanceof StoreUnavailable);
          assert.equal(error.status, 503);
          assert.match(error.message, /: it refused: WRONGTYPE .*; try again later$/);
          return true;
        });
      });
    });
  }

  it("says at once that it's away, once, and comes back by itself", async function () {
    if (!has("redis-server")) this.skip();
    const port = await freePort();
    const lines: string[] = [];
    const store = openStore({ host: "127.0.0.1", port }, (line) => lines.push(line));
    started.add(() => store.close());
    await eventually(() => assert.equal(lines.length, 1));
    const start = Date.now();
    const nothing = { writes: [], result: undefined };
    await assert.rejects(store.run("PING"), StoreUnavailable);
    await assert.rejects(
      store.change(["a"], () => nothing),
      StoreUnavailable,
    );
    assert.ok(Date.now() - start < 200);
    const server = await started.redis(port);
    await eventually(() => store.run("PING"));
    await eventually(() => store.change(["a"], () => nothing));
    await server.stop("SIGKILL");
    await eventually(() => assert.rejects(store.run("PING"), StoreUnavailable));
    await sleep(300);
    const where = `store at 127.0.0.1:${port}`;
    assert.equal(lines[0], `${where}: away: connect ECONNREFUSED 127.0.0.1:${port}`);
    assert.equal(lines[1], `${where}: connected`);
    assert.ok(lines[2]?.startsWith(`${where}: away: `));
    assert.equal(lines.length, 3);
  });

  it("gives up on a silent one after 1.5 s, and at once for those who wait their turn", async () => {
    const port = await started.listen(createServer(() => {}));
    const lines: string[] = [];
    const store = openStore({ host: "127.0.0.1", port }, (line) => lines.push(line));
    started.add(() => store.close());
    await eventually(() => assert.equal(lines.length, 1));
    const start = Date.now();
    const changes = Array.from({ length: 5 }, () =>
      store.change(["same"], () => ({ writes: [], result: undefined })),
    );
    for (const { status } of await Promise.allSettled(changes)) assert.equal(status, "rejected");
    await assert.rejects(store.run("PING"), { message: /: no answer within 1500 ms; try/ });
    assert.ok(Date.now() - start < 3500);
  });
});
