import * as pulumi from "@pulumi/pulumi";

export interface ExistingMeshArgs {
  /** Istio's root namespace, where istiod runs. */
  namespace: string;
  /** First part of every identity: `<trustDomain>/ns/<namespace>/sa/<service account>`. */
  trustDomain: string;
}

/** The Istio that the cluster came with: declares nothing but what its rules are about. */
export class ExistingMesh extends pulumi.ComponentResource {
  constructor(name: string, args: ExistingMeshArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:mesh:Existing", name, args, opts);
    this.registerOutputs();
  }
}
