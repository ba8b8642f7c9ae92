import * as pulumi from "@pulumi/pulumi";

export interface ExistingCniArgs {
  /** NetworkPolicy is enforced. */
  enforcesNetworkPolicy: boolean;
  /** It is Cilium: CiliumNetworkPolicy exists and is enforced too. */
  ciliumPolicies: boolean;
}

/**
 * Checks that the claims go together.
 * @throws Error where Cilium's policies would be enforced without Kubernetes' own
 */
export function validateExistingCni(args: ExistingCniArgs): void {
  if (args.ciliumPolicies && !args.enforcesNetworkPolicy) {
    throw new Error(
      "An existing CNI with ciliumPolicies is Cilium, which enforces NetworkPolicy too: " +
        "set enforcesNetworkPolicy to true.",
    );
  }
}

/** The CNI that the cluster came with: declares nothing but what it can do. */
export class ExistingCni extends pulumi.ComponentResource {
  constructor(name: string, args: ExistingCniArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:cni:Existing", name, args, opts);
    validateExistingCni(args);
    this.registerOutputs();
  }
}
