import type { V1Service } from "@kubernetes/client-node";
import type { Endpoint } from "../../../stacks/outputs.ts";
import type { Via } from "../client/observation.ts";
import { ProbeError } from "../transport.ts";
import type { Cluster } from "./cluster.ts";
import { apiProblem } from "./problems.ts";

/**
 * The address that the cluster's load balancer has given a Service: the first in its `status`.
 * @throws ProbeError if there's no such Service or port, if it isn't of type LoadBalancer, or if it has no
 * address (yet)
 */
export async function externalAddress(
  cluster: Cluster,
  { namespace, service, port }: Extract<Endpoint, { via: "load-balancer" }>,
): Promise<Via> {
  const where = `Service ${namespace}/${service}`;
  const found = await cluster.core
    .readNamespacedService({ namespace, name: service })
    .catch((error) => {
      throw apiProblem(error, `read ${where}`, "get services");
    });
  return addressOf(found, where, port);
}

/** @throws ProbeError as {@link externalAddress} does */
export function addressOf({ spec, status }: V1Service, where: string, port: number): Via {
  if (spec?.type !== "LoadBalancer")
    throw new ProbeError(
      `${where} is of type ${spec?.type ?? "ClusterIP"}, not LoadBalancer: mend the stack's endpoints, or the Service`,
      { permanent: true },
    );
  const ports = (spec.ports ?? []).map((other) => other.port);
  if (!ports.includes(port))
    throw new ProbeError(
      `${where} has no port ${port}, it has ${ports.join(", ") || "none"}: mend the stack's endpoints`,
      { permanent: true },
    );
  const [ingress] = status?.loadBalancer?.ingress ?? [];
  const host = ingress?.ip ?? ingress?.hostname;
  if (host) return { host, port };
  throw new ProbeError(
    `${where} has no external address: minikube gives one while \`minikube tunnel\` runs (or by the addon metallb), K3s by its servicelb, Cilium by a CiliumLoadBalancerIPPool`,
  );
}
