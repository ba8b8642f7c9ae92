/** The ways in from outside that lead to Services: Ingress, Istio's and Kubernetes' Gateways, a Service's own. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind, objectTitle } from "../../resources/kubernetes.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Workload } from "../cluster/workloads.ts";
import { serviceWaysIn } from "./services-own.ts";
import type { WayIn } from "./way-in.ts";

export type { WayIn } from "./way-in.ts";

// biome-ignore lint/suspicious/noExplicitAny: objects of many kinds, whose shapes were checked when they were read
type Any = any;

export function waysIn(cluster: Cluster): WayIn[] {
  return cluster.objects.flatMap((object) => readers[groupKind(object)]?.(object, cluster) ?? []);
}

const readers: Record<string, (object: KubernetesObject, cluster: Cluster) => WayIn[]> = {
  Service: serviceWaysIn,
  "route.openshift.io/Route": openShiftRoute,
  "networking.k8s.io/Ingress": ingress,
  "networking.istio.io/VirtualService": virtualService,
  "gateway.networking.k8s.io/HTTPRoute": route,
  "gateway.networking.k8s.io/GRPCRoute": route,
  "gateway.networking.k8s.io/TCPRoute": route,
};

function ingress(object: KubernetesObject, cluster: Cluster): WayIn[] {
  const { spec = {}, metadata } = object;
  const controller = cluster.platform.ingress;
  const named = spec.ingressClassName ?? metadata.annotations?.["kubernetes.io/ingress.class"];
  const served =
    !controller ||
    (named === undefined ? controller.isDefaultClass : named === controller.className);
  const workload =
    controller && served
      ? workloadNamed(cluster, controller.namespace, controller.name)
      : undefined;
  const way = (backend: Any, field: string): WayIn[] => {
    if (!backend?.service) return [];
    const { name, port = {} } = backend.service;
    return [
      {
        by: workload
          ? { kind: "workload", workload }
          : { kind: "controller", id: "{ingress-controller}" },
        object: objectTitle(object),
        field,
        service: `${metadata.namespace}/${name}`,
        port: port.number ?? port.name,
        closed: served
          ? undefined
          : `no ingress controller serves class ${named ?? "none"}; the declared one serves ${controller?.className}`,
      },
    ];
  };
  return [
    ...way(spec.defaultBackend, "spec.defaultBackend"),
    ...((spec.rules ?? []) as Any[]).flatMap((rule, i) =>
      ((rule?.http?.paths ?? []) as Any[]).flatMap((path, j) =>
        way(path?.backend, `spec.rules[${i}].http.paths[${j}].backend`),
      ),
    ),
  ];
}

/** OpenShift's own router serves its Routes; `port.targetPort` is the Service's target port. */
function openShiftRoute(object: KubernetesObject): WayIn[] {
  const { spec = {}, metadata } = object;
  const backends = [
    { backend: spec.to, field: "spec.to" },
    ...((spec.alternateBackends ?? []) as Any[]).map((backend, i) => ({
      backend,
      field: `spec.alternateBackends[${i}]`,
    })),
  ];
  return backends.flatMap(({ backend, field }): WayIn[] => {
    if (!backend?.name || (backend.kind ?? "Service") !== "Service") return [];
    return [
      {
        by: { kind: "controller", id: "{ingress-controller}" },
        object: objectTitle(object),
        field,
        service: `${metadata.namespace}/${backend.name}`,
        target: spec.port?.targetPort,
      },
    ];
  });
}

/** A VirtualService that is bound to a Gateway leads in; one for the mesh alone doesn't. */
function virtualService(object: KubernetesObject, cluster: Cluster): WayIn[] {
  const { spec = {}, metadata } = object;
  const namespace = metadata.namespace as string;
  const gateways = ((spec.gateways ?? []) as string[]).filter((name) => name !== "mesh");
  const destinations = (["http", "tls", "tcp"] as const).flatMap((kind) =>
    ((spec[kind] ?? []) as Any[]).flatMap((rule, i) =>
      ((rule?.route ?? []) as Any[]).flatMap((item, j) => {
        const service = serviceOf(String(item?.destination?.host ?? ""), namespace, cluster);
        const port = item?.destination?.port?.number as number | undefined;
        const field = `spec.${kind}[${i}].route[${j}].destination`;
        return service === undefined ? [] : [{ field, service, port }];
      }),
    ),
  );
  return gateways.flatMap((name) => {
    const [gatewayName, gatewayNamespace = namespace] = name.split("/").reverse() as [
      string,
      string?,
    ];
    const gateway = cluster.objects.find(
      (one) =>
        groupKind(one) === "networking.istio.io/Gateway" &&
        one.metadata.name === gatewayName &&
        one.metadata.namespace === gatewayNamespace,
    );
    const pods = gateway ? gatewayPods(gateway, cluster) : [];
    const by: WayIn["by"][] =
      pods.length > 0
        ? pods.map((workload) => ({ kind: "workload", workload }))
        : [{ kind: "controller", id: "{gateway}" }];
    const closed = closedBecause(object, name, gateway, cluster);
    return by.flatMap((one) =>
      destinations.map((destination) => ({
        by: one,
        object: objectTitle(object),
        ...destination,
        closed,
      })),
    );
  });
}

/** https://istio.io/latest/docs/reference/config/networking/gateway/: the selector looks into every namespace. */
function gatewayPods(gateway: KubernetesObject, { workloads }: Cluster): Workload[] {
  const wanted = Object.entries((gateway.spec?.selector ?? {}) as Record<string, string>);
  return workloads.filter(
    ({ pod }) => wanted.length > 0 && wanted.every(([key, value]) => pod.labels[key] === value),
  );
}

function closedBecause(
  object: KubernetesObject,
  name: string,
  gateway: KubernetesObject | undefined,
  cluster: Cluster,
): string | undefined {
  if (!cluster.platform.settings.mesh) return "no Istio is declared, so nobody reads it";
  if (!gateway) return `there is no Gateway ${name}`;
  const hosts = ((object.spec?.hosts ?? []) as string[]).map((host) => host.toLowerCase());
  const offered = ((gateway.spec?.servers ?? []) as Any[]).flatMap((server) =>
    ((server?.hosts ?? []) as string[]).map(
      (host) => host.toLowerCase().split("/").at(-1) as string,
    ),
  );
  const meets = hosts.some((host) => offered.some((other) => hostsMeet(host, other)));
  return meets ? undefined : `Gateway ${name} serves none of its hosts (${hosts.join(", ")})`;
}

/** Either may have a wildcard as its first label. */
function hostsMeet(a: string, b: string): boolean {
  const inside = (host: string, pattern: string) =>
    pattern === "*" ||
    host === pattern ||
    (pattern.startsWith("*.") && host.endsWith(pattern.slice(1)));
  return inside(a, b) || inside(b, a);
}

/** HTTPRoute and its kin: their parents are Gateways of the Gateway API, or Services in a mesh. */
function route(object: KubernetesObject, cluster: Cluster): WayIn[] {
  const { spec = {}, metadata } = object;
  const parents = ((spec.parentRefs ?? []) as Any[]).filter(
    ({ kind = "Gateway" }) => kind === "Gateway",
  );
  return parents.flatMap(({ name, namespace = metadata.namespace }) => {
    const gateway = cluster.objects.find(
      (one) =>
        groupKind(one) === "gateway.networking.k8s.io/Gateway" &&
        one.metadata.name === name &&
        one.metadata.namespace === namespace,
    );
    // Istio makes a Deployment of this name for each Gateway, which isn't among what is declared.
    const workload = workloadNamed(cluster, namespace, `${name}-istio`);
    return ((spec.rules ?? []) as Any[]).flatMap((rule, i) =>
      ((rule?.backendRefs ?? []) as Any[])
        .filter(({ kind = "Service" }) => kind === "Service")
        .map((backend, j) => ({
          by: workload
            ? ({ kind: "workload", workload } as const)
            : ({ kind: "controller", id: "{gateway}" } as const),
          object: objectTitle(object),
          field: `spec.rules[${i}].backendRefs[${j}]`,
          service: `${backend.namespace ?? metadata.namespace}/${backend.name}`,
          port: backend.port,
          closed: gateway ? undefined : `there is no Gateway ${namespace}/${name}`,
        })),
    );
  });
}

function workloadNamed(cluster: Cluster, namespace: string, name: string): Workload | undefined {
  return cluster.workloads.find(
    (workload) =>
      workload.namespace === namespace &&
      (workload.name === name || workload.pod.labels["app.kubernetes.io/name"] === name),
  );
}

/**
 * `reviews`, `reviews.shop` or `reviews.shop.svc.cluster.local` as `namespace/name`; undefined for a host
 * that a ServiceEntry brings into the mesh.
 */
function serviceOf(host: string, namespace: string, cluster: Cluster): string | undefined {
  const full = /^([^.]+)\.([^.]+)\.svc(?:\.cluster\.local)?$/i.exec(host);
  if (full) return `${full[2]}/${full[1]}`.toLowerCase();
  const [name, of = namespace, ...more] = host.toLowerCase().split(".");
  const known = of === namespace || cluster.namespaces.some((one) => one.name === of);
  return more.length === 0 && known ? `${of}/${name}` : undefined;
}
