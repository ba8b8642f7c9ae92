import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import type { FindConfig } from "../../../micromesh/simulator/pods/environment.ts";
import type {
  ContainerSpec,
  PodSpec,
  PodTemplate,
} from "../../../micromesh/simulator/pods/spec.ts";

export function container(more: Partial<ContainerSpec> = {}): ContainerSpec {
  return { name: "main", image: "node:24", ...more };
}

export function template(
  spec: Partial<PodSpec> = {},
  more: Partial<PodTemplate> = {},
): PodTemplate {
  return {
    namespace: "lab",
    name: "web-1",
    owner: "Deployment web",
    labels: { app: "web" },
    annotations: {},
    spec: { containers: [container()], ...spec },
    ...more,
  };
}

/** The ConfigMaps and Secrets of a namespace, by kind and name: `ConfigMap settings`. */
export function configs(objects: Record<string, object>): FindConfig {
  return (kind, name) => {
    const content = objects[`${kind} ${name}`];
    return (
      content && ({ apiVersion: "v1", kind, metadata: { name }, ...content } as KubernetesObject)
    );
  };
}
