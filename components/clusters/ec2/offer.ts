import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Ec2HostsArgs } from "./args.ts";
import { costLine } from "./bill.ts";
import type { Ec2Hosts } from "./ec2-hosts.ts";
import { freeTierTypes } from "./free-tier.ts";
import type { InstanceType } from "./instance-types.ts";
import { askPrices, pricingRegion } from "./prices.ts";

/** What AWS offers: the type that was chosen, what is free, and what a month costs where it isn't. */
export interface Offer {
  chosen: pulumi.Output<InstanceType>;
  region: string;
  freeTier: pulumi.Output<InstanceType[]>;
  /** One line. */
  cost: pulumi.Output<string>;
}

/** Asks AWS, in a preview too. */
export function offerOf(hosts: Ec2Hosts, args: Ec2HostsArgs): Offer {
  const { region, instanceType, servers, agents, volumeGiB } = args;
  // The region of the machines needn't be one that is asked for prices.
  const pricing = new aws.Provider(
    "hosts-prices",
    { region: pricingRegion(region) as aws.Region },
    { parent: hosts },
  );
  const instances = servers + agents;
  // The first server's Elastic IP stands for the address that it would have had.
  const billed = { instanceType, instances, volumeGiB, addresses: instances };
  return {
    chosen: hosts.instanceType,
    region,
    freeTier: freeTierTypes({ parent: hosts, provider: hosts.provider }),
    cost: askPrices(instanceType, region, pricing).apply((asked) => costLine(billed, asked)),
  };
}
