import assert from "node:assert/strict";
import fc from "fast-check";
import { ingressOf, opens } from "../../../policy/ingress.ts";
import { UNKNOWN } from "../../../policy/plain.ts";
import { isPublic, noPublicAdmin } from "../../../policy/rules/no-public-admin.ts";
import { seed } from "../../connectivity/random-clusters.ts";
import { found, seen } from "../seen.ts";

const RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const ssh = { ipProtocol: "tcp", fromPort: 22, toPort: 22 };
const MEND = "name the networks that administrators come from";

describe(`no-public-admin (MICROMESH_SEED=${seed})`, () => {
  const check = (type: string, inputs: Record<string, unknown>) =>
    found(noPublicAdmin, [seen(type, inputs)]);

  it("finds each port and each way to write it", () => {
    assert.deepEqual(check(RULE, { ...ssh, cidrIpv6: "::/0" }), [
      `it: port 22 (SSH) is open to ::/0; ${MEND}`,
    ]);
    assert.deepEqual(check(RULE, { ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" }), [
      `it: port 22 (SSH) is open to 0.0.0.0/0; ${MEND}`,
      `it: port 6443 (the Kubernetes API) is open to 0.0.0.0/0; ${MEND}`,
    ]);
    const wide = { protocol: "TCP", fromPort: 6000, toPort: 7000, cidrBlocks: ["0.0.0.0/1"] };
    assert.deepEqual(check(OLD_RULE, { type: "ingress", ...wide }), [
      `it: port 6443 (the Kubernetes API) is open to 0.0.0.0/1; ${MEND}`,
    ]);
    const fine = { protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"] };
    const bad = { protocol: "tcp", fromPort: 22, toPort: 22, ipv6CidrBlocks: ["2000::/3"] };
    for (const type of [GROUP, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"]) {
      assert.deepEqual(check(type, { ingress: [fine, bad] }), [
        `it: ingress[1]: port 22 (SSH) is open to 2000::/3; ${MEND}`,
      ]);
    }
  });

  it("finds lists whose networks can't be seen", () => {
    assert.deepEqual(check(RULE, { ...ssh, prefixListId: "pl-1" }), [
      "it: port 22 (SSH) is open to prefix list pl-1 (nobody sees here what is in it); name its networks instead",
    ]);
  });

  it("lets by what is narrow, other ports, other protocols, other groups, and what leaves", () => {
    for (const cidrIpv4 of ["203.0.113.7/32", "10.0.0.0/8", "192.168.0.0/16"]) {
      assert.deepEqual(check(RULE, { ...ssh, cidrIpv4 }), []);
    }
    assert.deepEqual(check(RULE, { ...ssh, referencedSecurityGroupId: "sg-1" }), []);
    assert.deepEqual(check(RULE, { ...ssh, ipProtocol: "udp", cidrIpv4: "0.0.0.0/0" }), []);
    assert.deepEqual(
      check(RULE, { ipProtocol: "tcp", fromPort: 80, toPort: 80, cidrIpv4: "0.0.0.0/0" }),
      [],
    );
    const out = { protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] };
    assert.deepEqual(check(OLD_RULE, { type: "egress", ...out }), []);
    assert.deepEqual(check(GROUP, { egress: [out] }), []);
    assert.deepEqual(check("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", out), []);
  });

  it("says nothing of what isn't known yet", () => {
    assert.deepEqual(check(RULE, { ...ssh, cidrIpv4: UNKNOWN }), []);
    assert.deepEqual(check(RULE, { ...ssh, fromPort: UNKNOWN, cidrIpv4: "0.0.0.0/0" }), []);
    assert.deepEqual(check(GROUP, { ingress: UNKNOWN }), []);
  });

  it("opens a port where it's between the two, by TCP or by anything", () => {
    const port = fc.integer({ min: 0, max: 65535 });
    const protocol = fc.constantFrom("tcp", "TCP", "6", "udp", "17", "icmp", "-1", "all");
    fc.assert(
      fc.property(protocol, port, port, port, (ipProtocol, a, b, asked) => {
        const [fromPort, toPort] = [Math.min(a, b), Math.max(a, b)];
        const [entry] = ingressOf(seen(RULE, { ipProtocol, fromPort, toPort }));
        const inside = Array.from({ length: toPort - fromPort + 1 }, (_, i) => fromPort + i);
        const expected =
          ["-1", "all"].includes(ipProtocol) ||
          (["tcp", "TCP", "6"].includes(ipProtocol) && inside.includes(asked));
        assert.equal(entry && opens(entry, asked), expected);
      }),
      { numRuns: 200, seed },
    );
  });

  it("calls a network public where it holds more than a /8, or a /16 of IPv6, does", () => {
    const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
    const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }));
    fc.assert(
      fc.property(fc.oneof(v4, v6), ([address, bits]) => {
        // fast-check writes IPv4 inside of IPv6 too, which is an IPv4 network to the rule.
        fc.pre(!address.includes(":") || !address.includes("."));
        const [all, most] = address.includes(":") ? [128, 2 ** 112] : [32, 2 ** 24];
        assert.equal(isPublic(`${address}/${bits}`), 2 ** (all - bits) > most);
      }),
      { numRuns: 500, seed },
    );
    assert.equal(isPublic("everybody"), false);
  });
});
