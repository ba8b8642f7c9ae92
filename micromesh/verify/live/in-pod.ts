import type { Request, WorkloadRef } from "../../../stacks/outputs.ts";
import type { Observation } from "../client/observation.ts";
import { clientSource } from "../client-source.ts";
import { ProbeError } from "../transport.ts";
import type { Cluster } from "./cluster.ts";
import { CommandFailed, firstLineOf } from "./exec.ts";
import { type ChosenPod, readyPodOf } from "./pods.ts";
import { probeContainer } from "./probe-container.ts";

/** Beyond the probe's own time: to start Node in a container that has little CPU. */
const graceMs = 20_000;
/** Containers of meshes: what runs there goes past the mesh, and would show another network. */
const sidecars = new Set(["istio-proxy", "linkerd-proxy"]);

/** Observes from pods of workloads. It remembers, for each pod, which container has Node. */
export class PodObserver {
  readonly #cluster: Cluster;
  readonly #image: string;
  /** Container by pod UID; only the pod's own ones, since probe containers end. */
  readonly #withNode = new Map<string, string | undefined>();

  /** @param image a `node` image for pods that have no Node themselves */
  constructor(cluster: Cluster, image: string) {
    this.#cluster = cluster;
    this.#image = image;
  }

  /**
   * Runs the client in a ready pod of the workload.
   * @throws ProbeError if there's none, or the client can't be run there
   */
  async observe(from: WorkloadRef, request: Request, timeoutMs: number): Promise<Observation> {
    const pod = await readyPodOf(this.#cluster, from);
    const container =
      (await this.#ownContainer(pod)) ?? (await probeContainer(this.#cluster, pod, this.#image));
    const command = ["node", "-e", await clientSource(), JSON.stringify({ request, timeoutMs })];
    const line = await this.#run(pod, container, command, timeoutMs + graceMs);
    return observationIn(line, `${pod.namespace}/${pod.name}`);
  }

  async #run(pod: ChosenPod, container: string, command: string[], timeoutMs: number) {
    try {
      return await firstLineOf(this.#cluster, pod, container, command, timeoutMs);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      throw new ProbeError(
        `the client failed in container ${container} of ${pod.namespace}/${pod.name}: ${error.message}`,
      );
    }
  }

  async #ownContainer(pod: ChosenPod): Promise<string | undefined> {
    if (!this.#withNode.has(pod.uid)) this.#withNode.set(pod.uid, await this.#find(pod));
    return this.#withNode.get(pod.uid);
  }

  async #find(chosen: ChosenPod): Promise<string | undefined> {
    const containers = (chosen.pod.spec?.containers ?? []).filter(
      ({ name }) => !sidecars.has(name),
    );
    const byImage = containers.find(({ image }) => isNodeImage(image ?? ""));
    if (byImage) return byImage.name;
    for (const { name } of containers)
      try {
        const asked = ["node", "--version"];
        const version = await firstLineOf(this.#cluster, chosen, name, asked, graceMs);
        if (/^v(1[89]|[2-9]\d)\./.test(version)) return name;
      } catch (error) {
        if (!(error instanceof CommandFailed)) throw error;
      }
    return undefined;
  }
}

/** `node:22`, `docker.io/library/node@sha256:…`, `mirror.example/node`. */
export function isNodeImage(image: string): boolean {
  return /(^|\/)node($|[:@])/.test(image);
}

/** What the client printed: `{"observation": …}` or `{"error": …}`. */
function observationIn(line: string, where: string): Observation {
  let said: { observation?: Observation; error?: string };
  try {
    said = JSON.parse(line);
  } catch {
    throw new ProbeError(`the client in ${where} printed no observation but ${line.slice(0, 80)}`);
  }
  if (said.observation) return said.observation;
  throw new ProbeError(`from ${where}: ${said.error ?? "the client gave no observation"}`);
}
