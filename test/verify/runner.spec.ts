import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Observation } from "../../micromesh/verify/client/observation.ts";
import type { NotObserved } from "../../micromesh/verify/judge.ts";
import { type ProbeResult, runProbes } from "../../micromesh/verify/runner.ts";
import { ProbeError, type Transport } from "../../micromesh/verify/transport.ts";
import { labOf, probeOf } from "./samples.ts";

/** A network whose answers are scripted by path; the last one of each is repeated for ever. */
class Scripted implements Transport {
  readonly asked: string[] = [];
  readonly #script: Record<string, (number | Error)[]>;

  constructor(script: Record<string, (number | Error)[]>) {
    this.#script = script;
  }

  async observe(...[, request]: Parameters<Transport["observe"]>): Promise<Observation> {
    assert.equal(request.kind, "http");
    const path = new URL(request.url).pathname.slice(1);
    const answers = this.#script[path] ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    this.asked.push(path);
    if (answer instanceof Error) throw answer;
    return { status: answer, body: "", ms: 1 };
  }

  async close() {}
}

const ok = (path: string, name = path) =>
  probeOf({
    name,
    request: { kind: "http", url: `http://a.lan/${path}` },
    expect: { status: 200 },
  });
const verdicts = (results: ProbeResult[]) => results.map(({ verdict }) => verdict).join(" ");

describe("running probes", () => {
  it("asks each once, in declared order, lab by lab, and hands on each result", async () => {
    const network = new Scripted({ a: [200], b: [500], c: [200] });
    const told: string[] = [];
    const results = await runProbes({ x: labOf(ok("b"), ok("a")), y: labOf(ok("c")) }, network, {
      onResult: ({ lab, probe, verdict }) => told.push(`${lab} ${probe.name} ${verdict}`),
    });
    assert.deepEqual(network.asked, ["b", "a", "c"]);
    assert.deepEqual(told, ["x b fail", "x a pass", "y c pass"]);
    assert.equal(verdicts(results), "fail pass pass");
    assert.deepEqual(results[0]?.attempts, 1);
    assert.deepEqual(results[0]?.scenario, "open");
  });

  it("waits for silence once, where several probes in a row must meet it", async () => {
    const silent = (path: string) => ({
      ...ok(path),
      expect: { failure: "timeout" as const },
    });
    const begun: string[] = [];
    let waiting = 0;
    let most = 0;
    const transport: Transport = {
      async observe(...[, request]) {
        assert.equal(request.kind, "http");
        const path = new URL(request.url).pathname.slice(1);
        begun.push(path);
        if (!path.startsWith("silent")) return { status: 200, ms: 1 };
        most = Math.max(most, ++waiting);
        await sleep(50);
        waiting--;
        return { failure: "timeout", ms: 50 };
      },
      async close() {},
    };
    const probes = [ok("a"), silent("silent1"), silent("silent2"), ok("b"), silent("silent3")];
    const told: string[] = [];
    const results = await runProbes({ x: labOf(...probes) }, transport, {
      onResult: ({ probe }) => told.push(probe.name),
    });
    assert.equal(verdicts(results), "pass pass pass pass pass");
    assert.deepEqual(begun, ["a", "silent1", "silent2", "b", "silent3"]);
    assert.deepEqual(told, begun);
    assert.equal(most, 2, "the first two wait together, the third has another before it");
  });

  it("runs all labs at once where it may, and tells their results lab by lab", async () => {
    const begun: string[] = [];
    const transport: Transport = {
      async observe(...[, request]) {
        assert.equal(request.kind, "http");
        const path = new URL(request.url).pathname.slice(1);
        begun.push(path);
        await sleep(path.startsWith("slow") ? 40 : 1);
        return { status: 200, ms: 1 };
      },
      async close() {},
    };
    const labs = { x: labOf(ok("slow1"), ok("slow2")), y: labOf(ok("a"), ok("b")) };
    const results = await runProbes(labs, transport, { labsAtOnce: true });
    assert.deepEqual(begun, ["slow1", "a", "b", "slow2"]);
    assert.deepEqual(
      results.map(({ lab, probe }) => `${lab} ${probe.name}`),
      ["x slow1", "x slow2", "y a", "y b"],
    );
  });

  it("gives the probe's origin and time to the transport", async () => {
    const from = { namespace: "d-redis", workload: "redis" };
    const given: unknown[] = [];
    const transport: Transport = {
      async observe(...args) {
        given.push(...args);
        return { ms: 1, failure: "timeout" };
      },
      async close() {},
    };
    const probe = probeOf({ from, timeoutSeconds: 0.5, expect: { failure: "timeout" } });
    await runProbes({ x: labOf(probe) }, transport);
    assert.deepEqual(given, [from, probe.request, 500]);
  });

  it("makes a transport's error the verdict of that probe alone", async () => {
    const network = new Scripted({ a: [new Error("no pod of x is ready")], b: [200] });
    const results = await runProbes({ x: labOf(ok("a"), ok("b")) }, network);
    assert.equal(verdicts(results), "error pass");
    assert.equal(results[0]?.seen, "no pod of x is ready");
    assert.deepEqual(results[0]?.observation satisfies Observation | NotObserved | undefined, {
      error: "no pod of x is ready",
    });
  });

  describe("with time to settle", () => {
    it("costs nothing where everything is as it should be", async () => {
      const network = new Scripted({ a: [200], b: [200] });
      await runProbes({ x: labOf(ok("a"), ok("b")) }, network, { settleSeconds: 5 });
      assert.deepEqual(network.asked, ["a", "b"]);
    });

    it("asks a wrong probe again until it's right twice in a row", async () => {
      const network = new Scripted({ a: [500, 200, 500, 200, 200, 500] });
      const results = await runProbes({ x: labOf(ok("a")) }, network, { settleSeconds: 5 });
      assert.equal(network.asked.length, 5);
      assert.equal(verdicts(results), "pass");
      assert.equal(results[0]?.attempts, 5);
    });

    it("asks again what came before a probe that turned, and believes the later answer", async () => {
      // `a` passes under the old rules only: what the change breaks must not stay a pass.
      const network = new Scripted({ a: [200, 500], b: [500, 200], c: [200] });
      const told: string[] = [];
      const results = await runProbes({ x: labOf(ok("a"), ok("b"), ok("c")) }, network, {
        settleSeconds: 0.3,
        onResult: ({ probe, verdict }) => told.push(`${probe.name} ${verdict}`),
      });
      assert.equal(verdicts(results), "fail pass pass");
      assert.deepEqual(told, ["a pass", "b pass", "c pass", "a fail"]);
      assert.deepEqual(network.asked.slice(0, 5), ["a", "b", "b", "b", "c"]);
      assert.ok(network.asked.slice(5).every((path) => path === "a"));
    });

    it("tries an error again, too: a pod may be on its way", async () => {
      const network = new Scripted({ a: [new Error("no pod is ready"), 200] });
      const results = await runProbes({ x: labOf(ok("a")) }, network, { settleSeconds: 5 });
      assert.equal(verdicts(results), "pass");
    });

    it("doesn't try again what only the user can mend", async () => {
      const network = new Scripted({ a: [new ProbeError("forbidden", { permanent: true })] });
      const results = await runProbes({ x: labOf(ok("a")) }, network, { settleSeconds: 5 });
      assert.deepEqual(network.asked, ["a"]);
      assert.equal(verdicts(results), "error");
    });

    it("spends the time once for a lab, not once for each wrong probe", async () => {
      const network = new Scripted({ a: [500], b: [500], c: [500] });
      const started = performance.now();
      const lab = labOf(ok("a"), ok("b"), ok("c"));
      const results = await runProbes({ lab }, network, { settleSeconds: 0.6 });
      const took = performance.now() - started;
      assert.equal(verdicts(results), "fail fail fail");
      assert.ok(took > 550 && took < 1100, `${took} ms`);
      assert.deepEqual(network.asked.slice(-2), ["b", "c"]);
    });
  });

  it("stops at once when it's told to, in a request and between two", async () => {
    for (const settleSeconds of [0, 60]) {
      const stop = new AbortController();
      const transport: Transport = {
        observe: () =>
          settleSeconds === 0
            ? new Promise(() => {})
            : Promise.resolve({ ms: 1, failure: "reset" as const }),
        async close() {},
      };
      setTimeout(() => stop.abort(new Error("Ctrl-C")), 30);
      const started = performance.now();
      await assert.rejects(
        runProbes({ x: labOf(ok("a")) }, transport, { settleSeconds, signal: stop.signal }),
        /^Error: Ctrl-C$/,
      );
      assert.ok(performance.now() - started < 200);
      await assert.rejects(
        runProbes({ x: labOf(ok("a")) }, transport, { signal: stop.signal }),
        /^Error: Ctrl-C$/,
      );
    }
  });
});
