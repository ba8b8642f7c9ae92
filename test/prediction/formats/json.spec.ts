import assert from "node:assert/strict";
import * as fc from "fast-check";
import { json, jsonDiff } from "../../../micromesh/prediction/formats/json.ts";
import { comparisons, predictions } from "./arbitrary.ts";
import { difference } from "./changes.ts";
import { counterLab, generated } from "./samples.ts";

const read = (chunks: Iterable<string>) => JSON.parse([...chunks].join(""));

/** With ordinary prototypes, which fast-check leaves out. */
const copy = <T>(value: T): T => structuredClone(value);

describe("a prediction as JSON", () => {
  it("lists every permitted flow, and of the others those that something needs", () => {
    const prediction = counterLab("isolated");
    const { flows, of, parties, mistakes } = read(json(prediction));
    assert.equal(of, "counter=isolated");
    assert.deepEqual(parties, prediction.parties);
    assert.deepEqual(mistakes, []);
    const denied = flows.filter((f: { verdict: string }) => f.verdict !== "allow");
    assert.deepEqual(
      denied.map((f: { from: string; to: string }) => [f.from, f.to]),
      [["b-apacherr/apache[Deployment]", "d-redis/redis-http[Deployment]"]],
    );
    const permitted = prediction.flows.filter((f) => f.verdict === "allow").length;
    assert.equal(flows.length, permitted + 1);
    assert.deepEqual(Object.keys(flows[0]).slice(0, 5), [
      "from",
      "to",
      "ports",
      "verdict",
      "because",
    ]);
  });

  it("lists all flows where all are asked for", () => {
    const prediction = generated(7, 40);
    assert.deepEqual(read(json(prediction, { all: true })), prediction);
  });

  it("has a flow to a line, and comes in pieces", () => {
    const prediction = generated(7, 40);
    const chunks = [...json(prediction, { all: true })];
    assert.ok(chunks.length > 3 && chunks.every((chunk) => chunk.length < 100_000));
    const lines = chunks.join("").split("\n");
    assert.equal(
      lines.filter((line) => line.startsWith('{"from"')).length,
      prediction.flows.length,
    );
  });

  it("reads back as it was", () => {
    fc.assert(
      fc.property(predictions(), (p) => assert.deepEqual(read(json(p, { all: true })), copy(p))),
      { numRuns: 60 },
    );
    fc.assert(
      fc.property(comparisons(), ([diff]) => assert.deepEqual(read(jsonDiff(diff)), copy(diff))),
      { numRuns: 60 },
    );
  });

  it("says of a comparison what was and what is", () => {
    const diff = difference(counterLab("open"), counterLab("isolated"));
    const found = read(jsonDiff(diff));
    assert.equal(found.changes.length, 6);
    assert.deepEqual(Object.keys(found.changes[0]), ["from", "to", "before", "needed", "because"]);
  });
});
