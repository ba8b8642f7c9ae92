import assert from "node:assert/strict";
import { compile, honoured, validate } from "../../micromesh/connectivity/index.ts";
import type { Pod } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { groupKind } from "../../micromesh/resources/kubernetes.ts";
import { declaredPlatform } from "../../micromesh/resources/platform.ts";
import type { Settings } from "../../micromesh/resources/settings.ts";
import {
  allowed,
  cilium,
  ciliumPolicy,
  connect,
  kubernetes,
  lines,
  networkPolicy,
  pod,
  problems,
  world,
} from "./world.ts";

const enforcing: Settings = { ...kubernetes, clusterNetworkPolicy: true };
const byCilium: Settings = { ...cilium, clusterNetworkPolicy: true };

const web = pod(
  "a/web",
  { app: "web" },
  { ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }] },
);
const client = pod("a/client", { app: "client" });
const stranger = pod("b/client", { app: "client" });
const agent = pod("b/agent", { app: "client" }, { hostNetwork: true, ips: ["192.168.49.2"] });
const outside = "external 203.0.113.7";
const node = "node 192.168.49.2";
const everyone = [client, stranger, agent, outside, node];

const api = "policy.networking.k8s.io";

function policy(version: string, kind: string, name: string, spec: unknown): KubernetesObject {
  return { apiVersion: `${api}/${version}`, kind, metadata: { name }, spec };
}

const all = { namespaces: {} };

/** A ClusterNetworkPolicy for all pods, in the Admin tier with priority 10 unless told otherwise. */
function clusterPolicy(name: string, spec: object): KubernetesObject {
  const whole = { tier: "Admin", priority: 10, subject: all, ...spec };
  return policy("v1alpha2", "ClusterNetworkPolicy", name, whole);
}
const baselinePolicy = (name: string, spec: object) =>
  clusterPolicy(name, { tier: "Baseline", ...spec });
const adminPolicy = (name: string, spec: object) =>
  policy("v1alpha1", "AdminNetworkPolicy", name, { priority: 10, subject: all, ...spec });
const baselineAdminPolicy = (spec: object, name = "default") =>
  policy("v1alpha1", "BaselineAdminNetworkPolicy", name, { subject: all, ...spec });

const from = (action: string, peers: object[] = [all], rest: object = {}) => ({
  ingress: [{ action, from: peers, ...rest }],
});
const to = (action: string, peers: object[] = [all], rest: object = {}) => ({
  egress: [{ action, to: peers, ...rest }],
});

function of(...policies: KubernetesObject[]) {
  assert.deepEqual(problems(...policies), []);
  return world(enforcing, ...policies);
}

/** Who of client, stranger, the host-network agent, the outside and the node reaches web. */
const into = (...policies: KubernetesObject[]) =>
  everyone.map((source) => allowed(of(...policies), source, web));
/** Which of them web reaches. */
const outOf = (...policies: KubernetesObject[]) =>
  everyone.map((target) => allowed(of(...policies), web, target));

const open = [true, true, true, true, true];
const noPods = [false, false, true, true, true];

describe("the tiers", () => {
  const isolate = networkPolicy("a/isolate", { podSelector: {}, policyTypes: ["Ingress"] });
  const letIn = networkPolicy("a/let-in", { podSelector: {}, ingress: [{}] });

  it("of Admin come before NetworkPolicies, and their word is final", () => {
    assert.deepEqual(into(clusterPolicy("p", from("Deny")), letIn), noPods);
    assert.deepEqual(into(clusterPolicy("p", from("Accept")), isolate), [
      true,
      true,
      true,
      false,
      true,
    ]);
  });
  it("of Admin decide nothing by Pass, and skip the rest of the tier by it", () => {
    const pass = clusterPolicy("pass", { priority: 1, ...from("Pass") });
    const deny = clusterPolicy("deny", { priority: 2, ...from("Deny") });
    assert.deepEqual(into(pass, deny), open);
    assert.deepEqual(into(pass, deny, isolate), [false, false, true, false, true]);
    const both = { ingress: [...from("Pass").ingress, ...from("Deny").ingress] };
    assert.deepEqual(into(clusterPolicy("p", both)), open);
  });
  it("of Baseline come after NetworkPolicies, whose word is final for the pods they select", () => {
    const deny = baselinePolicy("p", from("Deny"));
    assert.deepEqual(into(deny), noPods);
    assert.deepEqual(into(deny, letIn), open);
    assert.deepEqual(into(baselinePolicy("p", from("Accept")), isolate), [
      false,
      false,
      true,
      false,
      true,
    ]);
  });
  it("of Baseline come after NetworkPolicies of the same direction only", () => {
    const egressOnly = networkPolicy("a/out", { podSelector: {}, policyTypes: ["Egress"] });
    assert.deepEqual(into(baselinePolicy("p", from("Deny")), egressOnly), noPods);
  });
  it("of Baseline leave the rest to the default by Pass", () => {
    const both = { ingress: [...from("Pass").ingress, ...from("Deny").ingress] };
    assert.deepEqual(into(baselinePolicy("p", both)), open);
  });
  it("isolate nobody: what no rule matches is left alone", () => {
    const accept = from("Accept", [{ namespaces: { matchLabels: { team: "team-a" } } }]);
    assert.deepEqual(into(clusterPolicy("p", accept)), open);
    assert.deepEqual(into(clusterPolicy("p", {})), open);
  });
  it("judge both ends: an Accept for egress leaves the ingress to its rules", () => {
    const accept = clusterPolicy("out", { subject: all, ...to("Accept") });
    assert.deepEqual(outOf(accept, networkPolicy("b/isolate", { podSelector: {} })), [
      true,
      false,
      true,
      true,
      true,
    ]);
  });
  it("leave a pod's traffic to itself alone", () => {
    assert.equal(
      allowed(of(clusterPolicy("p", { ...from("Deny"), ...to("Deny") })), web, web),
      true,
    );
  });
  it("let the pod's own node in: no source can name it", () => {
    const everybody = [{ namespaces: {} }, { pods: { podSelector: {} } }];
    assert.equal(allowed(of(clusterPolicy("p", from("Deny", everybody))), node, web), true);
    assert.equal(
      allowed(of(baselinePolicy("p", from("Deny", everybody)), isolate), node, web),
      true,
    );
  });
});

describe("priorities", () => {
  const deny = (name: string, priority: number) =>
    clusterPolicy(name, { priority, ...from("Deny") });
  const accept = (name: string, priority: number) =>
    clusterPolicy(name, { priority, ...from("Accept") });

  it("are asked from the lowest", () => {
    assert.equal(allowed(of(deny("x", 5), accept("y", 4)), client, web), true);
    assert.equal(allowed(of(deny("x", 5), accept("y", 6)), client, web), false);
    assert.equal(allowed(of(deny("x", 0), accept("y", 1000)), client, web), false);
    assert.equal(allowed(of(deny("x", 10), accept("y", 9)), client, web), true, "as numbers");
  });
  it("pass over policies that don't select the pod", () => {
    const subject = { namespaces: { matchLabels: { team: "team-b" } } };
    const first = clusterPolicy("first", { priority: 1, subject, ...from("Deny") });
    assert.equal(allowed(of(first, accept("y", 2)), client, web), true);
  });
  it("order AdminNetworkPolicies and ClusterNetworkPolicies of the Admin tier together", () => {
    const elder = adminPolicy("elder", { priority: 5, ...from("Allow") });
    assert.equal(allowed(of(deny("x", 4), elder), client, web), false);
    assert.equal(allowed(of(deny("x", 6), elder), client, web), true);
  });
  it("put the BaselineAdminNetworkPolicy after all others of its tier", () => {
    const last = baselinePolicy("p", { priority: 1000, ...from("Accept") });
    assert.equal(allowed(of(baselineAdminPolicy(from("Deny")), last), client, web), true);
  });
  it("that are equal go by name, and the reason says that this is left open", () => {
    for (const policies of [
      [deny("b", 7), accept("a", 7)],
      [accept("a", 7), deny("b", 7)],
    ]) {
      const decision = connect(of(...policies), client, web, 80);
      assert.equal(decision.allowed, true);
      assert.ok(
        lines(decision).includes(
          "ClusterNetworkPolicy a spec.ingress[0].from[0]: allows TCP 80 from a/client, before any NetworkPolicy is asked; ClusterNetworkPolicy b of the same priority denies it, and which of the two counts is left open",
        ),
        lines(decision).join("\n"),
      );
    }
    const agreeing = connect(of(accept("a", 7), accept("b", 7)), client, web, 80);
    assert.doesNotMatch(lines(agreeing).join(), /left open/);
    const apart = connect(of(accept("a", 7), deny("b", 8)), client, web, 80);
    assert.doesNotMatch(lines(apart).join(), /left open/);
  });
});

describe("reasons", () => {
  const named = (action: string) => from(action, [all], { name: "from pods" });
  const said = (...policies: KubernetesObject[]) =>
    lines(connect(of(...policies), client, web, 80));

  it("name the rule, its place and the tier's position", () => {
    assert.deepEqual(said(clusterPolicy("p", named("Deny"))), [
      'ClusterNetworkPolicy p spec.ingress[0] "from pods".from[0]: denies TCP 80 from a/client, before any NetworkPolicy is asked',
    ]);
    assert.deepEqual(said(baselineAdminPolicy(from("Deny"))), [
      "BaselineAdminNetworkPolicy default spec.ingress[0].from[0]: denies TCP 80 from a/client, as no NetworkPolicy isolates a/web for ingress",
    ]);
    assert.deepEqual(said(adminPolicy("p", to("Allow"))), [
      "AdminNetworkPolicy p spec.egress[0].to[0]: allows TCP 80 to a/web, before any NetworkPolicy is asked",
      "no enforced policy isolates a/web for ingress",
    ]);
  });
  it("name what passed the decision on", () => {
    const isolate = networkPolicy("a/isolate", { podSelector: { matchLabels: { app: "web" } } });
    assert.deepEqual(said(clusterPolicy("p", from("Pass")), isolate), [
      "ClusterNetworkPolicy p spec.ingress[0].from[0]: passes this connection on to the pods' own policies",
      "NetworkPolicy a/isolate: isolates a/web for ingress and allows nothing",
    ]);
    assert.deepEqual(said(baselinePolicy("p", from("Pass"))), [
      "no enforced policy isolates a/client for egress",
      "ClusterNetworkPolicy p spec.ingress[0].from[0]: passes this connection on to the default, which allows it",
    ]);
  });
  it("name policies that nothing enforces", () => {
    const policies = [clusterPolicy("p", from("Deny")), adminPolicy("q", to("Deny"))];
    const decision = connect(world(kubernetes, ...policies), client, web, 80);
    assert.equal(decision.allowed, true);
    assert.deepEqual(lines(decision), [
      "AdminNetworkPolicy q: selects a/client for egress, yet nothing in this cluster enforces AdminNetworkPolicies",
      "no enforced policy isolates a/client for egress",
      "ClusterNetworkPolicy p: selects a/web for ingress, yet nothing in this cluster enforces ClusterNetworkPolicies",
      "no enforced policy isolates a/web for ingress",
    ]);
  });
});

describe("subjects and pod peers", () => {
  const team = (name: string) => ({ matchLabels: { team: name } });

  it("select by namespace, or by namespace and pod", () => {
    const subjects: [subject: object, reached: boolean[]][] = [
      [{ namespaces: team("team-a") }, [false, false, true]],
      [
        { pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: "client" } } } },
        [true, false, false],
      ],
      [
        {
          pods: {
            namespaceSelector: team("team-a"),
            podSelector: { matchLabels: { app: "client" } },
          },
        },
        [true, false, true],
      ],
      [{ pods: { podSelector: { matchLabels: { app: "web" } } } }, [false, true, true]],
      [
        { namespaces: { matchLabels: { "kubernetes.io/metadata.name": "b" } } },
        [true, true, false],
      ],
      [{ namespaces: team("nobody") }, [true, true, true]],
    ];
    for (const [subject, reached] of subjects) {
      const under = of(clusterPolicy("p", { subject, ...from("Deny") }));
      const seen = [web, client, stranger].map((target) => allowed(under, pod("c/any"), target));
      assert.deepEqual(seen, reached, JSON.stringify(subject));
    }
  });
  it("are ORed in a rule", () => {
    const peers = [
      {
        pods: {
          namespaceSelector: team("team-a"),
          podSelector: { matchLabels: { app: "client" } },
        },
      },
      { namespaces: team("team-b") },
    ];
    assert.deepEqual(into(clusterPolicy("p", from("Deny", peers))), noPods);
    assert.deepEqual(into(clusterPolicy("p", from("Deny", peers.slice(1)))), [
      true,
      false,
      true,
      true,
      true,
    ]);
  });
  it("never include pods of the host's network, not even where those are pods to others", () => {
    for (const hostNetworkPods of ["node", "pod"] as const) {
      const settings = { ...enforcing, hostNetworkPods };
      const deny = of(clusterPolicy("p", { ...from("Deny"), ...to("Deny") }));
      const { connection } = compile({ ...deny, settings });
      const connects = (source: Pod, target: Pod) =>
        connection({ kind: "pod", pod: source }, { kind: "pod", pod: target }, 80, "TCP").allowed;
      // The agent and the stranger differ in nothing else that a policy sees.
      const seen = [connects(stranger, web), connects(agent, web), connects(web, agent)];
      assert.deepEqual(seen, [false, true, true], hostNetworkPods);

      const nodes = of(clusterPolicy("p", to("Deny", [{ nodes: {} }])));
      assert.equal(allowed({ ...nodes, settings }, web, agent), false, "it has the node's address");
    }
  });
});

describe("egress peers", () => {
  it("nodes mean the node, and the pods of its network", () => {
    const linux = { matchLabels: { "kubernetes.io/os": "linux" } };
    const controlPlane = {
      matchExpressions: [{ key: "node-role.kubernetes.io/control-plane", operator: "Exists" }],
    };
    for (const nodes of [{}, linux, controlPlane]) {
      assert.deepEqual(outOf(clusterPolicy("p", to("Deny", [{ nodes }]))), [
        true,
        true,
        false,
        true,
        false,
      ]);
    }
    const other = { matchLabels: { "kubernetes.io/os": "windows" } };
    assert.deepEqual(outOf(clusterPolicy("p", to("Deny", [{ nodes: other }]))), open);
  });
  it("networks are checked against all traffic, inside the cluster too", () => {
    const deny = (...networks: string[]) => outOf(clusterPolicy("p", to("Deny", [{ networks }])));
    assert.deepEqual(deny("0.0.0.0/0"), [false, false, false, false, false]);
    assert.deepEqual(deny("203.0.113.0/24"), [true, true, true, false, true]);
    assert.deepEqual(deny("::/0", "192.168.49.0/24"), [true, true, false, true, false]);
  });
  it("networks cover the outside only where the network knows no pod by address", () => {
    const deny = clusterPolicy("p", to("Deny", [{ networks: ["0.0.0.0/0"] }]));
    const under = world(byCilium, deny);
    assert.deepEqual(
      everyone.map((target) => allowed(under, web, target)),
      [true, true, true, false, true],
    );
  });
  it("networks are named by their place in the list", () => {
    const deny = clusterPolicy("p", to("Deny", [all, { networks: ["::/0", "203.0.113.0/24"] }]));
    assert.match(
      lines(connect(of(deny), web, outside, 80)).join(),
      /p spec.egress\[0\].to\[1\].networks\[1\]: denies TCP 80 to external 203.0.113.7/,
    );
  });
  it("domain names open nothing, since where they lead isn't known", () => {
    const names = to("Accept", [{ domainNames: ["example.com", "*.example.com"] }]).egress;
    const deny = to("Deny", [{ networks: ["0.0.0.0/0"] }]).egress;
    assert.equal(
      allowed(of(clusterPolicy("p", { egress: [...names, ...deny] })), web, outside),
      false,
    );
    assert.deepEqual(outOf(clusterPolicy("p", { egress: names })), open);
  });
});

describe("a peer of a kind that isn't known", () => {
  const unknown = { serviceAccounts: {} };
  const none = [false, false, false, false, false];
  const protocols = [{ tcp: { destinationPort: { number: 443 } } }];

  it("makes an Accept rule match no traffic", () => {
    const isolate = networkPolicy("a/isolate", { podSelector: {} });
    const accept = clusterPolicy("p", from("Accept", [all, unknown]));
    assert.deepEqual(into(accept, isolate), [false, false, true, false, true]);
  });
  it("makes a Deny rule and a Pass rule deny all", () => {
    for (const action of ["Deny", "Pass"]) {
      assert.deepEqual(into(clusterPolicy("p", from(action, [unknown], { protocols }))), none);
      assert.deepEqual(outOf(clusterPolicy("p", to(action, [all, unknown], { protocols }))), none);
    }
    assert.deepEqual(into(baselineAdminPolicy(from("Deny", [unknown]))), [
      false,
      false,
      true,
      false,
      true,
    ]);
  });
  it("is named in the reason", () => {
    const decision = connect(
      of(clusterPolicy("p", from("Pass", [all, unknown]))),
      outside,
      web,
      80,
    );
    assert.deepEqual(lines(decision), [
      "ClusterNetworkPolicy p spec.ingress[0].from[1] (a peer of an unknown kind, so that the rule denies all): denies TCP 80 from external 203.0.113.7, before any NetworkPolicy is asked",
    ]);
  });
});

describe("ports", () => {
  const flows = [
    [80, "TCP"],
    [80, "UDP"],
    [80, "SCTP"],
    [85, "TCP"],
    [90, "TCP"],
    [91, "TCP"],
    [8080, "TCP"],
  ] as const;
  const denied = (rule: KubernetesObject) =>
    flows
      .filter(([port, protocol]) => !allowed(of(rule), client, web, port, protocol))
      .map(([port, protocol]) => `${protocol} ${port}`);

  it("of a ClusterNetworkPolicy are numbers, ranges and names", () => {
    const on = (...protocols: object[]) =>
      denied(clusterPolicy("p", from("Deny", [all], { protocols })));
    assert.deepEqual(on({ tcp: { destinationPort: { number: 80 } } }), ["TCP 80"]);
    assert.deepEqual(on({ udp: { destinationPort: { number: 80 } } }), ["UDP 80"]);
    assert.deepEqual(on({ sctp: { destinationPort: { range: { start: 1, end: 80 } } } }), [
      "SCTP 80",
    ]);
    assert.deepEqual(on({ tcp: { destinationPort: { range: { start: 81, end: 90 } } } }), [
      "TCP 85",
      "TCP 90",
    ]);
    assert.deepEqual(on({ destinationNamedPort: "http" }), ["TCP 8080"]);
    assert.deepEqual(on({ destinationNamedPort: "other" }), []);
    assert.deepEqual(
      on({ destinationNamedPort: "http" }, { udp: { destinationPort: { number: 80 } } }),
      ["UDP 80", "TCP 8080"],
    );
    const everything = denied(clusterPolicy("p", from("Deny")));
    assert.equal(everything.length, flows.length);
  });
  it("of its elders too, with TCP for the default", () => {
    for (const make of [
      (spec: object) => adminPolicy("p", spec),
      (spec: object) => baselineAdminPolicy(spec),
    ]) {
      const on = (...ports: object[]) => denied(make(from("Deny", [all], { ports })));
      assert.deepEqual(on({ portNumber: { port: 80 } }), ["TCP 80"]);
      assert.deepEqual(on({ portNumber: { protocol: "UDP", port: 80 } }), ["UDP 80"]);
      assert.deepEqual(on({ portRange: { start: 80, end: 85 } }), ["TCP 80", "TCP 85"]);
      assert.deepEqual(on({ portRange: { protocol: "SCTP", start: 80, end: 80 } }), ["SCTP 80"]);
      assert.deepEqual(on({ namedPort: "http" }, { portNumber: { port: 91 } }), [
        "TCP 91",
        "TCP 8080",
      ]);
    }
  });
  it("are those of the destination: a name means the port of each pod that is reached", () => {
    const other = pod(
      "b/web",
      {},
      { ports: [{ name: "http", containerPort: 80, protocol: "TCP" }] },
    );
    const rule = to("Deny", [all], { protocols: [{ destinationNamedPort: "http" }] });
    const under = of(clusterPolicy("p", rule));
    const open = (target: Pod) => [80, 8080].filter((port) => allowed(under, client, target, port));
    assert.deepEqual([open(web), open(other)], [[80], [8080]]);
  });
});

describe("with Cilium", () => {
  const under = (...policies: KubernetesObject[]) => {
    assert.deepEqual(problems(...policies), []);
    return world(byCilium, ...policies);
  };
  const denyAll = ciliumPolicy("a/deny", {
    endpointSelector: {},
    ingressDeny: [{ fromEntities: ["all"] }],
  });

  it("an Admin Accept comes before its deny rules, and a Deny before its allow rules", () => {
    assert.equal(allowed(under(clusterPolicy("p", from("Accept")), denyAll), client, web), true);
    const allowAll = ciliumPolicy("a/allow", {
      endpointSelector: {},
      ingress: [{ fromEntities: ["all"] }],
    });
    assert.equal(allowed(under(clusterPolicy("p", from("Deny")), allowAll), client, web), false);
    assert.equal(allowed(under(clusterPolicy("p", from("Pass")), denyAll), client, web), false);
  });
  it("what its policies match isn't asked of the Baseline tier, isolated or not", () => {
    const deny = baselinePolicy("p", from("Deny"));
    const allowClients = ciliumPolicy("a/allow", {
      endpointSelector: {},
      enableDefaultDeny: { ingress: false },
      ingress: [{ fromEndpoints: [{ matchLabels: { app: "client" } }] }],
    });
    const other = pod("a/other");
    assert.deepEqual(
      [
        allowed(under(deny, allowClients), client, web),
        allowed(under(deny, allowClients), other, web),
      ],
      [true, false],
    );
  });
  it("an Admin Accept leaves no HTTP rules to ask, a Pass does", () => {
    const http = ciliumPolicy("a/http", {
      endpointSelector: {},
      ingress: [
        {
          toPorts: [
            { ports: [{ port: "80", protocol: "TCP" }], rules: { http: [{ method: "GET" }] } },
          ],
        },
      ],
    });
    const gate = (action: string) =>
      connect(under(clusterPolicy("p", from(action)), http), client, web, 80).http;
    assert.equal(gate("Accept"), undefined);
    const post = { method: "POST", path: "/", host: "web", headers: {} };
    assert.equal(gate("Pass")?.(post).allowed, false);
  });
  it("its elders have no effect, and the reason says so", () => {
    const decision = connect(under(adminPolicy("p", from("Deny"))), client, web, 80);
    assert.equal(decision.allowed, true);
    assert.match(
      lines(decision).join(),
      /p: selects a\/web for ingress, yet nothing in this cluster enforces AdminNetworkPolicies/,
    );
  });
  it("custom resources of the group are known where it's told to read them", () => {
    const groups = (values: object) => {
      const inputs = { chart: "cilium", name: "cilium", values };
      const release = { type: "kubernetes:helm.sh/v3:Release", name: "cilium", inputs };
      return declaredPlatform({ resources: [release] } as never).customGroups;
    };
    assert.deepEqual(groups({ k8sClusterNetworkPolicy: { enabled: true } }), ["cilium.io", api]);
    assert.deepEqual(groups({}), ["cilium.io"]);
  });
});

describe("a tiered policy that the API server would reject", () => {
  const peer = (one: object, rest: object = {}) => clusterPolicy("p", to("Accept", [one], rest));
  const protocol = (one: object) => clusterPolicy("p", from("Deny", [all], { protocols: [one] }));
  const port = (one: object) => adminPolicy("p", from("Deny", [all], { ports: [one] }));
  const many = <T>(count: number, item: T) => Array.from({ length: count }, () => item);
  const cases: [policy: KubernetesObject, problem: string][] = [
    [clusterPolicy("p", { tier: "admin" }), 'spec.tier is "admin"; write one of Admin, Baseline'],
    [clusterPolicy("p", { tier: undefined }), 'spec.tier is ""; write one of Admin, Baseline'],
    [
      clusterPolicy("p", { priority: 1001 }),
      "spec.priority is 1001; write a number from 0 to 1000",
    ],
    [
      adminPolicy("p", { priority: undefined }),
      "spec.priority is missing; write a number from 0 to 1000",
    ],
    [clusterPolicy("p", { priority: "5" }), 'spec.priority is "5"; write a number from 0 to 1000'],
    [baselineAdminPolicy({}, "mine"), 'metadata.name is "mine"; the only one is "default"'],
    [
      clusterPolicy("p", { subject: {} }),
      "spec.subject must have one field, either namespaces or pods; {} means all",
    ],
    [
      clusterPolicy("p", { subject: { namespaces: {}, pods: { podSelector: {} } } }),
      "spec.subject must have one field, either namespaces or pods; {} means all",
    ],
    [
      clusterPolicy("p", { subject: { pods: { namespaceSelector: {} } } }),
      "spec.subject.pods.podSelector is missing; {} means all",
    ],
    [
      adminPolicy("p", { subject: { pods: { podSelector: {} } } }),
      "spec.subject.pods.namespaceSelector is missing; {} means all",
    ],
    [
      clusterPolicy("p", { subject: { namespaces: { matchLabels: { team: 1 } } } }),
      "spec.subject.namespaces.matchLabels.team is 1, which no label can have; quote it",
    ],
    [
      clusterPolicy("p", from("Allow")),
      'spec.ingress[0].action is "Allow"; write one of Accept, Deny, Pass',
    ],
    [
      adminPolicy("p", from("Accept")),
      'spec.ingress[0].action is "Accept"; write one of Allow, Deny, Pass',
    ],
    [
      baselineAdminPolicy(from("Pass")),
      'spec.ingress[0].action is "Pass"; write one of Allow, Deny',
    ],
    [
      clusterPolicy("p", { ingress: [{ from: [all] }] }),
      'spec.ingress[0].action is ""; write one of Accept, Deny, Pass',
    ],
    [
      clusterPolicy("p", from("Deny", [all], { name: "x".repeat(101) })),
      "spec.ingress[0].name is longer than 100 characters; shorten it",
    ],
    [clusterPolicy("p", from("Deny", [])), "spec.ingress[0].from is empty; give at least one item"],
    [
      clusterPolicy("p", { egress: [{ action: "Deny" }] }),
      "spec.egress[0].to is empty; give at least one item",
    ],
    [
      clusterPolicy("p", from("Deny", many(26, all))),
      "spec.ingress[0].from has 26 items; 25 at most",
    ],
    [
      clusterPolicy("p", { ingress: many(26, from("Deny").ingress[0]) }),
      "spec.ingress has 26 items; 25 at most",
    ],
    [
      adminPolicy("p", { egress: many(101, to("Deny").egress[0]) }),
      "spec.egress has 101 items; 100 at most",
    ],
    [
      clusterPolicy("p", from("Deny", [{}])),
      "spec.ingress[0].from[0] is empty; give one of namespaces, pods",
    ],
    [
      peer({ nodes: {}, networks: ["::/0"] }),
      "spec.egress[0].to[0] has nodes and networks; make them items of their own",
    ],
    [
      clusterPolicy("p", from("Deny", [{ networks: ["10.0.0.0/8"] }])),
      "spec.ingress[0].from[0].networks can't be used here; give one of namespaces, pods",
    ],
    [
      baselineAdminPolicy(to("Allow", [{ domainNames: ["example.com"] }])),
      "spec.egress[0].to[0].domainNames can't be used here; give one of namespaces, pods, nodes, networks",
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
    [
      peer({ domainNames: ["*.com.*"] }),
      'spec.egress[0].to[0].domainNames[0] is "*.com.*"; write a name such as example.com or *.example.com',
    ],
    [
      peer({ domainNames: ["com"] }),
      'spec.egress[0].to[0].domainNames[0] is "com"; write a name such as example.com or *.example.com',
    ],
    [
      clusterPolicy("p", to("Deny", [{ domainNames: ["example.com"] }])),
      'spec.egress[0].to[0].domainNames stands beside "Deny"; only Accept rules may name domains',
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
      policy("v1alpha2", "ClusterNetworkPolicy", "p", undefined),
      'spec.tier is ""; write one of Admin, Baseline',
    ],
  ];
  for (const [object, problem] of cases) {
    it(problem, () => {
      assert.ok(problems(object).includes(problem), `got ${problems(object).join("\n")}`);
      const rules = { ...from("Deny"), ...object.spec };
      const denying = { ...object, spec: rules };
      // A selector that's left out can only mean all; everything else has no effect.
      const clear = validate([denying]).every((one) => one.clear);
      assert.equal(clear, problem.endsWith("Selector is missing; {} means all"));
      assert.equal(allowed(world(enforcing, denying), client, web), !clear);
    });
  }
  it("isn't one with the most of everything", () => {
    const peers = many(25, all);
    const protocols = many(25, { tcp: { destinationPort: { number: 1 } } });
    const ingress = many(25, { action: "Pass", from: peers, protocols, name: "x".repeat(100) });
    assert.deepEqual(problems(clusterPolicy("p", { priority: 1000, ingress })), []);
    assert.deepEqual(
      problems(adminPolicy("p", { ingress: many(100, from("Pass").ingress[0]) })),
      [],
    );
  });
});

describe("honoured fields of the tiers' policies", () => {
  /** The places in a policy's spec that `honoured` doesn't list. */
  function ignored(policy: KubernetesObject): string[] {
    const listed = new Set(honoured[groupKind(policy)]);
    const places = (value: unknown, place: string): string[] => {
      if (typeof value !== "object" || value === null) return [place];
      if (Array.isArray(value)) return value.flatMap((item) => places(item, `${place}[]`));
      return Object.entries(value).flatMap(([key, item]) =>
        places(item, `${place}.${place.endsWith("matchLabels") ? "*" : key}`),
      );
    };
    return places(policy.spec, "spec").filter((place) => !listed.has(place));
  }
  const selector = {
    matchLabels: { app: "x" },
    matchExpressions: [{ key: "a", operator: "In", values: ["b"] }],
  };
  const pods = { pods: { namespaceSelector: selector, podSelector: selector } };
  const peers = [{ namespaces: selector }, pods];
  const rule = { name: "n", action: "Deny" };

  it("are all but domain names", () => {
    const destinationPort = { number: 1, range: { start: 1, end: 2 } };
    const protocols = ["tcp", "udp", "sctp"].map((of) => ({ [of]: { destinationPort } }));
    const listed = [...protocols, { destinationNamedPort: "http" }];
    const egress = [
      ...peers,
      { nodes: selector },
      { networks: ["::/0"] },
      { domainNames: ["a.b"] },
    ];
    const spec = {
      subject: pods,
      ingress: [{ ...rule, from: peers, protocols: listed }],
      egress: [{ ...rule, to: egress, protocols: listed }],
    };
    assert.deepEqual(ignored(clusterPolicy("p", spec)), ["spec.egress[].to[].domainNames[]"]);
  });
  it("of its elders as well", () => {
    const ports = [
      { portNumber: { protocol: "TCP", port: 1 } },
      { portRange: { protocol: "TCP", start: 1, end: 2 } },
      { namedPort: "http" },
    ];
    const spec = {
      subject: { namespaces: selector },
      ingress: [{ ...rule, from: peers, ports }],
      egress: [{ ...rule, to: [...peers, { nodes: {} }], ports }],
    };
    assert.deepEqual(ignored(adminPolicy("p", spec)), []);
    assert.deepEqual(ignored(baselineAdminPolicy(spec)), []);
    assert.deepEqual(ignored(baselineAdminPolicy({ ...spec, priority: 1 })), ["spec.priority"]);
  });
});
