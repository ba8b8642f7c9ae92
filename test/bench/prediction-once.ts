/** Entry of a process of the bench: reads one folder, predicts, and says what that took. */
import { analyse } from "../../micromesh/prediction/analysis.ts";
import { permittedPairs, predictionOf } from "../../micromesh/prediction/predict.ts";
import { assumedPlatform } from "../../micromesh/resources/assumed-platform.ts";
import { readManifests } from "../../micromesh/resources/manifests/manifests.ts";
import { manifests } from "./manifests.ts";

export interface Measured {
  /** Seconds to read the YAML; undefined where the objects were made here. */
  reading?: number;
  /** Seconds from objects to a prediction. */
  predicting: number;
  flows: number;
  permitted: number;
  /** The process' largest memory, and what it was before the prediction, in MiB. */
  peak: number;
  before: number;
}

const [workloads, policies, directory] = process.argv.slice(2) as [string, string, string?];
const megabytes = () => Math.round(process.resourceUsage().maxRSS / 1024);

const start = performance.now();
const objects = directory
  ? (await readManifests(directory)).objects
  : manifests({ seed: 1, workloads: Number(workloads), policies: Number(policies) });
const read = performance.now();
const before = megabytes();
const analysis = analyse(objects, assumedPlatform(objects, []));
const { flows } = predictionOf(analysis, { of: "bench" });
const predicting = (performance.now() - read) / 1000;
const peak = megabytes();
const measured: Measured = {
  reading: directory ? (read - start) / 1000 : undefined,
  predicting,
  flows: flows.length,
  permitted: permittedPairs(analysis),
  peak,
  before,
};
console.log(JSON.stringify(measured));
