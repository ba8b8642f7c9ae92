import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type ChartName, chart } from "../../stacks/versions.ts";
import {
  GATEWAY_NAME,
  GATEWAY_NAMESPACE,
  ISTIO_NAMESPACE,
  type IstioArgs,
  istioValues,
} from "./istio-values.ts";

/** Istio with sidecars: CRDs, then istiod, its CNI plugin, and an ingress gateway. */
export class Istio extends pulumi.ComponentResource {
  /** With these, pods get sidecars and Istio's resources are accepted. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: IstioArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:mesh:Istio", name, args, opts);
    const values = istioValues(args);
    const namespace = (resource: string, called: string) =>
      new k8s.core.v1.Namespace(
        `${name}-${resource}`,
        { metadata: { name: called } },
        { parent: this, deleteBeforeReplace: true },
      );
    const release = (
      from: ChartName,
      called: string,
      where: string,
      dependsOn: pulumi.Resource[],
    ) =>
      new k8s.helm.v3.Release(
        `${name}-${from}`,
        {
          ...chart(from, args.mirror),
          name: called,
          namespace: where,
          values: values[from as keyof typeof values],
          timeout: 600,
        },
        { parent: this, dependsOn },
      );

    const system = namespace("namespace", ISTIO_NAMESPACE);
    const base = release("base", "istio-base", ISTIO_NAMESPACE, [system]);
    const istiod = release("istiod", "istiod", ISTIO_NAMESPACE, [base]);
    // In kube-system, as its README advises: injection leaves that namespace alone.
    const cni = release("cni", "istio-cni", "kube-system", [istiod]);
    // Its pod gets its image from istiod's webhook, and its redirection from the CNI plugin.
    const edge = namespace("gateway-namespace", GATEWAY_NAMESPACE);
    release("gateway", GATEWAY_NAME, GATEWAY_NAMESPACE, [edge, istiod, cni]);
    this.ready = [istiod, cni];
    this.registerOutputs();
  }
}
