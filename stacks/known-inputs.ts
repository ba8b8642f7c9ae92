/**
 * Inputs of resources as far as they're known while the program runs: before the first update much that a cluster gives
 * is unknown, and in an update it's only there when the cluster is.
 */
import * as pulumi from "@pulumi/pulumi";

/** Which fields to take: a mask for each, of lists for every item; `true` takes all of it. */
export type Mask = true | { [field: string]: Mask };

/** What the SDK's type declarations leave out of an output (sdk/nodejs/output.ts); its own proxies use it so. */
interface OutputInternals {
  /** Resources that the value comes from; known at once. */
  resources(): Set<pulumi.Resource>;
  promise(withUnknowns: true): Promise<unknown>;
  isKnown: Promise<boolean>;
}

/**
 * Takes fields out of inputs, each on its own: one that comes from a resource, or isn't known, is left out, whatever stands
 * beside it. So the answer is the same in a preview and in an update, and waits for no resource.
 * @param unknown is told the path of each field left out, e.g. `spec.replicas`
 * @param instead what to take for an output that comes from resources; by default nothing
 */
export async function knownInputs(
  value: unknown,
  mask: Mask,
  unknown: (path: string) => void = () => {},
  instead: (from: Set<pulumi.Resource>, path: string) => unknown = () => undefined,
  path = "",
): Promise<unknown> {
  if (value instanceof Promise) {
    return knownInputs(await value, mask, unknown, instead, path);
  }
  if (pulumi.Output.isInstance(value)) {
    const output = value as unknown as OutputInternals;
    const from = output.resources();
    if (from.size > 0) {
      const stand = await instead(from, path);
      if (stand === undefined) unknown(path);
      return stand;
    }
    const settled = (await output.isKnown) ? await output.promise(true) : pulumi.unknown;
    return knownInputs(settled, mask, unknown, instead, path);
  }
  if (pulumi.isUnknown(value)) {
    unknown(path);
    return undefined;
  }
  if (Array.isArray(value)) {
    return Promise.all(
      value.map((item, i) => knownInputs(item, mask, unknown, instead, `${path}[${i}]`)),
    );
  }
  if (value === null || typeof value !== "object") return value;
  const fields = mask === true ? Object.keys(value) : Object.keys(mask);
  const taken = await Promise.all(
    fields.map(async (field) => {
      const inner = mask === true ? true : (mask[field] ?? true);
      const item = (value as Record<string, unknown>)[field];
      const below = path === "" ? field : `${path}.${field}`;
      return [field, await knownInputs(item, inner, unknown, instead, below)] as const;
    }),
  );
  return Object.fromEntries(taken.filter(([, item]) => item !== undefined));
}
