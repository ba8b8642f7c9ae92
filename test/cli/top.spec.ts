import assert from "node:assert/strict";
import type { PodUsage } from "../../micromesh/usage/pod-usage.ts";
import { micromesh } from "./micromesh.ts";

/** No simulator is asked that happens to run on this machine. */
const OWN = ["--control-port", "0"];

describe("micromesh top", () => {
  for (const [args, told] of [
    [["--kubeconfig", "any"], /--kubeconfig goes with --live/],
    [["--json", "--metrics"], /--json and --metrics exclude each other/],
    [["--watch", "0"], /'--watch <seconds>'.* from 1 to 3600/],
    [["--lab", "nope"], /labs\.nope is not a lab/],
    [["--live", "--kubeconfig", "/no/such/file"], /--kubeconfig \/no\/such\/file: ENOENT/],
  ] as const) {
    it(`${args.join(" ")}: 2`, async () => {
      const { code, stdout, stderr } = await micromesh(["top", ...OWN, ...args]);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, told);
    }).timeout(20_000);
  }

  it("--json is data about the lab's pods, measured in a simulator of its own", async () => {
    const args = ["top", ...OWN, "--lab", "counter", "--json"];
    const { code, stdout, stderr } = await micromesh(args);
    assert.deepEqual([code, stderr], [0, ""]);
    const { pods } = JSON.parse(stdout) as { pods: PodUsage[] };
    const names = pods.map(({ pod }) => pod.replace(/-[^-]+-?[^-]*$/, ""));
    assert.ok(names.includes("c-app-count/counter"), names.join());
    for (const { pod, partOf, ready, cpuMillicores, memoryBytes, connections } of pods) {
      assert.deepEqual([partOf, ready], ["counter", true], pod);
      assert.ok(cpuMillicores !== undefined && cpuMillicores < 4_000, `${pod} ${cpuMillicores}m`);
      assert.ok(memoryBytes !== undefined && memoryBytes > 10 * 2 ** 20, `${pod} ${memoryBytes}`);
      assert.ok(connections);
    }
  }).timeout(60_000);
});
