/** Random clusters as objects that a folder of manifests could hold, and what is asked of them. */
import fc from "fast-check";
import type { Namespace, Pod } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { protocol } from "../connectivity/random-clusters.ts";
import { namespace, workload } from "./objects.ts";

/** Namespaces, and pods that run. */
export function declared({
  pods,
  namespaces,
}: {
  pods: Pod[];
  namespaces: Namespace[];
}): KubernetesObject[] {
  return [
    ...namespaces.map(({ name, labels }) => namespace(name, labels)),
    ...pods.map((pod) => ({
      ...workload("Pod", `${pod.namespace}/${pod.name}`, {
        labels: pod.labels,
        ports: pod.ports,
        pod: { hostNetwork: pod.hostNetwork, serviceAccountName: pod.serviceAccount },
      }),
      status: { podIPs: pod.ips.map((ip) => ({ ip })) },
    })),
  ];
}

/** Those that are declared, and those that pods stand in, with the label that the API server gives them. */
export function everyNamespace({
  pods,
  namespaces,
}: {
  pods: Pod[];
  namespaces: Namespace[];
}): Namespace[] {
  const names = [...namespaces.map(({ name }) => name), ...pods.map((pod) => pod.namespace)];
  return [...new Set(names)].map((name) => ({
    name,
    labels: {
      ...namespaces.find((one) => one.name === name)?.labels,
      "kubernetes.io/metadata.name": name,
    },
  }));
}

export function podId({ namespace, name }: Pod): string {
  return `${namespace}/${name}[Pod]`;
}

/** Two of a cluster's pods, by their places, and a port. */
export const podsAndPort = fc.record({
  from: fc.nat(),
  to: fc.nat(),
  port: fc.integer({ min: 79, max: 85 }),
  protocol,
});

export type PodsAndPort = typeof podsAndPort extends fc.Arbitrary<infer T> ? T : never;

export function endsIn(pods: Pod[], { from, to }: PodsAndPort): [from: Pod, to: Pod] {
  return [from, to].map((n) => pods[n % pods.length]) as [Pod, Pod];
}
