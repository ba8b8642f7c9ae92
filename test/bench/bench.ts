/**
 * `npm run bench`: how fast a prediction is, and what the simulated mesh costs, beside nothing and beside two
 * Envoys, in one run.
 */
import os from "node:os";
import { Table } from "console-table-printer";
import { direct, haveEnvoy, type Result, SECONDS, throughEnvoys, throughMesh } from "./paths.ts";
import { benchPrediction } from "./prediction.ts";

/** Rounds of all paths in turn; the median of each figure counts. */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);

const fastEnough = await benchPrediction(ROUNDS);

const paths: Record<string, () => Promise<Result>> = {
  direct,
  mesh: () => throughMesh(),
  "mesh, no-op changes": () =>
    throughMesh(async (simulator, declaration) => {
      const { version } = simulator.cluster.currentView();
      await simulator.apply(declaration);
      const { version: after } = simulator.cluster.currentView();
      const ready = simulator.cluster.statuses.every((pod) => pod.ready);
      if (ready && after !== version) throw new Error("a change of nothing reached the pods");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }),
};
if (haveEnvoy()) paths["two Envoys"] = throughEnvoys;

const results = new Map<string, Result[]>();
for (let round = 1; round <= ROUNDS; round++) {
  for (const [name, run] of Object.entries(paths)) {
    process.stderr.write(`round ${round} of ${ROUNDS}: ${name} ...\n`);
    results.set(name, [...(results.get(name) ?? []), await run()]);
  }
}

const median = (name: string, figure: keyof Result) => {
  const values = (results.get(name) ?? []).map((result) => result[figure]).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] as number;
};
const table = new Table({
  shouldDisableColors: true,
  columns: ["path", "p50 ms", "p99 ms", "requests/s", "of direct"].map((name, i) => ({
    name,
    alignment: i === 0 ? "left" : "right",
  })),
});
for (const name of results.keys()) {
  const throughput = median(name, "throughput");
  table.addRow({
    path: name,
    "p50 ms": median(name, "p50").toFixed(2),
    "p99 ms": median(name, "p99").toFixed(2),
    "requests/s": Math.round(throughput),
    "of direct": `${Math.round((100 * throughput) / median("direct", "throughput"))} %`,
  });
}
console.log(
  `${os.cpus().length} cores, Node ${process.versions.node}, load ${os.loadavg()[0]?.toFixed(2)}, ` +
    `${ROUNDS} rounds of ${SECONDS} s, medians; latency at 500 requests/s, 8 connections, 1 KiB`,
);
table.printTable();

const added = (name: string) => median(name, "p50") - median("direct", "p50");
console.log(`the mesh adds ${added("mesh").toFixed(2)} ms (p50)`);
if (haveEnvoy()) {
  const share = added("mesh") / added("two Envoys");
  console.log(
    `two Envoys add ${added("two Envoys").toFixed(2)} ms; the mesh adds ${Math.round(share * 100)} % of that (at most 33 % is wanted)`,
  );
  process.exitCode = share <= 1 / 3 && fastEnough ? 0 : 1;
} else {
  console.log("Envoy isn't on PATH: not compared with it");
  process.exitCode = fastEnough ? 0 : 1;
}
process.exit();
