/** What of an object is compared. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind } from "../../resources/kubernetes.ts";

export type Fields = Record<string, unknown>;

/**
 * Its labels and annotations, and all but its identity and status. Texts of a Secret are given as the API server keeps
 * them, and fields that it fills in from others are filled in.
 */
export function content(object: KubernetesObject): Fields {
  const { apiVersion, kind, metadata, status, stringData, ...rest } = object;
  const { labels = {}, annotations = {} } = metadata;
  const data = kind === "Secret" ? { ...rest.data, ...encoded(stringData) } : rest.data;
  const spec = derived[groupKind(object)]?.(rest.spec ?? {});
  return {
    metadata: { labels, annotations },
    ...rest,
    ...(data !== undefined && { data }),
    ...(spec && { spec }),
  };
}

/** Where the API server fills fields in from others. */
const derived: Record<string, (spec: Fields) => Fields> = {
  "networking.k8s.io/NetworkPolicy": (spec) => {
    const { egress, policyTypes } = spec as { egress?: unknown[]; policyTypes?: string[] };
    const types = egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
    return { ...spec, policyTypes: policyTypes?.length ? policyTypes : types };
  },
  Service: (spec) => {
    const ports = spec.ports as { port: number; targetPort?: number | string }[] | undefined;
    return {
      ...spec,
      ...(ports && {
        ports: ports.map((one) => ({ ...one, targetPort: one.targetPort ?? one.port })),
      }),
    };
  },
};

/** The API server takes texts, and keeps them so. */
function encoded(texts: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
  );
}
