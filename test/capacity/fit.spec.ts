import assert from "node:assert/strict";
import fc from "fast-check";
import type { Amounts } from "../../micromesh/capacity/amounts.ts";
import { judgeFit, usableOf } from "../../micromesh/capacity/fit.ts";
import type { Needs } from "../../micromesh/capacity/needs.ts";

const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));

const of = (memoryMiB: number, cpuMillis: number): Amounts => ({ memoryMiB, cpuMillis });
const needs = (total: Amounts, more: Partial<Needs> = {}): Needs => ({
  nodes: 1,
  rows: [],
  total,
  everyNode: { server: of(0, 0), agent: of(0, 0) },
  notes: [],
  ...more,
});

describe("what a machine has to give", () => {
  it("is all its CPU, and its memory without what kernel and kubelet keep", () => {
    assert.deepEqual(usableOf(of(8192, 2000)), of(7477, 2000));
    assert.deepEqual(usableOf(of(4096, 2000)), of(3688, 2000));
    assert.deepEqual(usableOf(of(1024, 2000)), of(847, 2000));
    assert.deepEqual(usableOf(of(64, 250)), of(0, 250));
  });
});

describe("whether needs fit", () => {
  it("is told to the last MiB and thousandth of a CPU", () => {
    const machine = of(4096, 2000);
    const verdict = (total: Amounts) => judgeFit(needs(total), machine);
    assert.deepEqual(verdict(of(3688, 2000)), {
      fits: true,
      usable: of(3688, 2000),
      short: of(0, 0),
    });
    assert.deepEqual(verdict(of(3689, 2000)).short, of(1, 0));
    assert.deepEqual(verdict(of(3688, 2001)).short, of(0, 1));
    assert.deepEqual(verdict(of(5000, 2500)), {
      fits: false,
      usable: of(3688, 2000),
      short: of(1312, 500),
    });
  });

  it("takes several nodes together, but neither a pod nor a node's own apart", () => {
    const machine = of(1024, 2000);
    const three = { nodes: 3 };
    assert.equal(judgeFit(needs(of(2500, 100), three), machine).fits, true);
    assert.deepEqual(judgeFit(needs(of(2600, 100), three), machine).short, of(59, 0));
    const everyNode = { server: of(900, 10), agent: of(300, 10) };
    const tight = (node: string) => ({ node, usable: of(847, 2000) });
    assert.deepEqual(judgeFit(needs(of(1500, 100), { ...three, everyNode }), machine), {
      fits: false,
      usable: of(3 * 847, 6000),
      short: of(53, 0),
      tight: tight("one server with what each runs"),
    });
    const largestPod = { title: "Deployment n/x", ...of(600, 10) };
    const agents = { server: of(500, 10), agent: of(300, 10) };
    const beside = judgeFit(
      needs(of(1700, 100), { ...three, everyNode: agents, largestPod }),
      machine,
    );
    assert.deepEqual(beside.short, of(53, 0));
    assert.deepEqual(beside.tight, tight("one node with what each runs and Deployment n/x"));
  });

  it("has no room beside an agent's own where all nodes are servers", () => {
    const more = { nodes: 3, largestPod: { title: "Deployment n/x", ...of(300, 10) } };
    const short = (everyNode: Needs["everyNode"]) =>
      judgeFit(needs(of(2500, 100), { ...more, everyNode }), of(1024, 2000)).short;
    assert.deepEqual(short({ server: of(600, 10), agent: of(300, 10) }), of(0, 0));
    assert.deepEqual(short({ server: of(600, 10) }), of(53, 0));
  });

  it(`is no worse on a larger machine (MICROMESH_SEED=${seed})`, () => {
    const amounts = fc.record({ memoryMiB: fc.nat(20_000), cpuMillis: fc.nat(8000) });
    fc.assert(
      fc.property(
        amounts,
        amounts,
        amounts,
        fc.integer({ min: 1, max: 4 }),
        (total, less, more, nodes) => {
          const wanted = needs(total, { nodes, everyNode: { server: less } });
          const small = judgeFit(wanted, less);
          const large = judgeFit(
            wanted,
            of(less.memoryMiB + more.memoryMiB, less.cpuMillis + more.cpuMillis),
          );
          assert.ok(large.short.memoryMiB <= small.short.memoryMiB);
          assert.ok(large.short.cpuMillis <= small.short.cpuMillis);
          assert.equal(small.fits, small.short.memoryMiB === 0 && small.short.cpuMillis === 0);
        },
      ),
      { seed },
    );
  });
});
