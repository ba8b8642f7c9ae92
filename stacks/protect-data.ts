import * as pulumi from "@pulumi/pulumi";

/**
 * From now on what holds data on a cluster can't be deleted, neither by `pulumi destroy` nor by what the program no longer
 * declares, until it's lifted: `pulumi state unprotect URN`. Call it before the first resource.
 */
export function protectData(): void {
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
    type === "kubernetes:core/v1:PersistentVolumeClaim"
      ? { props, opts: pulumi.mergeOptions(opts, { protect: true }) }
      : undefined,
  );
}
