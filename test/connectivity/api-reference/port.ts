import assert from "node:assert/strict";
import { callees, client, egressOn, ingressOn, open, outside, rejected, web } from "./cluster.ts";
import type { Shown } from "./shown.ts";

export const aboutPort: Shown = {
  NetworkPolicyPort: {
    "NetworkPolicyPort describes a port to allow traffic on": () => {
      assert.deepEqual(open(ingressOn({ port: 81, protocol: "TCP" })), ["TCP 81"]);
    },
  },
  "NetworkPolicyPort.protocol": {
    "protocol represents the protocol (TCP, UDP, or SCTP) which traffic must match.": () => {
      for (const protocol of ["TCP", "UDP", "SCTP"]) {
        assert.deepEqual(open(ingressOn({ port: 80, protocol })), [`${protocol} 80`]);
      }
      assert.deepEqual(rejected(ingressOn({ port: 80, protocol: "ICMP" })), [
        "spec.ingress[0].ports[0].protocol",
      ]);
    },
    "If not specified, this field defaults to TCP.": () => {
      assert.deepEqual(open(ingressOn({ port: 80 })), ["TCP 80"]);
      assert.deepEqual(open(ingressOn({ port: 80, protocol: null })), ["TCP 80"]);
      assert.deepEqual(open(ingressOn({})), ["TCP 80", "TCP 81", "TCP 82", "TCP 3000", "TCP 8080"]);
      assert.deepEqual(open(ingressOn({ port: "dns" })), [], "the name is a UDP port's");
    },
  },
  "NetworkPolicyPort.port": {
    "port represents the port on the given protocol.": () => {
      assert.deepEqual(open(ingressOn({ port: 53, protocol: "UDP" })), ["UDP 53"]);
      assert.deepEqual(rejected(ingressOn({ port: 0 })), ["spec.ingress[0].ports[0].port"]);
      assert.deepEqual(rejected(ingressOn({ port: 65536 })), ["spec.ingress[0].ports[0].port"]);
    },
    "This can either be a numerical or named port on a pod.": () => {
      assert.deepEqual(open(ingressOn({ port: 8080 })), ["TCP 8080"]);
      assert.deepEqual(open(ingressOn({ port: "http" })), ["TCP 8080"], "as web names it");
      assert.deepEqual(
        open(egressOn({ port: "http" }), web, client),
        ["TCP 3000"],
        "as client does",
      );
      assert.deepEqual(callees(egressOn({ port: "http" }), 4000), ["stranger"]);
      assert.deepEqual(open(egressOn({ port: "http" }), web, outside), [], "that's no pod");
      assert.deepEqual(open(ingressOn({ port: "metrics" })), [], "no port of web's");
      assert.deepEqual(rejected(ingressOn({ port: "80" })), ["spec.ingress[0].ports[0].port"]);
    },
    "If this field is not provided, this matches all port names and numbers.": () => {
      for (const port of [undefined, null]) {
        assert.deepEqual(open(ingressOn({ protocol: "UDP", port })), ["UDP 53", "UDP 80"]);
      }
    },
    "If present, only traffic on the specified protocol AND port will be matched.": () => {
      assert.deepEqual(open(ingressOn({ protocol: "SCTP", port: 80 })), ["SCTP 80"]);
      assert.deepEqual(open(ingressOn({ protocol: "SCTP", port: 81 })), []);
      assert.deepEqual(open(ingressOn({ protocol: "UDP", port: "dns" })), ["UDP 53"]);
      assert.deepEqual(open(ingressOn({ protocol: "UDP", port: "http" })), []);
    },
  },
  "NetworkPolicyPort.endPort": {
    "endPort indicates that the range of ports from port to endPort if set, inclusive, should be allowed by the policy.":
      () => {
        assert.deepEqual(open(ingressOn({ port: 81, endPort: 3000 })), [
          "TCP 81",
          "TCP 82",
          "TCP 3000",
        ]);
        assert.deepEqual(open(ingressOn({ port: 81, endPort: 2999 })), ["TCP 81", "TCP 82"]);
        assert.deepEqual(open(ingressOn({ port: 53, endPort: 80, protocol: "UDP" })), [
          "UDP 53",
          "UDP 80",
        ]);
        assert.deepEqual(open(ingressOn({ port: 81, endPort: null })), ["TCP 81"]);
      },
    "This field cannot be defined if the port field is not defined or if the port field is defined as a named (string) port.":
      () => {
        const place = ["spec.ingress[0].ports[0].endPort"];
        assert.deepEqual(rejected(ingressOn({ endPort: 80 })), place);
        assert.deepEqual(rejected(ingressOn({ port: null, endPort: 80 })), place);
        assert.deepEqual(rejected(ingressOn({ port: "http", endPort: 80 })), place);
      },
    "The endPort must be equal or greater than port.": () => {
      assert.deepEqual(open(ingressOn({ port: 80, endPort: 80 })), ["TCP 80"]);
      assert.deepEqual(rejected(ingressOn({ port: 80, endPort: 79 })), [
        "spec.ingress[0].ports[0].endPort",
      ]);
    },
  },
};
