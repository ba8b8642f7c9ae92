import assert from "node:assert/strict";
import {
  callers,
  clients,
  everyone,
  isolated,
  open,
  other,
  outside,
  rejected,
  sockets,
  toWeb,
} from "./cluster.ts";
import type { Shown } from "./shown.ts";

export const aboutPolicy: Shown = {
  NetworkPolicy: {
    "NetworkPolicy describes what network traffic is allowed for a set of Pods": () => {
      const policy = { ...toWeb, ingress: [{ from: [clients], ports: [{ port: 80 }] }] };
      assert.deepEqual(callers(policy, 80), ["client"]);
      assert.deepEqual(callers(policy, 81), []);
      assert.deepEqual(open(policy, outside, other), sockets, "other isn't in the set");
    },
  },
  "NetworkPolicy.spec": {
    "spec represents the specification of the desired behavior for this NetworkPolicy.": () => {
      assert.deepEqual(callers({ ...toWeb, ingress: [] }), []);
      assert.deepEqual(callers({ ...toWeb, ingress: [{}] }), everyone);
    },
  },
  PolicyType: {
    "PolicyType string describes the NetworkPolicy type": () => {
      assert.deepEqual(rejected({ policyTypes: ["Ingress", "Egress"] }), []);
      for (const no of ["ingress", "EGRESS", "Both", "", 1, null]) {
        assert.deepEqual(rejected({ policyTypes: [no] }), ["spec.policyTypes[0]"], `${no}`);
      }
    },
  },
  PolicyTypeIngress: {
    "PolicyTypeIngress is a NetworkPolicy that affects ingress traffic on selected pods": () => {
      const { ingress, egress } = isolated({ ...toWeb, policyTypes: ["Ingress"] });
      assert.deepEqual([ingress, egress], [["web"], []]);
    },
  },
  PolicyTypeEgress: {
    "PolicyTypeEgress is a NetworkPolicy that affects egress traffic on selected pods": () => {
      const { ingress, egress } = isolated({ ...toWeb, policyTypes: ["Egress"] });
      assert.deepEqual([ingress, egress], [[], ["web"]]);
    },
  },
};
