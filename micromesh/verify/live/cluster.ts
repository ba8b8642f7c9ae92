import {
  CoreV1Api,
  CustomObjectsApi,
  DiscoveryV1Api,
  Exec,
  KubeConfig,
  PortForward,
} from "@kubernetes/client-node";
import { ProbeError } from "../transport.ts";
import { RawApi } from "./raw-api.ts";

/** The parts of the Kubernetes API that we go through. */
export interface Cluster {
  core: CoreV1Api;
  discovery: DiscoveryV1Api;
  custom: CustomObjectsApi;
  raw: RawApi;
  exec: Exec;
  portForward: PortForward;
  /** Aborted when nobody wants an observation any more. */
  closing: AbortSignal;
}

/**
 * A client for the kubeconfig's current context. Nothing is asked of the cluster yet.
 * @param kubeconfig contents, a secret: no message of this module tells any of it
 * @throws ProbeError if it isn't a kubeconfig that names a cluster
 */
export function connectCluster(kubeconfig: string, closing: AbortSignal): Cluster {
  const config = new KubeConfig();
  try {
    config.loadFromString(kubeconfig);
  } catch {
    // The parser's own message quotes the text, and with it whatever secret stands there.
    throw unusable("can't be read");
  }
  if (!config.getCurrentCluster()?.server)
    throw unusable("names no cluster in its current context");
  return {
    core: config.makeApiClient(CoreV1Api),
    discovery: config.makeApiClient(DiscoveryV1Api),
    custom: config.makeApiClient(CustomObjectsApi),
    raw: config.makeApiClient(RawApi),
    exec: new Exec(config),
    portForward: new PortForward(config),
    closing,
  };
}

function unusable(why: string): ProbeError {
  return new ProbeError(
    `the kubeconfig ${why}: give one that \`kubectl --kubeconfig FILE get pods\` works with`,
    { permanent: true },
  );
}
