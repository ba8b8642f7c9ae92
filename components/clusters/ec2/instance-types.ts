import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** What AWS says of an instance type. */
export interface InstanceType {
  name: string;
  memoryMiB: number;
  vcpus: number;
  architecture: "arm64" | "x86_64";
  /** Accounts on the free plan may launch it, and credits pay for it. */
  freeTierEligible: boolean;
  /** Its CPU is lent by credits. */
  burstable: boolean;
}

/** Asks AWS for a type, in a preview too. Fails where the region has no such type. */
export function instanceType(
  name: string,
  opts: pulumi.InvokeOutputOptions,
): pulumi.Output<InstanceType> {
  return aws.ec2.getInstanceTypeOutput({ instanceType: name }, opts).apply(
    (found): InstanceType => ({
      name,
      memoryMiB: found.memorySize,
      vcpus: found.defaultVcpus,
      architecture: found.supportedArchitectures.includes("arm64") ? "arm64" : "x86_64",
      freeTierEligible: found.freeTierEligible,
      burstable: found.burstablePerformanceSupported,
    }),
  );
}
