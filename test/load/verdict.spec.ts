import assert from "node:assert/strict";
import { type Asked, judge, type Verdict } from "./verdict.ts";

const POD = "cart-v1-djkjttw8l7-pkpz6";
const kills = [{ pod: POD, at: 10_000 }];
const RESET = `cart: no answer from ${POD}: reset: other side closed`;

/** An addition to a cart, which nobody may repeat, that was under way when the replica was killed. */
const lost: Asked = {
  route: "POST /cart/{user}/add",
  idempotent: false,
  endedAt: 10_150,
  status: 502,
  error: RESET,
};

describe("load: what a request's failure means", () => {
  const cases: [title: string, asked: Partial<Asked>, verdict: Verdict][] = [
    ["2xx", { status: 201, error: "" }, "answered"],
    ["what was under way on a replica that was killed, and isn't idempotent", {}, "lost"],
    ["the same, idempotent", { idempotent: true }, "savable"],
    [
      "a connection that couldn't be had",
      { error: `cart: no answer from ${POD}: connect-failure: connect ECONNREFUSED` },
      "savable",
    ],
    [
      "an open circuit",
      { status: 503, error: "cart keeps failing: the circuit is open" },
      "savable",
    ],
    [
      "another service that couldn't be asked",
      { status: 503, error: `catalog can't be asked: it answered 502: ${RESET}; try again later` },
      "savable",
    ],
    ["time that is up, idempotent", { status: 504, idempotent: true, error: "" }, "savable"],
    [
      "an order that still waits for another attempt",
      { status: 409, idempotent: true, error: "still under way" },
      "savable",
    ],
    [
      "a connection that another replica has broken",
      { error: "cart: no answer from cart-v1-djkjttw8l7-other: reset: other side closed" },
      "unexplained",
    ],
    ["one that was broken before the kill", { endedAt: 9999 }, "unexplained"],
    ["one that was broken long after it", { endedAt: 12_000 }, "unexplained"],
    [
      "time that is up, and nobody may ask twice",
      { status: 504, error: "cart: the try took longer than 10000 ms" },
      "unexplained",
    ],
    [
      "a gateway that isn't ready",
      { status: 503, idempotent: true, error: "no available server" },
      "unexplained",
    ],
    ["a mistake in a program", { status: 500, idempotent: true }, "unexplained"],
    ["a refusal of what is no mistake", { status: 404, idempotent: true }, "unexplained"],
    ["no answer", { status: undefined, error: "the connection ended" }, "unexplained"],
  ];
  for (const [title, asked, verdict] of cases) {
    it(`${title}: ${verdict}`, () => assert.equal(judge({ ...lost, ...asked }, kills), verdict));
  }

  it("where nobody was killed: unexplained", () => assert.equal(judge(lost, []), "unexplained"));
});
