import assert from "node:assert/strict";
import {
  type Failure,
  mayRetry,
  RETRY_CONDITIONS,
  type RetryCondition,
} from "../../../micromesh/traffic/index.ts";

const FAILURES: Failure[] = ["connect-failure", "reset", "per-try-timeout"];
const STATUSES = [200, 301, 400, 401, 404, 409, 429, 500, 501, 502, 503, 504, 505, 599, 600];

const outcomeOf = (what: Failure | number) =>
  typeof what === "number"
    ? { answer: { status: what } }
    : { failure: what, error: new Error(what) };

/** What a GET is retried for. */
const retried = (condition: RetryCondition, statusCodes: number[] = []) =>
  [...FAILURES, ...STATUSES].filter((what) =>
    mayRetry(outcomeOf(what), { method: "GET" }, { conditions: [condition], statusCodes }),
  );

describe("retry conditions", () => {
  it("name outcomes as Envoy's do", () => {
    assert.deepEqual(retried("5xx"), [...FAILURES, 500, 501, 502, 503, 504, 505, 599]);
    assert.deepEqual(retried("gateway-error"), [...FAILURES, 502, 503, 504]);
    assert.deepEqual(retried("connect-failure"), ["connect-failure"]);
    assert.deepEqual(retried("reset"), FAILURES);
    assert.deepEqual(retried("retriable-status-codes", [429, 503]), [429, 503]);
    assert.deepEqual(retried("retriable-status-codes"), []);
  });

  it("without the condition, status codes mean nothing", () => {
    assert.deepEqual(retried("reset", [429]), FAILURES);
  });

  it("never name a 4xx that isn't named", () => {
    const retryOn = { conditions: RETRY_CONDITIONS, statusCodes: [429] };
    for (let status = 400; status < 500; status++) {
      assert.equal(mayRetry({ answer: { status } }, { method: "GET" }, retryOn), status === 429);
    }
  });

  it("add up, and without any nothing is retried", () => {
    const conditions: RetryCondition[] = ["connect-failure", "retriable-status-codes"];
    const retryOn = { conditions, statusCodes: [429] };
    assert.ok(mayRetry(outcomeOf(429), { method: "GET" }, retryOn));
    assert.ok(mayRetry(outcomeOf("connect-failure"), { method: "GET" }, retryOn));
    assert.ok(!mayRetry(outcomeOf("connect-failure"), { method: "GET" }, { conditions: [] }));
  });

  it("hold for methods that aren't idempotent only if the server can't have seen the request", () => {
    const retryOn = { conditions: RETRY_CONDITIONS, statusCodes: [429] };
    const outcomes = [...FAILURES, 429, 500, 503];
    for (const method of ["POST", "PATCH", "CONNECT", "get", "PROPFIND"]) {
      const may = outcomes.filter((what) => mayRetry(outcomeOf(what), { method }, retryOn));
      assert.deepEqual(may, ["connect-failure"], method);
    }
    for (const method of ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]) {
      assert.ok(
        outcomes.every((what) => mayRetry(outcomeOf(what), { method }, retryOn)),
        method,
      );
    }
  });

  it("believe the caller who says that the request is idempotent, or that it isn't", () => {
    const retryOn = { conditions: ["5xx" as const] };
    assert.ok(mayRetry(outcomeOf("reset"), { method: "POST", idempotent: true }, retryOn));
    assert.ok(!mayRetry(outcomeOf("reset"), { method: "GET", idempotent: false }, retryOn));
  });
});
