import { createHash } from "node:crypto";

/** Networks of a cluster's pods and Services, in CIDR form. */
export interface Networks {
  podCidr: string;
  serviceCidr: string;
}

/**
 * Networks that follow from a stack's name, so that clusters of different stacks can be joined, or reached over
 * one VPN, without anybody having planned it: one of 48 pairs of /16 between 10.128.0.0 and 10.223.0.0. Outside are
 * the networks that are in use elsewhere as often as not, among them the defaults of K3s (10.42 and 10.43),
 * minikube (10.96 and 10.244) and many a VPC (10.0).
 */
export function networksOf(project: string, stack: string): Networks {
  const digest = createHash("sha256").update(`${project}/${stack}`).digest();
  const even = 128 + 2 * (digest.readUInt32BE(0) % 48);
  return { podCidr: `10.${even}.0.0/16`, serviceCidr: `10.${even + 1}.0.0/16` };
}
