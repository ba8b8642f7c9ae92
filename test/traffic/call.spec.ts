import assert from "node:assert/strict";
import {
  type Answer,
  type CallerOptions,
  type CallRequest,
  CircuitOpen,
  circuitBreaker,
  createCaller,
  type Endpoint,
  exponentialBackoff,
  leastRequest,
  NoEndpoint,
  outlierDetection,
  type RetryPolicy,
  retryBudget,
  roundRobin,
  UpstreamFailure,
} from "../../micromesh/traffic/index.ts";
import { pass, restoreClock, settle, stopClock } from "./clock.ts";

type Options = CallerOptions<Endpoint, Answer>;
/** What a server does: answers with a status, fails with a code, or doesn't answer at all. */
type Behaviour = number | "ECONNREFUSED" | "ECONNRESET" | "silence" | Error;

const GET: CallRequest = { method: "GET" };
const POST: CallRequest = { method: "POST" };

/** The shop's: 3 retries after 1, 2 and 4 s. */
const shop: RetryPolicy = {
  attempts: 3,
  backoff: exponentialBackoff({ baseMs: 1000 }),
  retryOn: { conditions: ["5xx"] },
};

/** A caller of endpoints a, b, …, and a log of the tries with the time of each in milliseconds. */
function setUp(
  behaviour: (endpoint: string, tries: number) => Behaviour,
  options: Partial<Options> = {},
) {
  const began = Date.now();
  const tries: string[] = [];
  const world = { endpoints: [{ id: "a" }, { id: "b" }, { id: "c" }] };
  const caller = createCaller<Endpoint, Answer>({
    endpoints: () => world.endpoints,
    balancer: roundRobin(),
    ...options,
  });
  const call = (request: CallRequest = GET) =>
    caller.call(request, async ({ id }) => {
      tries.push(`${id} ${Date.now() - began}`);
      const what = behaviour(id, tries.length);
      if (typeof what === "number") return { status: what };
      if (what === "silence") return new Promise<never>(() => {});
      throw what instanceof Error ? what : Object.assign(new Error(what), { code: what });
    });
  /** Calls, and lets time pass until it's over. */
  const finish = async (request?: CallRequest): Promise<number | Error> => {
    let result: number | Error | undefined;
    call(request).then(
      ({ status }) => {
        result = status;
      },
      (error) => {
        result = error;
      },
    );
    await settle();
    for (let i = 0; i < 2000 && result === undefined; i++) await pass(50);
    return result ?? assert.fail("the call is never over");
  };
  return { world, caller, call, finish, tries };
}

describe("a call", () => {
  beforeEach(() => stopClock());
  afterEach(restoreClock);

  it("returns the answer of one endpoint, and the next call that of the next", async () => {
    const { finish, tries } = setUp(() => 200);
    assert.equal(await finish(), 200);
    assert.equal(await finish(), 200);
    assert.deepEqual(tries, ["a 0", "b 0"]);
  });

  it("says that there is no endpoint", async () => {
    const { world, finish } = setUp(() => 200, { retry: shop });
    world.endpoints = [];
    assert.ok((await finish()) instanceof NoEndpoint);
  });

  describe("with retries", () => {
    it("is retried after 1, 2 and 4 s, at others first, and never at the same at once", async () => {
      const { finish, tries } = setUp(() => 503, { retry: shop });
      assert.equal(await finish(), 503);
      assert.deepEqual(tries, ["a 0", "b 1000", "c 3000", "b 7000"]);
    });

    it("is over with the first good answer", async () => {
      const { finish, tries } = setUp((_, tries) => (tries < 3 ? 500 : 200), { retry: shop });
      assert.equal(await finish(), 200);
      assert.equal(tries.length, 3);
    });

    it("isn't retried for an answer like 404", async () => {
      const { finish, tries } = setUp(() => 404, { retry: shop });
      assert.equal(await finish(), 404);
      assert.equal(tries.length, 1);
    });

    it("is retried only if it may have been received once more", async () => {
      const { finish, tries } = setUp(() => "ECONNRESET", { retry: shop });
      const error = await finish(POST);
      assert.ok(error instanceof UpstreamFailure);
      assert.equal(error.failure, "reset");
      assert.equal(error.endpoint, "a");
      assert.equal((error.cause as NodeJS.ErrnoException).code, "ECONNRESET");
      assert.equal(tries.length, 1);
      await finish({ method: "POST", idempotent: true });
      assert.equal(tries.length, 5);
    });

    it("goes elsewhere at once after a connection failure, POST too", async () => {
      const { finish, tries } = setUp((id) => (id === "c" ? 201 : "ECONNREFUSED"), { retry: shop });
      assert.equal(await finish(POST), 201);
      assert.deepEqual(tries, ["a 0", "b 0", "c 0"]);
    });

    it("waits for the first time when nobody is left to go to", async () => {
      const { finish, tries } = setUp(() => "ECONNREFUSED", { retry: shop });
      const error = await finish();
      assert.ok(error instanceof UpstreamFailure && error.failure === "connect-failure");
      assert.deepEqual(tries, ["a 0", "b 0", "c 0", "b 1000"]);
    });

    it("waits in any case if it's told so", async () => {
      const retry = { ...shop, elsewhereAtOnce: false };
      const { finish, tries } = setUp(() => "ECONNREFUSED", { retry });
      await finish();
      assert.deepEqual(tries, ["a 0", "b 1000", "c 3000", "b 7000"]);
    });

    it("goes to those who have come while it waited, and goes on when all have left", async () => {
      const { world, finish, tries } = setUp((id) => (id === "x" ? 200 : 503), {
        retry: shop,
        onRetry: ({ attempt }) => {
          world.endpoints = attempt < 4 ? [] : [{ id: "x" }];
        },
      });
      assert.equal(await finish(), 200);
      assert.deepEqual(tries, ["a 0", "x 7000"]);
    });

    it("ends without an endpoint if they don't come back", async () => {
      const { world, finish } = setUp(() => 503, {
        retry: shop,
        onRetry: () => {
          world.endpoints = [];
        },
      });
      assert.ok((await finish()) instanceof NoEndpoint);
    });

    it("passes on what says nothing of the connection, without a retry", async () => {
      const mistake = new TypeError("a mistake of the program");
      const { finish, tries } = setUp(() => mistake, { retry: shop });
      assert.equal(await finish(), mistake);
      assert.equal(tries.length, 1);
    });

    it("keeps to the budget, which gets back what it gave", async () => {
      const budget = retryBudget({ minRetryConcurrency: 2, budgetPercent: 0 });
      const refused: unknown[] = [];
      const { call, finish, tries } = setUp(() => 503, {
        retry: { ...shop, budget },
        onRetryRefused: (outcome) => refused.push(outcome),
      });
      const calls = Array.from({ length: 5 }, () => call());
      await settle();
      assert.equal(budget.activeRequests, 2, "two wait, three were refused a retry");
      assert.equal(budget.activeRetries, 2);
      assert.deepEqual(refused, Array(3).fill({ answer: { status: 503 } }));
      await pass(8000);
      await Promise.all(calls);
      assert.equal(tries.length, 5 + 2 * 3);
      assert.equal(budget.activeRequests, 0);
      assert.equal(budget.activeRetries, 0);
      await finish();
      assert.equal(tries.length, 11 + 4);
    });

    it("tells of its tries and retries, and discards the answers in between", async () => {
      const events: unknown[] = [];
      const discarded: Answer[] = [];
      const { finish } = setUp((_, tries) => (tries === 1 ? 503 : 200), {
        retry: shop,
        onAttempt: (event) => events.push(event),
        onRetry: (event) => events.push(event),
        discard: (answer) => discarded.push(answer),
      });
      await finish();
      const unavailable = { answer: { status: 503 } };
      assert.deepEqual(events, [
        { endpoint: { id: "a" }, attempt: 1, outcome: unavailable, durationMs: 0 },
        { attempt: 2, outcome: unavailable, delayMs: 1000 },
        { endpoint: { id: "b" }, attempt: 2, outcome: { answer: { status: 200 } }, durationMs: 0 },
      ]);
      assert.deepEqual(discarded, [{ status: 503 }]);
    });
  });

  describe("with timeouts", () => {
    it("gives a try its time, and the next try its own", async () => {
      const { finish, tries } = setUp((id) => (id === "a" ? "silence" : 200), {
        retry: shop,
        timeout: { perTryMs: 300 },
      });
      assert.equal(await finish(), 200);
      assert.deepEqual(tries, ["a 0", "b 1300"]);
    });

    it("throws the last try's timeout", async () => {
      const { finish, tries } = setUp(() => "silence", { timeout: { perTryMs: 300 }, retry: shop });
      const error = await finish(POST);
      assert.ok(error instanceof Error);
      assert.equal(error.message, "the try took longer than 300 ms");
      assert.equal(tries.length, 1, "a POST isn't retried after that");
    });

    it("holds the overall time over tries and waits", async () => {
      for (const [behaviour, expected] of [
        ["silence", 1],
        [503, 2],
      ] as const) {
        const began = Date.now();
        const { finish, tries } = setUp(() => behaviour, {
          retry: shop,
          timeout: { overallMs: 2500 },
        });
        const error = await finish();
        assert.ok(error instanceof Error);
        assert.equal(error.message, "the call with its retries took longer than 2500 ms");
        assert.equal(Date.now() - began, 2500);
        await pass(10_000);
        assert.equal(tries.length, expected, "nothing goes on afterwards");
      }
    });

    it("ends when the client leaves, in a try or in a wait", async () => {
      for (const behaviour of ["silence", 503] as const) {
        const client = new AbortController();
        const budget = retryBudget();
        let retries = 0;
        const { call, caller, tries } = setUp(() => behaviour, {
          retry: { ...shop, budget },
          onRetry: () => retries++,
        });
        const reason = Object.assign(new Error("left"), { code: "ECONNRESET" });
        const rejected = assert.rejects(call({ ...GET, signal: client.signal }), reason);
        await settle();
        client.abort(reason);
        await rejected;
        await pass(10_000);
        assert.equal(tries.length, 1);
        assert.equal(retries, behaviour === 503 ? 1 : 0, "it isn't the server who broke off");
        assert.equal(budget.activeRequests + budget.activeRetries + caller.active("a"), 0);
      }
    });

    it("discards an answer that comes too late", async () => {
      const discarded: Answer[] = [];
      const caller = createCaller<Endpoint, Answer>({
        endpoints: () => [{ id: "a" }],
        balancer: roundRobin(),
        timeout: { perTryMs: 300 },
        discard: (answer) => discarded.push(answer),
      });
      const attempt = () =>
        new Promise<Answer>((resolve) => setTimeout(() => resolve({ status: 200 }), 400));
      const rejected = assert.rejects(caller.call(GET, attempt), { name: "TimeoutExceeded" });
      await pass(500);
      await rejected;
      assert.deepEqual(discarded, [{ status: 200 }]);
    });
  });

  describe("with a breaker", () => {
    const breakerOf = (failureThreshold = 3) =>
      circuitBreaker({ failureThreshold, openMs: 30_000 });

    it("counts as one, however many tries it has: 3 calls of 4 tries open it", async () => {
      const breaker = breakerOf();
      const { finish, tries } = setUp(() => 503, { breaker, retry: shop });
      for (let i = 1; i <= 3; i++) {
        assert.equal(breaker.status().state, "closed");
        assert.equal(await finish(), 503);
        assert.equal(breaker.status().failures, i);
      }
      assert.equal(tries.length, 12);
      const error = await finish();
      assert.ok(error instanceof CircuitOpen && error.retryAfterMs === 30_000);
      assert.equal(tries.length, 12);
    });

    it("is no failure if a retry saved it, nor if it was refused like a 404", async () => {
      const breaker = breakerOf(1);
      const saved = setUp((_, tries) => (tries === 1 ? 503 : 200), { breaker, retry: shop });
      await saved.finish();
      await setUp(() => 404, { breaker }).finish();
      assert.equal(breaker.status().failures, 0);
    });

    it("is a failure without an answer or in time, but not if there is no endpoint", async () => {
      const timeout = { perTryMs: 100, overallMs: 150 };
      for (const [behaviour, failures] of [
        ["ECONNREFUSED", 1],
        ["silence", 1],
        [new TypeError("a mistake of the program"), 0],
      ] as const) {
        const breaker = breakerOf();
        await setUp(() => behaviour, { breaker, timeout }).finish();
        assert.equal(breaker.status().failures, failures, String(behaviour));
      }
      const breaker = breakerOf();
      await setUp(() => "silence", { breaker, timeout: { overallMs: 150 } }).finish();
      assert.equal(breaker.status().failures, 1);
      const { world, finish } = setUp(() => 200, { breaker });
      world.endpoints = [];
      await finish();
      assert.equal(breaker.status().failures, 1);
    });

    it("takes requests that broke off with one endpoint for no word on the service", async () => {
      const breaker = breakerOf(1);
      const broken = setUp(() => "ECONNRESET", { breaker, retry: shop });
      await broken.finish(POST);
      assert.equal(breaker.status().failures, 0);
      // Where nothing is retried anyway, or by then, it's the service's failure as any other.
      for (const [request, retry] of [
        [POST, undefined],
        [POST, { ...shop, attempts: 0 }],
        [POST, { ...shop, retryOn: { conditions: ["connect-failure"] } }],
        [GET, shop],
      ] as [CallRequest, RetryPolicy | undefined][]) {
        const other = breakerOf(1);
        await setUp(() => "ECONNRESET", { breaker: other, ...(retry && { retry }) }).finish(
          request,
        );
        assert.equal(other.status().state, "open", JSON.stringify([request, retry]));
      }
    });

    it("is one try if it's the trial", async () => {
      const breaker = breakerOf(1);
      const { finish, tries } = setUp(() => 503, { breaker, retry: shop });
      await finish();
      await pass(30_000, 30_000);
      assert.equal(breaker.status().state, "half-open");
      tries.length = 0;
      assert.equal(await finish(), 503);
      assert.equal(tries.length, 1);
      assert.equal(breaker.status().state, "open");
    });

    it("leaves the trial to the next one if the client leaves", async () => {
      const breaker = breakerOf(1);
      const client = new AbortController();
      const { call, finish } = setUp(
        (_, tries) => (tries === 2 ? "silence" : tries === 1 ? 503 : 200),
        {
          breaker,
        },
      );
      await finish();
      await pass(30_000, 30_000);
      const left = call({ ...GET, signal: client.signal }).catch(() => {});
      await settle();
      assert.ok((await finish()) instanceof CircuitOpen);
      client.abort();
      await left;
      assert.equal(breaker.status().state, "half-open");
      assert.equal(await finish(), 200);
      assert.equal(breaker.status().state, "closed");
    });

    it("is judged by its own rule if there is one", async () => {
      const breaker = breakerOf(1);
      const isFailure = ({ status }: Answer) => status === 418;
      await setUp(() => 500, { breaker, isFailure }).finish();
      assert.equal(breaker.status().state, "closed");
      await setUp(() => 418, { breaker, isFailure }).finish();
      assert.equal(breaker.status().state, "open");
    });
  });

  describe("with outlier detection", () => {
    it("passes over who keeps failing, for 30 s", async () => {
      const outliers = outlierDetection({ consecutiveErrors: 2 });
      const { finish, tries } = setUp((id) => (id === "b" ? 500 : 200), { outliers });
      for (let i = 0; i < 12; i++) await finish();
      assert.equal(tries.filter((a) => a.startsWith("b")).length, 2);
      assert.equal(outliers.ejections()[0]?.id, "b");
      await pass(30_000, 30_000);
      for (let i = 0; i < 3; i++) await finish();
      assert.equal(tries.filter((a) => a.startsWith("b")).length, 3);
    });

    it("counts every way to have no answer, but not a client that leaves", async () => {
      for (const [behaviour, timeout] of [
        ["ECONNREFUSED", {}],
        ["ECONNRESET", {}],
        ["silence", { perTryMs: 100 }],
        ["silence", { overallMs: 100 }],
      ] as const) {
        const outliers = outlierDetection({ consecutiveErrors: 1 });
        await setUp(() => behaviour, { outliers, timeout }).finish();
        assert.equal(outliers.ejections()[0]?.id, "a", `${behaviour} ${JSON.stringify(timeout)}`);
      }
      const outliers = outlierDetection({ consecutiveErrors: 1 });
      const client = new AbortController();
      const { call } = setUp(() => "silence", { outliers });
      const left = call({ ...GET, signal: client.signal }).catch(() => {});
      await settle();
      client.abort();
      await left;
      assert.deepEqual(outliers.ejections(), []);
    });
  });

  it("counts an endpoint's active requests, and sends the next to who has fewer", async () => {
    const { caller, call, world } = setUp((id) => (id === "a" ? "silence" : 200), {
      balancer: (active) => leastRequest(active),
      timeout: { perTryMs: 60_000 },
    });
    world.endpoints = [{ id: "a" }];
    const slow = [call(), call()].map((one) => assert.rejects(one));
    await settle();
    assert.equal(caller.active("a"), 2);
    world.endpoints = [{ id: "a" }, { id: "b" }];
    for (let i = 0; i < 50; i++) assert.equal((await call()).status, 200);
    assert.equal(caller.active("b"), 0);
    await pass(60_000, 60_000);
    await Promise.all(slow);
    assert.equal(caller.active("a"), 0);
  });

  for (const options of [
    { retry: { ...shop, attempts: -1 } },
    { timeout: { perTryMs: -1 } },
    { timeout: { overallMs: 2 ** 31 } },
  ]) {
    it(`can't be made with ${JSON.stringify(options)}`, () => {
      assert.throws(() => setUp(() => 200, options), RangeError);
    });
  }
});
