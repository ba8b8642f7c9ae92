/** Figures of metrics-server, in the Kubernetes API's own notation. */
import { quantity } from "../../resources/quantity.ts";

/** An item of `metrics.k8s.io/v1beta1` `PodMetricsList`. */
export interface PodMetrics {
  metadata: { namespace: string; name: string };
  containers: { usage: { cpu: string; memory: string } }[];
}

/** By `namespace/name`; what the containers of a pod use together. */
export function podResources(
  items: PodMetrics[],
): Map<string, { cpuMillicores?: number; memoryBytes?: number }> {
  return new Map(
    items.map(({ metadata, containers }) => {
      const sum = (texts: string[]) =>
        texts.reduce<number | undefined>((total, text) => {
          const value = quantity(text);
          return total === undefined || value === undefined ? undefined : total + value;
        }, 0);
      const cores = sum(containers.map(({ usage }) => usage.cpu));
      return [
        `${metadata.namespace}/${metadata.name}`,
        {
          cpuMillicores: cores === undefined ? undefined : Math.round(cores * 1000),
          memoryBytes: sum(containers.map(({ usage }) => usage.memory)),
        },
      ];
    }),
  );
}
