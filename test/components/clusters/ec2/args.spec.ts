import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Ec2HostsArgs,
  ec2Problems,
  validateEc2Hosts,
} from "../../../../components/clusters/ec2/args.ts";
import { args, seed } from "./world.ts";

const refused = (change: Partial<Ec2HostsArgs>, ...lines: string[]) => {
  assert.deepEqual(ec2Problems({ ...args, ...change }), lines);
  assert.throws(() => validateEc2Hosts({ ...args, ...change }), { message: lines.join("\n") });
};
const set = (setting: string) => `run "pulumi config set --path micromesh:cluster.${setting}"`;
const me = `adminCidrs '["ADDRESS/32"]'`;
const closed = "SSH and the Kubernetes API must be open to administrators only";

describe(`EC2 machines' arguments (MICROMESH_SEED=${seed})`, () => {
  it("are good as they are in the tests", () => {
    validateEc2Hosts(args);
    validateEc2Hosts({
      ...args,
      servers: 3,
      agents: 2,
      adminCidrs: ["10.0.0.0/8", "2001:db8::/32", "203.0.113.7/32"],
      publicCidrs: [],
      subnetId: "subnet-0123456789abcdef0",
      imageId: "ami-01234567",
      key: { keyName: "My key", privateKey: "k" },
      access: "session-manager",
      region: "us-gov-west-1",
      instanceType: "u7in-16tb.224xlarge",
    });
  });

  it("know AWS' regions", () => {
    refused(
      { region: "eu-centrl-1" },
      `micromesh:cluster.region is "eu-centrl-1"; it must be a region of AWS (did you mean eu-central-1?): ${set("region eu-central-1")}`,
    );
    refused(
      { region: "frankfurt" },
      `micromesh:cluster.region is "frankfurt"; it must be a region of AWS: ${set("region eu-central-1")}`,
    );
  });

  it("keep SSH and the API from the public", () => {
    refused(
      { adminCidrs: ["203.0.113.7/32", "0.0.0.0/0"] },
      `micromesh:cluster.adminCidrs holds 0.0.0.0/0, which is everybody; ${closed}: ${set(me)}`,
    );
    refused(
      { adminCidrs: ["::/0"] },
      `micromesh:cluster.adminCidrs holds ::/0, which is everybody; ${closed}: ${set(me)}`,
    );
    refused(
      { adminCidrs: ["0.0.0.0/1", "128.0.0.0/1"] },
      `micromesh:cluster.adminCidrs holds 0.0.0.0/1, which is wider than a /8; ${closed}: ${set(me)}`,
      `micromesh:cluster.adminCidrs holds 128.0.0.0/1, which is wider than a /8; ${closed}: ${set(me)}`,
    );
    refused(
      { adminCidrs: ["2000::/3"] },
      `micromesh:cluster.adminCidrs holds 2000::/3, which is wider than a /16; ${closed}: ${set(me)}`,
    );
    refused(
      { adminCidrs: [] },
      `micromesh:cluster.adminCidrs is empty; it must name the network that you come from: ${set(me)}`,
    );
  });

  it("let a network in for administrators exactly where it is narrow enough", () => {
    const bits = fc.oneof(
      fc.nat(32).map((bits) => ({ text: `0.0.0.0/${bits}`, good: bits >= 8 })),
      fc.nat(128).map((bits) => ({ text: `::/${bits}`, good: bits >= 16 })),
    );
    fc.assert(
      fc.property(bits, ({ text, good }) => {
        assert.equal(ec2Problems({ ...args, adminCidrs: [text] }).length === 0, good, text);
        assert.deepEqual(ec2Problems({ ...args, publicCidrs: [text] }), [], "the public may be");
      }),
      { seed },
    );
  });

  it("name the network that was meant, or its form", () => {
    refused(
      { adminCidrs: ["203.0.113.7/32", "10.1.2.3/8"] },
      `micromesh:cluster.adminCidrs[1] is "10.1.2.3/8"; it must be a network, e.g. 10.0.0.0/8: ${set("adminCidrs[1] 10.0.0.0/8")}`,
    );
    refused(
      { publicCidrs: ["2001:db8::1/64"] },
      `micromesh:cluster.publicCidrs[0] is "2001:db8::1/64"; it must be a network, e.g. 2001:db8::/64: ${set("publicCidrs[0] 2001:db8::/64")}`,
    );
    refused(
      { publicCidrs: ["everybody"] },
      `micromesh:cluster.publicCidrs[0] is "everybody"; it must be a network, e.g. 203.0.113.7/32: ${set("publicCidrs[0] 203.0.113.7/32")}`,
    );
    refused(
      { podCidr: "10.42.1.0/16", serviceCidr: "fd00::/112" },
      `micromesh:cluster.podCidr is "10.42.1.0/16"; it must be a network of IPv4, e.g. 10.42.0.0/16: ${set("podCidr 10.42.0.0/16")}`,
      `micromesh:cluster.serviceCidr is "fd00::/112"; it must be a network of IPv4, e.g. 10.43.0.0/16: ${set("serviceCidr 10.43.0.0/16")}`,
    );
    refused(
      { podCidr: "fd00::1/64" },
      `micromesh:cluster.podCidr is "fd00::1/64"; it must be a network of IPv4, e.g. 10.42.0.0/16: ${set("podCidr 10.42.0.0/16")}`,
    );
  });

  it("take a network once, however it is written", () => {
    refused(
      { publicCidrs: ["2001:db8::/32", "0.0.0.0/0", "2001:DB8:0::/32"] },
      'micromesh:cluster.publicCidrs holds 2001:db8::/32 and 2001:DB8:0::/32, the same network: run "pulumi config rm --path micromesh:cluster.publicCidrs[2]"',
    );
    refused(
      { publicCidrs: ["2001:DB8:0::/32", "2001:db8::/32"] },
      'micromesh:cluster.publicCidrs holds 2001:DB8:0::/32 and 2001:db8::/32, the same network: run "pulumi config rm --path micromesh:cluster.publicCidrs[1]"',
    );
  });

  it("have forms", () => {
    const form = (key: string, value: unknown, must: string, example: string) =>
      `micromesh:cluster.${key} is ${JSON.stringify(value)}; it must be ${must}: ${set(`${key} ${example}`)}`;
    refused(
      { instanceType: "large" },
      form("instanceType", "large", "an instance type", "m7i-flex.large"),
    );
    for (const servers of [0, 2, 4, -1, 1.5, Number.NaN]) {
      refused(
        { servers },
        form(
          "haServers",
          servers,
          "1, or an odd number: half of an even number of servers has no majority",
          "3",
        ),
      );
    }
    for (const agents of [-1, 0.5]) {
      refused({ agents }, form("agents", agents, "a whole number, 0 or more", "0"));
    }
    for (const volumeGiB of [19, 65537, 30.5]) {
      refused({ volumeGiB }, form("volumeGiB", volumeGiB, "a whole number, 20 to 65536", "30"));
    }
    refused(
      { subnetId: "vpc-01234567" },
      form("subnetId", "vpc-01234567", "the id of a subnet", "subnet-0123456789abcdef0"),
    );
    refused(
      { imageId: "ubuntu" },
      form("imageId", "ubuntu", "the id of an image", "ami-0123456789abcdef0"),
    );
    refused(
      { key: { keyName: "", privateKey: "s3cret" } },
      form("keyName", "", "the name of a key pair", "NAME"),
    );
    refused(
      { access: "telnet" as never },
      form("access", "telnet", "ssh or session-manager", "ssh"),
    );
  });

  it("keep the stack's own tags, and AWS', from being set", () => {
    const rm = (key: string) => `run "pulumi config rm --path micromesh:cluster.tags.${key}"`;
    for (const key of ["aws:x", "Project", "stack", "managed-by", "Name"]) {
      refused(
        { tags: { [key]: "x" } },
        `micromesh:cluster.tags.${key} is a tag that isn't the stack's to set: ${rm(key)}`,
      );
    }
    const long =
      "is too long for a tag, or empty; a key has 1 to 128 characters, a value at most 256";
    refused({ tags: { a: "x".repeat(257) } }, `micromesh:cluster.tags.a ${long}: ${rm("a")}`);
    assert.deepEqual(ec2Problems({ ...args, tags: { a: "x".repeat(256), b: "" } }), []);
  });

  it("tell all that is wrong at once", () => {
    assert.equal(ec2Problems({ ...args, region: "x", adminCidrs: ["x"], agents: -1 }).length, 3);
  });
});
