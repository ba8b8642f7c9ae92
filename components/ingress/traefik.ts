import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { chart } from "../../stacks/versions.ts";
import { TRAEFIK, type TraefikArgs, traefikValues, validateTraefik } from "./traefik-values.ts";

/** Traefik as ingress controller, in a namespace of its own. */
export class Traefik extends pulumi.ComponentResource {
  readonly release: k8s.helm.v3.Release;

  constructor(name: string, args: TraefikArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:ingress:Traefik", name, args, opts);
    validateTraefik(args);
    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      { metadata: { name: args.namespace } },
      { parent: this, deleteBeforeReplace: true },
    );
    this.release = new k8s.helm.v3.Release(
      `${name}-release`,
      {
        ...chart("traefik", args.mirror),
        name: TRAEFIK,
        namespace: args.namespace,
        values: traefikValues(args),
        timeout: 300,
      },
      { parent: this, dependsOn: [namespace], deleteBeforeReplace: true },
    );
    this.registerOutputs();
  }
}
