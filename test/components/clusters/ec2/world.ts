import * as pulumi from "@pulumi/pulumi";
import type { MockCallArgs } from "@pulumi/pulumi/runtime/mocks.js";
import type { Ec2HostsArgs } from "../../../../components/clusters/ec2/args.ts";
import { Ec2Hosts } from "../../../../components/clusters/ec2/ec2-hosts.ts";
import { collect } from "../../../../micromesh/resources/collect.ts";
import type { DeclaredResource } from "../../../../micromesh/resources/declared.ts";

/** `MICROMESH_SEED=n` runs the same random cases again. */
export const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));

export const args: Ec2HostsArgs = {
  region: "eu-central-1",
  instanceType: "m7i-flex.large",
  servers: 1,
  agents: 0,
  adminCidrs: ["203.0.113.7/32"],
  publicCidrs: ["0.0.0.0/0", "::/0"],
  access: "ssh",
  volumeGiB: 30,
  podCidr: "10.42.0.0/16",
  serviceCidr: "10.43.0.0/16",
  protect: false,
  tags: { owner: "lab" },
};

/** What AWS is taken to have. */
export interface Aws {
  /** Zones that offer the type. */
  zones: string[];
  /** Zone by subnet's id. */
  subnets: Record<string, string>;
  /** The VPC's, the main one first. */
  networks: string[];
  architectures: string[];
  burstable: boolean;
}

export const aws: Aws = {
  zones: ["eu-central-1b", "eu-central-1a"],
  subnets: {
    "subnet-0000000c": "eu-central-1c",
    "subnet-0000000b": "eu-central-1b",
    "subnet-0000000a": "eu-central-1a",
  },
  networks: ["172.31.0.0/16"],
  architectures: ["x86_64"],
  burstable: false,
};

type Answer = Record<string, unknown>;

/** Answers as AWS does, by the provider's functions; another call is an error. */
export function answers(has: Aws): (call: Pick<MockCallArgs, "token" | "inputs">) => Answer {
  const by: Record<string, (inputs: Answer) => Answer> = {
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": () => ({ locations: has.zones }),
    "aws:ec2/getSubnets:getSubnets": ({ filters }) => {
      const [{ name, values }] = filters as [{ name: string; values: string[] }];
      const all = Object.keys(has.subnets);
      return { ids: name === "subnet-id" ? all.filter((id) => values.includes(id)) : all };
    },
    "aws:ec2/getSubnet:getSubnet": ({ id }) => ({
      id,
      availabilityZone: has.subnets[id as string],
      vpcId: "vpc-1",
    }),
    "aws:ec2/getVpc:getVpc": ({ id }) => ({
      id,
      cidrBlock: has.networks[0],
      cidrBlockAssociations: has.networks.map((cidrBlock) => ({ cidrBlock })),
    }),
    "aws:ec2/getInstanceType:getInstanceType": () => ({
      memorySize: 8192,
      defaultVcpus: 2,
      supportedArchitectures: has.architectures,
      freeTierEligible: true,
      burstablePerformanceSupported: has.burstable,
    }),
    // As the provider answers: the value beside is a secret.
    "aws:ssm/getParameter:getParameter": ({ name }) => ({
      value: pulumi.secret(`image-of-${name}`),
      insecureValue: `image-of-${name}`,
    }),
    "aws:index/getPartition:getPartition": () => ({ partition: "aws-test" }),
  };
  return ({ token, inputs }) => {
    const answer = by[token];
    if (!answer) throw new Error(`nobody answers ${token}`);
    return answer(inputs);
  };
}

/** What AWS adds to what is declared. */
export function outputs({ type, name, inputs }: { type: string; name: string; inputs: Answer }) {
  const made: Record<string, Answer> = {
    "aws:ec2/eip:Eip": { publicIp: "198.51.100.1", allocationId: "eipalloc-1" },
    "aws:ec2/instance:Instance": { privateIp: `private-of-${name}` },
    "aws:ec2/keyPair:KeyPair": { keyName: `${inputs.keyNamePrefix}1` },
    "aws:iam/role:Role": { name: `${inputs.namePrefix}1` },
    "aws:iam/instanceProfile:InstanceProfile": { name: `${inputs.namePrefix}1` },
    "tls:index/privateKey:PrivateKey": {
      publicKeyOpenssh: "ssh-ed25519 AAAA\n",
      privateKeyOpenssh: "-----BEGIN OPENSSH PRIVATE KEY-----",
    },
  };
  return made[type] ?? {};
}

/** What the machines of a stack are declared as. */
export async function declared(
  change: Partial<Ec2HostsArgs> = {},
  {
    has = aws,
    stack = "prod",
    show = () => ({}),
  }: {
    has?: Aws;
    stack?: string;
    /** Outputs of the stack. */
    show?: (hosts: Ec2Hosts) => Record<string, unknown>;
  } = {},
) {
  const calls: { token: string; inputs: Answer; provider?: string }[] = [];
  const answer = answers(has);
  const declaration = await collect(
    async () => show(new Ec2Hosts("cluster", { ...args, ...change })),
    {
      project: "micromesh",
      stack,
      config: {},
      call: (call) => {
        calls.push(call);
        return answer(call);
      },
      outputs,
    },
  );
  const resources = declaration.resources.filter(({ type }) => type !== "pulumi:pulumi:Stack");
  return {
    ...declaration,
    resources,
    calls,
    the(name: string): DeclaredResource {
      const found = resources.filter((resource) => resource.name === name);
      if (found.length === 1) return found[0] as DeclaredResource;
      throw new Error(`${found.length} are called ${name}: ${resources.map((one) => one.name)}`);
    },
    nameOf: (urn: string | undefined) =>
      resources.find((one) => urn === one.urn || urn?.startsWith(`${one.urn}::`))?.name,
  };
}
