/** Pods of a real cluster that questions of the matrix are put from. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Workload } from "../../micromesh/prediction/cluster/workloads.ts";
import type { Observation } from "../../micromesh/verify/client/observation.ts";
import { type Cluster, connectCluster } from "../../micromesh/verify/live/cluster.ts";
import { firstLineOf } from "../../micromesh/verify/live/exec.ts";
import { isNodeImage } from "../../micromesh/verify/live/in-pod.ts";
import { type ChosenPod, newestReady } from "../../micromesh/verify/live/pods.ts";
import { probeContainer } from "../../micromesh/verify/live/probe-container.ts";
import type { MatrixRequest } from "../prediction/matrix-probes.ts";
import type { MatrixAnswer } from "./matrix-client.ts";

/** How long an unanswered request is waited for by default: a hundred times what a connection on one node takes. */
const SILENCE_MS = 1_000;
/** Beyond that, to start Node in a container that has little CPU. */
const START_MS = 20_000;

export class BedPods {
  readonly #cluster: Cluster;
  readonly #image: string;
  readonly #closing = new AbortController();
  readonly #client = clientSource();

  /**
   * @param kubeconfig its contents
   * @param image of Node, for pods that have none
   */
  constructor(kubeconfig: string, image: string) {
    this.#cluster = connectCluster(kubeconfig, this.#closing.signal);
    this.#image = image;
  }

  close(): void {
    this.#closing.abort();
  }

  /** The newest ready pod of the workload. @throws Error if there's none */
  async of({ namespace, name, pod: { labels } }: Workload): Promise<ChosenPod> {
    const labelSelector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join();
    const { items } = await this.#cluster.core.listNamespacedPod({ namespace, labelSelector });
    const chosen = newestReady(items.filter((pod) => pod.metadata?.name?.startsWith(name)));
    if (!chosen) throw new Error(`no pod of ${namespace}/${name} is ready`);
    return chosen;
  }

  /** Puts all requests at once, from within the pod. @throws Error if one couldn't be put */
  async ask(chosen: ChosenPod, requests: MatrixRequest[]): Promise<Observation[]> {
    const container =
      chosen.pod.spec?.containers.find(({ image }) => isNodeImage(image ?? ""))?.name ??
      (await probeContainer(this.#cluster, chosen, this.#image));
    const input = JSON.stringify({ requests, timeoutMs: SILENCE_MS });
    const command = ["node", "-e", await this.#client, input];
    const patience = Math.max(...requests.map(({ patienceMs = SILENCE_MS }) => patienceMs));
    const line = await firstLineOf(this.#cluster, chosen, container, command, patience + START_MS);
    const { answers } = JSON.parse(line) as { answers: MatrixAnswer[] };
    return answers.map((answer, i) => {
      if ("observation" in answer) return answer.observation;
      const asked = JSON.stringify(requests[i]);
      throw new Error(`from ${chosen.namespace}/${chosen.name}, ${asked}: ${answer.error}`);
    });
  }
}

/** One CommonJS script; it travels in the URL of an exec request, so it's minified. */
async function clientSource(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./matrix-client.ts", import.meta.url))],
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    target: "node18",
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text.trim() ?? "";
}
