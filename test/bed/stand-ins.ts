/** Kinds that a cluster doesn't know, made known to it: what nobody there enforces can still be applied. */
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { groupKind, isClusterScoped } from "../../micromesh/resources/kubernetes.ts";

/**
 * CustomResourceDefinitions that take anything, for kinds of groups that aren't Kubernetes' own.
 * @param known `group/Kind` of what the cluster knows
 */
export function standIns(objects: KubernetesObject[], known: Set<string>): KubernetesObject[] {
  const unknown = new Map(
    objects
      .filter((object) => object.apiVersion.includes(".") && !known.has(groupKind(object)))
      .map((object) => [groupKind(object), object]),
  );
  return [...unknown.values()].map(({ apiVersion, kind }) => {
    const [group = "", version] = apiVersion.split("/");
    const singular = kind.toLowerCase();
    const plural = singular.endsWith("y") ? `${singular.slice(0, -1)}ies` : `${singular}s`;
    const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    return {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        names: { kind, plural, singular },
        scope: isClusterScoped(kind) ? "Cluster" : "Namespaced",
        versions: [
          { name: version, served: true, storage: true, schema: { openAPIV3Schema: schema } },
        ],
      },
    };
  });
}
