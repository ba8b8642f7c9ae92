import type { Ec2HostsArgs } from "./args.ts";
import { type Cidr, cidrsOf, freeNetwork, overlap } from "./cidr.ts";
import { run } from "./mend.ts";

/** What AWS says of a subnet. */
export interface Subnet {
  id: string;
  zone: string;
  vpcId: string;
}

type Wanted = Pick<Ec2HostsArgs, "region" | "instanceType" | "subnetId">;

/**
 * @returns the zones that offer the type, in their order by name
 * @throws Error where there is none
 */
export function offeringZones(wanted: Wanted, locations: string[]): string[] {
  if (locations.length === 0) {
    throw new Error(
      `micromesh:cluster.instanceType is ${wanted.instanceType}, which no zone of ${wanted.region} ` +
        `offers: ${run("instanceType", "TYPE")} with one of those that "aws ec2 ` +
        `describe-instance-type-offerings --region ${wanted.region}" lists`,
    );
  }
  return [...locations].sort();
}

/**
 * The subnet of all machines: of those that were found, the first by zone, then by id, in a zone that
 * offers the type.
 * @param found the one that was asked for, or the default VPC's
 * @throws Error where there is none
 */
export function chooseSubnet(wanted: Wanted, zones: string[], found: Subnet[]): Subnet {
  const { region, instanceType, subnetId } = wanted;
  const [chosen] = found
    .filter(({ zone }) => zones.includes(zone))
    .sort((a, b) => (`${a.zone} ${a.id}` < `${b.zone} ${b.id}` ? -1 : 1));
  if (chosen) return chosen;
  const list = zones.join(", ");
  if (subnetId !== undefined) {
    const zone = found[0]?.zone;
    throw new Error(
      zone === undefined
        ? `micromesh:cluster.subnetId is ${subnetId}, which isn't in ${region}: ` +
            `${run("subnetId", "SUBNET")} or ${run("region", "REGION")}`
        : `micromesh:cluster.subnetId is ${subnetId} in ${zone}, which doesn't offer ${instanceType}; ` +
            `${list} do: ${run("subnetId", "SUBNET")} or ${run("instanceType", "TYPE")}`,
    );
  }
  throw new Error(
    found.length === 0
      ? `micromesh:cluster.subnetId is missing, and ${region} has no default VPC with a subnet to take ` +
          `instead: ${run("subnetId", "SUBNET")}, or make one by ` +
          `"aws ec2 create-default-vpc --region ${region}"`
      : `micromesh:cluster.subnetId is missing, and the default VPC has no subnet in a zone that offers ` +
          `${instanceType} (${list}): ${run("subnetId", "SUBNET")}, or make one by ` +
          `"aws ec2 create-default-subnet --region ${region} --availability-zone ${zones[0]}"`,
  );
}

/**
 * Pods whose addresses are those of machines in the VPC, or of its name server, would never reach these.
 * @param vpc the VPC's networks
 * @throws Error where a network of the cluster overlaps one of them
 */
export function checkNetworks(
  { podCidr, serviceCidr }: Pick<Ec2HostsArgs, "podCidr" | "serviceCidr">,
  vpc: { id: string; networks: string[] },
): void {
  const networks = cidrsOf(vpc.networks);
  const own = { podCidr, serviceCidr };
  // What stays, and what has been suggested, isn't free any more.
  const taken = [...networks];
  const clashes = (["podCidr", "serviceCidr"] as const).flatMap((key) => {
    const [cidr] = cidrsOf([own[key]]) as [Cidr];
    const clash = networks.find((network) => overlap(network, cidr));
    if (clash) return [{ key, clash }];
    taken.push(cidr);
    return [];
  });
  const problems = clashes.map(({ key, clash }) => {
    const free = freeNetwork(taken, key === "podCidr" ? 42 : 43);
    if (free) taken.push(free);
    return (
      `micromesh:cluster.${key} is ${own[key]}, which overlaps ${clash.text} of the VPC ${vpc.id}: ` +
      run(key, free?.text ?? "NETWORK")
    );
  });
  if (problems.length > 0) throw new Error(problems.join("\n"));
}
