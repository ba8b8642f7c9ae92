import { type Mirror, mirrored } from "../../stacks/versions.ts";

export interface PrometheusArgs {
  mirror?: Mirror;
}

/**
 * Values for the chart `prometheus`: the server alone, forgetting after six hours. It finds what is
 * annotated `prometheus.io/scrape`, as sidecars and istiod are.
 */
export function prometheusValues({ mirror = {} }: PrometheusArgs): Record<string, unknown> {
  return {
    alertmanager: { enabled: false },
    "kube-state-metrics": { enabled: false },
    "prometheus-node-exporter": { enabled: false },
    "prometheus-pushgateway": { enabled: false },
    configmapReload: { prometheus: { enabled: false } },
    server: {
      ...(mirror.images === undefined
        ? {}
        : { image: { repository: mirrored("quay.io/prometheus/prometheus", mirror) } }),
      persistentVolume: { enabled: false },
      retention: "6h",
      global: { scrape_interval: "15s" },
      resources: { requests: { cpu: "20m", memory: "200Mi" }, limits: { memory: "512Mi" } },
    },
  };
}
