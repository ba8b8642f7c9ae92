import * as pulumi from "@pulumi/pulumi";

export interface ExistingIngressArgs {
  className: string;
  /** Answers from the user's machine for every host name. */
  url?: string;
  /** The controller's Service; the way in where there is no `url`. */
  service?: { namespace: string; name: string; port: number };
  /** The controller's pods, by their label `app.kubernetes.io/name`. */
  workload?: { namespace: string; workload: string };
}

/** The ingress controller that the cluster came with: declares nothing but where it is. */
export class ExistingIngress extends pulumi.ComponentResource {
  constructor(name: string, args: ExistingIngressArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:ingress:Existing", name, args, opts);
    this.registerOutputs();
  }
}
