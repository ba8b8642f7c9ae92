import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { Ec2HostsArgs } from "../../../../components/clusters/ec2/args.ts";
import type { Ec2Hosts } from "../../../../components/clusters/ec2/ec2-hosts.ts";
import {
  hostname,
  LONGEST_ROLE_PREFIX,
  namePrefix,
} from "../../../../components/clusters/ec2/naming.ts";
import { userData } from "../../../../components/clusters/ec2/user-data.ts";
import type { Host } from "../../../../components/clusters/k3s/host.ts";
import { dependenciesOf, findingPlace, preview } from "./mocked.ts";
import { type Aws, aws, declared } from "./world.ts";

const INSTANCE = "aws:ec2/instance:Instance";
const INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const title = "micromesh-prod-cluster";
const image = (architecture: string) =>
  `image-of-/aws/service/canonical/ubuntu/server/26.04/stable/current/${architecture}/hvm/ebs-gp3/ami-id`;

/** All but what no output of a stack can be. */
const plain = ({ deletedWith: _, ...host }: Host) => host;

describe("Ec2Hosts", () => {
  it("declares one machine, with its address, key and security group, by a provider of the region", async () => {
    const { resources, nameOf } = await declared();
    assert.deepEqual(
      resources
        .map(({ type, name, parent, provider }) => [type, name, nameOf(parent), nameOf(provider)])
        .sort(),
      [
        ["aws:ec2/eip:Eip", "cluster-address", "cluster", "cluster-aws"],
        [
          "aws:ec2/eipAssociation:EipAssociation",
          "cluster-address-to-server-1",
          "cluster",
          "cluster-aws",
        ],
        [INSTANCE, "cluster-server-1", "cluster", "cluster-aws"],
        ["aws:ec2/keyPair:KeyPair", "cluster-key-pair", "cluster", "cluster-aws"],
        ["aws:ec2/securityGroup:SecurityGroup", "cluster-firewall", "cluster", "cluster-aws"],
        ...["cluster-to-ipv4", "cluster-to-ipv6"].map((name) => [
          "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
          name,
          "cluster",
          "cluster-aws",
        ]),
        ...[
          "cluster-from-api-203.0.113.7-32",
          "cluster-from-http----0",
          "cluster-from-http-0.0.0.0-0",
          "cluster-from-https----0",
          "cluster-from-https-0.0.0.0-0",
          "cluster-from-ssh-203.0.113.7-32",
        ].map((name) => [INGRESS, name, "cluster", "cluster-aws"]),
        ["micromesh:clusters:Ec2Hosts", "cluster", undefined, undefined],
        ["pulumi:providers:aws", "cluster-aws", "cluster", undefined],
        ["tls:index/privateKey:PrivateKey", "cluster-key", "cluster", undefined],
      ],
    );
  });

  it("tags everything with the stack, which the stack's own tags can't override", async () => {
    const { the } = await declared();
    const { region, defaultTags } = the("cluster-aws").inputs;
    assert.equal(region, "eu-central-1");
    assert.deepEqual(JSON.parse(defaultTags as string), {
      tags: { owner: "lab", project: "micromesh", stack: "prod", "managed-by": "pulumi" },
    });
  });

  describe("a machine", () => {
    it("is declared with an encrypted disk, IMDSv2 for itself alone, and its key", async () => {
      const { the, nameOf } = await declared();
      const { inputs, secrets, dependencies } = the("cluster-server-1");
      const Name = `${title}-server-1`;
      assert.deepEqual(inputs, {
        instanceType: "m7i-flex.large",
        ami: image("amd64"),
        subnetId: "subnet-0000000a",
        vpcSecurityGroupIds: ["cluster-firewall-id"],
        keyName: `${title}-1`,
        associatePublicIpAddress: true,
        userData: userData({ hostname: Name }),
        metadataOptions: {
          httpEndpoint: "enabled",
          httpTokens: "required",
          httpPutResponseHopLimit: 1,
        },
        rootBlockDevice: {
          volumeType: "gp3",
          volumeSize: 30,
          encrypted: true,
          deleteOnTermination: true,
          tags: { Name },
        },
        tags: { Name },
      });
      assert.deepEqual(secrets, [], "the image, of all, isn't one");
      assert.deepEqual(dependencies.map(nameOf).sort(), [
        "cluster-address",
        "cluster-firewall",
        "cluster-key-pair",
        "cluster-to-ipv4",
        "cluster-to-ipv6",
      ]);
    });

    it("is neither replaced nor stopped by a newer image, another zone, or user data", async () => {
      const { the } = await declared();
      assert.deepEqual(the("cluster-server-1").options.ignoreChanges, [
        "userData",
        "associatePublicIpAddress",
        "ami",
        "subnetId",
      ]);
      assert.deepEqual(the("cluster-firewall").options.ignoreChanges, ["vpcId"]);
    });

    it("is replaced by another image or subnet where the stack names them", async () => {
      const imageId = "ami-0123456789abcdef0";
      const { the, calls } = await declared({ imageId, subnetId: "subnet-0000000b" });
      const { inputs, options } = the("cluster-server-1");
      assert.deepEqual(options.ignoreChanges, ["userData", "associatePublicIpAddress"]);
      assert.deepEqual(the("cluster-firewall").options.ignoreChanges, []);
      assert.deepEqual([inputs.ami, inputs.subnetId], [imageId, "subnet-0000000b"]);
      assert.ok(!calls.some(({ token }) => token.includes("getParameter")), "and nobody is asked");
    });

    it("has the image of its type's architecture", async () => {
      const { the } = await declared({}, { has: { ...aws, architectures: ["arm64"] } });
      assert.equal(the("cluster-server-1").inputs.ami, image("arm64"));
    });

    it("spends no more than its credits, where it has any", async () => {
      const { the } = await declared({ agents: 1 }, { has: { ...aws, burstable: true } });
      for (const name of ["cluster-server-1", "cluster-agent-1"]) {
        assert.deepEqual(the(name).inputs.creditSpecification, { cpuCredits: "standard" });
      }
    });

    it("is protected with its address where the stack says so, and nothing else is", async () => {
      const names = async (protect: boolean) => {
        const { resources } = await declared({ protect, agents: 1 });
        return resources
          .filter(({ options }) => options.protect)
          .map(({ name }) => name)
          .sort();
      };
      assert.deepEqual(await names(true), [
        "cluster-address",
        "cluster-agent-1",
        "cluster-server-1",
      ]);
      assert.deepEqual(await names(false), []);
    });
  });

  describe("the security group", () => {
    it("has no rules inside, and says nothing that could change", async () => {
      const { the } = await declared();
      assert.deepEqual(the("cluster-firewall").inputs, {
        namePrefix: `${title}-`,
        description: "Machines of a cluster",
        vpcId: "vpc-1",
        tags: { Name: title },
      });
    });

    it("lets administrators in at 22 and 6443, the public at 80 and 443, and nobody else", async () => {
      const { resources } = await declared({
        adminCidrs: ["203.0.113.7/32", "2001:DB8::/32"],
        publicCidrs: ["198.51.100.0/24"],
      });
      const rule = (port: number, description: string, cidr: object) => ({
        securityGroupId: "cluster-firewall-id",
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
        description,
        ...cidr,
      });
      const [v4, v6] = [{ cidrIpv4: "203.0.113.7/32" }, { cidrIpv6: "2001:db8::/32" }];
      const [ssh, api] = ["SSH from administrators", "Kubernetes API from administrators"];
      const rules = resources.filter(({ type }) => type === INGRESS);
      assert.deepEqual(Object.fromEntries(rules.map(({ name, inputs }) => [name, inputs])), {
        "cluster-from-ssh-203.0.113.7-32": rule(22, ssh, v4),
        "cluster-from-ssh-2001-db8---32": rule(22, ssh, v6),
        "cluster-from-api-203.0.113.7-32": rule(6443, api, v4),
        "cluster-from-api-2001-db8---32": rule(6443, api, v6),
        "cluster-from-http-198.51.100.0-24": rule(80, "HTTP", { cidrIpv4: "198.51.100.0/24" }),
        "cluster-from-https-198.51.100.0-24": rule(443, "HTTPS", { cidrIpv4: "198.51.100.0/24" }),
      });
    });

    it("names a rule by its port and network, whatever the order", async () => {
      const nets = ["203.0.113.7/32", "203.0.113.8/32", "2001:db8::/32"];
      const rules = async (change: Partial<Ec2HostsArgs>) =>
        (await declared(change)).resources
          .filter(({ type }) => type === INGRESS)
          .map(({ name, inputs }) => JSON.stringify([name, inputs]))
          .sort();
      const one = await rules({ adminCidrs: nets, publicCidrs: nets });
      assert.equal(one.length, 12);
      const other = [...nets].reverse();
      assert.deepEqual(await rules({ adminCidrs: other, publicCidrs: other }), one);
    });

    it("lets machines reach each other only where there are several", async () => {
      const { the } = await declared({ agents: 1 });
      assert.deepEqual(the("cluster-from-each-other").inputs, {
        securityGroupId: "cluster-firewall-id",
        referencedSecurityGroupId: "cluster-firewall-id",
        ipProtocol: "-1",
        description: "Machines of the cluster from each other",
      });
      const { resources } = await declared();
      assert.ok(!resources.some(({ inputs }) => "referencedSecurityGroupId" in inputs));
    });

    it("lets machines reach the world", async () => {
      const { the } = await declared();
      const egress = { securityGroupId: "cluster-firewall-id", ipProtocol: "-1" };
      assert.deepEqual(the("cluster-to-ipv4").inputs, { ...egress, cidrIpv4: "0.0.0.0/0" });
      assert.deepEqual(the("cluster-to-ipv6").inputs, { ...egress, cidrIpv6: "::/0" });
    });
  });

  describe("the key", () => {
    it("is of the stack's own, its private half a secret", async () => {
      const { the, outputs, secretOutputs } = await declared(
        {},
        { show: ({ privateKey }) => ({ privateKey }) },
      );
      assert.deepEqual(the("cluster-key").inputs, { algorithm: "ED25519" });
      assert.deepEqual(the("cluster-key-pair").inputs, {
        keyNamePrefix: `${title}-`,
        publicKey: "ssh-ed25519 AAAA",
        tags: { Name: title },
      });
      assert.deepEqual(outputs, { privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----" });
      assert.deepEqual(secretOutputs, ["privateKey"]);
    });

    it("is the one given, which is told to nobody", async () => {
      const declaration = await declared(
        { key: { keyName: "mine", privateKey: "s3cret" } },
        { show: ({ privateKey }) => ({ privateKey }) },
      );
      const { the, resources, outputs, secretOutputs } = declaration;
      assert.equal(the("cluster-server-1").inputs.keyName, "mine");
      assert.ok(!resources.some(({ type }) => /keyPair|privateKey/.test(type)));
      assert.deepEqual([outputs, secretOutputs], [{ privateKey: "s3cret" }, ["privateKey"]]);
      assert.equal(the("cluster").inputs.key, "mine");
      assert.ok(!JSON.stringify(resources).includes("s3cret"));
    });
  });

  describe("the address", () => {
    it("is there before the machine, and leads to it once the ports are open", async () => {
      const { the, nameOf } = await declared();
      assert.deepEqual(the("cluster-address").inputs, { domain: "vpc", tags: { Name: title } });
      const { inputs, dependencies } = the("cluster-address-to-server-1");
      assert.deepEqual(inputs, {
        allocationId: "eipalloc-1",
        instanceId: "cluster-server-1-id",
      });
      assert.deepEqual(dependencies.map(nameOf).sort(), [
        "cluster-address",
        "cluster-from-api-203.0.113.7-32",
        "cluster-from-http----0",
        "cluster-from-http-0.0.0.0-0",
        "cluster-from-https----0",
        "cluster-from-https-0.0.0.0-0",
        "cluster-from-ssh-203.0.113.7-32",
        "cluster-server-1",
      ]);
    });

    it("is known before it leads anywhere, and dialled only after", async () => {
      const { publicAddress, server, agent } = await dependenciesOf({ agents: 1 });
      assert.deepEqual(publicAddress, ["cluster-address"]);
      assert.deepEqual(server, ["cluster-address", "cluster-address-to-server-1"]);
      assert.deepEqual(agent, server, "by way of the first server");
    });
  });

  describe("the hosts", () => {
    const show = ({ servers, agents, publicAddress, instanceType }: Ec2Hosts) => ({
      servers: servers.map(plain),
      agents: agents.map(plain),
      publicAddress,
      instanceType,
    });
    const person = { user: "ubuntu", privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----" };

    it("are reached by SSH, the first at its public address, the others by way of it", async () => {
      const { outputs } = await declared({ servers: 3, agents: 1 }, { show });
      const straight = { via: "ssh", ...person, host: "198.51.100.1", port: 22 };
      const host = (name: string, connection: object) => ({
        name,
        identity: `cluster-${name}-id`,
        address: `private-of-cluster-${name}`,
        connection,
      });
      const behind = (name: string) =>
        host(name, {
          via: "ssh",
          ...person,
          host: `private-of-cluster-${name}`,
          port: 22,
          jump: straight,
        });
      assert.deepEqual(outputs, {
        servers: [host("server-1", straight), behind("server-2"), behind("server-3")],
        agents: [behind("agent-1")],
        publicAddress: "198.51.100.1",
        instanceType: {
          name: "m7i-flex.large",
          memoryMiB: 8192,
          vcpus: 2,
          architecture: "x86_64",
          freeTierEligible: true,
          burstable: false,
        },
      });
    });

    it("stand in one subnet, the others where the first one stands", async () => {
      const { the, nameOf } = await declared({ servers: 3, agents: 1 });
      for (const name of ["cluster-server-2", "cluster-server-3", "cluster-agent-1"]) {
        const { inputs, dependencies, options } = the(name);
        assert.equal(inputs.subnetId, "subnet-0000000a");
        assert.ok(dependencies.map(nameOf).includes("cluster-server-1"));
        assert.deepEqual(options.ignoreChanges, ["userData", "associatePublicIpAddress", "ami"]);
      }
    });

    it("keep their names when servers become three", async () => {
      const inputs = async (servers: number) =>
        (await declared({ servers })).the("cluster-server-1").inputs;
      assert.deepEqual(await inputs(3), await inputs(1));
    });

    it("go with their machines, the cluster with the first", async () => {
      const named: (string | undefined)[] = [];
      const { the } = await declared(
        { agents: 1 },
        {
          show: ({ servers, agents, deletedWith }) => {
            const urns = [servers[0], agents[0], { deletedWith }].map(
              (one) => one?.deletedWith?.urn,
            );
            pulumi.all(urns).apply((all) => named.push(...all));
            return {};
          },
        },
      );
      assert.deepEqual(
        named,
        ["cluster-server-1", "cluster-agent-1", "cluster-server-1"].map((name) => the(name).urn),
      );
    });

    it("are reached by sessions, with no port for SSH, by a role that allows just that", async () => {
      const { the, resources, outputs, nameOf } = await declared(
        { access: "session-manager", agents: 1 },
        { show },
      );
      const by = (name: string) => ({
        via: "session-manager",
        ...person,
        instanceId: `cluster-${name}-id`,
        region: "eu-central-1",
      });
      const hosts = outputs as Record<"servers" | "agents", { connection: object }[]>;
      assert.deepEqual(hosts.servers[0]?.connection, by("server-1"));
      assert.deepEqual(hosts.agents[0]?.connection, by("agent-1"));
      assert.ok(!resources.some(({ inputs }) => inputs.fromPort === 22));
      assert.deepEqual(
        resources.filter(({ inputs }) => inputs.fromPort === 6443).map(({ name }) => name),
        ["cluster-from-api-203.0.113.7-32"],
      );

      const { assumeRolePolicy, ...role } = the("cluster-role").inputs;
      assert.deepEqual(role, { namePrefix: `${title}-`, tags: { Name: title } });
      assert.deepEqual(JSON.parse(assumeRolePolicy as string), {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "ec2.amazonaws.com" },
            Action: "sts:AssumeRole",
          },
        ],
      });
      assert.deepEqual(the("cluster-role-sessions").inputs, {
        role: `${title}-1`,
        policyArn: "arn:aws-test:iam::aws:policy/AmazonSSMManagedInstanceCore",
      });
      assert.deepEqual(the("cluster-profile").inputs, {
        namePrefix: `${title}-`,
        role: `${title}-1`,
        tags: { Name: title },
      });
      for (const name of ["cluster-server-1", "cluster-agent-1"]) {
        const { inputs, dependencies } = the(name);
        assert.equal(inputs.iamInstanceProfile, `${title}-1`);
        assert.ok(dependencies.map(nameOf).includes("cluster-role-sessions"));
      }
    });

    it("may do nothing in AWS where they are reached by SSH", async () => {
      const { resources } = await declared();
      assert.ok(
        !resources.some(({ type, inputs }) => /iam/.test(type) || "iamInstanceProfile" in inputs),
      );
    });
  });

  describe("what AWS is asked", () => {
    it("is asked of the region's provider, by filters", async () => {
      const { calls, nameOf } = await declared();
      const asked = calls.map(({ token, inputs, provider }) => {
        assert.equal(nameOf(provider), "cluster-aws", token);
        return [token.split(":")[2], inputs];
      });
      assert.deepEqual(
        asked.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
        [
          ["getInstanceType", { instanceType: "m7i-flex.large" }],
          [
            "getInstanceTypeOfferings",
            {
              locationType: "availability-zone",
              filters: [{ name: "instance-type", values: ["m7i-flex.large"] }],
            },
          ],
          ["getParameter", { name: image("amd64").slice("image-of-".length) }],
          ["getSubnet", { id: "subnet-0000000a" }],
          ["getSubnet", { id: "subnet-0000000b" }],
          ["getSubnet", { id: "subnet-0000000c" }],
          ["getSubnets", { filters: [{ name: "default-for-az", values: ["true"] }] }],
          ["getVpc", { id: "vpc-1" }],
        ],
      );
    });

    const no = [
      [{ zones: [] }, {}, /^micromesh:cluster.instanceType is m7i-flex.large, which no zone/],
      [{ subnets: {} }, {}, /^micromesh:cluster.subnetId is missing, and eu-central-1 has no/],
      [
        {},
        { subnetId: "subnet-0000000f" },
        /^micromesh:cluster.subnetId is subnet-0000000f, which isn't in eu-central-1: /,
      ],
      [
        {},
        { subnetId: "subnet-0000000c" },
        /^micromesh:cluster.subnetId is subnet-0000000c in eu-central-1c, which doesn't offer/,
      ],
      [
        { networks: ["172.31.0.0/16", "10.42.0.0/20"] },
        {},
        /^micromesh:cluster.podCidr is 10.42.0.0\/16, which overlaps 10.42.0.0\/20 of the VPC vpc-1: /,
      ],
    ] as [Partial<Aws>, Partial<Ec2HostsArgs>, RegExp][];

    it("fails a preview in one line where the answer is no, and shows the rest as not known", async () => {
      for (const [has, change, message] of no) {
        const { errors, resources } = await preview(change, { ...aws, ...has });
        assert.equal(errors.length, 1, `${errors}`);
        assert.match(errors[0] ?? "", message);
        assert.ok(resources.includes(INSTANCE));
      }
    });

    it("stops an update where the answer is no, before a machine is made", async () => {
      for (const [has, change, message] of no) {
        const said: string[] = [];
        const refuse = (problem: string): never => {
          said.push(problem);
          throw new Error(problem);
        };
        await assert.rejects(findingPlace(change, { ...aws, ...has }, refuse));
        assert.match(said[0] ?? "", message);
      }
    });

    it("isn't asked for a type that no zone offers: its error would say less", async () => {
      const { calls } = await preview({}, { ...aws, zones: [] });
      assert.ok(!calls.some((token) => /getInstanceType:/.test(token)), `${calls}`);
    });
  });

  it("refuses what is wrong before it declares anything inside", async () => {
    await assert.rejects(declared({ adminCidrs: ["0.0.0.0/0"], region: "x" }), {
      message:
        /^micromesh:cluster.region is "x"; .*\nmicromesh:cluster.adminCidrs holds 0.0.0.0\/0/,
    });
  });

  it("previews with an address and machines that are yet to be made", async () => {
    const { resources, known, errors } = await preview({ servers: 3, agents: 1 });
    assert.deepEqual(errors, []);
    assert.equal(resources.filter((type) => type === INSTANCE).length, 4);
    assert.deepEqual(known, { publicAddress: false, identity: false, host: false, type: true });
    const sessions = await preview({ access: "session-manager" });
    assert.equal(sessions.resources.filter((type) => type === INSTANCE).length, 1);
  });

  it("shares no name in an account with another stack", async () => {
    const names = async (stack: string) => {
      const { resources } = await declared({ access: "session-manager" }, { stack });
      return resources.flatMap(({ inputs }) =>
        ["namePrefix", "keyNamePrefix", "name", "keyName"].flatMap((key) => inputs[key] ?? []),
      ) as string[];
    };
    const [prod, staging] = [await names("prod"), await names("staging")];
    assert.ok(prod.length >= 5);
    assert.ok(prod.every((name) => name.startsWith("micromesh-prod-")));
    assert.ok(staging.every((name) => name.startsWith("micromesh-staging-")));
  });

  it("keeps names within AWS' limits, and apart", () => {
    const long = (end: string) =>
      namePrefix(["micromesh", `${"x".repeat(40)}${end}`, "c"], LONGEST_ROLE_PREFIX);
    assert.equal(namePrefix(["micromesh", "prod", "cluster"], LONGEST_ROLE_PREFIX), `${title}-`);
    assert.match(long("1"), /^micromesh-x{19}[0-9a-f]{8}-$/);
    assert.equal(long("1").length, LONGEST_ROLE_PREFIX);
    assert.notEqual(long("1"), long("2"));
    assert.equal(
      hostname("micromesh-My_stack.1-cluster-server-1"),
      "micromesh-my-stack-1-cluster-server-1",
    );
    assert.match(hostname(`${"y.".repeat(60)}-agent-12`), /^[a-z0-9][a-z0-9-]{0,61}-agent-12$/);
    assert.ok(hostname(`${"y.".repeat(60)}-agent-12`).length <= 63);
  });
});
