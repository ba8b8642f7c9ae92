/** Figures of metrics-server, in the Kubernetes API's own notation. */

/** An item of `metrics.k8s.io/v1beta1` `PodMetricsList`. */
export interface PodMetrics {
  metadata: { namespace: string; name: string };
  containers: { usage: { cpu: string; memory: string } }[];
}

const FACTORS: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/**
 * `1500m`, `128974848`, `123Mi` as a number
 * (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
 * @returns undefined where the text is none
 */
export function quantity(text: string): number | undefined {
  const [, number, suffix = ""] = /^([\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text) ?? [];
  const factor = FACTORS[suffix];
  const value = Number(number) * (factor ?? Number.NaN);
  return Number.isNaN(value) ? undefined : value;
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
