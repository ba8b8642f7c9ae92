/**
 * What AWS would say, for whoever declares a stack without an account: enough to know what is declared. Amounts
 * are those of the types that new accounts may launch on the free plan
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-free-tier-usage.html), as AWS lists them.
 */
interface Type {
  memorySize: number;
  defaultVcpus: number;
  architecture: "arm64" | "x86_64";
  burstable: boolean;
}

const freeTier: Record<string, Type> = {
  "t3.micro": { memorySize: 1024, defaultVcpus: 2, architecture: "x86_64", burstable: true },
  "t3.small": { memorySize: 2048, defaultVcpus: 2, architecture: "x86_64", burstable: true },
  "t4g.micro": { memorySize: 1024, defaultVcpus: 2, architecture: "arm64", burstable: true },
  "t4g.small": { memorySize: 2048, defaultVcpus: 2, architecture: "arm64", burstable: true },
  "c7i-flex.large": { memorySize: 4096, defaultVcpus: 2, architecture: "x86_64", burstable: false },
  "m7i-flex.large": { memorySize: 8192, defaultVcpus: 2, architecture: "x86_64", burstable: false },
};

const ZONE = "stand-in-a";
const VPC = "vpc-stand-in";

type Answer = (inputs: Record<string, unknown>) => Record<string, unknown>;

const answers: Record<string, Answer> = {
  "aws:ec2/getInstanceType:getInstanceType": ({ instanceType }) => {
    const name = String(instanceType);
    const { architecture, burstable, ...amounts } = freeTier[name] ?? unknownType(name);
    return {
      ...amounts,
      supportedArchitectures: [architecture],
      burstablePerformanceSupported: burstable,
      freeTierEligible: Object.hasOwn(freeTier, name),
    };
  },
  "aws:ec2/getInstanceTypes:getInstanceTypes": () => ({ instanceTypes: Object.keys(freeTier) }),
  "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": () => ({ locations: [ZONE] }),
  "aws:ec2/getSubnets:getSubnets": () => ({ ids: ["subnet-stand-in"] }),
  "aws:ec2/getSubnet:getSubnet": ({ id }) => ({ id, availabilityZone: ZONE, vpcId: VPC }),
  // Of every account's default VPC.
  "aws:ec2/getVpc:getVpc": () => ({ cidrBlock: "172.31.0.0/16", cidrBlockAssociations: [] }),
  "aws:ssm/getParameter:getParameter": () => ({ insecureValue: "ami-stand-in" }),
  "aws:pricing/getProduct:getProduct": () => refuse("only Pulumi asks AWS"),
};

/** Fails as an engine does, whose errors say why in their details. */
function refuse(details: string): never {
  throw Object.assign(new Error(details), { details });
}

/** Large enough: what isn't known to be too small isn't refused. */
function unknownType(name: string): Type {
  const arm = /^[a-z]+\d+g/.test(name);
  return {
    memorySize: 2 ** 20,
    defaultVcpus: 2 ** 10,
    architecture: arm ? "arm64" : "x86_64",
    burstable: /^t\d/.test(name),
  };
}

/** What AWS would answer to an invoke; undefined: it isn't one of AWS that the program makes. */
export function answerOfAws(
  token: string,
  inputs: Record<string, unknown>,
): Record<string, unknown> | undefined {
  return answers[token]?.(inputs);
}

/** What AWS would add to a resource, e.g. addresses: those that are kept for documentation. */
export function outputsOfAws(type: string): Record<string, unknown> {
  switch (type) {
    case "aws:ec2/eip:Eip":
      return { publicIp: "192.0.2.1", allocationId: "eipalloc-stand-in" };
    case "aws:ec2/instance:Instance":
      return { privateIp: "172.31.0.10" };
    default:
      return {};
  }
}
