import assert from "node:assert/strict";
import { mock } from "node:test";
import { Health } from "../../../micromesh/simulator/pods/health.ts";
import type { ProbeSpec } from "../../../micromesh/simulator/pods/spec.ts";

/** The probes in these tests, told apart by their port. */
const STARTUP = 1;
const READINESS = 2;
const LIVENESS = 3;

describe("Health", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());

  /** Lets what waits for a promise go on. */
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  /** In steps, because each look schedules the next one. */
  const pass = async (seconds: number) => {
    await settle();
    for (let ms = 0; ms < seconds * 1000; ms += 500) {
      mock.timers.tick(500);
      await settle();
    }
  };

  function observe(probes: { startup?: ProbeSpec; readiness?: ProbeSpec; liveness?: ProbeSpec }) {
    let clock = 0;
    const answers: Record<number, boolean> = {};
    const seen = {
      /** `ready`, `not ready`, `startup failed`, `liveness failed`. */
      events: [] as string[],
      /** Times of looks in seconds, by probe. */
      looks: { 1: [], 2: [], 3: [] } as Record<number, number[]>,
      timeouts: [] as number[],
      answers,
      pass: async (seconds: number) => {
        for (let s = 0; s < seconds; s++) {
          await pass(1);
          clock++;
        }
      },
    };
    const health = new Health(
      probes,
      async (probe, timeoutMs) => {
        const port = Number(probe.tcpSocket?.port);
        seen.looks[port]?.push(clock);
        seen.timeouts.push(timeoutMs);
        return answers[port] ?? false;
      },
      {
        ready: (ready) => seen.events.push(ready ? "ready" : "not ready"),
        failed: (kind) => seen.events.push(`${kind} failed`),
      },
    );
    return { ...seen, health };
  }
  const probe = (port: number, more: Partial<ProbeSpec> = {}): ProbeSpec => ({
    tcpSocket: { port },
    periodSeconds: 1,
    ...more,
  });

  describe("without probes", () => {
    it("is ready at once", () => {
      assert.deepEqual(observe({}).events, ["ready"]);
    });
  });

  describe("readiness", () => {
    it("begins not ready, in silence, and is told at the first success", async () => {
      const { events, pass, answers } = observe({ readiness: probe(READINESS) });
      await pass(3);
      assert.deepEqual(events, []);
      answers[READINESS] = true;
      await pass(1);
      assert.deepEqual(events, ["ready"]);
    });

    it("is lost after three failures in a row, by default", async () => {
      const { events, pass, answers } = observe({ readiness: probe(READINESS) });
      answers[READINESS] = true;
      await pass(1);
      answers[READINESS] = false;
      await pass(2);
      assert.deepEqual(events, ["ready"]);
      await pass(1);
      assert.deepEqual(events, ["ready", "not ready"]);
    });

    it("is kept where failures aren't in a row", async () => {
      const { events, pass, answers } = observe({ readiness: probe(READINESS) });
      for (const answer of [true, false, false, true, false, false, true]) {
        answers[READINESS] = answer;
        await pass(1);
      }
      assert.deepEqual(events, ["ready"]);
    });

    it("comes back, after as many successes as declared", async () => {
      const { events, pass, answers } = observe({
        readiness: probe(READINESS, { successThreshold: 2, failureThreshold: 1 }),
      });
      for (const answer of [true, true, false, true]) {
        answers[READINESS] = answer;
        await pass(1);
      }
      assert.deepEqual(events, ["ready", "not ready"]);
      await pass(1);
      assert.deepEqual(events, ["ready", "not ready", "ready"]);
    });

    it("is looked at every ten seconds with one second's patience, by default", async () => {
      const { looks, timeouts, pass } = observe({ readiness: { tcpSocket: { port: READINESS } } });
      await pass(25);
      assert.deepEqual(looks[READINESS], [0, 10, 20]);
      assert.deepEqual(new Set(timeouts), new Set([1000]));
    });

    it("is looked at by the declared delay, period and timeout", async () => {
      const { looks, timeouts, pass } = observe({
        readiness: probe(READINESS, {
          initialDelaySeconds: 4,
          periodSeconds: 3,
          timeoutSeconds: 2,
        }),
      });
      await pass(12);
      // A timer of 4 s fires within the fourth second.
      assert.deepEqual(looks[READINESS], [3, 6, 9]);
      assert.deepEqual(new Set(timeouts), new Set([2000]));
    });
  });

  describe("when the container begins to listen", () => {
    it("is looked at readiness at once", async () => {
      const { events, pass, answers, health } = observe({
        readiness: probe(READINESS, { periodSeconds: 60 }),
      });
      await pass(5);
      answers[READINESS] = true;
      health.lookNow();
      await pass(1);
      assert.deepEqual(events, ["ready"]);
    });

    it("goes on in the declared period after that", async () => {
      const { looks, pass, health } = observe({
        readiness: probe(READINESS, { periodSeconds: 10 }),
      });
      await pass(4);
      health.lookNow();
      await pass(20);
      assert.deepEqual(looks[READINESS], [0, 4, 14]);
    });

    it("waits for the initial delay all the same", async () => {
      const { looks, pass, health } = observe({
        readiness: probe(READINESS, { initialDelaySeconds: 10 }),
        liveness: probe(LIVENESS, { initialDelaySeconds: 10 }),
      });
      await pass(2);
      health.lookNow();
      await pass(5);
      assert.deepEqual(looks, { 1: [], 2: [], 3: [] });
    });

    it("changes nothing once it has been ready", async () => {
      const { looks, pass, answers, health } = observe({
        readiness: probe(READINESS, { periodSeconds: 60 }),
      });
      answers[READINESS] = true;
      await pass(1);
      health.lookNow();
      await pass(5);
      assert.deepEqual(looks[READINESS], [0]);
    });

    it("brings no failure of liveness nearer", async () => {
      const { looks, pass, health } = observe({ liveness: probe(LIVENESS, { periodSeconds: 60 }) });
      await pass(1);
      health.lookNow();
      await pass(5);
      assert.deepEqual(looks[LIVENESS], [0]);
    });
  });

  describe("liveness", () => {
    it("fails once, after three failures in a row, and isn't looked at again", async () => {
      const { events, looks, pass } = observe({ liveness: probe(LIVENESS) });
      await pass(2);
      assert.deepEqual(events, ["ready"]);
      await pass(10);
      assert.deepEqual(events, ["ready", "liveness failed"]);
      assert.equal(looks[LIVENESS]?.length, 3);
    });

    it("forgets failures at a success", async () => {
      const { events, pass, answers } = observe({ liveness: probe(LIVENESS) });
      for (const answer of [false, false, true, false, false, true]) {
        answers[LIVENESS] = answer;
        await pass(1);
      }
      assert.deepEqual(events, ["ready"]);
    });
  });

  describe("startup", () => {
    const all = {
      startup: probe(STARTUP, { failureThreshold: 5 }),
      readiness: probe(READINESS),
      liveness: probe(LIVENESS),
    };

    it("holds the other probes back until it succeeds", async () => {
      const { events, looks, pass, answers } = observe(all);
      answers[READINESS] = answers[LIVENESS] = true;
      await pass(3);
      assert.deepEqual([looks[READINESS], looks[LIVENESS], events], [[], [], []]);
      answers[STARTUP] = true;
      await pass(2);
      assert.deepEqual(events, ["ready"]);
    });

    it("isn't looked at again after it has succeeded", async () => {
      const { looks, pass, answers } = observe(all);
      answers[STARTUP] = answers[LIVENESS] = true;
      await pass(5);
      assert.equal(looks[STARTUP]?.length, 1);
    });

    it("fails by its own threshold, and nothing else begins", async () => {
      const { events, looks, pass } = observe(all);
      await pass(4);
      assert.deepEqual(events, []);
      await pass(10);
      assert.deepEqual(events, ["startup failed"]);
      assert.deepEqual([looks[STARTUP]?.length, looks[READINESS]], [5, []]);
    });
  });

  describe("stop", () => {
    it("ends all looking and telling", async () => {
      const { events, looks, pass, answers, health } = observe({
        readiness: probe(READINESS),
        liveness: probe(LIVENESS),
      });
      await pass(1);
      health.stop();
      answers[READINESS] = true;
      health.lookNow();
      await pass(10);
      assert.deepEqual([looks[READINESS]?.length, looks[LIVENESS]?.length, events], [1, 1, []]);
    });

    it("keeps the answer to a look that is under way to itself", async () => {
      const events: string[] = [];
      let answer: (ok: boolean) => void = () => {};
      const health = new Health(
        { readiness: probe(READINESS) },
        () => new Promise((resolve) => (answer = resolve)),
        { ready: () => events.push("ready"), failed: () => events.push("failed") },
      );
      await pass(1);
      health.stop();
      answer(true);
      await pass(1);
      assert.deepEqual(events, []);
    });
  });
});
