import type { Endpoint } from "../../../stacks/outputs.ts";
import type { Transport } from "../transport.ts";
import { connectCluster } from "./cluster.ts";
import { observeFromOutside } from "./from-outside.ts";
import { PodObserver } from "./in-pod.ts";

export interface LiveOptions {
  /** Contents of a kubeconfig; its current context is used. */
  kubeconfig: string;
  /** Ways in from outside, by host name: the stack's output of that name. */
  endpoints: Record<string, Endpoint>;
  /** A `node` image (18 or newer) that the cluster can pull, for pods that have no Node. */
  probeImage: string;
}

/** Seconds for a network that was just changed: policies take effect, kube-proxy and sidecars follow. */
export const liveSettleSeconds = 20;

/**
 * Probes a real cluster, with nothing but its Kubernetes API and, from outside, the way in.
 * It changes nothing there, except that a pod without Node gets one ephemeral container.
 * @throws ProbeError if the kubeconfig can't be used
 */
export function liveTransport({ kubeconfig, endpoints, probeImage }: LiveOptions): Transport {
  const closing = new AbortController();
  const cluster = connectCluster(kubeconfig, closing.signal);
  const pods = new PodObserver(cluster, probeImage);
  return {
    observe: (from, request, timeoutMs) =>
      from === "outside"
        ? observeFromOutside(cluster, endpoints, request, timeoutMs)
        : pods.observe(from, request, timeoutMs),
    // Every observation closes what it opened; those that still run are ended.
    async close() {
      closing.abort();
    },
  };
}
