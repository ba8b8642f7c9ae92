/**
 * What is predicted for every scenario of every lab, written down: a change of it is to be seen in review.
 * `MICROMESH_ACCEPT=1 npm test` writes the snapshots anew.
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { labs } from "../../labs/index.ts";
import { predict } from "../../micromesh/prediction/predict.ts";
import type { Flow, Prediction } from "../../micromesh/prediction/prediction.ts";
import { capture } from "../../micromesh/resources/capture.ts";
import { kubernetesObjects } from "../../micromesh/resources/kubernetes.ts";
import { declaredPlatform } from "../../micromesh/resources/platform.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = fileURLToPath(new URL("snapshots", import.meta.url));
const accept = process.env.MICROMESH_ACCEPT === "1";

/** One line for each flow; what doesn't work has its reasons below it. */
function text({ flows, mistakes }: Prediction): string {
  return [
    ...flows.flatMap((flow) => [
      line(flow),
      ...(flow.verdict === "allow" ? [] : flow.because).map((why) => `    ${why}`),
    ]),
    "",
    ...mistakes.map(({ object, field, text }) => `${object}${field ? ` ${field}` : ""}: ${text}`),
    "",
  ].join("\n");
}

function line({ from, to, ports, verdict, neededBy, requests }: Flow): string {
  const words = [`${from} => ${to} : ${ports} : ${verdict}`];
  if (requests) words.push(`for ${requests.join("; ")}`);
  if (neededBy.length > 0) words.push("needed");
  return words.join(", ");
}

describe("the prediction of every lab", () => {
  const names = Object.entries(labs).flatMap(([lab, { scenarios }]) =>
    scenarios.map((scenario) => ({ lab, scenario, file: `${lab}.${scenario}.txt` })),
  );

  for (const { lab, scenario, file } of names) {
    it(`${lab}, scenario ${scenario}, is the one written down`, async () => {
      const config = [`labs={${lab}: {scenario: ${scenario}}}`];
      const declaration = await capture({ root, stack: "dev", config });
      const platform = declaredPlatform(declaration);
      const predicted = text(
        predict(kubernetesObjects(declaration), platform, { of: `${lab}=${scenario}` }),
      );
      const path = `${folder}/${file}`;
      if (accept) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(path, predicted);
      }
      assert.equal(predicted, readFileSync(path, "utf8"));
    }).timeout(60_000);
  }

  it("has no snapshot of a scenario that's gone", () => {
    assert.deepEqual(readdirSync(folder).sort(), names.map(({ file }) => file).sort());
  });
});
