import assert from "node:assert/strict";
import { MIB } from "./memory.ts";
import { aboutFailures, aboutMemory, classes } from "./report.ts";
import type { Point } from "./trend.ts";
import type { Asked } from "./verdict.ts";

const asked = (status: number, error: string, idempotent = true): Asked => ({
  route: "GET /cart/{user}",
  idempotent,
  endedAt: 1000,
  status,
  error,
});

describe("load: what a report complains of", () => {
  it("failures that are alike are counted together, most of them first", () => {
    const found = classes([asked(502, "one"), asked(503, "two"), asked(503, "three")], []);
    assert.deepEqual(
      found.map(({ status, count, verdict }) => [status, count, verdict]),
      [
        ["503", 2, "savable"],
        ["502", 1, "savable"],
      ],
    );
    assert.deepEqual(aboutFailures(found), ["3 failed that a retry could have saved"]);
  });

  it("what was lost with its replica is nobody's fault, what nobody can explain is", () => {
    const reset = asked(502, "cart: no answer from cart-1: reset: closed", false);
    assert.deepEqual(aboutFailures(classes([reset], [{ pod: "cart-1", at: 900 }])), []);
    assert.deepEqual(aboutFailures(classes([reset], [])), ["1 failed for no known reason"]);
  });

  const grows = (name: string, seconds: number, perSecond: number) => {
    const points = Array.from(
      { length: seconds },
      (_, at): Point => [at, (100 + at * perSecond) * MIB],
    );
    return aboutMemory(new Map([[name, points]]));
  };

  it("memory that grows, but for the store's, and not before there is a trend", () => {
    assert.deepEqual(grows("gateway", 120, 1), [
      "the memory of gateway grew by 99.0 MiB; at most 48.0 is noise",
    ]);
    assert.deepEqual(grows("gateway", 120, 0.1), []);
    assert.deepEqual(grows("gateway", 50, 10), []);
    assert.deepEqual(grows("store", 120, 1), []);
  });
});
