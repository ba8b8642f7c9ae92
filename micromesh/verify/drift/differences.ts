/** What is declared beside what is on a cluster. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind, objectKey } from "../../resources/kubernetes.ts";
import { corefileRule } from "./corefile-rule.ts";
import type { Declared, DeclaredObject } from "./declared.ts";
import type { Comparison, Drift, FieldDrift } from "./drift.ts";
import { fieldDrifts } from "./fields.ts";
import { decidingKinds } from "./kinds.ts";
import { type Listing, listingKey, type ServedKind } from "./listings.ts";

/** What was read of a cluster. */
export interface Found {
  objects: KubernetesObject[];
  /** Kinds that it knows, of those that were asked for. */
  served: ServedKind[];
  /** Lists that couldn't be had. */
  unreadable: { listing: Listing; why: string }[];
}

/** Compares every declared object that could be read, and finds what decides who reaches whom undeclared. */
export function differences(declared: Declared, found: Found): Comparison {
  const there = new Map(
    found.objects
      .filter(({ metadata }) => !isLeaving(metadata))
      .map((one) => [objectKey(one), one]),
  );
  const unread = new Set(
    found.unreadable.map(({ listing: { served, namespace } }) =>
      listingKey(groupKind(empty(served)), namespace),
    ),
  );
  const readable = declared.objects.filter(
    ({ object }) => !unread.has(listingKey(groupKind(object), object.metadata.namespace)),
  );
  const missing: Extract<Drift, { kind: "missing" }>[] = [];
  const changed: Drift[] = [];
  for (const one of readable) {
    const { object } = one;
    const live = there.get(objectKey(object));
    if (!live) {
      missing.push({
        kind: "missing",
        declared: object,
        within: [],
        unknownKind: !knows(found.served, object),
      });
      continue;
    }
    const fields = changesOf(one, live);
    if (fields.length > 0) changed.push({ kind: "changed", declared: object, found: live, fields });
  }
  const known = new Set(declared.objects.map(({ object }) => objectKey(object)));
  const undeclared = [...there.values()]
    .filter((one) => !known.has(objectKey(one)) && isSomebodys(one, declared.namespaces))
    .sort((a, b) => (objectKey(a) < objectKey(b) ? -1 : 1))
    .map((one): Drift => ({ kind: "undeclared", found: one }));
  return {
    compared: readable.length,
    drifts: [...byNamespace(missing), ...changed, ...undeclared],
    notes: [...found.unreadable.map(({ why }) => `not compared: ${why}`), ...declared.notes],
  };
}

/** It's there for its finalizers only. */
function isLeaving(metadata: object): boolean {
  return "deletionTimestamp" in metadata;
}

function knows(served: ServedKind[], { apiVersion, kind }: KubernetesObject): boolean {
  return served.some((one) => one.apiVersion === apiVersion && one.kind === kind);
}

function empty({ apiVersion, kind }: ServedKind): KubernetesObject {
  return { apiVersion, kind, metadata: { name: "" } };
}

function changesOf({ object, options }: DeclaredObject, live: KubernetesObject): FieldDrift[] {
  const rule = options.partial ? corefileRule(String(object.data?.Corefile ?? "")) : undefined;
  if (rule === undefined) return fieldDrifts(object, live, options);
  // The rest of the file is the cluster's own, and a capture doesn't know it.
  const other = corefileRule(String(live.data?.Corefile ?? ""));
  if (other === rule) return [];
  const path = "data.Corefile";
  return [
    {
      path,
      declared: "a rule of micromesh's",
      ...(other !== undefined && { found: "another rule" }),
    },
  ];
}

/** What is gone with its Namespace isn't told one by one. */
function byNamespace(missing: Extract<Drift, { kind: "missing" }>[]): Drift[] {
  const gone = new Set(
    missing.flatMap(({ declared }) =>
      groupKind(declared) === "Namespace" ? declared.metadata.name : [],
    ),
  );
  const isWithin = ({ declared }: { declared: KubernetesObject }) =>
    declared.metadata.namespace !== undefined && gone.has(declared.metadata.namespace);
  return missing
    .filter((one) => !isWithin(one))
    .map((one) => ({
      ...one,
      within:
        groupKind(one.declared) === "Namespace"
          ? missing
              .map(({ declared }) => declared)
              .filter(({ metadata }) => metadata.namespace === one.declared.metadata.name)
          : [],
    }));
}

/** It decides who reaches whom in the stack's namespaces, and no controller has made it for another object. */
function isSomebodys(object: KubernetesObject, namespaces: string[]): boolean {
  const { namespace, ownerReferences = [] } = object.metadata as KubernetesObject["metadata"] & {
    ownerReferences?: unknown[];
  };
  if (!decidingKinds.includes(groupKind(object)) || ownerReferences.length > 0) return false;
  return namespace === undefined || namespaces.includes(namespace);
}
