import assert from "node:assert/strict";
import type { Path } from "../../../micromesh/verify/timeline/paths.ts";
import { Sampler } from "../../../micromesh/verify/timeline/sampler.ts";
import { FakeClock } from "./clock.ts";
import { type Behaviour, FakeNetwork } from "./network.ts";

const path = (host: string): Path => ({
  name: host,
  from: "outside",
  request: { kind: "tcp", host, port: 1 },
});

function sampling(hosts: Record<string, Behaviour>) {
  const clock = new FakeClock();
  const network = new FakeNetwork(clock, hosts);
  const sampler = new Sampler(network, { everyMs: 500, patienceMs: 2000, clock });
  return { clock, network, sampler };
}

/** E.g. `0 ok, 0.5 ok`. */
const told = (sampler: Sampler, index = 0) =>
  sampler.watched[index]?.samples.map(({ at, outcome }) => `${at} ${outcome}`).join(", ");

describe("sampling", () => {
  it("asks each path at its interval, whatever becomes of the others", async () => {
    const { clock, network, sampler } = sampling({
      quick: () => ({}),
      silent: () => ({ failure: "timeout" }),
    });
    sampler.watch([path("quick"), path("silent")]);
    await clock.pass(2400);
    assert.deepEqual(network.asked.quick, [0, 500, 1000, 1500, 2000]);
    assert.deepEqual(network.asked.silent, [250, 2250]);
    assert.equal(network.most, 1);
    assert.equal(told(sampler), "0 ok, 0.5 ok, 1 ok, 1.5 ok, 2 ok");
    assert.deepEqual(sampler.watched[1]?.samples, [
      { at: 0.25, ms: 2000, outcome: "timeout", seen: "timeout after 2 s" },
    ]);
  });

  it("keeps its interval where an answer takes less, and asks at once where it took more", async () => {
    const { clock, network, sampler } = sampling({
      slow: () => ({ ms: 300 }),
      slower: () => ({ ms: 700 }),
    });
    sampler.watch([path("slow")]);
    sampler.watch([path("slower")]);
    await clock.pass(1500);
    assert.deepEqual(network.asked.slow, [0, 500, 1000, 1500]);
    assert.deepEqual(network.asked.slower, [0, 700, 1400]);
  });

  it("doesn't make up for what a silence cost", async () => {
    const { clock, network, sampler } = sampling({
      back: (at) => (at < 1000 ? { failure: "timeout" } : {}),
    });
    sampler.watch([path("back")]);
    await clock.pass(3400);
    assert.deepEqual(network.asked.back, [0, 2000, 2500, 3000]);
  });

  it("watches paths that come later, and none twice", async () => {
    const { clock, network, sampler } = sampling({});
    sampler.watch([path("a")]);
    await clock.pass(700);
    sampler.watch([path("a"), path("b")]);
    await clock.pass(100);
    assert.deepEqual(network.asked, { a: [0, 500], b: [700] });
    assert.deepEqual(sampler.watched[1]?.samples[0]?.at, 0.7);
  });

  it("goes on where a path couldn't be asked, and says why on one line", async () => {
    const { clock, sampler } = sampling({
      gone: (at) => (at < 500 ? new Error("no pod\nis ready") : {}),
    });
    sampler.watch([path("gone")]);
    await clock.pass(600);
    assert.equal(told(sampler), "0 unknown, 0.5 ok");
    assert.equal(sampler.watched[0]?.samples[0]?.seen, "no pod is ready");
  });

  it("times a request from when it was put, where that takes a while", async () => {
    const { clock, sampler } = sampling({});
    const late = new FakeNetwork(clock, {});
    // A container has to be started first, which is no part of the request.
    late.observe = async () => {
      await clock.sleep(900);
      return { ms: 100 };
    };
    const other = new Sampler(late, { everyMs: 500, patienceMs: 2000, clock });
    other.watch([path("a")]);
    await clock.pass(1000);
    await Promise.all([sampler.stop(), clock.pass(2000)]);
    assert.deepEqual(other.watched[0]?.samples[0]?.at, 0.8);
    assert.deepEqual(other.watched[0]?.samples[0]?.ms, 100);
  });

  it("stops with what is under way, which is kept", async () => {
    const { clock, network, sampler } = sampling({ silent: () => ({ failure: "timeout" }) });
    sampler.watch([path("silent")]);
    await clock.pass(500);
    let stopped = false;
    const stop = sampler.stop().then(() => {
      stopped = true;
    });
    await clock.pass(1400);
    assert.equal(stopped, false);
    await clock.pass(200);
    await stop;
    assert.equal(told(sampler), "0 timeout");
    await clock.pass(5000);
    assert.deepEqual(network.asked.silent, [0]);
  });

  it("waits for nobody beyond its patience", async () => {
    const { clock, sampler } = sampling({ stuck: () => ({ ms: 60_000 }) });
    sampler.watch([path("stuck")]);
    await clock.pass(100);
    const stop = sampler.stop();
    await clock.pass(2000);
    await stop;
    await clock.pass(60_000);
    assert.equal(told(sampler), "");
  });
});
