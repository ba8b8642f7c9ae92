import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CircuitOpen,
  type CircuitState,
  circuitBreaker,
  type Settled,
  type Verdict,
} from "../../micromesh/traffic/index.ts";
import { seed } from "./chance.ts";

const THRESHOLD = 3;
const OPEN_MS = 30_000;

/** A value speaks for itself; what is thrown is a failure. */
const judge = (settled: Settled<Verdict>): Verdict =>
  "value" in settled ? settled.value : "failure";

/** A breaker, its clock, and the calls that have begun. */
function setUp() {
  const world = { now: 5_000 };
  const changes: string[] = [];
  const breaker = circuitBreaker({
    failureThreshold: THRESHOLD,
    openMs: OPEN_MS,
    now: () => world.now,
    onChange: ({ from, to, failures }) => changes.push(`${from}>${to} ${failures}`),
  });
  /** Begins a call; undefined: it was refused. */
  const begin = async () => {
    let trial: boolean | undefined;
    let finish: (verdict: Verdict) => void = () => {};
    const running = breaker.run((isTrial) => {
      trial = isTrial;
      return new Promise<Verdict>((resolve) => {
        finish = resolve;
      });
    }, judge);
    if (trial === undefined) {
      await assert.rejects(running, CircuitOpen);
      return undefined;
    }
    const end = async (verdict: Verdict) => {
      finish(verdict);
      assert.equal(await running, verdict);
    };
    return { trial, end };
  };
  const call = async (verdict: Verdict) => (await begin())?.end(verdict);
  const fail = async (times: number) => {
    for (let i = 0; i < times; i++) await call("failure");
  };
  return { world, breaker, changes, begin, call, fail };
}

describe("circuit breaker", () => {
  it("opens at the third failure in a row, and then refuses", async () => {
    const { breaker, fail, begin, world } = setUp();
    await fail(2);
    assert.equal(breaker.status().state, "closed");
    world.now += 70;
    await fail(1);
    const open = { state: "open", failures: 3, since: 5_070, retryAfterMs: OPEN_MS };
    assert.deepEqual(breaker.status(), open);
    assert.equal(await begin(), undefined);
    world.now += 1_000;
    await assert.rejects(
      breaker.run(() => assert.fail("was called"), judge),
      { name: "CircuitOpen", retryAfterMs: 29_000, message: /open for another 29000 ms/ },
    );
  });

  it("starts counting anew after a success, and counts neither what is unknown", async () => {
    const { breaker, fail, call } = setUp();
    await fail(2);
    await call("success");
    await fail(2);
    await call("unknown");
    assert.equal(breaker.status().failures, 2);
    await fail(1);
    assert.equal(breaker.status().state, "open");
  });

  it("counts what is thrown, and throws it on", async () => {
    const { breaker } = setUp();
    for (let i = 0; i < THRESHOLD; i++) {
      const failing = breaker.run(() => Promise.reject(new Error("gone")), judge);
      await assert.rejects(failing, { message: "gone" });
    }
    assert.equal(breaker.status().state, "open");
  });

  it("is half-open after its time, to the millisecond", async () => {
    const { breaker, fail, world } = setUp();
    await fail(3);
    world.now += OPEN_MS - 1;
    assert.deepEqual(breaker.status(), {
      state: "open",
      failures: 3,
      since: 5_000,
      retryAfterMs: 1,
    });
    world.now += 500;
    const halfOpen = { state: "half-open", failures: 3, since: 35_000, retryAfterMs: 0 };
    assert.deepEqual(breaker.status(), halfOpen);
  });

  it("lets one trial through at a time; its success closes", async () => {
    const { breaker, fail, begin, world, changes } = setUp();
    await fail(3);
    world.now += OPEN_MS;
    const trial = await begin();
    assert.equal(trial?.trial, true);
    assert.equal(await begin(), undefined);
    await assert.rejects(
      breaker.run(() => assert.fail("was called"), judge),
      { name: "CircuitOpen", retryAfterMs: 0, message: /a trial is under way/ },
    );
    world.now += 5;
    await trial?.end("success");
    const closed = { state: "closed", failures: 0, since: 35_005, retryAfterMs: 0 };
    assert.deepEqual(breaker.status(), closed);
    assert.equal((await begin())?.trial, false);
    assert.deepEqual(changes, ["closed>open 3", "open>half-open 3", "half-open>closed 0"]);
  });

  it("opens again by one failure of a trial, for the whole time", async () => {
    const { breaker, fail, call, world } = setUp();
    await fail(3);
    world.now += OPEN_MS + 7;
    await call("failure");
    const open = { state: "open", failures: 4, since: 35_007, retryAfterMs: OPEN_MS };
    assert.deepEqual(breaker.status(), open);
  });

  it("lets the next one try if a trial comes to nothing", async () => {
    const { breaker, fail, call, begin, world } = setUp();
    await fail(3);
    world.now += OPEN_MS;
    await call("unknown");
    assert.equal(breaker.status().state, "half-open");
    assert.equal((await begin())?.trial, true);
  });

  it("doesn't count what began before it changed", async () => {
    const { breaker, begin, fail, world } = setUp();
    const slow = [await begin(), await begin(), await begin()];
    await fail(3);
    await slow[0]?.end("success");
    assert.equal(breaker.status().state, "open");
    world.now += OPEN_MS;
    const trial = await begin();
    await slow[1]?.end("failure");
    assert.equal(breaker.status().state, "half-open", "the trial isn't over");
    assert.equal(await begin(), undefined);
    await trial?.end("success");
    await slow[2]?.end("failure");
    assert.equal(breaker.status().failures, 0);
  });

  it("forgets everything at a reset, a trial under way included", async () => {
    const { breaker, begin, fail, world, changes } = setUp();
    await fail(3);
    world.now += OPEN_MS;
    const trial = await begin();
    breaker.reset();
    const closed = { state: "closed", failures: 0, since: 35_000, retryAfterMs: 0 };
    assert.deepEqual(breaker.status(), closed);
    await trial?.end("failure");
    assert.deepEqual(breaker.status(), closed);
    assert.equal(changes.at(-1), "half-open>closed 0");
    await fail(2);
    breaker.reset();
    await fail(2);
    assert.equal(breaker.status().state, "closed");
  });

  it("isn't open for longer because the clock was set back", async () => {
    const { breaker, fail, world } = setUp();
    world.now = 1e12;
    await fail(3);
    world.now = 1_000;
    assert.equal(breaker.status().retryAfterMs, OPEN_MS);
    world.now += OPEN_MS;
    assert.equal(breaker.status().state, "half-open");
  });

  for (const options of [
    { failureThreshold: 0, openMs: 1 },
    { failureThreshold: 1.5, openMs: 1 },
    { failureThreshold: 1, openMs: Number.NaN },
  ]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => circuitBreaker(options), RangeError);
    });
  }
});

/** What the breaker should be, with the calls that it should have let through. */
interface Model {
  now: number;
  state: CircuitState;
  since: number;
  failures: number;
  /** Which period between two changes it is. */
  period: number;
  trial: number | undefined;
  /** The calls that were let through, with the period in which they began. */
  calls: { id: number; period: number }[];
  begun: number;
}

interface Real {
  setup: ReturnType<typeof setUp>;
  calls: Map<number, (verdict: Verdict) => Promise<void>>;
}

function enter(model: Model, state: CircuitState, since: number): void {
  model.period++;
  model.trial = undefined;
  if (state !== model.state) model.since = since;
  model.state = state;
}

function letTimeWork(model: Model): void {
  const due = model.since + OPEN_MS;
  if (model.state === "open" && model.now >= due) enter(model, "half-open", due);
}

function check(model: Model, { setup }: Real): void {
  letTimeWork(model);
  const { state, since, failures } = model;
  const retryAfterMs = state === "open" ? since + OPEN_MS - model.now : 0;
  assert.deepEqual(setup.breaker.status(), { state, failures, since, retryAfterMs });
}

type Command = fc.AsyncCommand<Model, Real>;

class Begin implements Command {
  check = () => true;
  toString = () => "begin";
  async run(model: Model, real: Real) {
    letTimeWork(model);
    const refused = model.state === "open" || model.trial !== undefined;
    const call = await real.setup.begin();
    assert.equal(call === undefined, refused);
    if (call) {
      const id = model.begun++;
      assert.equal(call.trial, model.state === "half-open");
      if (model.state === "half-open") model.trial = id;
      model.calls.push({ id, period: model.period });
      real.calls.set(id, call.end);
    }
    check(model, real);
  }
}

class End implements Command {
  readonly which: number;
  readonly verdict: Verdict;
  constructor(which: number, verdict: Verdict) {
    this.which = which;
    this.verdict = verdict;
  }
  check = (model: Readonly<Model>) => model.calls.length > 0;
  toString = () => `end ${this.which} ${this.verdict}`;
  async run(model: Model, real: Real) {
    // From the last one on, which a trial most often is.
    const [call] = model.calls.splice(-1 - (this.which % model.calls.length), 1);
    assert.ok(call);
    await real.calls.get(call.id)?.(this.verdict);
    if (call.period === model.period) {
      const onTrial = model.trial === call.id;
      if (onTrial) model.trial = undefined;
      if (this.verdict === "failure") {
        model.failures++;
        if (onTrial || model.failures >= THRESHOLD) enter(model, "open", model.now);
      } else if (this.verdict === "success") {
        model.failures = 0;
        if (onTrial) enter(model, "closed", model.now);
      }
    }
    check(model, real);
  }
}

/** As many as open the circuit, one after the other: rare by chance. */
class FailInARow implements Command {
  check = () => true;
  toString = () => "fail in a row";
  async run(model: Model, real: Real) {
    for (let i = 0; i < THRESHOLD; i++) {
      const begun = model.begun;
      await new Begin().run(model, real);
      if (model.begun > begun) await new End(0, "failure").run(model, real);
    }
  }
}

class Pass implements Command {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check = () => true;
  toString = () => `pass ${this.ms}`;
  async run(model: Model, real: Real) {
    model.now += this.ms;
    real.setup.world.now += this.ms;
    check(model, real);
  }
}

class Reset implements Command {
  check = () => true;
  toString = () => "reset";
  async run(model: Model, real: Real) {
    model.failures = 0;
    enter(model, "closed", model.now);
    real.setup.breaker.reset();
    check(model, real);
  }
}

describe(`circuit breaker and its model (MICROMESH_SEED=${seed})`, () => {
  it("agree after every command", async () => {
    const verdict = fc.constantFrom<Verdict>("failure", "failure", "failure", "success", "unknown");
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constant(new Begin()) },
      { weight: 4, arbitrary: verdict.map((verdict) => new End(0, verdict)) },
      {
        weight: 3,
        arbitrary: fc.tuple(fc.nat(5), verdict).map(([which, verdict]) => new End(which, verdict)),
      },
      { weight: 3, arbitrary: fc.constant(new FailInARow()) },
      {
        weight: 6,
        arbitrary: fc
          .constantFrom(1, 10_000, OPEN_MS - 1, OPEN_MS, OPEN_MS)
          .map((ms) => new Pass(ms)),
      },
      { weight: 1, arbitrary: fc.constant(new Reset()) },
    );
    const commands = fc.commands([step], { maxCommands: 60, size: "max" });
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(commands, async (commands) => {
        const real: Real = { setup: setUp(), calls: new Map() };
        const now = real.setup.world.now;
        const model: Model = {
          now,
          state: "closed",
          since: now,
          failures: 0,
          period: 0,
          trial: undefined,
          calls: [],
          begun: 0,
        };
        await fc.asyncModelRun(() => ({ model, real }), commands);
        for (const change of real.setup.changes) seen.add(change.split(" ")[0] ?? "");
      }),
      { numRuns: 500, seed },
    );
    assert.deepEqual([...seen].sort(), [
      "closed>open",
      "half-open>closed",
      "half-open>open",
      "open>closed",
      "open>half-open",
    ]);
  });
});
