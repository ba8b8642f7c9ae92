import * as pulumi from "@pulumi/pulumi";
import type { Declaration, DeclaredResource } from "../micromesh/resources/declared.ts";

/** What a transformation hears of a resource, and functions of declarations read. */
export type HeardResource = Pick<DeclaredResource, "type" | "name" | "custom" | "inputs">;

/** A declaration of what was heard while the program runs; places, options and outputs are left empty. */
export function heardDeclaration(heard: HeardResource[]): Declaration {
  return {
    resources: heard.map((resource) => ({ ...bare, ...resource })),
    stack: pulumi.getStack(),
    outputs: {},
    secretOutputs: [],
    warnings: [],
  };
}

const bare = {
  urn: "",
  dependencies: [],
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
};
