/** How long a prediction of many workloads takes, and in how much memory; each in a process of its own. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Table } from "console-table-printer";
import { manifests, writeManifests } from "./manifests.ts";
import type { Measured } from "./prediction-once.ts";

/** What is wanted at most, from objects to a prediction, on two quiet cores. */
const sizes = [
  { workloads: 100, policies: 100, seconds: 0.5, megabytes: 150 },
  { workloads: 400, policies: 400, seconds: 0.5, megabytes: 150 },
  { workloads: 10_000, policies: 2_000, seconds: 10, megabytes: 2048 },
];
const SEED = 1;

/** Measures every size `rounds` times, prints the medians. @returns whether all are as good as wanted */
export async function benchPrediction(rounds: number): Promise<boolean> {
  const table = new Table({
    shouldDisableColors: true,
    columns: [
      "workloads + policies",
      "read YAML s",
      "predict s",
      "wanted s",
      "peak MiB",
      "wanted MiB",
      "permitted pairs",
    ].map((name) => ({ name, alignment: "right" })),
  });
  let good = true;
  for (const { workloads, policies, seconds, megabytes } of sizes) {
    process.stderr.write(`predicting ${workloads} workloads and ${policies} policies ...\n`);
    const directory = mkdtempSync(join(tmpdir(), "mm-bench-"));
    try {
      await writeManifests(directory, manifests({ seed: SEED, workloads, policies }));
      const made: Measured[] = [];
      const read: Measured[] = [];
      for (let round = 0; round < rounds; round++) {
        made.push(await once(workloads, policies));
        read.push(await once(workloads, policies, directory));
      }
      const predicting = median(made.map((one) => one.predicting));
      const peak = median(made.map((one) => one.peak));
      good &&= predicting <= seconds && peak <= megabytes;
      table.addRow({
        "workloads + policies": `${workloads} + ${policies}`,
        "read YAML s": median(read.map(({ reading = 0 }) => reading)).toFixed(2),
        "predict s": predicting.toFixed(2),
        "wanted s": seconds,
        "peak MiB": peak,
        "wanted MiB": megabytes,
        "permitted pairs": made[0]?.permitted,
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
  table.printTable();
  return good;
}

async function once(workloads: number, policies: number, directory?: string): Promise<Measured> {
  const script = fileURLToPath(new URL("prediction-once.ts", import.meta.url));
  const sizes = [String(workloads), String(policies), ...(directory ? [directory] : [])];
  const args = ["--import=tsx", script, ...sizes];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Measured;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
