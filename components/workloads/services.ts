import type { types } from "@pulumi/kubernetes";
import { type CommonArgs, portsOf } from "./args.ts";
import { selectorLabels } from "./pod.ts";

type ServiceSpec = types.input.core.v1.ServiceSpec;

/** The way to a workload's pods. */
export function serviceSpec(name: string, args: CommonArgs): ServiceSpec {
  const { headless, loadBalancer, selector } = args;
  return {
    type: loadBalancer ? "LoadBalancer" : "ClusterIP",
    ...(headless ? { clusterIP: "None" } : {}),
    ...(loadBalancer?.externalTrafficPolicy
      ? { externalTrafficPolicy: loadBalancer.externalTrafficPolicy }
      : {}),
    ...(loadBalancer?.sourceRanges ? { loadBalancerSourceRanges: loadBalancer.sourceRanges } : {}),
    selector: selector ?? selectorLabels(name),
    ports: servicePorts(args),
  };
}

/** A Service's ports: those of the pods by their names. */
export function servicePorts(args: CommonArgs) {
  return portsOf(args).map((port) => ({
    name: port.name,
    protocol: "TCP",
    port: port.service,
    targetPort: port.name,
  }));
}

/** Those that are asked for, and what Pulumi is told not to wait for. */
export function serviceAnnotations(args: CommonArgs): { annotations?: Record<string, string> } {
  // Pulumi would wait for an address that a cluster without load balancers never gives, and for
  // endpoints that a selector of somebody else's may never find.
  const awaited = !args.loadBalancer && !args.selector;
  const all: Record<string, string> = {
    ...(awaited ? {} : { "pulumi.com/skipAwait": "true" }),
    ...args.serviceAnnotations,
  };
  return Object.keys(all).length > 0 ? { annotations: all } : {};
}
