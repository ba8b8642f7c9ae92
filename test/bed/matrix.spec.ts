/**
 * Every pod to every pod and port, in every scenario of every lab: the network of a real cluster is as
 * predicted. Needs kubectl, and a cluster for tests that enforces NetworkPolicy; the namespaces of the labs
 * are deleted there, before and after.
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { labs } from "../../labs/index.ts";
import { declare } from "../../micromesh/cli/options.ts";
import { analyse } from "../../micromesh/prediction/predict.ts";
import type { Declaration } from "../../micromesh/resources/declared.ts";
import { kubernetesObjects } from "../../micromesh/resources/kubernetes.ts";
import { declaredPlatform } from "../../micromesh/resources/platform.ts";
import { renderFiles, writeRendered } from "../../micromesh/resources/render.ts";
import type { ChosenPod } from "../../micromesh/verify/live/pods.ts";
import { image } from "../../stacks/versions.ts";
import { cellsOf } from "../prediction/matrix.ts";
import { differences, type Refused, settledDifferences } from "../prediction/matrix-probes.ts";
import { Bed } from "./bed.ts";
import { BedPods } from "./pods.ts";
import { standIns } from "./stand-ins.ts";

const kubeconfig = process.env.MICROMESH_TEST_KUBECONFIG;
/** Connections that a sidecar keeps open give answers under the old rules for up to 45 s. */
const PATIENCE_MS = 60_000;

const cluster = [
  "cluster.kind=existing",
  "cni.kind=existing",
  "cni.enforcesNetworkPolicy=true",
  "ingress.kind=none",
  "observability.kind=none",
];
const plain = { title: "without a mesh", config: [...cluster, "mesh.kind=none"], istio: false };
const platforms = [
  plain,
  { title: "with Istio", config: [...cluster, "mesh.kind=existing"], istio: true },
];

async function declared(lab: string, scenario: string, { config, istio }: typeof plain) {
  const declaration = await declare({ stack: "dev", config, lab: [lab] }, { [lab]: scenario });
  if (!istio) withoutInjection(declaration);
  return declaration;
}

/** The cluster's Istio, where it has one, leaves pods in these namespaces alone. */
function withoutInjection({ resources }: Declaration): void {
  for (const { type, inputs } of resources) {
    if (type !== "kubernetes:core/v1:Namespace") continue;
    const metadata = inputs.metadata as { labels?: Record<string, string> };
    metadata.labels = { ...metadata.labels, "istio-injection": "disabled" };
  }
}

describe("a real cluster, pod by pod and port by port (MICROMESH_TEST_KUBECONFIG)", function () {
  this.timeout(240_000);
  let folder: string;
  let pods: BedPods;

  before(async function () {
    if (!kubeconfig) this.skip();
    folder = await mkdtemp(path.join(tmpdir(), "micromesh-matrix-"));
    pods = new BedPods(await readFile(kubeconfig, "utf8"), image("node"));
  });

  after(async () => {
    pods?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  for (const [lab, { scenarios }] of Object.entries(labs)) {
    describe(`with lab ${lab}`, () => {
      let bed: Bed;

      before(async () => {
        const objects = kubernetesObjects(await declared(lab, scenarios[0] ?? "", plain));
        const namespaces = objects.filter(({ kind }) => kind === "Namespace");
        bed = new Bed(
          kubeconfig ?? "",
          folder,
          namespaces.map(({ metadata }) => metadata.name),
        );
        await bed.clean();
      });

      after(async () => bed?.clean());

      for (const platform of platforms) {
        describe(platform.title, () => {
          before(async function () {
            if (platform.istio && !(await bed.has(["istio-system/istiod"]))) this.skip();
          });

          for (const scenario of scenarios) {
            it(`is as predicted in scenario ${scenario}`, async function () {
              const declaration = await declared(lab, scenario, platform);
              // What the cluster brings itself isn't changed here.
              if (declaration.resources.some(({ type }) => type.endsWith("Patch"))) this.skip();
              await addUnknownKinds(bed, declaration);
              const out = await bed.folder(`${lab}-${platform.title}-${scenario}`);
              await writeRendered(out, renderFiles(declaration));
              await bed.apply(out);
              const differing = await settledDifferences(
                (refused) => look(pods, declaration, refused),
                PATIENCE_MS,
              );
              if (differing.length > 0) assert.fail(`\n${differing.join("\n")}`);
            });
          }
        });
      }
    });
  }
});

/** What differs from the prediction, seen from the pods that are there now. */
async function look(pods: BedPods, declaration: Declaration, refused: Refused): Promise<string[]> {
  const [objects, platform] = [kubernetesObjects(declaration), declaredPlatform(declaration)];
  const chosen = new Map<string, ChosenPod>();
  for (const workload of analyse(objects, platform).cluster.workloads) {
    chosen.set(workload.id, await pods.of(workload));
  }
  return differences(
    cellsOf(objects, platform),
    (from, requests) => pods.ask(chosen.get(from.id) as ChosenPod, requests),
    ({ id }) => chosen.get(id)?.pod.status?.podIP ?? assert.fail(`${id} has no address`),
    refused,
  );
}

/** Kinds that nobody enforces on the cluster can be applied to it all the same. */
async function addUnknownKinds(bed: Bed, declaration: Declaration): Promise<void> {
  const lines = (await bed.kubectl("api-resources", "--no-headers")).split("\n");
  const known = lines.map((line) => {
    const [kind, , version = ""] = line.trim().split(/ +/).reverse();
    return `${version.split("/")[0]}/${kind}`;
  });
  for (const definition of standIns(kubernetesObjects(declaration), new Set(known))) {
    await bed.add(definition);
    const { name } = definition.metadata;
    await bed.kubectl("wait", "--for=condition=Established", `crd/${name}`, "--timeout=30s");
  }
}
