import type * as pulumi from "@pulumi/pulumi";
import { Cilium } from "../components/cni/cilium.ts";
import { ExistingCni } from "../components/cni/existing.ts";
import { ExistingIngress } from "../components/ingress/existing.ts";
import { Traefik } from "../components/ingress/traefik.ts";
import { TRAEFIK } from "../components/ingress/traefik-values.ts";
import { ExistingMesh } from "../components/mesh/existing.ts";
import { Istio } from "../components/mesh/istio.ts";
import { ExistingObservability } from "../components/observability/existing.ts";
import { Prometheus } from "../components/observability/prometheus.ts";
import { type BuiltCluster, buildCluster } from "./build-cluster.ts";
import type { Config } from "./config.ts";
import type { Endpoint } from "./outputs.ts";
import type { Platform } from "./platform.ts";

/** Declares the stack's cluster and all that labs stand on, in the order in which each needs the other. */
export async function buildPlatform(config: Config): Promise<Platform> {
  const built = await buildCluster(config);
  const { cluster } = built;
  const inCluster = { provider: cluster.provider, deletedWith: cluster.deletedWith };
  const { cni, ready } = buildCni(config, built, inCluster);
  // Before there is a network no pod starts, so nothing else would ever be ready.
  const options = { ...inCluster, dependsOn: ready };
  const mesh = buildMesh(config, options);
  const ingress = buildIngress(config, built, options);
  buildObservability(config, options);
  return {
    cluster: {
      kind: cluster.kind,
      name: cluster.name,
      kubeconfig: cluster.kubeconfig,
      distribution: built.distribution,
      loadBalancersOutside: built.loadBalancersOutside,
    },
    size: built.size,
    provider: cluster.provider,
    options,
    cni,
    mesh,
    ingress,
  };
}

function buildCni(
  { cni, mirror }: Config,
  { withoutKubeProxy }: BuiltCluster,
  opts: pulumi.ComponentResourceOptions,
): { cni: Platform["cni"]; ready: pulumi.Resource[] } {
  switch (cni.kind) {
    case "cilium":
      return {
        cni: { kind: cni.kind, enforcesNetworkPolicy: true, ciliumPolicies: true },
        ready: [new Cilium("cilium", { hubble: cni.hubble, withoutKubeProxy, mirror }, opts)],
      };
    case "existing": {
      const { kind, ...claims } = cni;
      new ExistingCni("cni", claims, opts);
      return { cni: { kind, ...claims }, ready: [] };
    }
    case "none":
      return {
        cni: { kind: cni.kind, enforcesNetworkPolicy: false, ciliumPolicies: false },
        ready: [],
      };
  }
}

function buildMesh(
  { mesh, cluster, mirror }: Config,
  opts: pulumi.ComponentResourceOptions,
): Platform["mesh"] {
  switch (mesh.kind) {
    case "istio": {
      // minikube keeps network namespaces elsewhere only where Docker itself runs the pods.
      const docker = cluster.kind === "minikube" && cluster.containerRuntime === "docker";
      const args = { platform: docker ? "minikube" : undefined, mirror };
      const { ready } = new Istio("istio", args, opts);
      return { kind: mesh.kind, present: true, ready };
    }
    case "existing": {
      const { namespace, trustDomain } = mesh;
      new ExistingMesh("mesh", { namespace, trustDomain }, opts);
      return { kind: mesh.kind, present: true, ready: [] };
    }
    case "none":
      return { kind: mesh.kind, present: false, ready: [] };
  }
}

function buildIngress(
  { ingress, mirror }: Config,
  built: BuiltCluster,
  opts: pulumi.ComponentResourceOptions,
): Platform["ingress"] {
  switch (ingress.kind) {
    case "traefik": {
      const { kind, namespace, nodePort } = ingress;
      const serviceType = built.nodeAddresses ? "LoadBalancer" : "NodePort";
      const args = { namespace, nodePort, serviceType, mirror } as const;
      const traefik = new Traefik("traefik", args, opts);
      return {
        kind,
        className: TRAEFIK,
        workload: { namespace, workload: TRAEFIK },
        endpoint: traefikEndpoint(built, { namespace, service: TRAEFIK, port: 80 }),
        ready: [traefik],
      };
    }
    case "existing": {
      const { kind, ...args } = ingress;
      new ExistingIngress("ingress", args, opts);
      const { className, url, service, workload } = args;
      return {
        kind,
        className,
        workload,
        endpoint: url
          ? { via: "url", url }
          : service && {
              via: "service",
              namespace: service.namespace,
              service: service.name,
              port: service.port,
            },
        ready: [],
      };
    }
    case "none":
      return { kind: ingress.kind, ready: [] };
  }
}

function traefikEndpoint(
  { nodeAddresses, publicUrl }: BuiltCluster,
  service: { namespace: string; service: string; port: number },
): pulumi.Input<Endpoint> {
  if (publicUrl) return publicUrl.apply((url): Endpoint => ({ via: "url", url }));
  if (nodeAddresses) return { via: "load-balancer", ...service };
  // Not by the node's address: from macOS, Windows and WSL there is no way to minikube's.
  return { via: "service", ...service };
}

function buildObservability(
  { observability, mirror }: Config,
  opts: pulumi.ComponentResourceOptions,
): void {
  switch (observability.kind) {
    case "prometheus":
      new Prometheus("prometheus", { mirror }, opts);
      return;
    case "existing":
      new ExistingObservability(
        "observability",
        { prometheusUrl: observability.prometheusUrl },
        opts,
      );
      return;
    case "none":
      return;
  }
}
