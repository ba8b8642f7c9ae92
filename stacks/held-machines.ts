import * as pulumi from "@pulumi/pulumi";

/** What AWS bills, or what stands in its way: machines with their addresses, keys, groups and roles. */
const OF_AWS = /^aws:/;

/**
 * Keeps all of AWS that the program declares from now on from being made until the returned function is called; where
 * it never is, nothing was made. For an update without a preview, which is the first to find that a stack doesn't fit.
 * A preview makes nothing, and shows all.
 */
export function holdMachines(): () => void {
  let release: () => void = () => {};
  if (pulumi.runtime.isDryRun()) return release;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
    if (!OF_AWS.test(type)) return undefined;
    // None, one or several, in promises or not: the SDK takes each, its type but some together.
    const dependsOn = released.then(() => opts.dependsOn ?? []) as Promise<pulumi.Resource[]>;
    return { props, opts: { ...opts, dependsOn } };
  });
  return release;
}
