import assert from "node:assert/strict";
import { mock } from "node:test";
import { PULSE_MS, Pulse } from "../../../../apps/shop/order/pulse.ts";
import type { Store } from "../../../../apps/shop/runtime/store.ts";
import type { Command } from "../../../../apps/shop/runtime/store-connection.ts";

/** A store that remembers until when each key is there; it has no time for changes of several keys. */
function storeWith(keys: Map<string, number>): Store {
  return {
    run: async (...[name, key, , , ms]: Command) => {
      if (name === "EXISTS") return (keys.get(key as string) ?? 0) > Date.now() ? 1 : 0;
      assert.equal(name, "SET");
      keys.set(key as string, Date.now() + Number(ms));
      return "OK";
    },
    change: () => new Promise(() => {}),
    close: () => {},
  };
}

/** Lets time pass, and what is due in it be done. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    mock.timers.tick(100);
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }
}

describe("shop: the pulse of a process", () => {
  let keys: Map<string, number>;
  let here: Pulse;
  let elsewhere: Pulse;

  beforeEach(() => {
    mock.timers.enable({ apis: ["Date", "setInterval"], now: 1e12 });
    keys = new Map();
    here = new Pulse(storeWith(keys));
    elsewhere = new Pulse(storeWith(keys));
  });
  afterEach(() => mock.timers.reset());

  it("is felt while there is work, and soon not any more", async () => {
    const owner = here.owner();
    assert.equal(await elsewhere.isAlive(owner), false);
    let end = () => {};
    const work = here.during(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    await pass(10 * PULSE_MS);
    assert.equal(await elsewhere.isAlive(owner), true);
    end();
    await work;
    await pass(PULSE_MS);
    assert.equal(await elsewhere.isAlive(owner), false);
    assert.equal(keys.size, 1, "one key for all of a process's work");
  });

  it("is felt before work begins", async () => {
    await here.during(async () => assert.equal(await elsewhere.isAlive(here.owner()), true));
    await pass(2 * PULSE_MS);
    await here.during(async () => assert.equal(await elsewhere.isAlive(here.owner()), true));
  });

  it("goes on for as long as any of the work does", async () => {
    let end = () => {};
    const long = here.during(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    await here.during(async () => {});
    await pass(3 * PULSE_MS);
    assert.equal(await elsewhere.isAlive(here.owner()), true);
    end();
    await long;
  });

  it("leaves owners behind that are to die, and has others", async () => {
    const before = here.owner();
    let end = () => {};
    const work = here.during(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    await pass(100);
    here.leave();
    await pass(PULSE_MS);
    assert.equal(await elsewhere.isAlive(before), false);
    assert.equal(await elsewhere.isAlive(here.owner()), true);
    end();
    await work;
  });

  it("makes owners that are all different", () => {
    assert.notEqual(here.owner(), here.owner());
  });
});
