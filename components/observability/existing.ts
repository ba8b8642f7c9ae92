import * as pulumi from "@pulumi/pulumi";

export interface ExistingObservabilityArgs {
  /** Where Prometheus' API answers. */
  prometheusUrl?: string;
}

/** The Prometheus that the cluster came with: declares nothing but where it is. */
export class ExistingObservability extends pulumi.ComponentResource {
  constructor(
    name: string,
    args: ExistingObservabilityArgs,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    super("micromesh:observability:Existing", name, args, opts);
    this.registerOutputs();
  }
}
