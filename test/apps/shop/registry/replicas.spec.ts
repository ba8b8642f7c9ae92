import assert from "node:assert/strict";
import {
  type Announcement,
  FORGET_MS,
  HEARD_MS,
  Replicas,
} from "../../../../apps/shop/registry/replicas.ts";

const SERVICES = [{ name: "catalog" as const }, { name: "cart" as const }];
const HEALTHY = { status: "healthy", reason: "200" } as const;
const UNHEALTHY = { status: "unhealthy", reason: "503" } as const;
const DOWN = { status: "down", reason: "connect ECONNREFUSED" } as const;

const one: Announcement = { id: "catalog-1", url: "http://10.0.0.1:8080", version: "v1" };

describe("shop: the registry's replicas", () => {
  let replicas: Replicas;
  beforeEach(() => {
    replicas = new Replicas(SERVICES, 0);
  });

  const listed = (now: number) => replicas.discovery(now).services.catalog;
  const version = (now: number) => replicas.discovery(now).version;

  it("are sent nobody before a check has found them healthy", () => {
    assert.equal(replicas.hear("catalog", one, 10), true);
    assert.deepEqual(listed(10), []);
    const { status, reason } = replicas.get("catalog", one.id) ?? {};
    assert.deepEqual([status, reason], ["down", "not checked yet"]);
    const before = version(10);
    replicas.note("catalog", one, HEALTHY, 20);
    assert.deepEqual(listed(20), [one]);
    assert.notEqual(version(20), before);
    assert.deepEqual(replicas.get("catalog", one.id), {
      ...one,
      ...HEALTHY,
      registeredAt: 10,
      lastHeard: 10,
      lastCheck: 20,
      since: 20,
    });
  });

  it("need no further check as long as they are healthy, and one at each beat else", () => {
    replicas.hear("catalog", one, 0);
    replicas.note("catalog", one, HEALTHY, 0);
    assert.equal(replicas.hear("catalog", one, 2000), false);
    for (const bad of [UNHEALTHY, DOWN]) {
      replicas.note("catalog", one, bad, 2500);
      assert.equal(replicas.hear("catalog", one, 4000), true);
    }
  });

  for (const bad of [UNHEALTHY, DOWN]) {
    it(`are sent nobody while they are ${bad.status}, and keep the time they have been so`, () => {
      replicas.hear("catalog", one, 0);
      replicas.note("catalog", one, HEALTHY, 0);
      const before = version(0);
      replicas.note("catalog", one, bad, 1000);
      assert.deepEqual(listed(1000), []);
      assert.notEqual(version(1000), before);
      const after = version(1000);
      replicas.note("catalog", one, { ...bad, reason: "another" }, 2000);
      const { since, lastCheck, reason } = replicas.get("catalog", one.id) ?? {};
      assert.deepEqual([since, lastCheck, reason], [1000, 2000, "another"]);
      assert.equal(version(2000), after);
    });
  }

  it(`are down when they haven't been heard of for ${HEARD_MS} ms`, () => {
    replicas.hear("catalog", one, 0);
    replicas.note("catalog", one, HEALTHY, 0);
    replicas.expire(HEARD_MS);
    assert.deepEqual(listed(HEARD_MS), [one]);
    const before = version(HEARD_MS);
    replicas.expire(HEARD_MS + 1);
    assert.deepEqual(listed(HEARD_MS + 1), []);
    assert.notEqual(version(HEARD_MS + 1), before);
    assert.equal(replicas.get("catalog", one.id)?.reason, "not heard of for 7 s");
    replicas.expire(30_500);
    assert.equal(replicas.get("catalog", one.id)?.reason, "not heard of for 30 s");
    assert.equal(replicas.get("catalog", one.id)?.since, HEARD_MS + 1);
  });

  it("stay down whatever a check says, until they are heard of again", () => {
    replicas.hear("catalog", one, 0);
    replicas.note("catalog", one, HEALTHY, 0);
    replicas.expire(8000);
    replicas.note("catalog", one, HEALTHY, 30_000);
    const { status, lastCheck } = replicas.get("catalog", one.id) ?? {};
    assert.deepEqual([status, lastCheck], ["down", 30_000]);
    assert.equal(replicas.hear("catalog", one, 31_000), true);
    replicas.note("catalog", one, HEALTHY, 31_000);
    assert.deepEqual(listed(31_000), [one]);
  });

  it(`are forgotten after ${FORGET_MS} ms of silence, and not before`, () => {
    replicas.hear("catalog", one, 0);
    replicas.expire(FORGET_MS);
    assert.equal(replicas.of("catalog").length, 1);
    replicas.expire(FORGET_MS + 1);
    assert.deepEqual(replicas.all(), []);
  });

  it("are others when they come back at another address or in another version", () => {
    const moves = [
      { ...one, url: "http://10.0.0.2:8080" },
      { ...one, version: "v2" },
    ];
    for (const moved of moves) {
      replicas.hear("catalog", one, 0);
      replicas.note("catalog", one, HEALTHY, 0);
      const before = version(0);
      assert.equal(replicas.hear("catalog", moved, 1000), true);
      assert.deepEqual(listed(1000), []);
      assert.notEqual(version(1000), before);
      replicas.note("catalog", moved, HEALTHY, 1100);
      assert.deepEqual(listed(1100), [moved]);
    }
  });

  it("have nothing of a check of the address that they had before", () => {
    const moved = { ...one, url: "http://10.0.0.2:8080" };
    replicas.hear("catalog", one, 0);
    replicas.hear("catalog", moved, 1000);
    replicas.note("catalog", one, HEALTHY, 1100);
    assert.deepEqual(listed(1100), []);
    assert.equal(replicas.get("catalog", one.id)?.lastCheck, 1000);
  });

  it("are gone with their goodbye, and a check that was under way doesn't bring them back", () => {
    replicas.hear("catalog", one, 0);
    replicas.note("catalog", one, HEALTHY, 0);
    const before = version(0);
    assert.equal(replicas.remove("catalog", one.id, 5), true);
    assert.notEqual(version(0), before);
    assert.equal(replicas.remove("catalog", one.id, 5), false);
    replicas.note("catalog", one, HEALTHY, 10);
    assert.deepEqual(replicas.all(), []);
  });

  it("are all known 2.5 s after the start; until then who said goodbye is told of", () => {
    assert.equal(replicas.discovery(0).complete, false);
    const before = version(0);
    // A registry before this one may have known it.
    replicas.remove("cart", "cart-9", 100);
    const early = replicas.discovery(2499);
    assert.deepEqual([early.complete, early.gone], [false, ["cart-9"]]);
    assert.notEqual(early.version, before, "who asks with the version before must hear of it");
    const late = replicas.discovery(2500);
    assert.deepEqual([late.complete, late.gone], [true, []]);
    replicas.remove("cart", "cart-8", 2600);
    assert.deepEqual(replicas.discovery(2600).gone, []);
  });

  it("belong to one service each, of those that there are", () => {
    replicas.hear("catalog", one, 0);
    assert.deepEqual([replicas.knows("catalog"), replicas.knows("order")], [true, false]);
    assert.equal(replicas.hear("order", one, 0), false);
    assert.equal(replicas.get("order", one.id), undefined);
    assert.equal(replicas.get("cart", one.id), undefined);
    assert.deepEqual(Object.keys(replicas.discovery(0).services), ["catalog", "cart"]);
  });

  it("are told of in the order of their ids, whenever they came", () => {
    for (const id of ["b", "c", "a"]) replicas.hear("catalog", { ...one, id }, 0);
    replicas.hear("cart", { ...one, id: "0" }, 0);
    assert.deepEqual(
      replicas.all().map(([service, { id }]) => `${service}/${id}`),
      ["catalog/a", "catalog/b", "catalog/c", "cart/0"],
    );
  });
});
