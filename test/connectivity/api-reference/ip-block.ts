import assert from "node:assert/strict";
import {
  callers,
  ingressFrom,
  ipBlock,
  open,
  other,
  outside,
  rejected,
  sockets,
} from "./cluster.ts";
import type { Shown } from "./shown.ts";

export const aboutIpBlock: Shown = {
  IPBlock: {
    'IPBlock describes a particular CIDR (Ex. "192.168.1.0/24","2001:db8::/64") that is allowed to the pods matched by a NetworkPolicySpec\'s podSelector.':
      () => {
        const v4 = ingressFrom(ipBlock("192.168.1.0/24"));
        assert.deepEqual(open(v4, "external 192.168.1.255"), sockets);
        assert.deepEqual(open(v4, "external 192.168.2.0"), []);
        assert.deepEqual(open(v4, "external 2001:db8::1"), []);
        const v6 = ingressFrom(ipBlock("2001:db8::/64"));
        assert.deepEqual(open(v6, "external 2001:db8::ffff:1"), sockets);
        assert.deepEqual(open(v6, "external 2001:db8:0:1::1"), []);
        assert.deepEqual(open(v6, outside), []);
        assert.deepEqual(
          open([{}, v4], outside, other),
          [],
          "other isn't matched by the podSelector",
        );
      },
    "The except entry describes CIDRs that should not be included within this rule.": () => {
      const rule = ingressFrom(ipBlock("192.168.0.0/16", "192.168.1.0/24"));
      assert.deepEqual(open(rule, "external 192.168.2.1"), sockets);
      assert.deepEqual(open(rule, "external 192.168.1.1"), []);
      const another = ingressFrom(ipBlock("192.168.1.1/32"));
      assert.deepEqual(
        open([rule, another], "external 192.168.1.1"),
        sockets,
        "except denies nothing",
      );
    },
  },
  "IPBlock.cidr": {
    "cidr is a string representing the IPBlock": () => {
      for (const cidr of [undefined, null, 10, "", "10.0.0.0", "10.0.0.0/33", "::/129", "web/24"]) {
        const place = "spec.ingress[0].from[0].ipBlock.cidr";
        assert.deepEqual(rejected(ingressFrom({ ipBlock: { cidr } })), [place], `${cidr}`);
      }
    },
    'Valid examples are "192.168.1.0/24" or "2001:db8::/64"': () => {
      assert.deepEqual(rejected(ingressFrom(ipBlock("192.168.1.0/24"))), []);
      assert.deepEqual(rejected(ingressFrom(ipBlock("2001:db8::/64"))), []);
    },
  },
  "IPBlock.except": {
    "except is a slice of CIDRs that should not be included within an IPBlock": () => {
      const policy = ingressFrom(ipBlock("192.168.1.0/24", "192.168.1.0/30", "192.168.1.64/26"));
      const reach = [3, 4, 63, 64, 127, 128].filter(
        (n) => open(policy, `external 192.168.1.${n}`).length,
      );
      assert.deepEqual(reach, [4, 63, 128]);
      for (const except of [undefined, null, []]) {
        const whole = { ipBlock: { cidr: "192.168.1.0/24", except } };
        assert.deepEqual(callers(ingressFrom(whole)), ["outside"]);
      }
    },
    'Valid examples are "192.168.1.0/24" or "2001:db8::/64"': () => {
      const v4 = ingressFrom(ipBlock("192.168.0.0/16", "192.168.1.0/24"));
      assert.deepEqual(callers(v4), []);
      const v6 = ingressFrom(ipBlock("2001:db8::/32", "2001:db8::/64"));
      assert.deepEqual(open(v6, "external 2001:db8::1"), []);
      assert.deepEqual(open(v6, "external 2001:db8:1::1"), sockets);
    },
    "Except values will be rejected if they are outside the cidr range": () => {
      const place = ["spec.ingress[0].from[0].ipBlock.except[0]"];
      assert.deepEqual(rejected(ingressFrom(ipBlock("192.168.1.0/24", "192.168.2.0/25"))), place);
      assert.deepEqual(rejected(ingressFrom(ipBlock("192.168.1.0/24", "192.168.0.0/16"))), place);
      assert.deepEqual(rejected(ingressFrom(ipBlock("192.168.1.0/24", "2001:db8::/64"))), place);
    },
  },
};
