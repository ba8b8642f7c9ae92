/** What security groups of AWS let in, whichever of the ways to write it is used. */
import type { SeenResource } from "./rule.ts";

/** One entry: from where, by which protocol, to which ports. */
export interface Ingress {
  /** Where in the resource, e.g. `ingress[0]`; empty where the resource is one entry. */
  place: string;
  /** As AWS takes it: a name, a number, or `-1` for all. */
  protocol: unknown;
  fromPort: unknown;
  toPort: unknown;
  cidrs: unknown[];
  prefixLists: unknown[];
}

/** The entries of a resource that lets something in; none of any other. */
export function ingressOf({ type, inputs }: Pick<SeenResource, "type" | "inputs">): Ingress[] {
  switch (type) {
    case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
      return [
        {
          place: "",
          protocol: inputs.ipProtocol,
          fromPort: inputs.fromPort,
          toPort: inputs.toPort,
          cidrs: present([inputs.cidrIpv4, inputs.cidrIpv6]),
          prefixLists: present([inputs.prefixListId]),
        },
      ];
    case "aws:ec2/securityGroupRule:SecurityGroupRule":
      return inputs.type === "egress" ? [] : [entry("", inputs)];
    case "aws:ec2/securityGroup:SecurityGroup":
    case "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":
      return list(inputs.ingress).map((item, i) => entry(`ingress[${i}]`, item as Fields));
    default:
      return [];
  }
}

type Fields = Record<string, unknown>;

function entry(place: string, fields: Fields): Ingress {
  const { protocol, fromPort, toPort, cidrBlocks, ipv6CidrBlocks, prefixListIds } = fields;
  return {
    place,
    protocol,
    fromPort,
    toPort,
    cidrs: [...list(cidrBlocks), ...list(ipv6CidrBlocks)],
    prefixLists: list(prefixListIds),
  };
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function present(values: unknown[]): unknown[] {
  return values.filter((value) => value !== undefined && value !== null && value !== "");
}

/** Protocols that carry TCP, by the names and numbers that AWS takes (IANA, Protocol Numbers). */
const ALL = new Set(["-1", "all"]);
const TCP = new Set(["tcp", "6"]);

/**
 * Whether an entry lets connections of TCP to a port in. All protocols mean all ports, whatever ports are named. What
 * isn't known yet lets nothing in: the update, which knows it, is judged again.
 */
export function opens({ protocol, fromPort, toPort }: Ingress, port: number): boolean {
  const name = String(protocol).toLowerCase();
  if (ALL.has(name)) return true;
  return TCP.has(name) && Number(fromPort) <= port && port <= Number(toPort);
}
