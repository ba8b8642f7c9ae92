/** Tiered policies that the API server would reject: what is told, and what they do all the same. */
import assert from "node:assert/strict";
import { validate } from "../../micromesh/connectivity/index.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { client, web } from "./cast.ts";
import { itTells, type Mistake } from "./mistakes.ts";
import {
  adminPolicy,
  all,
  baselineAdminPolicy,
  clusterPolicy,
  enforcing,
  type Form,
  forms,
  from,
  to,
} from "./tiered.ts";
import { allowed, problems, tieredPolicy, world } from "./world.ts";

const many = <T>(count: number, item: T) => Array.from({ length: count }, () => item);
/** By one character. */
const tooLong = "x".repeat(101);

/** Those of every kind. */
function commonMistakes({ accept, actions, most, destinations, policy }: Form): Mistake[] {
  const otherAccept = accept === "Accept" ? "Allow" : "Accept";
  const write = `write one of ${actions.join(", ")}`;
  const oneSubject = "spec.subject must have one field, either namespaces or pods; {} means all";
  const peer = (one: object, rest: object = {}) => policy(to(accept, [one], rest));
  return [
    [policy({ subject: {} }), oneSubject],
    [policy({ subject: { namespaces: {}, pods: { podSelector: {} } } }), oneSubject],
    [
      policy({ subject: { pods: { namespaceSelector: {} } } }),
      "spec.subject.pods.podSelector is missing; {} means all",
    ],
    [
      policy({ subject: { namespaces: { matchLabels: { team: 1 } } } }),
      "spec.subject.namespaces.matchLabels.team is 1, which no label can have; quote it",
    ],
    [policy(from(otherAccept)), `spec.ingress[0].action is "${otherAccept}"; ${write}`],
    [policy({ ingress: [{ from: [all] }] }), `spec.ingress[0].action is ""; ${write}`],
    [
      policy(from("Deny", [all], { name: tooLong })),
      "spec.ingress[0].name is longer than 100 characters; shorten it",
    ],
    [policy(from("Deny", [])), "spec.ingress[0].from is empty; give at least one item"],
    [
      policy({ egress: [{ action: "Deny" }] }),
      "spec.egress[0].to is empty; give at least one item",
    ],
    [
      policy(from("Deny", many(most + 1, all))),
      `spec.ingress[0].from has ${most + 1} items; ${most} at most`,
    ],
    [
      policy({ ingress: many(most + 1, from("Deny").ingress[0]) }),
      `spec.ingress has ${most + 1} items; ${most} at most`,
    ],
    [
      policy({ egress: many(most + 1, to("Deny").egress[0]) }),
      `spec.egress has ${most + 1} items; ${most} at most`,
    ],
    [policy(from("Deny", [{}])), "spec.ingress[0].from[0] is empty; give one of namespaces, pods"],
    [peer({}), `spec.egress[0].to[0] is empty; give one of ${destinations.join(", ")}`],
    [
      peer({ nodes: {}, networks: ["::/0"] }),
      "spec.egress[0].to[0] has nodes and networks; make them items of their own",
    ],
    [
      policy(from("Deny", [{ networks: ["10.0.0.0/8"] }])),
      "spec.ingress[0].from[0].networks can't be used here; give one of namespaces, pods",
    ],
    [
      peer({ networks: ["10.0.0.1"] }),
      'spec.egress[0].to[0].networks[0] is "10.0.0.1"; write a block such as 10.0.0.0/8 or fd00::/8',
    ],
    [peer({ networks: [] }), "spec.egress[0].to[0].networks is empty; give at least one item"],
    [
      peer({ networks: ["::/0", "::/0"] }),
      'spec.egress[0].to[0].networks[1] is "::/0" again; remove it',
    ],
  ];
}

/** Of those that name domains. */
function domainMistakes({ accept, policy }: Form): Mistake[] {
  const names = (action: string, ...domainNames: string[]) => policy(to(action, [{ domainNames }]));
  return [
    ...["*.com.*", "com"].map(
      (name): Mistake => [
        names(accept, name),
        `spec.egress[0].to[0].domainNames[0] is "${name}"; write a name such as example.com or *.example.com`,
      ],
    ),
    [
      names("Deny", "example.com"),
      `spec.egress[0].to[0].domainNames stands beside "Deny"; only ${accept} rules may name domains`,
    ],
  ];
}

function priorityMistakes({ policy }: Form): Mistake[] {
  const told: [priority: unknown, shown: string][] = [
    [1001, "1001"],
    [-1, "-1"],
    [undefined, "missing"],
    ["5", '"5"'],
  ];
  return told.map(([priority, shown]) => [
    policy({ priority }),
    `spec.priority is ${shown}; write a number from 0 to 1000`,
  ]);
}

/** A selector that's left out can only mean all; everything else has no effect. */
function effect(policy: KubernetesObject, problem: string): void {
  const denying = { ...policy, spec: { ...from("Deny"), ...policy.spec } };
  const clear = validate([denying]).every((one) => one.clear);
  assert.equal(clear, problem.endsWith("Selector is missing; {} means all"));
  assert.equal(allowed(world(enforcing, denying), client, web), !clear);
}

describe("a tiered policy that the API server would reject", () => {
  for (const form of forms) {
    describe(`as ${form.title}`, () => {
      itTells(commonMistakes(form), effect);
      if (form.destinations.includes("domainNames")) itTells(domainMistakes(form), effect);
      if (form.hasPriority) itTells(priorityMistakes(form), effect);
      it("isn't one with the most of everything", () => {
        const { most, portField, port, policy } = form;
        const rest = { name: tooLong.slice(1), [portField]: many(most, port(1)) };
        const { ingress } = from("Deny", many(most, all), rest);
        const { egress } = to("Deny", many(most, all), rest);
        const rules = { ingress: many(most, ingress[0]), egress: many(most, egress[0]) };
        assert.deepEqual(problems(policy(rules)), []);
      });
    });
  }

  describe("as one kind in particular", () => {
    const peer = (one: object, rest: object = {}) => clusterPolicy("p", to("Accept", [one], rest));
    const protocol = (one: object) => clusterPolicy("p", from("Deny", [all], { protocols: [one] }));
    const port = (one: object) => adminPolicy("p", from("Deny", [all], { ports: [one] }));
    itTells(
      [
        [
          clusterPolicy("p", { tier: "admin" }),
          'spec.tier is "admin"; write one of Admin, Baseline',
        ],
        [clusterPolicy("p", { tier: undefined }), 'spec.tier is ""; write one of Admin, Baseline'],
        [baselineAdminPolicy({}, "mine"), 'metadata.name is "mine"; the only one is "default"'],
        [
          adminPolicy("p", { subject: { pods: { podSelector: {} } } }),
          "spec.subject.pods.namespaceSelector is missing; {} means all",
        ],
        [
          baselineAdminPolicy(to("Allow", [{ domainNames: ["example.com"] }])),
          "spec.egress[0].to[0].domainNames can't be used here; give one of namespaces, pods, nodes, networks",
        ],
        [
          peer({ networks: ["::/0"] }, { protocols: [{ destinationNamedPort: "http" }] }),
          "spec.egress[0].protocols[0].destinationNamedPort names a port beside networks, which have no named ones; give its number",
        ],
        [
          adminPolicy("p", to("Allow", [all, { nodes: {} }], { ports: [{ namedPort: "http" }] })),
          "spec.egress[0].ports[0].namedPort names a port beside nodes, which have no named ones; give its number",
        ],
        [
          clusterPolicy("p", from("Deny", [all], { protocols: [] })),
          "spec.ingress[0].protocols is empty; give at least one item",
        ],
        [
          protocol({}),
          "spec.ingress[0].protocols[0] is empty; give exactly one of tcp, udp, sctp, destinationNamedPort",
        ],
        [
          protocol({ icmp: {} }),
          "spec.ingress[0].protocols[0] has icmp; give exactly one of tcp, udp, sctp, destinationNamedPort",
        ],
        [protocol({ tcp: {} }), "spec.ingress[0].protocols[0].tcp is empty; give destinationPort"],
        [
          protocol({ tcp: { destinationPort: {} } }),
          "spec.ingress[0].protocols[0].tcp.destinationPort is empty; give exactly one of number, range",
        ],
        [
          protocol({ udp: { destinationPort: { number: 65536 } } }),
          "spec.ingress[0].protocols[0].udp.destinationPort.number is 65536; ports are 1 to 65535",
        ],
        [
          protocol({ tcp: { destinationPort: { range: { start: 80, end: 80 } } } }),
          "spec.ingress[0].protocols[0].tcp.destinationPort.range.end is 80; it must be greater than the start, 80",
        ],
        [
          protocol({ tcp: { destinationPort: { range: { start: 80 } } } }),
          "spec.ingress[0].protocols[0].tcp.destinationPort.range.end is missing; ports are 1 to 65535",
        ],
        [
          protocol({ destinationNamedPort: 80 }),
          "spec.ingress[0].protocols[0].destinationNamedPort is 80; write the name of a container port",
        ],
        [
          port({ portNumber: { protocol: "tcp", port: 80 } }),
          'spec.ingress[0].ports[0].portNumber.protocol is "tcp"; write one of TCP, UDP, SCTP',
        ],
        [
          port({ portNumber: { protocol: "TCP" } }),
          "spec.ingress[0].ports[0].portNumber.port is missing; ports are 1 to 65535",
        ],
        [
          port({ portRange: { start: 90, end: 80 } }),
          "spec.ingress[0].ports[0].portRange.end is 80; it must be at least the start, 90",
        ],
        [
          port({ portNumber: { port: 1 }, namedPort: "http" }),
          "spec.ingress[0].ports[0] has portNumber and namedPort; give exactly one of portNumber, portRange, namedPort",
        ],
        [
          tieredPolicy("ClusterNetworkPolicy", "p", undefined),
          'spec.tier is ""; write one of Admin, Baseline',
        ],
        [
          baselineAdminPolicy(from("Pass")),
          'spec.ingress[0].action is "Pass"; write one of Allow, Deny',
        ],
      ],
      effect,
    );
  });
});
