/**
 * The pods that the program's charts make, of the versions that it pins: how many, and where each one's
 * resources stand in the values. Defaults are the charts' own; where a chart has none, nothing is said here.
 */
import type { ChartValues } from "./chart-values.ts";
import type { Container, PodSpec, Resources } from "./pod-request.ts";

export interface ChartPods {
  name: string;
  spec: PodSpec;
  /** Pods in the cluster, or one on each node. */
  count: number | "each node";
}

export interface Chart {
  /** Who its pods belong to, for people. */
  owner: string;
  pods(values: ChartValues): ChartPods[];
}

const requests = (cpu: string, memory: string): Resources => ({ requests: { cpu, memory } });

/** A sidecar of Istio, where neither the values nor the pod say otherwise. */
export const PROXY: Resources = {
  requests: { cpu: "100m", memory: "128Mi" },
  limits: { cpu: "2000m", memory: "1024Mi" },
};

const pods = (name: string, count: ChartPods["count"], ...containers: Container[]): ChartPods => ({
  name,
  count,
  spec: { containers },
});

/** By the chart's name. */
export const charts: Record<string, Chart> = {
  cilium: {
    owner: "Cilium",
    pods: (values) => [
      {
        name: "agent",
        count: "each node",
        spec: {
          containers: [values.container("resources")],
          initContainers: [values.container("cni.resources", requests("100m", "10Mi"))],
        },
      },
      ...(values.flag("envoy.enabled", true)
        ? [pods("envoy", "each node", values.container("envoy.resources"))]
        : []),
      ...(values.flag("operator.enabled", true)
        ? [
            pods(
              "operator",
              values.number("operator.replicas", 2),
              values.container("operator.resources"),
            ),
          ]
        : []),
      ...(values.flag("hubble.enabled", true) && values.flag("hubble.relay.enabled", false)
        ? [
            pods(
              "hubble-relay",
              values.number("hubble.relay.replicas", 1),
              values.container("hubble.relay.resources"),
            ),
          ]
        : []),
      ...(values.flag("hubble.ui.enabled", false)
        ? [
            pods(
              "hubble-ui",
              values.number("hubble.ui.replicas", 1),
              values.container("hubble.ui.frontend.resources"),
              values.container("hubble.ui.backend.resources"),
            ),
          ]
        : []),
    ],
  },
  base: { owner: "Istio", pods: () => [] },
  istiod: {
    owner: "Istio",
    pods: (values) => [
      pods(
        "istiod",
        values.flag("autoscaleEnabled", true)
          ? values.number("autoscaleMin", 1)
          : values.number("replicaCount", 1),
        values.container("resources", requests("500m", "2048Mi")),
      ),
    ],
  },
  cni: {
    owner: "Istio",
    pods: (values) => [
      pods("istio-cni", "each node", values.container("resources", requests("100m", "100Mi"))),
    ],
  },
  gateway: {
    owner: "Istio",
    pods: (values) => [
      pods(
        "gateway",
        values.flag("autoscaling.enabled", true)
          ? values.number("autoscaling.minReplicas", 1)
          : values.number("replicaCount", 1),
        values.container("resources", PROXY),
      ),
    ],
  },
  traefik: {
    owner: "Traefik",
    pods: (values) => [
      pods(
        "traefik",
        values.at("deployment.kind") === "DaemonSet"
          ? "each node"
          : values.number("deployment.replicas", 1),
        values.container("resources"),
      ),
    ],
  },
  prometheus: {
    owner: "Prometheus",
    pods: (values) => [
      pods(
        "server",
        values.number("server.replicaCount", 1),
        values.container("server.resources"),
        ...(values.flag("configmapReload.prometheus.enabled", true)
          ? [values.container("configmapReload.prometheus.resources")]
          : []),
      ),
      ...subcharts
        .filter(({ name }) => values.flag(`${name}.enabled`, true))
        .map(({ name, count }) => pods(name, count, values.container(`${name}.resources`))),
    ],
  },
};

/** Of the chart `prometheus`: each is a chart of its own, below its name. */
const subcharts: { name: string; count: ChartPods["count"] }[] = [
  { name: "alertmanager", count: 1 },
  { name: "kube-state-metrics", count: 1 },
  { name: "prometheus-node-exporter", count: "each node" },
  { name: "prometheus-pushgateway", count: 1 },
];
