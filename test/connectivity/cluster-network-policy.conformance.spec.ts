/**
 * The cases of the network policy API's conformance suite (network-policy-api, conformance/, of July 2026),
 * in its own world of houses: what it probes on a cluster is asked of the library here.
 */
import assert from "node:assert/strict";
import type { Pod, Protocol } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { enforcing } from "./tiered.ts";
import { allowed, networkPolicy, pod, tieredPolicy, validWorld } from "./world.ts";

const houses = ["gryffindor", "hufflepuff", "ravenclaw", "slytherin"] as const;
type House = (typeof houses)[number];
type Port = `${Protocol} ${number}`;
type Direction = "ingress" | "egress";
type Tier = "Admin" | "Baseline";

const ports: Port[] = ["TCP 80", "TCP 8080", "UDP 53", "UDP 5353", "SCTP 9003", "SCTP 9005"];
const listening: Pod["ports"] = [
  { name: "web", containerPort: 80, protocol: "TCP" },
  { name: "dns", containerPort: 53, protocol: "UDP" },
];
const student = (house: House, i: number) =>
  pod(`${house}/student-${i}`, { "conformance-house": house }, { ports: listening });
const students = Object.fromEntries(
  houses.map((house) => [house, [student(house, 0), student(house, 1)]]),
) as Record<House, [Pod, Pod]>;
const centaur = pod(
  "forest/centaur",
  { "conformance-house": "forest" },
  { hostNetwork: true, ips: ["192.168.49.2"] },
);

const inHouse = (house: House) => ({ matchLabels: { "conformance-house": house } });
const byName = (house: House) => ({ matchLabels: { "kubernetes.io/metadata.name": house } });
const members = (house: House) => ({
  pods: { namespaceSelector: inHouse(house), podSelector: inHouse(house) },
});

const clusterPolicy = (name: string, spec: object) =>
  tieredPolicy("ClusterNetworkPolicy", name, spec);

const of = (...policies: KubernetesObject[]) => ({
  ...validWorld(enforcing, ...policies),
  namespaces: houses.map((name) => ({ name, labels: { "conformance-house": name } })),
});

/** The ports on which each of the clients reaches each of the servers. */
function reached(policies: KubernetesObject[], clients: Pod[], servers: Pod[]): Port[] {
  const under = of(...policies);
  return ports.filter((text) => {
    const [protocol, port] = text.split(" ") as [Protocol, string];
    const answers = clients.flatMap((client) =>
      servers.map((server) => allowed(under, client, server, Number(port), protocol)),
    );
    assert.equal(new Set(answers).size, 1, `${text}: pods of one house are alike`);
    return answers[0];
  });
}

const toProtocols = (of: Port[]) =>
  of.map((text) => {
    const [protocol = "", port] = text.split(" ");
    return { [protocol.toLowerCase()]: { destinationPort: { number: Number(port) } } };
  });

interface Rules {
  direction: Direction;
  /** Whose pods the policy is about. */
  subject: House;
  /** The house of which the first rule takes every port; two more follow, which never count. */
  whole: House;
  /** The ports that the fourth rule denies slytherin, or passes. */
  partly: Port[];
  /** The house that is denied everything but the accepted ports. */
  other: House;
  accepted: Port[];
}

/** The pattern that the suite's policies share; the first three rules are about the same traffic. */
function houseRules(
  { direction, whole, partly, other, accepted }: Rules,
  first: string,
  fourth: string,
  acceptedAs: object[] = toProtocols(accepted),
) {
  const side = direction === "ingress" ? "from" : "to";
  const rule = (action: string, house: House, protocols?: object[]) => ({
    action,
    [side]: [{ namespaces: byName(house) }],
    ...(protocols && { protocols }),
  });
  const rest = ["Accept", "Deny", "Pass"].filter((action) => action !== first);
  return {
    [direction]: [
      ...[first, ...rest].map((action) => rule(action, whole)),
      rule(fourth, "slytherin", toProtocols(partly)),
      rule(fourth === "Deny" ? "Pass" : "Deny", "slytherin", toProtocols(partly)),
      rule("Accept", other, acceptedAs),
      rule("Deny", other),
    ],
  };
}

const tcp: Port[] = ["TCP 80"];
const udp: Port[] = ["UDP 53"];
const sctp: Port[] = ["SCTP 9003"];
const gryffindor = { subject: "gryffindor", whole: "ravenclaw", other: "hufflepuff" } as const;
const hufflepuff = { subject: "hufflepuff", whole: "ravenclaw", other: "gryffindor" } as const;
const ravenclaw = { subject: "ravenclaw", whole: "gryffindor", other: "hufflepuff" } as const;
const cases: Record<string, Rules> = {
  "ingress TCP": { direction: "ingress", ...gryffindor, partly: tcp, accepted: tcp },
  "egress TCP": { direction: "egress", ...gryffindor, partly: tcp, accepted: ["TCP 8080"] },
  "ingress UDP": { direction: "ingress", ...hufflepuff, partly: ["UDP 5353"], accepted: udp },
  "egress UDP": { direction: "egress", ...hufflepuff, partly: ["UDP 5353"], accepted: udp },
  "ingress SCTP": { direction: "ingress", ...ravenclaw, partly: sctp, accepted: sctp },
  "egress SCTP": { direction: "egress", ...ravenclaw, partly: sctp, accepted: sctp },
  "ingress, all protocols": {
    direction: "ingress",
    ...gryffindor,
    partly: [...tcp, ...udp, ...sctp],
    accepted: ["TCP 80", "UDP 5353", "SCTP 9003"],
  },
  "egress, all protocols": {
    direction: "egress",
    ...gryffindor,
    partly: [...tcp, ...udp, ...sctp],
    accepted: ["TCP 8080", "UDP 5353", "SCTP 9003"],
  },
};

describe("the conformance suite of the network policy API", () => {
  for (const tier of ["Admin", "Baseline"] as const satisfies Tier[]) {
    for (const [name, rules] of Object.entries(cases)) {
      const { direction, subject, whole, partly, other, accepted } = rules;
      const open = (house: House, spec: object) => {
        const policy = clusterPolicy("p", {
          tier,
          priority: 3,
          subject: { namespaces: byName(subject) },
          ...spec,
        });
        return direction === "ingress"
          ? reached([policy], students[house], students[subject])
          : reached([policy], students[subject], students[house]);
      };
      it(`${tier} ${name}: the first rule that matches counts`, () => {
        assert.deepEqual(open(whole, houseRules(rules, "Accept", "Deny")), ports);
        assert.deepEqual(open(whole, houseRules(rules, "Deny", "Deny")), []);
        assert.deepEqual(open(whole, houseRules(rules, "Pass", "Deny")), ports);
      });
      it(`${tier} ${name}: at the specified ports`, () => {
        const rest = ports.filter((port) => !partly.includes(port));
        assert.deepEqual(open("slytherin", houseRules(rules, "Accept", "Deny")), rest);
        assert.deepEqual(open("slytherin", houseRules(rules, "Accept", "Pass")), ports);
        assert.deepEqual(open(other, houseRules(rules, "Accept", "Deny")), accepted);
      });
      it(`${tier} ${name}: at a named port`, () => {
        for (const [destinationNamedPort, port] of Object.entries({
          web: "TCP 80",
          dns: "UDP 53",
        })) {
          const spec = houseRules(rules, "Accept", "Deny", [{ destinationNamedPort }]);
          assert.deepEqual(open(other, spec), [port]);
        }
      });
    }

    it(`${tier} egress by CIDR`, () => {
      const subject = members("gryffindor");
      const rules = [
        { action: "Accept", to: [members("slytherin")] },
        { action: "Deny", to: [{ networks: ["0.0.0.0/0", "::/0"] }] },
      ];
      const [luna, cedric] = [students.ravenclaw, students.hufflepuff];
      const open = (target: Pod, egress: object[]) => {
        const policy = clusterPolicy("p", { tier, priority: 85, subject, egress });
        return reached([policy], students.gryffindor, [target]).length;
      };
      const blocks = [luna[0], cedric[0]].map(({ ips }) => `${ips[0]}/32`);
      const more = [{ action: "Accept", to: [{ networks: blocks }] }, ...rules];
      const all = ports.length;
      assert.deepEqual(
        [luna[0], cedric[0]].map((to) => open(to, rules)),
        [0, 0],
      );
      assert.deepEqual(
        students.slytherin.map((to) => open(to, rules)),
        [all, all],
      );
      assert.deepEqual(
        luna.map((to) => open(to, more)),
        [all, 0],
      );
      assert.deepEqual(
        cedric.map((to) => open(to, more)),
        [all, 0],
      );
    });

    it(`${tier} egress to nodes`, () => {
      const nodes = [{ nodes: { matchLabels: { "kubernetes.io/os": "linux" } } }];
      const policy = clusterPolicy("p", {
        tier,
        priority: 75,
        subject: members("gryffindor"),
        egress: [
          { action: "Accept", to: nodes, protocols: toProtocols(["TCP 80"]) },
          { action: "Pass", to: nodes, protocols: toProtocols(["UDP 53"]) },
          { action: "Deny", to: [...nodes, { networks: ["0.0.0.0/0", "::/0"] }] },
        ],
      });
      assert.deepEqual(reached([policy], students.gryffindor, [centaur]), ["TCP 80", "UDP 53"]);
    });
  }

  const both = (action: string, house: House) => ({
    ingress: [{ action, from: [{ namespaces: inHouse(house) }] }],
    egress: [{ action, to: [{ namespaces: inHouse(house) }] }],
  });
  const subject = { namespaces: inHouse("gryffindor") };
  const policy = (tier: Tier, priority: number, action: string) =>
    clusterPolicy(`${tier}-${priority}`, { tier, priority, subject, ...both(action, "slytherin") });
  const open = (...policies: KubernetesObject[]) => [
    reached(policies, students.slytherin, students.gryffindor).length > 0,
    reached(policies, students.gryffindor, students.slytherin).length > 0,
  ];

  it("priorities", () => {
    const [deny, accept] = [policy("Admin", 50, "Deny"), policy("Baseline", 10, "Accept")];
    assert.deepEqual(open(deny, policy("Admin", 60, "Pass"), accept), [false, false]);
    assert.deepEqual(open(deny, policy("Admin", 40, "Pass"), accept), [true, true]);
  });

  it("the integration of Admin, NetworkPolicy and Baseline", () => {
    const slytherin = [{ namespaceSelector: inHouse("slytherin") }];
    const own = networkPolicy("gryffindor/allow", {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: slytherin }],
      egress: [{ to: slytherin }],
    });
    const baseline = policy("Baseline", 10, "Deny");
    assert.deepEqual(open(policy("Admin", 10, "Deny"), own, baseline), [false, false]);
    assert.deepEqual(open(policy("Admin", 10, "Pass"), own, baseline), [true, true]);
    assert.deepEqual(open(policy("Admin", 10, "Pass"), baseline), [false, false]);
  });
});
