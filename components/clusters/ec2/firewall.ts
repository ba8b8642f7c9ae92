import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Ec2HostsArgs } from "./args.ts";
import { type Cidr, cidrsOf } from "./cidr.ts";

/** One network that may come in at one port. */
export interface Opening {
  /** Follows from the port and the network: another order of the lists changes nothing. */
  name: string;
  port: number;
  cidr: Cidr;
  description: string;
}

type Wanted = Pick<Ec2HostsArgs, "adminCidrs" | "publicCidrs" | "access">;

/** Who may come in from outside, and where. */
export function openings({ adminCidrs, publicCidrs, access }: Wanted): Opening[] {
  const admins = cidrsOf(adminCidrs);
  const everyone = cidrsOf(publicCidrs);
  return [
    ...(access === "ssh" ? open("ssh", 22, admins, "SSH from administrators") : []),
    ...open("api", 6443, admins, "Kubernetes API from administrators"),
    ...open("http", 80, everyone, "HTTP"),
    ...open("https", 443, everyone, "HTTPS"),
  ];
}

function open(service: string, port: number, cidrs: Cidr[], description: string): Opening[] {
  return cidrs.map((cidr) => ({
    // A URN's parts are separated by two colons, and an address of IPv6 may hold them.
    name: `${service}-${cidr.text.replace(/[:/]/g, "-")}`,
    port,
    cidr,
    description,
  }));
}

export interface FirewallArgs extends Wanted {
  namePrefix: string;
  /** `Name` of the group. */
  title: string;
  vpcId: pulumi.Input<string>;
  /** The VPC follows from what is meant; where it doesn't, a group stays in the one that it was made in. */
  vpcIsPinned: boolean;
  /** Machines talk to each other. */
  several: boolean;
}

export interface Firewall {
  group: aws.ec2.SecurityGroup;
  ingress: pulumi.Resource[];
  egress: pulumi.Resource[];
}

/**
 * The machines' security group. Its rules are resources of their own, one a port and network: rules
 * within the group would be replaced together, and two ways to declare them fight each other.
 */
export function firewall(
  name: string,
  args: FirewallArgs,
  opts: pulumi.CustomResourceOptions,
): Firewall {
  const group = new aws.ec2.SecurityGroup(
    `${name}-firewall`,
    {
      namePrefix: args.namePrefix,
      // Can't be changed later: it says nothing that could.
      description: "Machines of a cluster",
      vpcId: args.vpcId,
      tags: { Name: args.title },
    },
    { ...opts, ignoreChanges: args.vpcIsPinned ? [] : ["vpcId"] },
  );
  const ingress = openings(args).map(
    ({ name: opening, port, cidr, description }) =>
      new aws.vpc.SecurityGroupIngressRule(
        `${name}-from-${opening}`,
        {
          securityGroupId: group.id,
          ...networkOf(cidr),
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
          description,
        },
        opts,
      ),
  );
  if (args.several) {
    ingress.push(
      new aws.vpc.SecurityGroupIngressRule(
        `${name}-from-each-other`,
        {
          securityGroupId: group.id,
          referencedSecurityGroupId: group.id,
          ipProtocol: "-1",
          description: "Machines of the cluster from each other",
        },
        opts,
      ),
    );
  }
  const egress = cidrsOf(["0.0.0.0/0", "::/0"]).map(
    (cidr) =>
      new aws.vpc.SecurityGroupEgressRule(
        `${name}-to-ipv${cidr.family}`,
        { securityGroupId: group.id, ...networkOf(cidr), ipProtocol: "-1" },
        opts,
      ),
  );
  return { group, ingress, egress };
}

function networkOf({ family, text }: Cidr): { cidrIpv4: string } | { cidrIpv6: string } {
  return family === 4 ? { cidrIpv4: text } : { cidrIpv6: text };
}
