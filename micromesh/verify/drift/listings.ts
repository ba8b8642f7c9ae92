/** Which lists of a cluster's objects a comparison needs. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind } from "../../resources/kubernetes.ts";
import type { Declared } from "./declared.ts";
import { decidingKinds } from "./kinds.ts";

/** A kind as the cluster serves it. */
export interface ServedKind {
  apiVersion: string;
  kind: string;
  /** As paths have it: `networkpolicies`. */
  plural: string;
  namespaced: boolean;
}

/** The objects of a kind, in a namespace or anywhere. */
export interface Listing {
  served: ServedKind;
  namespace?: string;
}

/**
 * API versions whose kinds have to be known.
 * @param preferred the version of each group that the cluster prefers, by the group's name; without the core's
 */
export function wantedVersions(
  declared: Declared,
  preferred: ReadonlyMap<string, string>,
): string[] {
  const deciding = decidingKinds.flatMap((kind) => {
    const [group, name] = kind.split("/");
    return name === undefined ? "v1" : (preferred.get(group as string) ?? []);
  });
  return [...new Set([...declared.objects.map(({ object }) => object.apiVersion), ...deciding])];
}

/**
 * Lists of what is declared, and in the stack's own namespaces of what decides who reaches whom; each once.
 * Declared kinds that the cluster doesn't serve are left out.
 */
export function listingsFor(
  declared: Declared,
  served: ServedKind[],
  preferred: ReadonlyMap<string, string>,
): Listing[] {
  const listings = new Map<string, Listing>();
  const add = (kind: ServedKind, namespace: string | undefined) => {
    const listing = { served: kind, ...(kind.namespaced && { namespace }) };
    const key = listingKey(groupKind(objectOf(kind)), listing.namespace);
    if (!listings.has(key)) listings.set(key, listing);
  };
  for (const { object } of declared.objects) {
    const { apiVersion, kind, metadata } = object;
    const own = served.find((one) => one.apiVersion === apiVersion && one.kind === kind);
    if (own) add(own, metadata.namespace);
  }
  for (const kind of served) {
    const key = groupKind(objectOf(kind));
    const [group] = kind.apiVersion.split("/") as [string];
    const isPreferred = kind.apiVersion === (preferred.get(group) ?? "v1");
    if (!isPreferred || !decidingKinds.includes(key)) continue;
    for (const namespace of kind.namespaced ? declared.namespaces : [undefined]) {
      add(kind, namespace);
    }
  }
  return [...listings.values()];
}

/** What names a listing: `Service in a`. */
export function listingKey(kind: string, namespace: string | undefined): string {
  return namespace === undefined ? kind : `${kind} in ${namespace}`;
}

function objectOf({ apiVersion, kind }: ServedKind): KubernetesObject {
  return { apiVersion, kind, metadata: { name: "" } };
}
