import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { chart } from "../../stacks/versions.ts";
import { type PrometheusArgs, prometheusValues } from "./prometheus-values.ts";

/** A small Prometheus, at `prometheus-server.observability` port 80. */
export class Prometheus extends pulumi.ComponentResource {
  constructor(name: string, args: PrometheusArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:observability:Prometheus", name, args, opts);
    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      { metadata: { name: "observability" } },
      { parent: this, deleteBeforeReplace: true },
    );
    new k8s.helm.v3.Release(
      `${name}-release`,
      {
        ...chart("prometheus", args.mirror),
        name: "prometheus",
        namespace: "observability",
        values: prometheusValues(args),
        timeout: 300,
      },
      { parent: this, dependsOn: [namespace] },
    );
    this.registerOutputs();
  }
}
