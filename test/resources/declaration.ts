import type { Declaration, DeclaredResource } from "../../micromesh/resources/declared.ts";

/** A declaration of the given resources, the rest of each left at its default. */
export function declare(...resources: Partial<DeclaredResource>[]): Declaration {
  return {
    stack: "test",
    outputs: {},
    secretOutputs: [],
    warnings: [],
    resources: resources.map((resource, i) => ({
      urn: `urn:${i}`,
      type: "",
      name: `resource-${i}`,
      custom: true,
      dependencies: [],
      inputs: {},
      secrets: [],
      options: {
        deleteBeforeReplace: false,
        protect: false,
        retainOnDelete: false,
        ignoreChanges: [],
        replaceOnChanges: [],
        additionalSecretOutputs: [],
        aliases: [],
      },
      ...resource,
    })),
  };
}

/** A Kubernetes object as a declared resource. */
export function kubernetes(
  apiVersion: string,
  kind: string,
  metadata: object | undefined,
  rest: object = {},
  name = "declared-name",
): Partial<DeclaredResource> {
  const version = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
  return {
    type: `kubernetes:${version}:${kind}`,
    name,
    inputs: { apiVersion, kind, ...(metadata && { metadata }), ...rest },
  };
}

/** A Helm release as a declared resource. */
export function helm(chart: string, inputs: object = {}): Partial<DeclaredResource> {
  return {
    type: "kubernetes:helm.sh/v3:Release",
    name: `${chart}-release`,
    inputs: { chart, ...inputs },
  };
}
