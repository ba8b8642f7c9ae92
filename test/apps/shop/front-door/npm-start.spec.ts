import assert from "node:assert/strict";
import { everyEndpointAnswers } from "./endpoints.ts";
import { alive, areGone, isFree, npmStart, type Started } from "./npm-start.ts";

const DEFAULT_PORTS = { gateway: 8080, control: 8081 };

describe("shop: every endpoint, as `npm start` serves it", function () {
  this.timeout(120_000);
  let started: Started;
  /** Process groups of the pods; each pod leads one. */
  let groups: number[] = [];
  let usesDefaults: boolean;

  before(async () => {
    usesDefaults = (await Promise.all(Object.values(DEFAULT_PORTS).map(isFree))).every(Boolean);
    if (!usesDefaults) console.log("    port 8080 or 8081 is taken here: others are used instead");
    started = await npmStart(usesDefaults ? [] : ["--gateway-port", "0", "--control-port", "0"]);
    const { pods } = await started.state();
    groups = pods.flatMap(({ containers }) => containers.flatMap(({ pid }) => pid ?? []));
  });
  after(() => started?.process.stop("SIGKILL"));

  it("is up, with all probes passed, at 8080 and 8081 unless they're taken", () => {
    if (usesDefaults) assert.deepEqual(started.ports, DEFAULT_PORTS);
    assert.match(started.table, /(\d\d+) of \1 probes passed/);
    assert.ok(groups.length >= 10, `${groups.length} pods have a process`);
    assert.deepEqual(alive(groups), groups);
  });

  everyEndpointAnswers(() => started.doors);

  // A suite's own tests run before those of the suites in it.
  describe("in the end", () => {
    it("ends by Ctrl-C with exit code 0, and leaves no process behind", async () => {
      assert.equal(await started.process.stop("SIGINT"), 0, started.process.output);
      await areGone(groups);
      for (const port of Object.values(started.ports)) assert.ok(await isFree(port), `${port}`);
    });
  });
});
