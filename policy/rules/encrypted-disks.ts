import { isMachine, LAUNCH_TEMPLATE } from "../kinds.ts";
import { fieldOf, isNot, UNKNOWN } from "../plain.ts";
import type { ResourceRule, SeenResource } from "../rule.ts";

export const encryptedDisks: ResourceRule = {
  of: "resource",
  name: "encrypted-disks",
  description:
    "Every EBS disk is encrypted, each by its own setting: what an account does by default is its own affair, and a disk " +
    "can't be encrypted later, only copied. Set encrypted: true on the volume, the root disk and each further disk.",
  violations(resource) {
    return disksOf(resource)
      .filter(({ encrypted }) => isNot(encrypted, true) && isNot(encrypted, "true"))
      .map(({ place }) => `${place} isn't true: the disk isn't encrypted for certain; set it`);
  },
};

interface Disk {
  /** The setting, e.g. `rootBlockDevice.encrypted`. */
  place: string;
  encrypted: unknown;
}

type Fields = Record<string, unknown>;

function disksOf(resource: SeenResource): Disk[] {
  const { type, inputs } = resource;
  if (type === "aws:ebs/volume:Volume")
    return [{ place: "encrypted", encrypted: inputs.encrypted }];
  if (type === LAUNCH_TEMPLATE) return templateDisks(inputs);
  if (!isMachine(resource)) return [];
  const root = inputs.rootBlockDevice;
  return [
    // Of a machine that is made by a template, the template says it.
    ...(root === undefined && inputs.launchTemplate !== undefined
      ? []
      : [{ place: "rootBlockDevice.encrypted", encrypted: fieldOf(root, "encrypted") }]),
    ...list(inputs.ebsBlockDevices).map((device, i) => ({
      place: `ebsBlockDevices[${i}].encrypted`,
      encrypted: fieldOf(device, "encrypted"),
    })),
  ];
}

/** A template that names no disk leaves the root disk to its image. */
function templateDisks({ blockDeviceMappings }: Fields): Disk[] {
  if (blockDeviceMappings === UNKNOWN) return [];
  const mappings = list(blockDeviceMappings);
  if (mappings.length === 0) {
    return [{ place: "blockDeviceMappings[0].ebs.encrypted", encrypted: undefined }];
  }
  return mappings.flatMap((mapping, i) => {
    const [ebs, noDevice, virtualName] = ["ebs", "noDevice", "virtualName"].map((key) =>
      fieldOf(mapping, key),
    );
    // Without `ebs` it's a disk of the machine's own, or none at all.
    if (ebs === undefined && (noDevice !== undefined || virtualName !== undefined)) return [];
    return [
      {
        place: `blockDeviceMappings[${i}].ebs.encrypted`,
        encrypted: fieldOf(ebs, "encrypted"),
      },
    ];
  });
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
