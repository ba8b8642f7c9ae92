import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { InstanceType } from "./instance-types.ts";
import { hostname } from "./naming.ts";
import { userData } from "./user-data.ts";

export interface MachineArgs {
  /** E.g. `server-1`. */
  role: string;
  type: pulumi.Output<InstanceType>;
  image: pulumi.Input<string>;
  /** The image is meant: a machine that has another is replaced. */
  imageIsPinned: boolean;
  subnetId: pulumi.Input<string>;
  /** The subnet is meant: a machine that is in another is replaced. */
  subnetIsPinned: boolean;
  keyName: pulumi.Input<string>;
  groupId: pulumi.Input<string>;
  /** Name of an instance profile; undefined: the machine may do nothing in AWS. */
  profile?: pulumi.Input<string>;
  volumeGiB: number;
  /** Of the cluster; begins every machine's name. */
  title: string;
}

export interface Machine {
  role: string;
  instance: aws.ec2.Instance;
}

/** An instance that nothing but a change of what is meant replaces, or stops. */
export function machine(
  name: string,
  args: MachineArgs,
  opts: pulumi.CustomResourceOptions,
): Machine {
  const Name = `${args.title}-${args.role}`;
  const instance = new aws.ec2.Instance(
    `${name}-${args.role}`,
    {
      // By way of AWS' answer, so that no machine is declared of a type that isn't there.
      instanceType: args.type.name,
      ami: args.image,
      subnetId: args.subnetId,
      vpcSecurityGroupIds: [args.groupId],
      keyName: args.keyName,
      iamInstanceProfile: args.profile,
      // The way out, until, and where, no Elastic IP is the machine's.
      associatePublicIpAddress: true,
      userData: userData({ hostname: hostname(Name) }),
      metadataOptions: {
        httpEndpoint: "enabled",
        // Version 2 only: a request that a pod was talked into forwarding carries no token.
        httpTokens: "required",
        // Pods are one hop further away than the machine itself.
        httpPutResponseHopLimit: 1,
      },
      rootBlockDevice: {
        volumeType: "gp3",
        volumeSize: args.volumeGiB,
        encrypted: true,
        deleteOnTermination: true,
        tags: { Name },
      },
      // EC2's own default, unlimited, bills what goes beyond the credits.
      creditSpecification: args.type.apply(({ burstable }) =>
        burstable ? { cpuCredits: "standard" } : undefined,
      ),
      tags: { Name },
    },
    {
      ...opts,
      ignoreChanges: [
        // Read once, at the first boot: a change would stop and start the machine, and do nothing.
        "userData",
        // Heeded at launch only, and read back as false of a machine that is stopped.
        "associatePublicIpAddress",
        // A newer image must not replace a machine that runs; nor a zone that offers the type now.
        ...(args.imageIsPinned ? [] : ["ami"]),
        ...(args.subnetIsPinned ? [] : ["subnetId"]),
      ],
    },
  );
  return { role: args.role, instance };
}
