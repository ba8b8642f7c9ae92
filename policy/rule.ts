/** What a rule of the pack is: a pure function of what was declared. */
import type { PolicyConfigSchema } from "@pulumi/policy";
import type { Declaration, DeclaredResource } from "../micromesh/resources/declared.ts";

export type Rule = ResourceRule | StackRule;

interface AnyRule {
  /** In small letters with dashes, as `--policy-pack-config` names it. */
  name: string;
  /** What it asks, why, and how to mend what breaks it. */
  description: string;
  /** What `--policy-pack-config` may say, with defaults. */
  config?: PolicyConfigSchema["properties"];
}

/** Judges each resource by itself, from what the program gave it. */
export interface ResourceRule extends AnyRule {
  of: "resource";
  /** It asks which inputs are secrets. */
  asksForSecrets?: true;
  /**
   * @param resource its inputs; what isn't known in a preview is `UNKNOWN` of plain.ts
   * @returns one line for each violation: what, where, how to mend; without the resource's name, which Pulumi shows
   */
  violations(resource: SeenResource, config: Config): string[];
}

/** Judges all resources together, once all are declared. */
export interface StackRule extends AnyRule {
  of: "stack";
  violations(declaration: Declaration, config: Config): Violation[];
}

export interface SeenResource extends DeclaredResource {
  /** False where nothing has told which inputs are secrets; `secrets` is empty then. */
  secretsKnown: boolean;
}

export interface Violation {
  message: string;
  /** The resource at fault. */
  urn: string;
}

/** A rule's settings, checked against its schema, defaults filled in. */
export type Config = Readonly<Record<string, unknown>>;

/** Names with the reason why a rule doesn't hold for them. */
export const exemptions = (description: string) =>
  ({
    type: "object",
    description,
    additionalProperties: { type: "string", minLength: 10 },
    default: {},
  }) as const;
