/**
 * NetworkPolicies that are easily misread, on a real cluster: who reaches whom there, on which ports, is as
 * predicted. Needs kubectl, and a cluster for tests that enforces NetworkPolicy, on pods' addresses by
 * `ipBlock` too.
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import type { DeclaredPlatform } from "../../micromesh/resources/platform.ts";
import { commonSettings } from "../../micromesh/resources/settings.ts";
import type { ChosenPod } from "../../micromesh/verify/live/pods.ts";
import { image } from "../../stacks/versions.ts";
import { cellsOf } from "../prediction/matrix.ts";
import { differences, settledDifferences } from "../prediction/matrix-probes.ts";
import { Bed } from "./bed.ts";
import { type Addresses, cases, cluster, namespaces, podNames } from "./network-policy-cases.ts";
import { BedPods } from "./pods.ts";

const kubeconfig = process.env.MICROMESH_TEST_KUBECONFIG;
const PATIENCE_MS = 20_000;

const platform: DeclaredPlatform = {
  settings: { ...commonSettings, networkPolicy: true, cilium: false, ipBlockMatchesPods: true },
  customGroups: [],
  parts: { cni: "existing", mesh: "none", ingress: "none" },
};

describe("NetworkPolicies on a real cluster (MICROMESH_TEST_KUBECONFIG)", function () {
  this.timeout(120_000);
  const everywhere: string[] = Object.values(namespaces);
  let folder: string;
  let bed: Bed;
  let pods: BedPods;
  /** Namespaces and pods as the cluster has them: with addresses. */
  let objects: KubernetesObject[];

  before(async function () {
    if (!kubeconfig) this.skip();
    folder = await mkdtemp(path.join(tmpdir(), "micromesh-policies-"));
    bed = new Bed(kubeconfig, folder, everywhere);
    pods = new BedPods(await readFile(kubeconfig, "utf8"), image("node"));
    await bed.clean();
    await apply(cluster(image("node")));
    objects = await read("namespaces", ...everywhere);
    for (const namespace of everywhere) {
      const all = ["-n", namespace, "--all", "--timeout=60s"];
      await bed.kubectl("wait", "--for=condition=Ready", "pods", ...all);
      objects.push(...(await read("pods", "-n", namespace, ...podNames)));
    }
    // Whether names can be looked up depends on the addresses of those who answer.
    objects.push(...(await read("pods", "-n", "kube-system", "-l", "k8s-app=kube-dns")));
  });

  after(async () => {
    pods?.close();
    await bed?.clean();
    if (folder) await rm(folder, { recursive: true });
  });

  const apply = async (items: KubernetesObject[]) => {
    const file = path.join(folder, "objects.json");
    await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    await bed.kubectl("apply", "--server-side", "--filename", file);
  };
  const read = async (...what: string[]): Promise<KubernetesObject[]> =>
    JSON.parse(await bed.kubectl("get", "-o", "json", ...what)).items;
  const addresses: Addresses = (pod) => {
    const [ns, name] = pod.split("/");
    const found = objects.find(
      ({ kind, metadata }) =>
        kind === "Pod" &&
        metadata.name === name &&
        metadata.namespace === namespaces[ns as keyof typeof namespaces],
    );
    return found?.status.podIP ?? assert.fail(`pod ${pod} has no address`);
  };

  for (const { title, policies } of cases) {
    it(title, async () => {
      for (const namespace of everywhere)
        await bed.kubectl("-n", namespace, "delete", "networkpolicies", "--all");
      const declared = policies(addresses);
      await apply(declared);
      const cells = cellsOf([...objects, ...declared], platform, {
        protocols: ["TCP", "UDP"],
        namespaces: everywhere,
      });
      const chosen = new Map<string, ChosenPod>();
      for (const { from } of cells)
        if (!chosen.has(from.id)) chosen.set(from.id, await pods.of(from));
      const differing = await settledDifferences(
        (refused) =>
          differences(
            cells,
            (from, requests) => pods.ask(chosen.get(from.id) as ChosenPod, requests),
            ({ pod }) => pod.ips[0] ?? "",
            refused,
          ),
        PATIENCE_MS,
      );
      if (differing.length > 0) assert.fail(`\n${differing.join("\n")}`);
    });
  }
});
