import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Host, SshConnection } from "../k3s/host.ts";
import { type Ec2HostsArgs, validateEc2Hosts } from "./args.ts";
import { firewall } from "./firewall.ts";
import { IMAGE_USER, newestImage } from "./image.ts";
import type { InstanceType } from "./instance-types.ts";
import { login } from "./login.ts";
import { findPlace } from "./lookups.ts";
import { type Machine, machine } from "./machine.ts";
import { LONGEST_PREFIX, LONGEST_ROLE_PREFIX, namePrefix } from "./naming.ts";
import { sessionRole } from "./session-role.ts";

/**
 * Machines on EC2 for a cluster, all in one subnet, and one public address that stays: the first
 * server's. They are made for K3s and know nothing of it.
 */
export class Ec2Hosts extends pulumi.ComponentResource {
  readonly servers: Host[];
  readonly agents: Host[];
  /** The Elastic IP of the first server; there before the server is. */
  readonly publicAddress: pulumi.Output<string>;
  readonly instanceType: pulumi.Output<InstanceType>;
  /** Opens every machine, by the user `ubuntu`; a secret. */
  readonly privateKey: pulumi.Output<string>;
  readonly provider: aws.Provider;
  /** The first server, which takes the cluster with it. */
  readonly deletedWith: pulumi.Resource;

  constructor(name: string, args: Ec2HostsArgs, opts: pulumi.ComponentResourceOptions = {}) {
    // The private key stays out of the component's own inputs, which are readable in the state.
    super("micromesh:clusters:Ec2Hosts", name, { ...args, key: args.key?.keyName }, opts);
    validateEc2Hosts(args);
    const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
    const title = `${project}-${stack}-${name}`;
    const prefix = namePrefix([project, stack, name], LONGEST_PREFIX);
    this.provider = new aws.Provider(
      `${name}-aws`,
      {
        region: args.region,
        defaultTags: { tags: { ...args.tags, project, stack, "managed-by": "pulumi" } },
      },
      { parent: this },
    );
    const own = { parent: this, provider: this.provider };
    const { type, subnet } = findPlace(args, (problem) => this.refuse(problem), own);
    this.instanceType = type;

    const count = args.servers + args.agents;
    const subnetIsPinned = args.subnetId !== undefined;
    const { group, ingress, egress } = firewall(
      name,
      {
        ...args,
        namePrefix: prefix,
        title,
        vpcId: subnet.vpcId,
        vpcIsPinned: subnetIsPinned,
        several: count > 1,
      },
      own,
    );
    const { keyName, privateKey } = login(name, { key: args.key, namePrefix: prefix, title }, own);
    this.privateKey = privateKey;
    const role =
      args.access === "session-manager"
        ? sessionRole(
            name,
            {
              rolePrefix: namePrefix([project, stack, name], LONGEST_ROLE_PREFIX),
              profilePrefix: prefix,
              title,
            },
            own,
          )
        : undefined;
    const address = new aws.ec2.Eip(
      `${name}-address`,
      { domain: "vpc", tags: { Name: title } },
      { ...own, protect: args.protect },
    );
    this.publicAddress = address.publicIp;

    const common = {
      type,
      image: args.imageId ?? newestImage(type, own),
      imageIsPinned: args.imageId !== undefined,
      keyName,
      groupId: group.id,
      profile: role?.profile,
      volumeGiB: args.volumeGiB,
      title,
    };
    const options = {
      ...own,
      protect: args.protect,
      // An account has few addresses to give: where there's none left, no machine is made either.
      dependsOn: [address, ...egress, ...(role ? [role.ready] : [])],
    };
    const first = machine(
      name,
      { ...common, role: "server-1", subnetId: subnet.id, subnetIsPinned },
      options,
    );
    // Where the first one stands already, whatever would be chosen today.
    const beside = { ...common, subnetId: first.instance.subnetId, subnetIsPinned: true };
    const others = [
      ...Array.from({ length: args.servers - 1 }, (_, i) => `server-${i + 2}`),
      ...Array.from({ length: args.agents }, (_, i) => `agent-${i + 1}`),
    ].map((role) => machine(name, { ...beside, role }, options));

    const association = new aws.ec2.EipAssociation(
      `${name}-address-to-server-1`,
      { allocationId: address.allocationId, instanceId: first.instance.id },
      { ...own, dependsOn: ingress },
    );
    const hosts = hostsOf(args, first, others, { address, association, privateKey });
    this.servers = hosts.slice(0, args.servers);
    this.agents = hosts.slice(args.servers);
    this.deletedWith = first.instance;
    this.registerOutputs({ publicAddress: this.publicAddress, privateKey });
  }

  /**
   * Fails the run with one line. A preview still shows the rest, with what isn't known; in an update
   * nothing that depends on it may be made.
   */
  private refuse(problem: string): never {
    // Said here, since an error in an output comes out as one of whatever resource asked for it first.
    pulumi.log.error(problem, this);
    if (!pulumi.runtime.isDryRun()) throw new pulumi.ResourceError(problem, this, true);
    return pulumi.unknown as never;
  }
}

/** How each machine is reached. No command dials before the address leads to the first one, ports open. */
function hostsOf(
  { access, region }: Ec2HostsArgs,
  first: Machine,
  others: Machine[],
  through: {
    address: aws.ec2.Eip;
    association: aws.ec2.EipAssociation;
    privateKey: pulumi.Output<string>;
  },
): Host[] {
  const { address, association, privateKey } = through;
  const person = { user: IMAGE_USER, privateKey };
  const afterwards = <T>(value: pulumi.Output<T>): pulumi.Output<T> =>
    pulumi.all([value, association.id]).apply(([value]) => value as T);
  const straight: SshConnection = {
    via: "ssh",
    ...person,
    host: afterwards(address.publicIp),
    port: 22,
  };
  return [first, ...others].map((one): Host => {
    const { role, instance } = one;
    return {
      name: role,
      identity: instance.id,
      address: instance.privateIp,
      deletedWith: instance,
      connection:
        access === "session-manager"
          ? { via: access, ...person, instanceId: afterwards(instance.id), region }
          : one === first
            ? straight
            : { via: "ssh", ...person, host: instance.privateIp, port: 22, jump: straight },
    };
  });
}
