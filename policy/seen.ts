/** What a pack has seen of a stack while the program ran. */
import type {
  PolicyResource,
  PolicyResourceOptions,
  ResourceValidationArgs,
  StackValidationArgs,
} from "@pulumi/policy";
import type { Declaration, ResourceOptions } from "../micromesh/resources/declared.ts";
import { plain, UNKNOWN } from "./plain.ts";
import type { SeenResource } from "./rule.ts";

/** What every kind of policy is told of a resource. */
type Told = Pick<ResourceValidationArgs, "urn" | "type" | "name" | "props" | "opts">;

/**
 * Keeps the inputs of resources, by their URNs, for rules on whole stacks. Pulumi gives these the outputs, of which
 * nothing is known in the preview of a cluster that isn't there, and nothing ever of components such as
 * `micromesh:cni:Existing`. And it keeps which inputs are secrets, which only a remediation is told.
 */
export class Seen {
  readonly #inputs = new Map<string, Record<string, unknown>>();
  readonly #secrets = new Map<string, string[]>();

  /** Notes which inputs are secrets. */
  noteSecrets({ urn, props }: Pick<Told, "urn" | "props">): void {
    this.#secrets.set(urn, plain(props).secrets);
  }

  /** The resource as the program gave it to Pulumi. */
  resource(told: Told): SeenResource {
    const inputs = plain(told.props).value;
    this.#inputs.set(told.urn, inputs);
    return this.#seen(told, inputs);
  }

  /** All resources, with what they depend on. */
  declaration({ resources }: Pick<StackValidationArgs, "resources">): Declaration {
    return {
      stack: stackOf(resources[0]?.urn ?? ""),
      resources: resources.map((resource) => ({
        ...this.#seen(resource, this.#inputsOf(resource)),
        parent: resource.parent?.urn,
        dependencies: resource.dependencies.map(({ urn }) => urn).sort(),
      })),
      outputs: {},
      secretOutputs: [],
      warnings: [],
    };
  }

  #seen({ urn, type, name, opts }: Omit<Told, "props">, inputs: SeenResource["inputs"]) {
    const secrets = this.#secrets.get(urn);
    return {
      urn,
      type,
      name,
      // Nobody says; rules know components by their types.
      custom: true,
      parent: opts.parent,
      dependencies: [],
      inputs,
      secrets: secrets ?? [],
      secretsKnown: secrets !== undefined,
      options: optionsOf(opts),
    };
  }

  /**
   * The inputs, and the outputs only of what wasn't declared this time. An object's namespace is often the name that
   * its Namespace is going to have: where that isn't known yet, it's the Namespace's input.
   */
  #inputsOf(resource: PolicyResource): Record<string, unknown> {
    const inputs = this.#inputs.get(resource.urn) ?? plain(resource.props).value;
    const metadata = inputs.metadata as { namespace?: unknown } | undefined;
    if (metadata?.namespace !== UNKNOWN) return inputs;
    const names = (resource.propertyDependencies.metadata ?? [])
      .filter(({ type }) => type === NAMESPACE)
      .map(({ urn }) => (this.#inputs.get(urn)?.metadata as { name?: unknown } | undefined)?.name);
    return names.length === 1 && typeof names[0] === "string"
      ? { ...inputs, metadata: { ...metadata, namespace: names[0] } }
      : inputs;
  }
}

const NAMESPACE = "kubernetes:core/v1:Namespace";

/** `urn:pulumi:STACK::PROJECT::TYPE::NAME` */
export function stackOf(urn: string): string {
  return urn.split("::")[0]?.split(":")[2] ?? "";
}

function optionsOf(opts: PolicyResourceOptions): ResourceOptions {
  return {
    deleteBeforeReplace: opts.deleteBeforeReplace ?? false,
    protect: opts.protect,
    retainOnDelete: false,
    ignoreChanges: opts.ignoreChanges,
    replaceOnChanges: [],
    additionalSecretOutputs: opts.additionalSecretOutputs,
    aliases: opts.aliases,
  };
}
