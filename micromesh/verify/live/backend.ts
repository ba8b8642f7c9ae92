import type { V1EndpointSlice } from "@kubernetes/client-node";
import type { Endpoint } from "../../../stacks/outputs.ts";
import { ProbeError } from "../transport.ts";
import type { Cluster } from "./cluster.ts";
import { apiProblem } from "./problems.ts";

/** A pod behind a Service, and the port that the Service's port leads to there. */
export interface Backend {
  namespace: string;
  pod: string;
  port: number;
}

/**
 * A ready pod behind the Service, as kube-proxy finds it: by the Service's EndpointSlices, which have
 * `targetPort` resolved, named ones too.
 * @throws ProbeError if there's no such Service or port, or nothing ready behind it
 */
export async function backendOf(
  cluster: Cluster,
  { namespace, service, port }: Extract<Endpoint, { via: "service" }>,
): Promise<Backend> {
  const where = `Service ${namespace}/${service}`;
  const found = await cluster.core
    .readNamespacedService({ namespace, name: service })
    .catch((error) => {
      throw apiProblem(error, `read ${where}`, "get services");
    });
  const ports = found.spec?.ports ?? [];
  const servicePort = ports.find((candidate) => candidate.port === port);
  if (!servicePort)
    throw new ProbeError(
      `${where} has no port ${port}, it has ${ports.map((other) => other.port).join(", ") || "none"}: mend the stack's endpoints`,
      { permanent: true },
    );
  const slices = await cluster.discovery
    .listNamespacedEndpointSlice({
      namespace,
      labelSelector: `kubernetes.io/service-name=${service}`,
    })
    .catch((error) => {
      throw apiProblem(error, `list EndpointSlices of ${where}`, "list endpointslices");
    });
  const backend = readyBackend(slices.items, servicePort.name ?? "");
  if (backend) return { namespace, ...backend };
  throw new ProbeError(
    `no ready pod is behind ${where}: see \`kubectl -n ${namespace} get endpointslices,pods\``,
  );
}

/** The first pod by name that is ready (unknown counts as ready) and has the named port. */
export function readyBackend(
  slices: V1EndpointSlice[],
  portName: string,
): Omit<Backend, "namespace"> | undefined {
  const backends = slices.flatMap(({ endpoints, ports }) => {
    const port = ports?.find(({ name }) => (name ?? "") === portName)?.port;
    if (port === undefined) return [];
    return (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ targetRef }) =>
        targetRef?.kind === "Pod" && targetRef.name ? [{ pod: targetRef.name, port }] : [],
      );
  });
  return backends.sort((a, b) => a.pod.localeCompare(b.pod))[0];
}
