import assert from "node:assert/strict";
import { scenarios } from "../../labs/counter/scenarios.ts";
import { labs } from "../../labs/index.ts";
import { micromesh } from "./micromesh.ts";

describe("micromesh labs", () => {
  it("tells all labs in short", async () => {
    const { code, stdout, stderr } = await micromesh(["labs"]);
    assert.equal(code, 0, stderr);
    for (const [name, { title, scenarios }] of Object.entries(labs)) {
      assert.ok(stdout.includes(`${name}: ${title}\n`), name);
      assert.ok(stdout.includes(`\n* ${scenarios[0]} `), name);
      for (const scenario of scenarios) assert.ok(stdout.includes(`${scenario} `), scenario);
    }
    for (const line of stdout.split("\n")) assert.ok([...line].length <= 80, line);
  }).timeout(30_000);

  it("tells one lab in full, hints and mends included", async () => {
    const { code, stdout, stderr } = await micromesh(["labs", "counter"]);
    assert.equal(code, 0, stderr);
    const words = stdout.replace(/\s+/g, " ");
    for (const [name, { title, symptom, hints, mend }] of Object.entries(scenarios)) {
      for (const text of [`${name}: ${title}`, symptom, ...hints, mend]) {
        assert.ok(words.includes(text), `${name}: ${text}`);
      }
    }
    assert.doesNotMatch(stdout, /^. faults/m);
  }).timeout(30_000);

  it("--json is the same as data", async () => {
    const { code, stdout } = await micromesh(["labs", "counter", "--json"]);
    assert.equal(code, 0);
    const { labs: told } = JSON.parse(stdout);
    assert.deepEqual(
      told.map(({ name }: { name: string }) => name),
      ["counter"],
    );
    assert.deepEqual(Object.keys(told[0].scenarios), Object.keys(scenarios));
    assert.deepEqual(told[0].scenarios.isolated.hints, scenarios.isolated.hints);
  }).timeout(30_000);

  it("of a lab that isn't there: 2", async () => {
    const { code, stdout, stderr } = await micromesh(["labs", "nope"]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /labs nope: stack dev has no such lab; it has counter, /);
  }).timeout(30_000);
});
