import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { InstanceType } from "./instance-types.ts";

/** Who logs in to Ubuntu's images. */
export const IMAGE_USER = "ubuntu";

/** Canonical names its architectures as Debian does. */
const DEBIAN_NAMES = { arm64: "arm64", x86_64: "amd64" };

/**
 * Canonical's public parameter that holds the id of the newest image of Ubuntu 26.04, the newest LTS
 * (documentation.ubuntu.com/aws: "Find Ubuntu images on AWS").
 */
export function imageParameter(architecture: InstanceType["architecture"]): string {
  return `/aws/service/canonical/ubuntu/server/26.04/stable/current/${DEBIAN_NAMES[architecture]}/hvm/ebs-gp3/ami-id`;
}

/** The image's id, asked of AWS, in a preview too. */
export function newestImage(
  type: pulumi.Output<InstanceType>,
  opts: pulumi.InvokeOutputOptions,
): pulumi.Output<string> {
  const name = type.apply(({ architecture }) => imageParameter(architecture));
  // A parameter may hold a secret, so Pulumi takes the whole answer for one; this one is public.
  return pulumi.unsecret(aws.ssm.getParameterOutput({ name }, opts).insecureValue);
}
