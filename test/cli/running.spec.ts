import assert from "node:assert/strict";
import { type Running, start } from "../../micromesh/cli/running.ts";

describe("a simulator that runs", function () {
  this.timeout(60_000);
  let running: Running;

  before(async () => {
    const ports = { gatewayPort: 0, controlPort: 0 };
    running = await start({ stack: "dev", config: [], lab: ["counter"], ...ports }, () => {});
  });
  after(() => running?.stop());

  const play = async (scenarios: object) => {
    const answer = await fetch(`http://127.0.0.1:${running.controlPort}/api/scenarios`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(scenarios),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const scenario = () => running.simulator.declaredOutputs.labs.counter?.scenario;

  it("says what is wrong with a scenario, and goes on as before", async () => {
    const { status, body } = await play({ counter: "nope" });
    assert.equal(status, 400);
    assert.match(String(body.error), /labs\.counter\.scenario is "nope"; it must be open, /);
    assert.equal(scenario(), "open");
    const next = await play({ counter: "isolated" });
    assert.equal(next.status, 200, JSON.stringify(next.body));
    assert.equal(scenario(), "isolated");
  });
});
