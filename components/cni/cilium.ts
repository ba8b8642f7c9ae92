import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { chart } from "../../stacks/versions.ts";
import { type CiliumArgs, ciliumValues } from "./cilium-values.ts";

/** Cilium as the cluster's only CNI, with Hubble. The nodes become ready with it. */
export class Cilium extends pulumi.ComponentResource {
  readonly release: k8s.helm.v3.Release;

  constructor(name: string, args: CiliumArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:cni:Cilium", name, args, opts);
    this.release = new k8s.helm.v3.Release(
      `${name}-release`,
      {
        ...chart("cilium", args.mirror),
        name: "cilium",
        namespace: "kube-system",
        values: ciliumValues(args),
        timeout: 600,
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}
