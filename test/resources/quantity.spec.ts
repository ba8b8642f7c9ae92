import assert from "node:assert/strict";
import { quantity } from "../../micromesh/resources/quantity.ts";

describe("a quantity of the Kubernetes API", () => {
  for (const [text, value] of [
    ["1500m", 1.5],
    ["2", 2],
    ["12345678n", 0.012345678],
    ["250u", 0.00025],
    ["64Mi", 64 * 2 ** 20],
    ["12Ki", 12288],
    ["1G", 1e9],
    ["1e3", 1000],
    ["", undefined],
    ["many", undefined],
    ["2P", 2e15],
    ["1Xi", undefined],
  ] as const) {
    it(`${text || "nothing"} is ${value}`, () => {
      const found = quantity(text);
      if (value === undefined) assert.equal(found, undefined);
      else assert.ok(found !== undefined && Math.abs(found - value) < 1e-12, String(found));
    });
  }
});
