/** Cilium's policies that Cilium would reject: what is told, and that they have no effect. */
import assert from "node:assert/strict";
import { itTells, noEffect } from "./mistakes.ts";
import { cilium, ciliumPolicy, clusterwidePolicy, problems } from "./world.ts";

describe("a Cilium policy that Cilium would reject", () => {
  const http = (rest: object, port: object = { port: "80", protocol: "TCP" }) => ({
    endpointSelector: {},
    ingress: [{ toPorts: [{ ports: [port], rules: { http: [rest] } }] }],
  });
  const mistakes: [spec: object | undefined, problem: string][] = [
    [undefined, "spec is missing; give spec, or a list of them in specs"],
    [
      { ingress: [{}] },
      "spec has no selector; give endpointSelector, {} for every pod of the namespace",
    ],
    [
      { nodeSelector: {} },
      "spec.nodeSelector is for CiliumClusterwideNetworkPolicy only; remove it",
    ],
    [
      { endpointSelector: {}, ingress: [{ fromEndpoints: [{}], fromCIDR: ["10.0.0.0/8"] }] },
      "spec.ingress[0] combines fromEndpoints and fromCIDR; make them rules of their own",
    ],
    [
      { endpointSelector: {}, ingress: [{ fromEntities: ["cluster", "internet"] }] },
      'spec.ingress[0].fromEntities[1] is "internet"; write one of all, world, world-ipv4, world-ipv6, cluster, host, kube-apiserver, remote-node, health, ingress, init, unmanaged, none',
    ],
    [
      { endpointSelector: {}, egress: [{ toCIDR: ["10.0.0"] }] },
      'spec.egress[0].toCIDR[0] is "10.0.0"; write a block or an address',
    ],
    [
      {
        endpointSelector: {},
        egress: [{ toCIDRSet: [{ cidr: "10.0.0.0/8", except: ["11.0.0.0/16"] }] }],
      },
      "spec.egress[0].toCIDRSet[0].except[0] is 11.0.0.0/16; it must lie inside 10.0.0.0/8",
    ],
    [
      { endpointSelector: {}, ingress: [{ toPorts: [{ ports: [{ port: "70000" }] }] }] },
      'spec.ingress[0].toPorts[0].ports[0].port is "70000"; ports are 1 to 65535, 0 for all',
    ],
    [
      { endpointSelector: {}, ingress: [{ toPorts: [{ ports: [{}] }] }] },
      'spec.ingress[0].toPorts[0].ports[0].port is missing; write a port "80" or its name',
    ],
    [
      {
        endpointSelector: {},
        ingress: [{ toPorts: [{ ports: [{ port: "80", protocol: "HTTP" }] }] }],
      },
      'spec.ingress[0].toPorts[0].ports[0].protocol is "HTTP"; write one of TCP, UDP, SCTP, ICMP, ICMPV6, VRRP, IGMP, ANY',
    ],
    [
      http({}, { port: "80" }),
      "spec.ingress[0].toPorts[0].ports[0].protocol must be TCP where there are HTTP rules; write it",
    ],
    [
      http({}, { port: "0", protocol: "TCP" }),
      "spec.ingress[0].toPorts[0].ports[0].port is 0; HTTP rules need a real port",
    ],
    [
      http({ headerMatches: [{ name: "a", mismatch: "DROP" }] }),
      'spec.ingress[0].toPorts[0].rules.http[0].headerMatches[0].mismatch is "DROP"; write one of LOG, ADD, DELETE, REPLACE',
    ],
    [
      {
        endpointSelector: {},
        ingressDeny: [
          { toPorts: [{ ports: [{ port: "80", protocol: "TCP" }], rules: { http: [{}] } }] },
        ],
      },
      "spec.ingressDeny[0].toPorts[0].rules can't stand in a deny rule",
    ],
    [
      {
        endpointSelector: {},
        ingress: [
          { toPorts: [{ ports: [{ port: "53" }], rules: { dns: [{ matchPattern: "*" }] } }] },
        ],
      },
      "spec.ingress[0].toPorts[0].rules.dns can't stand in an ingress rule",
    ],
    [
      { endpointSelector: {}, egress: [{ icmps: [{}], toPorts: [{ ports: [{ port: "80" }] }] }] },
      "spec.egress[0].icmps stands beside toPorts; make it a rule of its own",
    ],
  ];
  itTells(
    mistakes.map(([spec, problem]) => [ciliumPolicy("a/p", spec), problem]),
    noEffect(cilium),
  );
  it("names the pattern that RE2 doesn't take", () => {
    assert.match(
      problems(ciliumPolicy("a/p", http({ path: "/(" }))).join(),
      /rules.http\[0\].path is "\/\(", no RE2 pattern: /,
    );
  });
  it("wants one selector clusterwide too", () => {
    const both = { endpointSelector: {}, nodeSelector: {} };
    assert.deepEqual(problems(clusterwidePolicy("p", both)), [
      "spec has two selectors; give either endpointSelector or nodeSelector",
    ]);
  });
});
