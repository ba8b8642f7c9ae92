import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { RunningSimulator } from "../../micromesh/cli/running-simulator.ts";
import type { Stage } from "../../micromesh/verify/timeline/record.ts";
import type { Sample } from "../../micromesh/verify/timeline/sampler.ts";
import { micromesh } from "./micromesh.ts";
import { begin, endAll, simulating } from "./talking.ts";

/** No simulator is asked that happens to run on this machine. */
const OWN = ["--control-port", "0"];
const CLUSTER = ["--live", "--kubeconfig", "/no/such/file"];

interface Data {
  lab: string;
  stages: Stage[];
  paths: { name: string; from: string; request: object; samples: Sample[] }[];
}

describe("micromesh timeline", () => {
  after(endAll);

  for (const [args, told] of [
    [["nope"], /labs\.nope is not a lab; there are counter/],
    [
      ["counter", "--scenario", "nope"],
      /--scenario nope: lab counter has no such .* it has open, /,
    ],
    [["counter", "--kubeconfig", "any"], /--kubeconfig goes with --live/],
    [["counter", "--live", "--scenario", "isolated"], /--live only watches/],
    [["counter", "--every", "0"], /'--every <seconds>'.* from 0\.1 to 60/],
    [["counter", "--seconds", "x"], /'--seconds <number>'.* from 1 to 3600/],
    [["counter", ...CLUSTER], /--kubeconfig \/no\/such\/file: ENOENT/],
  ] as const) {
    it(`${args.join(" ")}: 2`, async () => {
      const { code, stdout, stderr } = await micromesh(["timeline", ...OWN, ...args]);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, told);
    }).timeout(30_000);
  }

  it("shows a path that a policy cuts, and that is back when it's gone", async () => {
    const args = ["--scenario", "isolated", "--seconds", "2", "--json"];
    const { code, stdout, stderr } = await micromesh(["timeline", "counter", ...OWN, ...args]);
    assert.deepEqual([code, stderr], [0, ""]);
    const { lab, stages, paths }: Data = JSON.parse(stdout);
    assert.equal(lab, "counter");
    assert.deepEqual(
      stages.map(({ scenario }) => scenario),
      ["open", "isolated", "open"],
    );
    for (const { from, to } of stages)
      assert.ok(to - from >= 1.9 && to - from < 4, `${from} ${to}`);
    const met = (name: string) => {
      const path = paths.find((one) => one.name === name);
      return stages.map(({ from, to }) => {
        const begun = path?.samples.filter(({ at }) => at >= from && at < to) ?? [];
        return [...new Set(begun.map(({ outcome }) => outcome))].join();
      });
    };
    assert.deepEqual(met("Apache's pod talks to Redis"), ["ok", "timeout", "ok"]);
    assert.deepEqual(met("the app talks to Redis"), ["ok", "ok", "ok"]);
    assert.ok(paths.every(({ name }) => !name.includes("lets nobody write")));
  }).timeout(60_000);

  it("by Ctrl-C shows what there is, and leaves the simulator that runs as it was", async () => {
    const running = await simulating("--lab", "counter", "--scenario", "counter=isolated");
    const simulator = new RunningSimulator(running.port);
    const args = ["--control-port", String(running.port), "--scenario", "isolated-mesh"];
    const watching = begin(["timeline", "counter", ...args, "--seconds", "8"]);
    await watching.err.until(/^Playing counter=isolated-mesh/);
    while ((await simulator.lab("counter")).scenario !== "isolated-mesh") await sleep(50);
    // Waits till the change that is under way holds, and makes none of its own.
    await simulator.change({ counter: "isolated-mesh" });
    await sleep(2500);
    watching.child.kill("SIGINT");
    assert.equal(await watching.ended, 0, watching.err.text);
    assert.equal((await simulator.lab("counter")).scenario, "isolated");
    assert.match(watching.out.text, /^1 open: .*\n {4}through: /m);
    assert.match(watching.out.text, /^2 isolated-mesh: .*\n {4}through: /m);
    assert.doesNotMatch(watching.out.text, /^3 /m);
    for (const line of watching.out.read) assert.ok([...line].length <= 80, line);
    running.child.kill("SIGINT");
    await running.ended;
  }).timeout(90_000);
});
