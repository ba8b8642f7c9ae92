import { isMachine, LAUNCH_TEMPLATE } from "../kinds.ts";
import { fieldOf, isNot } from "../plain.ts";
import type { ResourceRule } from "../rule.ts";

export const imdsv2: ResourceRule = {
  of: "resource",
  name: "imdsv2",
  description:
    "An EC2 machine answers for its metadata, credentials of its role among it, only to whoever has asked for a token " +
    "(IMDSv2): else any program that can be made to fetch a URL gives them away. Set metadataOptions.httpTokens: " +
    "required.",
  violations(resource) {
    const { type, inputs } = resource;
    if (!isMachine(resource) && type !== LAUNCH_TEMPLATE) return [];
    const options = inputs.metadataOptions;
    // Of a machine that is made by a template, the template says it.
    if (options === undefined && inputs.launchTemplate !== undefined) return [];
    if (fieldOf(options, "httpEndpoint") === "disabled") return [];
    const tokens = fieldOf(options, "httpTokens");
    return isNot(tokens, "required")
      ? [`metadataOptions.httpTokens is ${show(tokens)}, so IMDSv1 answers too; set it to required`]
      : [];
  },
};

function show(value: unknown): string {
  return value === undefined ? "not set" : JSON.stringify(value);
}
