import { Region } from "@pulumi/aws/types/enums/index.js";
import type * as pulumi from "@pulumi/pulumi";
import leven from "leven";
import { adminProblems, networkProblems, publicProblems } from "./cidr-problems.ts";
import { run } from "./mend.ts";

export interface Ec2HostsArgs {
  /** A region of AWS, e.g. `eu-central-1`. */
  region: string;
  /** E.g. `m7i-flex.large`. Another one of the same architecture is a stop and a start of the machine. */
  instanceType: string;
  /** 1, or an odd number for high availability. */
  servers: number;
  agents: number;
  /** Networks that may reach SSH and the Kubernetes API. */
  adminCidrs: string[];
  /** Networks that may reach HTTP and HTTPS. */
  publicCidrs: string[];
  /**
   * Default: the default VPC's subnet in the first zone that offers the type, chosen when the first
   * server is made. Another one replaces the machines.
   */
  subnetId?: string;
  /** An EC2 key pair that exists, and its private key; default: one of the stack's own. */
  key?: { keyName: string; privateKey: pulumi.Input<string> };
  /** `session-manager`: no port 22; SSH goes through AWS Systems Manager, which the machines dial. */
  access: "ssh" | "session-manager";
  /** Of each machine's disk. It can grow, and never shrink. */
  volumeGiB: number;
  /**
   * Default: the newest image of Ubuntu 26.04 LTS when the machine is made; it keeps that one. An image
   * that is named here is meant: when it changes, or isn't the machine's, the machine is replaced.
   */
  imageId?: string;
  /** Networks of pods and Services; neither may overlap the VPC's. */
  podCidr: string;
  serviceCidr: string;
  /** The machines, their disks with them, and the public address can't be deleted until it is false. */
  protect: boolean;
  /** Of everything, beside `project`, `stack`, `managed-by` and `Name`. */
  tags: Record<string, string>;
}

/** What stays free for images of containers must be said before they don't fit. */
const MINIMUM_VOLUME_GIB = 20;
/** EBS: a gp3 volume is at most 64 TiB. */
const MAXIMUM_VOLUME_GIB = 65536;
/** Ours, and `aws:…`, which AWS keeps for itself. */
const RESERVED_TAG = /^(aws:.*|project|stack|managed-by|name)$/i;

/**
 * Says what no machines could, or should, be made with: one line a problem, with the key in the stack's
 * configuration and the command that mends it. Empty where all is well.
 */
export function ec2Problems(args: Ec2HostsArgs): string[] {
  return [
    ...regionProblems(args.region),
    ...adminProblems(args.adminCidrs),
    ...publicProblems(args.publicCidrs),
    ...networkProblems("podCidr", args.podCidr),
    ...networkProblems("serviceCidr", args.serviceCidr),
    ...formProblems(args),
    ...tagProblems(args.tags),
  ];
}

/**
 * @throws Error with all that `ec2Problems` says, one line each
 */
export function validateEc2Hosts(args: Ec2HostsArgs): void {
  const problems = ec2Problems(args);
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

function regionProblems(region: string): string[] {
  const known: string[] = Object.values(Region);
  if (known.includes(region)) return [];
  const [near] = known
    .map((name) => ({ name, distance: leven(region, name) }))
    .sort((a, b) => a.distance - b.distance);
  const meant = near && near.distance <= 3 ? near.name : undefined;
  return [
    `micromesh:cluster.region is "${region}"; it must be a region of AWS` +
      `${meant ? ` (did you mean ${meant}?)` : ""}: ${run("region", meant ?? Region.EUCentral1)}`,
  ];
}

function formProblems(args: Ec2HostsArgs): string[] {
  const rules: [key: string, value: unknown, good: boolean, must: string, example: string][] = [
    [
      "instanceType",
      args.instanceType,
      /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(args.instanceType),
      "an instance type",
      "m7i-flex.large",
    ],
    [
      "haServers",
      args.servers,
      Number.isInteger(args.servers) && args.servers > 0 && args.servers % 2 === 1,
      "1, or an odd number: half of an even number of servers has no majority",
      "3",
    ],
    [
      "agents",
      args.agents,
      Number.isInteger(args.agents) && args.agents >= 0,
      "a whole number, 0 or more",
      "0",
    ],
    [
      "volumeGiB",
      args.volumeGiB,
      Number.isInteger(args.volumeGiB) &&
        args.volumeGiB >= MINIMUM_VOLUME_GIB &&
        args.volumeGiB <= MAXIMUM_VOLUME_GIB,
      `a whole number, ${MINIMUM_VOLUME_GIB} to ${MAXIMUM_VOLUME_GIB}`,
      "30",
    ],
    [
      "subnetId",
      args.subnetId,
      args.subnetId === undefined || /^subnet-[0-9a-f]{8,17}$/.test(args.subnetId),
      "the id of a subnet",
      "subnet-0123456789abcdef0",
    ],
    [
      "imageId",
      args.imageId,
      args.imageId === undefined || /^ami-[0-9a-f]{8,17}$/.test(args.imageId),
      "the id of an image",
      "ami-0123456789abcdef0",
    ],
    [
      "keyName",
      args.key?.keyName,
      args.key === undefined ||
        /^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(args.key.keyName),
      "the name of a key pair",
      "NAME",
    ],
    [
      "access",
      args.access,
      args.access === "ssh" || args.access === "session-manager",
      "ssh or session-manager",
      "ssh",
    ],
  ];
  return rules
    .filter(([, , good]) => !good)
    .map(
      ([key, value, , must, example]) =>
        `micromesh:cluster.${key} is ${JSON.stringify(value)}; it must be ${must}: ${run(key, example)}`,
    );
}

function tagProblems(tags: Record<string, string>): string[] {
  return Object.entries(tags).flatMap(([key, value]) => {
    const problem = RESERVED_TAG.test(key)
      ? "is a tag that isn't the stack's to set"
      : key.length === 0 || key.length > 128 || value.length > 256
        ? "is too long for a tag, or empty; a key has 1 to 128 characters, a value at most 256"
        : undefined;
    if (problem === undefined) return [];
    return [
      `micromesh:cluster.tags.${key} ${problem}: run "pulumi config rm --path micromesh:cluster.tags.${key}"`,
    ];
  });
}
