/** The ephemeral container that probes run in where the pod's own containers have no Node. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  PatchStrategy,
  setHeaderOptions,
  type V1ContainerState,
  type V1EphemeralContainer,
  type V1Pod,
} from "@kubernetes/client-node";
import { ProbeError } from "../transport.ts";
import type { Cluster } from "./cluster.ts";
import type { ChosenPod } from "./pods.ts";
import { apiProblem } from "./problems.ts";

const baseName = "micromesh-probe";
/** It can't be removed from its pod, so it ends by itself. */
const lifeSeconds = 3600;
const startSeconds = 60;
/** Reasons of a waiting container that waiting won't cure. */
const stuck = /^(ErrImage|ImagePull|InvalidImage|ImageInspect|Create.*Error|RunContainerError)/;

/**
 * The name of a running probe container in the pod: one that's there, or one that is added now, the
 * only change that probes make to a cluster.
 * @throws ProbeError if it can't be added, or its image can't be had
 */
export async function probeContainer(
  cluster: Cluster,
  chosen: ChosenPod,
  image: string,
): Promise<string> {
  const { namespace, name } = chosen;
  let pod = chosen.pod;
  let container = usable(pod, image);
  if (!container) {
    container = nextName(pod);
    pod = await add(cluster, chosen, container, image);
  }
  const deadline = performance.now() + startSeconds * 1000;
  while (!stateOf(pod, container)?.running) {
    const { waiting, terminated } = stateOf(pod, container) ?? {};
    if (waiting?.reason && stuck.test(waiting.reason)) throw cannotStart(chosen, image, waiting);
    if (terminated) throw cannotStart(chosen, image, terminated);
    if (performance.now() > deadline)
      throw cannotStart(chosen, image, { reason: `not running after ${startSeconds} s` });
    await sleep(300, undefined, { signal: cluster.closing });
    pod = await cluster.core.readNamespacedPod({ namespace, name }).catch((error) => {
      throw apiProblem(error, `read pod ${namespace}/${name}`, "get pods");
    });
  }
  return container;
}

/**
 * The container's specification. It meets the `restricted` Pod Security Standard; its user and group
 * are nobody's, and not 1337, whose traffic Istio's sidecar lets pass by.
 */
export function probeContainerSpec(name: string, image: string): V1EphemeralContainer {
  return {
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    // As process 1 it would otherwise ignore SIGTERM, and its pod would take its whole grace period.
    command: [
      "node",
      "-e",
      `process.on("SIGTERM", () => process.exit()); setTimeout(() => {}, ${lifeSeconds * 1000})`,
    ],
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65534,
      runAsGroup: 65534,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}

/** One of ours that runs, or that is about to with the same image. */
function usable(pod: V1Pod, image: string): string | undefined {
  const ours = ownContainers(pod);
  const running = ours.find(({ name }) => stateOf(pod, name)?.running);
  const starting = ours.find(
    (container) => container.image === image && !stateOf(pod, container.name)?.terminated,
  );
  return (running ?? starting)?.name;
}

function ownContainers(pod: V1Pod): V1EphemeralContainer[] {
  return (pod.spec?.ephemeralContainers ?? []).filter(({ name }) => name.startsWith(baseName));
}

/** Names of ended ones can't be used again. */
function nextName(pod: V1Pod): string {
  const taken = ownContainers(pod).length;
  return taken === 0 ? baseName : `${baseName}-${taken + 1}`;
}

function stateOf(pod: V1Pod, container: string): V1ContainerState | undefined {
  return pod.status?.ephemeralContainerStatuses?.find(({ name }) => name === container)?.state;
}

async function add(
  cluster: Cluster,
  { namespace, name }: ChosenPod,
  container: string,
  image: string,
): Promise<V1Pod> {
  const body = { spec: { ephemeralContainers: [probeContainerSpec(container, image)] } };
  try {
    return await cluster.core.patchNamespacedPodEphemeralcontainers(
      { namespace, name, body },
      setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch),
    );
  } catch (error) {
    const doing = `add the container ${container} to pod ${namespace}/${name}`;
    throw apiProblem(error, doing, "patch pods/ephemeralcontainers");
  }
}

function cannotStart(
  { namespace, name }: ChosenPod,
  image: string,
  { reason = "unknown", message = "" }: { reason?: string; message?: string },
): ProbeError {
  const said = message ? `${reason}: ${message}` : reason;
  return new ProbeError(
    `the probe's container can't start in ${namespace}/${name} (${said}): make the image ${image} available to the cluster, or name one that is`,
    { permanent: true },
  );
}
