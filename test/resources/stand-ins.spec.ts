import assert from "node:assert/strict";
import type { Declaration } from "../../micromesh/resources/declared.ts";
import {
  answerWithoutEngine,
  standInOf,
  standInsIn,
  withoutEngine,
} from "../../micromesh/resources/stand-ins.ts";

const ask = (token: string, inputs: Record<string, unknown> = {}) =>
  answerWithoutEngine({ token: `aws:${token}`, inputs });
const typeOf = (instanceType: string) => {
  const { memorySize, defaultVcpus, supportedArchitectures, ...flags } = ask(
    "ec2/getInstanceType:getInstanceType",
    { instanceType },
  );
  const { burstablePerformanceSupported, freeTierEligible } = flags;
  return [
    memorySize,
    defaultVcpus,
    supportedArchitectures,
    burstablePerformanceSupported,
    freeTierEligible,
  ];
};

describe("outputs without an engine", () => {
  it("are known by the command that would have printed them, wherever it is run", () => {
    for (const type of ["command:local:Command", "command:remote:Command"]) {
      assert.deepEqual(withoutEngine({ type, name: "c" }), {
        stdout: standInOf("c"),
        stderr: "",
      });
    }
  });

  it("are a pair of keys, both of whose halves say whose they are", () => {
    assert.deepEqual(withoutEngine({ type: "tls:index/privateKey:PrivateKey", name: "k" }), {
      publicKeyOpenssh: "public-key-of-k",
      privateKeyOpenssh: "private-key-of-k",
    });
  });

  it("are addresses for what has them in AWS, kept for documentation where they are public", () => {
    assert.deepEqual(withoutEngine({ type: "aws:ec2/eip:Eip", name: "a" }), {
      publicIp: "192.0.2.1",
      allocationId: "eipalloc-stand-in",
    });
    assert.deepEqual(withoutEngine({ type: "aws:ec2/instance:Instance", name: "a" }), {
      privateIp: "172.31.0.10",
    });
    assert.deepEqual(withoutEngine({ type: "kubernetes:core/v1:Namespace", name: "a" }), {});
  });

  it("are found again in the objects that they end up in", () => {
    const resource = (type: string, name: string, inputs: Record<string, unknown>) => ({
      urn: `urn:pulumi:s::p::${type}::${name}`,
      type,
      name,
      custom: true,
      dependencies: [],
      inputs,
      secrets: [],
      options: {
        deleteBeforeReplace: false,
        protect: false,
        retainOnDelete: false,
        ignoreChanges: [],
        replaceOnChanges: [],
        additionalSecretOutputs: [],
        aliases: [],
      },
    });
    const map = (name: string, value: string) =>
      resource("kubernetes:core/v1:ConfigMap", name, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace: "n" },
        data: { value },
      });
    const declaration: Declaration = {
      stack: "s",
      resources: [
        resource("command:local:Command", "ask", {}),
        resource("command:local:Command", "ask-more", {}),
        map("told", standInOf("ask")),
        map("told-more", standInOf("ask-more")),
        map("untold", "plain"),
      ],
      outputs: {},
      secretOutputs: [],
      warnings: [],
    };
    const [told, more, ...others] = standInsIn(declaration);
    assert.deepEqual([told?.command, more?.command, others], ["ask", "ask-more", []]);
    assert.match(told?.object as string, /\btold$/);
    assert.match(more?.object as string, /\btold-more$/);
  });
});

describe("answers without an engine", () => {
  it("give back what was asked, and nothing printed, to whatever isn't AWS", () => {
    assert.deepEqual(
      answerWithoutEngine({ token: "command:local:run", inputs: { command: "read" } }),
      { command: "read", stdout: "", stderr: "" },
    );
  });

  it("know the types that new accounts may launch, and no others", () => {
    const { instanceTypes } = ask("ec2/getInstanceTypes:getInstanceTypes");
    assert.deepEqual((instanceTypes as string[]).toSorted(), [
      "c7i-flex.large",
      "m7i-flex.large",
      "t3.micro",
      "t3.small",
      "t4g.micro",
      "t4g.small",
    ]);
    assert.deepEqual(typeOf("t3.micro"), [1024, 2, ["x86_64"], true, true]);
    assert.deepEqual(typeOf("t4g.small"), [2048, 2, ["arm64"], true, true]);
    assert.deepEqual(typeOf("c7i-flex.large"), [4096, 2, ["x86_64"], false, true]);
    assert.deepEqual(typeOf("m7i-flex.large"), [8192, 2, ["x86_64"], false, true]);
  });

  it("take a type that they don't know for large, paid for, and of the chip that its name tells", () => {
    const large = [2 ** 20, 2 ** 10];
    assert.deepEqual(typeOf("m5.large"), [...large, ["x86_64"], false, false]);
    assert.deepEqual(typeOf("m7g.large"), [...large, ["arm64"], false, false]);
    assert.deepEqual(typeOf("c7gn.large"), [...large, ["arm64"], false, false]);
    assert.deepEqual(typeOf("g5.xlarge"), [...large, ["x86_64"], false, false]);
    assert.deepEqual(typeOf("t3.large"), [...large, ["x86_64"], true, false]);
  });

  it("place a machine in a default VPC: one zone, in which is the one subnet", () => {
    const { locations } = ask("ec2/getInstanceTypeOfferings:getInstanceTypeOfferings");
    const { ids } = ask("ec2/getSubnets:getSubnets");
    const [id] = ids as string[];
    const { availabilityZone, vpcId } = ask("ec2/getSubnet:getSubnet", { id });
    assert.deepEqual(locations, [availabilityZone]);
    assert.equal(ask("ec2/getVpc:getVpc", { id: vpcId }).cidrBlock, "172.31.0.0/16");
    assert.equal(ask("ssm/getParameter:getParameter").insecureValue, "ami-stand-in");
  });

  it("refuse to tell prices, as an engine refuses", () => {
    assert.throws(() => ask("pricing/getProduct:getProduct"), { details: "only Pulumi asks AWS" });
  });
});
