/** The figures of pods as Prometheus metrics. */
import { Counter, Gauge, Registry } from "prom-client";
import type { PodUsage, Stops } from "./pod-usage.ts";

type Metric = Gauge | Counter;
/** Hands a pod's figures to a metric; one that isn't known is left out. */
type Fill = (pod: PodUsage, add: (labels: object, value: number | undefined) => void) => void;

/**
 * Registers the metrics of pods.
 * @param read asked when they're collected, by each of them
 */
export function registerUsage(registry: Registry, read: () => Promise<PodUsage[]>): void {
  // What is collected replaces what was known: counters are counted elsewhere.
  const collect = async (metric: Metric, fill: Fill) => {
    const pods = await read();
    metric.reset();
    for (const pod of pods) {
      fill(pod, (labels, value) => {
        if (value !== undefined) metric.inc({ pod: pod.pod, ...labels }, value);
      });
    }
  };
  const options = (name: string, help: string, labelNames: string[]) => ({
    name,
    help,
    labelNames,
    registers: [registry],
  });
  const gauge = (name: string, help: string, labelNames: string[], fill: Fill) => {
    const metric: Gauge = new Gauge({
      ...options(name, help, labelNames),
      collect: () => collect(metric, fill),
    });
  };
  const counter = (name: string, help: string, labelNames: string[], fill: Fill) => {
    const metric: Counter = new Counter({
      ...options(name, help, labelNames),
      collect: () => collect(metric, fill),
    });
  };

  counter(
    "micromesh_pod_cpu_seconds_total",
    "CPU time of each pod's processes.",
    ["pod"],
    (pod, add) => add({}, pod.cpuSeconds),
  );
  gauge(
    "micromesh_pod_cpu_cores",
    "CPU of each pod, over the last interval.",
    ["pod"],
    (pod, add) => add({}, pod.cpuMillicores === undefined ? undefined : pod.cpuMillicores / 1000),
  );
  gauge("micromesh_pod_memory_bytes", "Memory of each pod.", ["pod"], (pod, add) =>
    add({}, pod.memoryBytes),
  );
  gauge(
    "micromesh_pod_open_connections",
    "Open TCP connections of each pod, by who opened them.",
    ["pod", "direction"],
    ({ connections }, add) => {
      add({ direction: "in" }, connections?.in);
      add({ direction: "out" }, connections?.out);
    },
  );
  const stopped = (stops: Stops | undefined, add: (labels: object, value: number) => void) => {
    for (const { to, port, count } of stops?.destinations ?? []) add({ to, port }, count);
  };
  counter(
    "micromesh_pod_dropped_connections_total",
    "Connections of each pod that policies dropped, by where they were to go.",
    ["pod", "to", "port"],
    ({ dropped }, add) => stopped(dropped, add),
  );
  counter(
    "micromesh_pod_denied_total",
    "Connections and requests of each pod that the mesh or HTTP rules denied.",
    ["pod", "to", "port"],
    ({ denied }, add) => stopped(denied, add),
  );
}

/** The text that a Prometheus scrapes, of figures that are known already. */
export function metricsText(pods: PodUsage[]): Promise<string> {
  const registry = new Registry();
  registerUsage(registry, async () => pods);
  return registry.metrics();
}
