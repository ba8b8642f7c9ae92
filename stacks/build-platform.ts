import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../components/clusters/cluster.ts";
import { ExistingCluster } from "../components/clusters/existing/existing.ts";
import { Minikube } from "../components/clusters/minikube/minikube.ts";
import { Cilium } from "../components/cni/cilium.ts";
import { ExistingCni } from "../components/cni/existing.ts";
import { ExistingIngress } from "../components/ingress/existing.ts";
import { Traefik } from "../components/ingress/traefik.ts";
import { TRAEFIK } from "../components/ingress/traefik-values.ts";
import { ExistingMesh } from "../components/mesh/existing.ts";
import { Istio } from "../components/mesh/istio.ts";
import { ExistingObservability } from "../components/observability/existing.ts";
import { Prometheus } from "../components/observability/prometheus.ts";
import type { Config } from "./config.ts";
import type { Platform } from "./platform.ts";

/** Declares the stack's cluster and all that labs stand on, in the order in which each needs the other. */
export function buildPlatform(config: Config): Platform {
  const cluster = buildCluster(config);
  const inCluster = { provider: cluster.provider, deletedWith: cluster.deletedWith };
  const { cni, ready } = buildCni(config, inCluster);
  // Before there is a network no pod starts, so nothing else would ever be ready.
  const options = { ...inCluster, dependsOn: ready };
  const mesh = buildMesh(config, options);
  const ingress = buildIngress(config, options);
  buildObservability(config, options);
  return {
    cluster: {
      kind: cluster.kind,
      name: cluster.name,
      kubeconfig: cluster.kubeconfig,
      distribution: config.cluster.kind === "existing" ? config.cluster.distribution : "kubernetes",
    },
    provider: cluster.provider,
    options,
    cni,
    mesh,
    ingress,
  };
}

function buildCluster({ cluster, cni, mirror }: Config): Cluster {
  if (cluster.kind === "existing") {
    const { name, context, kubeconfig } = cluster;
    return new ExistingCluster("cluster", { name, context }, { kubeconfig });
  }
  const { kind: _, profile = defaultProfile(), ...settings } = cluster;
  return new Minikube("cluster", {
    ...settings,
    profile,
    cni: minikubeCni[cni.kind],
    imageRepository: mirror.images,
  });
}

/**
 * minikube's network for each kind. `none` is not minikube's default: with containerd on docker that
 * is kindnet, which enforces NetworkPolicy; `bridge` enforces none.
 */
const minikubeCni = { cilium: "false", none: "bridge", existing: "auto" };

/** A profile's name is stricter than a stack's. */
function defaultProfile(): string {
  return `micromesh-${pulumi.getStack().replace(/[^a-zA-Z0-9]+/g, "-")}`.replace(/-$/, "");
}

function buildCni(
  { cni, mirror }: Config,
  opts: pulumi.ComponentResourceOptions,
): { cni: Platform["cni"]; ready: pulumi.Resource[] } {
  switch (cni.kind) {
    case "cilium":
      return {
        cni: { kind: cni.kind, enforcesNetworkPolicy: true, ciliumPolicies: true },
        ready: [new Cilium("cilium", { hubble: cni.hubble, mirror }, opts)],
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
  opts: pulumi.ComponentResourceOptions,
): Platform["ingress"] {
  switch (ingress.kind) {
    case "traefik": {
      const { kind, namespace, nodePort } = ingress;
      const traefik = new Traefik("traefik", { namespace, nodePort, mirror }, opts);
      return {
        kind,
        className: TRAEFIK,
        workload: { namespace, workload: TRAEFIK },
        // Not by the node's address: from macOS, Windows and WSL there is no way to it.
        endpoint: { via: "service", namespace, service: TRAEFIK, port: 80 },
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
