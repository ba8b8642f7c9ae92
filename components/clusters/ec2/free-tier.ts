import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type InstanceType, instanceType } from "./instance-types.ts";

/** Asks AWS, in a preview too, which types of a region accounts on the free plan may launch; by name. */
export function freeTierTypes(opts: pulumi.InvokeOutputOptions): pulumi.Output<InstanceType[]> {
  const filters = [{ name: "free-tier-eligible", values: ["true"] }];
  return aws.ec2.getInstanceTypesOutput({ filters }, opts).apply(({ instanceTypes = [] }) =>
    // Where AWS isn't asked, as in a dry capture, there are none.
    pulumi.all([...instanceTypes].sort().map((name) => instanceType(name, opts))),
  );
}
