import assert from "node:assert/strict";
import type { Stage } from "../../micromesh/verify/timeline/record.ts";
import type { Sample } from "../../micromesh/verify/timeline/sampler.ts";
import { micromesh } from "./micromesh.ts";

/** No simulator is asked that happens to run on this machine. */
const OWN = ["--control-port", "0"];
const CLUSTER = ["--live", "--kubeconfig", "/no/such/file"];

interface Data {
  lab: string;
  stages: Stage[];
  paths: { name: string; from: string; request: object; samples: Sample[] }[];
}

describe("micromesh timeline", () => {
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
});
