/** The pods that declared objects make. */
import type { Declaration, KubernetesObject } from "../resources/declared.ts";
import { isMeshed } from "../resources/injection.ts";
import { groupKind, kubernetesObjects, objectTitle } from "../resources/kubernetes.ts";
import { declaredPlatform } from "../resources/platform.ts";
import { minus } from "./amounts.ts";
import { ChartValues } from "./chart-values.ts";
import { PROXY } from "./charts.ts";
import type { PodGroup } from "./pod-group.ts";
import { type Container, type PodSpec, podRequest } from "./pod-request.ts";
import { releasesOf } from "./releases.ts";

interface Template {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: PodSpec;
}

/** The label by which pods belong to an application. */
const PART_OF = "app.kubernetes.io/part-of";

/** Where each kind has its pods' template, and what says how many there are. */
const templates: Record<string, (spec: KubernetesObject["spec"]) => [Template, PodGroup["count"]]> =
  {
    "apps/Deployment": (spec) => [spec.template, spec.replicas ?? 1],
    "apps/StatefulSet": (spec) => [spec.template, spec.replicas ?? 1],
    "apps/ReplicaSet": (spec) => [spec.template, spec.replicas ?? 1],
    "apps/DaemonSet": (spec) => [spec.template, "each node"],
    ReplicationController: (spec) => [spec.template, spec.replicas ?? 1],
    "batch/Job": (spec) => [spec.template, spec.suspend ? 0 : (spec.parallelism ?? 1)],
    "batch/CronJob": (spec) => [
      spec.jobTemplate?.spec?.template,
      spec.suspend ? 0 : (spec.jobTemplate?.spec?.parallelism ?? 1),
    ],
  };

/** The kinds that pods come from. */
export const WORKLOADS: readonly string[] = ["Pod", ...Object.keys(templates)];

/** The pods of all declared workloads, with sidecars where a declared mesh injects them. */
export function workloadPods(declaration: Declaration): PodGroup[] {
  const { mesh } = declaredPlatform(declaration).settings;
  const objects = kubernetesObjects(declaration);
  const labelsOf = new Map(
    objects
      .filter(({ kind }) => kind === "Namespace")
      .map(({ metadata }) => [metadata.name, metadata.labels ?? {}]),
  );
  const istiod = releasesOf(declaration).find(({ chart }) => chart === "istiod");
  const proxy = new ChartValues(istiod?.values).container("global.proxy.resources", PROXY);
  return objects.flatMap((object) => {
    const found = templateOf(object);
    if (!found) return [];
    const [{ metadata: { labels = {}, annotations = {} } = {}, spec = {} }, count] = found;
    const { namespace = "default" } = object.metadata;
    const own = podRequest(spec);
    const meshed = isMeshed(mesh, labelsOf.get(namespace) ?? {}, labels, spec.hostNetwork === true);
    const sidecar = meshed && sidecarOf(annotations, proxy);
    return {
      owner: labels[PART_OF] ?? `namespace ${namespace}`,
      title: objectTitle(object),
      count,
      request: own,
      ...(sidecar && { sidecar: minus(podRequest(withSidecar(spec, sidecar)), own) }),
    };
  });
}

function templateOf(object: KubernetesObject): [Template, PodGroup["count"]] | undefined {
  const { metadata, spec = {} } = object;
  if (groupKind(object) === "Pod") return [{ metadata, spec }, 1];
  const [template, count] = templates[groupKind(object)]?.(spec) ?? [];
  return count === undefined ? undefined : [template ?? {}, count];
}

/**
 * One annotation of these is enough for all that the mesh says of resources to be left out
 * (the template `resources` in istiod's injection-template.yaml).
 */
function sidecarOf(annotations: Record<string, string>, proxy: Container): Container {
  const annotation = (name: string) => annotations[`sidecar.istio.io/${name}`];
  const requests = { cpu: annotation("proxyCPU"), memory: annotation("proxyMemory") };
  const limits = { cpu: annotation("proxyCPULimit"), memory: annotation("proxyMemoryLimit") };
  const said = [...Object.values(requests), ...Object.values(limits)];
  return said.every((one) => one === undefined) ? proxy : { resources: { requests, limits } };
}

/** Istio injects it as an init container that stays, before all others. */
function withSidecar(spec: PodSpec, sidecar: Container): PodSpec {
  const first = { ...sidecar, restartPolicy: "Always" };
  return { ...spec, initContainers: [first, ...(spec.initContainers ?? [])] };
}
