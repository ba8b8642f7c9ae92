/**
 * Cilium's endpoint selectors: label selectors over identities, whose labels have a source
 * (`k8s:app`, `reserved:host`). A key without a source, or with `any:`, takes any.
 */
import { type LabelReader, type LabelSelector, type Labels, readLabel } from "./labels.ts";

const podNamespace = "io.kubernetes.pod.namespace";
const namespaceLabelPrefix = "io.cilium.k8s.namespace.labels.";

/** Splits `k8s:app` into source and key. */
export function sourceAndKey(text: string): [source: string, key: string] {
  const colon = text.indexOf(":");
  return colon < 0 ? ["any", text] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** The keys of an identity under which a selector's key may stand. */
export function identityKeys(text: string): string[] {
  const [source, key] = sourceAndKey(text);
  return source === "any" ? [`k8s:${key}`, `reserved:${key}`] : [text];
}

/** Reads a selector's key from an identity. */
export const readIdentity: LabelReader<Labels> = (identity, text) => {
  for (const key of identityKeys(text)) {
    const value = readLabel(identity, key);
    if (value !== undefined) return value;
  }
  return undefined;
};

/** The selector without `k8s:io.kubernetes.pod.namespace` among its matchLabels. */
export function withoutNamespace(selector: LabelSelector | null | undefined): LabelSelector {
  const entries = Object.entries(selector?.matchLabels ?? {});
  const kept = entries.filter(([key]) => key !== `k8s:${podNamespace}`);
  return { ...selector, matchLabels: Object.fromEntries(kept) };
}

/** What a peer's selector is bound to beyond its own words. */
export type Scope =
  /** Pods of this namespace. */
  | { namespace: string }
  /** Pods of any namespace: it's clusterwide, or names namespaces itself. */
  | "any pod"
  /** No bound: it names reserved labels, such as `reserved:host`. */
  | "anything";

/**
 * In a namespace's policy, a peer's selector that says nothing of namespaces means the policy's own; in
 * a clusterwide policy it means pods of any, but nothing else than pods.
 * @param namespace the policy's; undefined for a clusterwide one
 */
export function scopeOf(selector: LabelSelector, namespace: string | undefined): Scope {
  const keys = [
    ...Object.keys(selector.matchLabels ?? {}),
    ...(selector.matchExpressions ?? []).map(({ key }) => key),
  ].map(sourceAndKey);
  if (keys.some(([source]) => source === "reserved")) return "anything";
  // Its own words decide, `key: DoesNotExist` included.
  if (keys.some(([source, key]) => source !== "reserved" && key === podNamespace)) {
    return "anything";
  }
  if (namespace === undefined) return "any pod";
  const namesLabels = keys.some(([, key]) => key.startsWith(namespaceLabelPrefix));
  return namesLabels ? "anything" : { namespace };
}
