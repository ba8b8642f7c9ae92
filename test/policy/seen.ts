/** Resources as rules see them, without Pulumi. */
import type { Declaration } from "../../micromesh/resources/declared.ts";
import type { Config, ResourceRule, Rule, SeenResource, StackRule } from "../../policy/rule.ts";

/** A resource of a type with inputs; nothing of it is a secret unless said otherwise. */
export function seen(
  type: string,
  inputs: Record<string, unknown>,
  rest: Partial<SeenResource> = {},
): SeenResource {
  const name = rest.name ?? "it";
  return {
    urn: `urn:pulumi:dev::micromesh::${type}::${name}`,
    type,
    name,
    custom: true,
    dependencies: [],
    inputs,
    secrets: [],
    secretsKnown: true,
    options: {
      deleteBeforeReplace: false,
      protect: false,
      retainOnDelete: false,
      ignoreChanges: [],
      replaceOnChanges: [],
      additionalSecretOutputs: [],
      aliases: [],
    },
    ...rest,
  };
}

/** A Kubernetes object as Pulumi's SDK declares it: `kubernetes:apps/v1:Deployment`. */
export function object(
  apiVersion: string,
  kind: string,
  path: string,
  fields: Record<string, unknown> = {},
): SeenResource {
  const [namespace, name = ""] = path.includes("/") ? path.split("/") : [undefined, path];
  const group = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
  const { labels, ...rest } = fields;
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
  };
  return seen(
    `kubernetes:${group}:${kind}`,
    { apiVersion, kind, metadata, ...rest },
    { name: `${kind}-${name}` },
  );
}

export function stack(...resources: SeenResource[]): Declaration {
  return { stack: "dev", resources, outputs: {}, secretOutputs: [], warnings: [] };
}

/** What any rule finds in resources, each by itself or all together, with the resources' names. */
export function found(rule: Rule, resources: SeenResource[], config: Config = {}): string[] {
  return rule.of === "stack"
    ? foundTogether(rule, resources, config)
    : foundInEach(rule, resources, config);
}

function foundInEach(rule: ResourceRule, resources: SeenResource[], config: Config): string[] {
  return resources.flatMap((one) =>
    rule.violations(one, config).map((message) => `${one.name}: ${message}`),
  );
}

function foundTogether(rule: StackRule, resources: SeenResource[], config: Config): string[] {
  const nameOf = (urn: string) => resources.find((one) => one.urn === urn)?.name;
  return rule
    .violations(stack(...resources), config)
    .map(({ message, urn }) => `${nameOf(urn)}: ${message}`);
}
