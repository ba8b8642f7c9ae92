import assert from "node:assert/strict";
import fc from "fast-check";
import { endToEnd } from "../../../../apps/runtime/http/send.ts";
import { merged, type Replica } from "../../../../apps/shop/gateway/directory.ts";
import { weighted } from "../../../../apps/shop/gateway/upstream.ts";
import { roundRobin } from "../../../../micromesh/traffic/index.ts";
import { seed } from "../runtime/world.ts";

const replica = (id: string, version = "v1"): Replica => ({ id, version, url: `http://${id}` });
const [a, b, c] = [replica("a"), replica("b"), replica("c")] as [Replica, Replica, Replica];

describe("shop: what the gateway knows of replicas", () => {
  it("is the registry's word once that knows everyone", () => {
    const found = { complete: true, gone: [], services: { catalog: [b], cart: [] } };
    assert.deepEqual(merged({ catalog: [a], cart: [c], order: [a] }, found), found.services);
  });

  it("is what it was, and who is new, as long as the registry is young", () => {
    const before = { catalog: [a, b], cart: [c] };
    const none = { complete: false, gone: [], services: { catalog: [], cart: [], order: [] } };
    assert.deepEqual(merged(before, none), { ...before, order: [] });
    const some = { complete: false, gone: [], services: { catalog: [c], order: [a] } };
    assert.deepEqual(merged(before, some), { catalog: [a, b, c], cart: [c], order: [a] });
    assert.deepEqual(merged({}, some), some.services);
  });

  it("isn't who has said goodbye to the young registry", () => {
    const found = { complete: false, gone: ["a"], services: { catalog: [] } };
    assert.deepEqual(merged({ catalog: [a, b] }, found), { catalog: [b] });
  });

  it("is the newer of two words about the same one", () => {
    const moved = { ...a, url: "http://elsewhere", version: "v2" };
    const found = { complete: false, gone: [], services: { catalog: [moved] } };
    assert.deepEqual(merged({ catalog: [a] }, found), { catalog: [moved] });
    // Who has come back after a goodbye is there.
    assert.deepEqual(merged({ catalog: [a] }, { ...found, gone: ["a"] }), { catalog: [moved] });
  });
});

describe(`shop: the shares of versions (MICROMESH_SEED=${seed})`, () => {
  const versions = ["v1", "v2", "v3", "__proto__"];
  const replicas = fc
    .array(fc.constantFrom(...versions), { maxLength: 12 })
    .map((list) => list.map((version, index) => replica(`r-${index}`, version)));
  const shares = fc.dictionary(fc.constantFrom("v1", "v2", "v3"), fc.integer({ min: 0, max: 100 }));
  const sum = (list: readonly { weight?: number }[]) =>
    list.reduce((total, { weight = 0 }) => total + weight, 0);

  it("are kept, however many replicas each version has", () => {
    fc.assert(
      fc.property(replicas, shares, (replicas, shares) => {
        const endpoints = weighted(replicas, shares);
        for (const version of versions) {
          const own = endpoints.filter((one) => one.version === version);
          const there = replicas.filter((one) => one.version === version);
          const share = Object.hasOwn(shares, version) ? (shares[version] ?? 0) : 0;
          const expected = there.length > 0 ? share : 0;
          assert.ok(Math.abs(sum(own) - expected) < 1e-9, `${version}: ${sum(own)}`);
          // A version without a share gets nothing, not even when there is nobody else.
          assert.equal(own.length, share > 0 ? there.length : 0);
          for (const { weight } of own) assert.equal(weight, own[0]?.weight);
        }
        // They are who they were, in the order that they had.
        assert.deepEqual(
          endpoints.map(({ weight: _, ...rest }) => rest),
          replicas.filter(({ version }) => endpoints.some((one) => one.version === version)),
        );
      }),
      { seed, numRuns: 1000 },
    );
  });

  it("come out to the request in any hundred, by round robin over the replicas", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (share, ones, twos) => {
          const all = [
            ...Array.from({ length: ones }, (_, i) => replica(`one-${i}`, "v1")),
            ...Array.from({ length: twos }, (_, i) => replica(`two-${i}`, "v2")),
          ];
          const balancer = roundRobin();
          const rounds = ones * twos;
          let second = 0;
          for (let i = 0; i < 100 * rounds; i++) {
            const picked = balancer.pick(weighted(all, { v1: 100 - share, v2: share }));
            if (picked?.version === "v2") second++;
          }
          assert.equal(second, share * rounds);
        },
      ),
      { seed, numRuns: 40 },
    );
  });
});

describe("shop: fields of one connection", () => {
  it("stay there, and all others go on", () => {
    const own = {
      accept: "*/*",
      "set-cookie": ["a=1", "b=2"],
      "content-length": "3",
      "x-own": "yes",
      "x-none": undefined,
    };
    const hopByHop = {
      connection: "keep-alive, X-Hop ,x-other",
      "keep-alive": "timeout=5",
      "proxy-authenticate": "Basic",
      "proxy-authorization": "Basic eDp5",
      "proxy-connection": "close",
      te: "trailers",
      trailer: "x-sum",
      "transfer-encoding": "chunked",
      upgrade: "websocket",
      "x-hop": "1",
      "x-other": "2",
    };
    const { "x-none": _, ...rest } = own;
    assert.deepEqual(endToEnd({ ...own, ...hopByHop }), rest);
    assert.deepEqual(endToEnd({}), {});
  });
});
