import { isMachine, kindOf } from "../kinds.ts";
import { type Config, exemptions, type ResourceRule, type SeenResource } from "../rule.ts";
import { stackOf } from "../seen.ts";

export const protectedData: ResourceRule = {
  of: "resource",
  name: "protected-data",
  description:
    "What holds data in a stack of production is protected: a setting that replaces a disk, or a destroy in the wrong " +
    "terminal, can't delete it. Give the resource the option protect: true; pulumi state unprotect takes it away again.",
  config: {
    stacks: {
      type: "array",
      description: "Stacks that are production.",
      items: { type: "string" },
      default: ["prod"],
    },
    disposable: exemptions("What may be lost, as its kind and name, with the reason why."),
  },
  violations(resource, config) {
    const title = dataTitle(resource);
    if (title === undefined || resource.options.protect) return [];
    if (!production(config).includes(stackOf(resource.urn))) return [];
    if (Object.hasOwn((config.disposable ?? {}) as object, title)) return [];
    return [
      `${title} holds data and isn't protected; set the option protect, or put "${title}", with a reason, in disposable`,
    ];
  },
};

function production({ stacks }: Config): unknown[] {
  return Array.isArray(stacks) ? stacks : ["prod"];
}

/** What messages and the settings call a resource that holds data; undefined for all else. */
function dataTitle(resource: SeenResource): string | undefined {
  // K3s keeps the cluster on the machine's own disk.
  if (isMachine(resource)) return `Instance ${resource.name}`;
  if (resource.type === "aws:ebs/volume:Volume") return `Volume ${resource.name}`;
  const kind = kindOf(resource);
  return kind === "PersistentVolumeClaim" || kind === "PersistentVolume"
    ? `${kind} ${resource.name}`
    : undefined;
}
