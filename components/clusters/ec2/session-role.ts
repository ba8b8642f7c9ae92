import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** The least that the agent of AWS Systems Manager needs, by AWS' own policy. */
const POLICY = "AmazonSSMManagedInstanceCore";

/** What lets people into a machine by a session. */
export interface SessionRole {
  /** Name of the instance profile. */
  profile: pulumi.Output<string>;
  /** Machines that start before it is there ask for a session only minutes later. */
  ready: pulumi.Resource;
}

export function sessionRole(
  name: string,
  args: { rolePrefix: string; profilePrefix: string; title: string },
  opts: { parent: pulumi.Resource; provider: aws.Provider },
): SessionRole {
  const tags = { Name: args.title };
  const role = new aws.iam.Role(
    `${name}-role`,
    {
      namePrefix: args.rolePrefix,
      assumeRolePolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "ec2.amazonaws.com" },
            Action: "sts:AssumeRole",
          },
        ],
      }),
      tags,
    },
    opts,
  );
  // China and the government's regions have policies, and addresses, of their own.
  const { partition } = aws.getPartitionOutput({}, opts);
  const ready = new aws.iam.RolePolicyAttachment(
    `${name}-role-sessions`,
    { role: role.name, policyArn: pulumi.interpolate`arn:${partition}:iam::aws:policy/${POLICY}` },
    opts,
  );
  const profile = new aws.iam.InstanceProfile(
    `${name}-profile`,
    { namePrefix: args.profilePrefix, role: role.name, tags },
    opts,
  );
  return { profile: profile.name, ready };
}
