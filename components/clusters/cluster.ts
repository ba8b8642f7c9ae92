import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** What every kind of cluster gives to the rest of a platform. */
export interface Cluster {
  readonly kind: string;
  readonly name: string;
  /** Contents of a kubeconfig with one context; a secret. Unknown while the cluster doesn't exist. */
  readonly kubeconfig: pulumi.Output<string>;
  readonly provider: k8s.Provider;
  /** Takes everything in the cluster with it when it is deleted; undefined: delete contents one by one. */
  readonly deletedWith?: pulumi.Resource;
}
