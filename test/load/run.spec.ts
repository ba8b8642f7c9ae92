import assert from "node:assert/strict";
import { report } from "./report.ts";
import { run } from "./run.ts";

describe("load: a short run, in which a replica of the catalog is killed", function () {
  this.timeout(150_000);

  it("loses no request, and says what it has seen", async () => {
    const ran = await run({ seconds: 5, connections: 8, killEvery: 2.5 });
    const { text, complaints } = report(ran);
    assert.deepEqual(complaints, [], text);
    assert.deepEqual(
      ran.killer.kills.map(({ pod }) => pod.split("-")[0]),
      ["catalog"],
    );
    assert.ok(ran.tally.total > 50, text);
    assert.deepEqual(ran.tally.failures, []);
    assert.match(text, /POST \/order\/create/);
    assert.match(text, /replicas killed: 1; circuits in the end: catalog closed, cart closed/);
    for (const [name, points] of ran.memory.series) assert.ok(points.length >= 4, name);
  });
});
