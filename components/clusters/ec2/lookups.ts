import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Ec2HostsArgs } from "./args.ts";
import { type InstanceType, instanceType } from "./instance-types.ts";
import { checkNetworks, chooseSubnet, offeringZones, type Subnet } from "./place.ts";

/** What AWS says before anything is made. */
export interface Place {
  type: pulumi.Output<InstanceType>;
  subnet: pulumi.Output<Subnet>;
}

/**
 * Asks AWS, in a preview too, what the machines would be and where they would stand.
 * @param refuse is told why there is no such place; what it returns, if anything, goes on in its stead
 */
export function findPlace(
  args: Ec2HostsArgs,
  refuse: (problem: string) => never,
  opts: pulumi.InvokeOutputOptions,
): Place {
  const checked = <T>(check: () => T): T => {
    try {
      return check();
    } catch (error) {
      return refuse((error as Error).message);
    }
  };
  const zones = aws.ec2
    .getInstanceTypeOfferingsOutput(
      {
        locationType: "availability-zone",
        filters: [{ name: "instance-type", values: [args.instanceType] }],
      },
      opts,
    )
    .apply(({ locations }) => checked(() => offeringZones(args, locations)));
  const chosen = pulumi
    .all([zones, subnets(args, opts)])
    .apply(([zones, found]) => checked(() => chooseSubnet(args, zones, found)));
  const networks = aws.ec2
    .getVpcOutput({ id: chosen.vpcId }, opts)
    .apply(({ cidrBlock, cidrBlockAssociations }) => [
      ...new Set([cidrBlock, ...cidrBlockAssociations.map((one) => one.cidrBlock)]),
    ]);
  const subnet = pulumi.all([chosen, networks]).apply(([subnet, networks]) =>
    checked(() => {
      checkNetworks(args, { id: subnet.vpcId, networks });
      return subnet;
    }),
  );
  // Of a type that the region doesn't have, the line above says more than AWS does.
  return { type: zones.apply(() => instanceType(args.instanceType, opts)), subnet };
}

/**
 * The subnet that is asked for, or those of the default VPC. Asked for by filters, since these find
 * nothing where other ways fail with words that name no setting.
 */
function subnets(
  { subnetId }: Ec2HostsArgs,
  opts: pulumi.InvokeOutputOptions,
): pulumi.Output<Subnet[]> {
  const filter =
    subnetId === undefined
      ? { name: "default-for-az", values: ["true"] }
      : { name: "subnet-id", values: [subnetId] };
  return aws.ec2
    .getSubnetsOutput({ filters: [filter] }, opts)
    .apply(({ ids }) =>
      pulumi.all(
        ids.map((id) =>
          aws.ec2
            .getSubnetOutput({ id }, opts)
            .apply(({ availabilityZone, vpcId }) => ({ id, zone: availabilityZone, vpcId })),
        ),
      ),
    );
}
