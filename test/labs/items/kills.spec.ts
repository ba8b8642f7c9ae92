import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { type Running, start } from "../../../micromesh/cli/running.ts";
import type { PodStatus } from "../../../micromesh/simulator/pods/status.ts";
import { hasPostgres } from "../../apps/items/postgres.ts";
import { writeThrough } from "./writes.ts";

/** The lab as it runs: real processes, the load balancer, the declared network. */
describe("the items lab, while PostgreSQL is killed", function () {
  this.timeout(180_000);
  let running: Running;

  before(async function () {
    if (!hasPostgres) this.skip();
    const options = { stack: "dev", config: [], lab: ["items"], gatewayPort: 0, controlPort: 0 };
    running = await start(options, () => {});
  });
  after(() => running?.stop());

  const podsOf = (workload: string): PodStatus[] =>
    running.simulator.cluster.statuses.filter(
      ({ labels }) => labels["app.kubernetes.io/name"] === workload,
    );
  const restartsOf = (workload: string) =>
    podsOf(workload).map(({ containers }) => containers[0]?.restarts);

  it("loses no write of 1,000 that it has acknowledged, and recovers without a restart of the API", async () => {
    const [address] = running.simulator.loadBalancers;
    const api = `http://${address?.host}:${address?.localPort}`;
    const { pid } = podsOf("db")[0]?.containers[0] ?? assert.fail("no pod of db");
    const happened = await writeThrough(api, {
      // The server itself, below the process that stands for the container.
      300: () => kill(postmasterBelow(pid as number)),
      // And the container.
      700: async () => {
        while (!podsOf("db")[0]?.ready) await sleep(20);
        kill(podsOf("db")[0]?.containers[0]?.pid as number);
      },
    });
    assert.ok(happened.acknowledged > 300, JSON.stringify(happened));
    assert.deepEqual(restartsOf("db"), [2]);
    assert.deepEqual(restartsOf("api"), [0, 0]);
  });
});

const kill = (pid: number) => process.kill(pid, "SIGKILL");

/** The process called `postgres` that isn't another one's child. */
function postmasterBelow(pid: number): number {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,comm="], { encoding: "utf8" });
  const all = lines
    .trim()
    .split("\n")
    .map((line) => {
      const [own = "", parent = "", ...name] = line.trim().split(/\s+/);
      return { pid: Number(own), parent: Number(parent), name: name.join(" ") };
    });
  const below = (parent: number): typeof all =>
    all
      .filter((one) => one.parent === parent)
      .flatMap((one) => (/postgres$/.test(one.name) ? [one] : below(one.pid)));
  return below(pid)[0]?.pid ?? assert.fail(`no postgres below ${pid}:\n${lines}`);
}
