import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Endpoint } from "./outputs.ts";
import type { Size } from "./size.ts";

/**
 * What a lab is deployed on. Every part may be `none`, or `existing` where the cluster brings its own;
 * a lab asks the parts what they can do, never which product they are.
 */
export interface Platform {
  cluster: {
    kind: string;
    name: string;
    /** Contents; a secret. */
    kubeconfig: pulumi.Output<string>;
    /** Who packages it, where that matters. */
    distribution: "kubernetes" | "k3s";
    /** Services of type LoadBalancer can be reached from outside, at their addresses. */
    loadBalancersOutside: boolean;
  };
  /** Undefined: somebody else's affair. */
  size?: Size;
  /** Options for every Kubernetes resource of a lab: provider, deletedWith, dependsOn the CNI. */
  options: pulumi.ComponentResourceOptions;
  provider: k8s.Provider;
  cni: {
    kind: string;
    /** Somebody enforces NetworkPolicy. */
    enforcesNetworkPolicy: boolean;
    /** CiliumNetworkPolicy exists and is enforced. */
    ciliumPolicies: boolean;
  };
  mesh: {
    kind: string;
    /** Sidecars can be injected, and Istio's security and networking resources exist. */
    present: boolean;
    /** What meshed pods and Istio's custom resources must wait for. */
    ready: pulumi.Resource[];
  };
  ingress: {
    kind: string;
    /** Ingress class for Ingress resources; undefined: no way in by Ingress, declare none. */
    className?: string;
    /** Namespace and `app.kubernetes.io/name` of the controller's pods, where known. */
    workload?: { namespace: string; workload: string };
    /** How a host name is reached from outside, where an ingress controller is present. */
    endpoint?: pulumi.Input<Endpoint>;
    ready: pulumi.Resource[];
  };
}
