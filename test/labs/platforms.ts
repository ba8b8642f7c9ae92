import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { collect } from "../../micromesh/resources/collect.ts";
import type { Declaration } from "../../micromesh/resources/declared.ts";
import { withoutEngine } from "../../micromesh/resources/stand-ins.ts";
import type { Platform } from "../../stacks/platform.ts";

export const images = {
  node: "node:test",
  httpd: "httpd:test",
  redis: "redis:test",
  postgres: "postgres:test",
};

/** What a test wants of a platform; all of it is missing unless said otherwise. */
export interface Wish {
  networkPolicy?: boolean;
  ciliumPolicies?: boolean;
  mesh?: boolean;
  ingress?: boolean;
}

class Part extends pulumi.CustomResource {}

/**
 * A platform of stand-ins, to be built inside a program: a cluster, and a resource for each part
 * that others must wait for.
 */
export function buildTestPlatform(wish: Wish): Platform {
  const part = (name: string) => new Part("test:platform:Part", name, {});
  const cluster = part("cluster");
  const provider = new k8s.Provider("cluster", { kubeconfig: "{}" });
  const cni = part("cni");
  const controller = { namespace: "a-ingress-traefik", workload: "traefik" };
  return {
    cluster: {
      kind: "test",
      name: "test",
      kubeconfig: pulumi.secret("{}"),
      distribution: "kubernetes",
      loadBalancersOutside: true,
    },
    options: { provider, deletedWith: cluster, dependsOn: [cni] },
    provider,
    cni: {
      kind: wish.networkPolicy ? "cilium" : "none",
      enforcesNetworkPolicy: wish.networkPolicy ?? false,
      ciliumPolicies: wish.ciliumPolicies ?? false,
    },
    mesh: {
      kind: wish.mesh ? "istio" : "none",
      present: wish.mesh ?? false,
      ready: wish.mesh ? [part("mesh")] : [],
    },
    ingress: wish.ingress
      ? {
          kind: "traefik",
          className: "traefik",
          workload: controller,
          endpoint: { via: "url", url: "http://192.0.2.1:30080" },
          ready: [part("ingress")],
        }
      : { kind: "none", ready: [] },
  };
}

/** What a program declares on such a platform. */
export function declareOn(
  wish: Wish,
  program: (platform: Platform) => Record<string, unknown>,
): Promise<Declaration> {
  return collect(async () => program(buildTestPlatform(wish)), {
    project: "micromesh",
    stack: "test",
    config: {},
    outputs: withoutEngine,
  });
}
