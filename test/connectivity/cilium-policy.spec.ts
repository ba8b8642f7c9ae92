import assert from "node:assert/strict";
import type { HttpRequest } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import {
  allowed,
  cilium,
  ciliumPolicy,
  clusterPolicy,
  connect,
  kubernetes,
  lines,
  networkPolicy,
  pod,
  problems,
  world,
} from "./world.ts";

const web = pod(
  "a/web",
  { app: "web" },
  { ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }] },
);
const client = pod("a/client", { app: "client" }, { serviceAccount: "client" });
const stranger = pod("b/client", { app: "client" });
const agent = pod("b/agent", {}, { hostNetwork: true, ips: ["192.168.49.2"] });
const outside = "external 203.0.113.7";
const node = "node 192.168.49.2";
const everyone = [client, stranger, outside, node];

function of(...policies: KubernetesObject[]) {
  assert.deepEqual(problems(...policies), []);
  return world(cilium, ...policies);
}

/** Who of client, stranger, the outside and the node reaches web, under a policy `a/p` for web. */
function into(spec: object): boolean[] {
  const selecting = { endpointSelector: { matchLabels: { app: "web" } }, ...spec };
  const under = of(ciliumPolicy("a/p", selecting));
  return everyone.map((from) => allowed(under, from, web));
}

/** Whether web reaches client, stranger, the outside and the node. */
function outOf(spec: object): boolean[] {
  const under = of(ciliumPolicy("a/p", { endpointSelector: {}, ...spec }));
  return everyone.map((to) => allowed(under, web, to));
}

const byLabel = (...labels: string[]) => ({
  matchLabels: Object.fromEntries(labels.map((label) => label.split("="))),
});

describe("CiliumNetworkPolicy", () => {
  describe("default deny", () => {
    const all = [true, true, true, true];
    const nobody = [false, false, false, true];
    it("comes with a section that has a rule in it, even an empty one", () => {
      assert.deepEqual(into({}), all);
      assert.deepEqual(into({ ingress: [] }), all);
      assert.deepEqual(into({ ingress: [{}] }), nobody, "not allow-all, as NetworkPolicy's");
      assert.deepEqual(into({ egress: [{}] }), all);
      assert.deepEqual(outOf({ egress: [{}] }), [false, false, false, false]);
    });
    it("comes with deny rules too", () => {
      assert.deepEqual(into({ ingressDeny: [{ fromEntities: ["world"] }] }), nobody);
    });
    it("can be switched off, and then the rest stays open", () => {
      const enableDefaultDeny = { ingress: false };
      assert.deepEqual(into({ enableDefaultDeny, ingress: [{}] }), all);
      const ingressDeny = [{ fromEntities: ["world"] }];
      assert.deepEqual(into({ enableDefaultDeny, ingressDeny }), [true, true, false, true]);
    });
    it("can be switched on without rules", () => {
      assert.deepEqual(into({ enableDefaultDeny: { ingress: true } }), nobody);
    });
  });

  describe("fromEndpoints", () => {
    const from = (...fromEndpoints: object[]) => into({ ingress: [{ fromEndpoints }] });
    it("without a namespace means the policy's own", () => {
      assert.deepEqual(from(byLabel("app=client")), [true, false, false, true]);
      assert.deepEqual(from({}), [true, false, false, true]);
    });
    it("takes k8s:, any: and no prefix for the same", () => {
      for (const key of ["app", "k8s:app", "any:app"]) {
        assert.deepEqual(from(byLabel(`${key}=client`)), [true, false, false, true], key);
      }
      assert.deepEqual(from(byLabel("container:app=client")), [false, false, false, true]);
    });
    it("reaches other namespaces by name, by existence, by their labels", () => {
      const key = "k8s:io.kubernetes.pod.namespace";
      assert.deepEqual(from(byLabel(`${key}=b`, "app=client")), [false, true, false, true]);
      assert.deepEqual(from(byLabel("io.kubernetes.pod.namespace=b")), [false, true, false, true]);
      assert.deepEqual(from({ matchExpressions: [{ key, operator: "Exists" }] }), [
        true,
        true,
        false,
        true,
      ]);
      const labels = "k8s:io.cilium.k8s.namespace.labels";
      assert.deepEqual(from(byLabel(`${labels}.team=team-b`)), [false, true, false, true]);
      assert.deepEqual(from(byLabel(`${labels}.kubernetes.io/metadata.name=b`)), [
        false,
        true,
        false,
        true,
      ]);
    });
    it("knows service accounts and the cluster", () => {
      assert.deepEqual(from(byLabel("io.cilium.k8s.policy.serviceaccount=client")), [
        true,
        false,
        false,
        true,
      ]);
      assert.deepEqual(from(byLabel("io.cilium.k8s.policy.cluster=default")), [
        true,
        false,
        false,
        true,
      ]);
      assert.deepEqual(from(byLabel("io.cilium.k8s.policy.cluster=other")), [
        false,
        false,
        false,
        true,
      ]);
    });
    it("takes reserved labels as they are", () => {
      assert.deepEqual(from(byLabel("reserved:world=")), [false, false, true, true]);
    });
    it("selects nobody by an empty list", () => {
      assert.deepEqual(from(), [false, false, false, true]);
      const toPorts = [{ ports: [{ port: "80" }] }];
      assert.deepEqual(into({ ingress: [{ fromEndpoints: [], toPorts }] }), [
        false,
        false,
        false,
        true,
      ]);
    });
    it("doesn't see labels that identities don't carry", () => {
      const hashed = pod("a/hashed", { "pod-template-hash": "1" });
      const ingress = [{ fromEndpoints: [byLabel("pod-template-hash=1")] }];
      const under = of(ciliumPolicy("a/p", { endpointSelector: {}, ingress }));
      assert.equal(allowed(under, hashed, web), false);
    });
  });

  describe("entities", () => {
    const cases: [entity: string, from: boolean[], to: boolean[]][] = [
      ["world", [false, false, true, true], [false, false, true, false]],
      ["cluster", [true, true, false, true], [true, true, false, true]],
      ["host", [false, false, false, true], [false, false, false, true]],
      ["kube-apiserver", [false, false, false, true], [false, false, false, true]],
      ["remote-node", [false, false, false, true], [false, false, false, false]],
      ["world-ipv4", [false, false, true, true], [false, false, true, false]],
      ["world-ipv6", [false, false, false, true], [false, false, false, false]],
      ["all", [true, true, true, true], [true, true, true, true]],
      ["none", [false, false, false, true], [false, false, false, false]],
    ];
    for (const [entity, from, to] of cases) {
      it(entity, () => {
        assert.deepEqual(into({ ingress: [{ fromEntities: [entity] }] }), from);
        assert.deepEqual(outOf({ egress: [{ toEntities: [entity] }] }), to);
      });
    }
    it("a host-network pod is the host", () => {
      const under = of(
        ciliumPolicy("a/p", { endpointSelector: {}, egress: [{ toEntities: ["host"] }] }),
      );
      assert.deepEqual([allowed(under, web, agent), allowed(under, agent, web)], [true, true]);
    });
  });

  it("lets the host in always, unless a deny rule names it", () => {
    assert.deepEqual(
      into({ ingressDeny: [{ fromEntities: ["host"] }], ingress: [{ fromEntities: ["all"] }] }),
      [true, true, true, false],
    );
  });

  describe("CIDRs", () => {
    it("match the outside, never pods or nodes", () => {
      assert.deepEqual(into({ ingress: [{ fromCIDR: ["0.0.0.0/0"] }] }), [
        false,
        false,
        true,
        true,
      ]);
      assert.deepEqual(outOf({ egress: [{ toCIDR: ["0.0.0.0/0"] }] }), [false, false, true, false]);
      assert.deepEqual(into({ ingress: [{ fromCIDR: ["203.0.113.7"] }] }), [
        false,
        false,
        true,
        true,
      ]);
      assert.deepEqual(into({ ingress: [{ fromCIDR: ["198.51.100.0/24"] }] }), [
        false,
        false,
        false,
        true,
      ]);
    });
    it("say so where a pod's address lies inside", () => {
      const under = of(
        ciliumPolicy("a/p", { endpointSelector: {}, ingress: [{ fromCIDR: ["10.0.0.0/8"] }] }),
      );
      assert.match(
        lines(connect(under, client, web, 80)).join(),
        /spec.ingress\[0\].fromCIDR\[0\] covers its address, but Cilium never matches a pod by address/,
      );
    });
    it("leave out what's in except", () => {
      const cidr = "203.0.113.0/24";
      assert.deepEqual(
        into({ ingress: [{ fromCIDRSet: [{ cidr, except: ["203.0.113.0/29"] }] }] }),
        [false, false, false, true],
      );
      assert.deepEqual(
        into({ ingress: [{ fromCIDRSet: [{ cidr, except: ["203.0.113.64/29"] }] }] }),
        [false, false, true, true],
      );
    });
  });

  describe("toPorts", () => {
    const on = (toPorts: object[], port: number, protocol: "TCP" | "UDP" = "TCP") =>
      allowed(
        of(ciliumPolicy("a/p", { endpointSelector: {}, ingress: [{ toPorts }] })),
        outside,
        web,
        port,
        protocol,
      );
    it("without peers are open to everyone", () => {
      assert.equal(on([{ ports: [{ port: "80", protocol: "TCP" }] }], 80), true);
      assert.equal(on([{ ports: [{ port: "80", protocol: "TCP" }] }], 81), false);
    });
    it("take any protocol unless told", () => {
      assert.equal(on([{ ports: [{ port: "80" }] }], 80, "UDP"), true);
      assert.equal(on([{ ports: [{ port: "80", protocol: "ANY" }] }], 80, "UDP"), true);
      assert.equal(on([{ ports: [{ port: "80", protocol: "tcp" }] }], 80, "UDP"), false);
    });
    it("take ranges, names and 0 for all", () => {
      assert.deepEqual(
        [79, 80, 82, 83].map((port) => on([{ ports: [{ port: "80", endPort: 82 }] }], port)),
        [false, true, true, false],
      );
      assert.equal(on([{ ports: [{ port: "HTTP" }] }], 8080), true);
      assert.equal(on([{ ports: [{ port: "http" }] }], 80), false);
      assert.deepEqual(
        [
          on([{ ports: [{ port: "0", protocol: "UDP" }] }], 9, "UDP"),
          on([{ ports: [{ port: "0", protocol: "UDP" }] }], 9),
        ],
        [true, false],
      );
    });
    it("of ICMP kinds open no connection", () => {
      assert.equal(on([{ ports: [{ port: "80", protocol: "ICMP" }] }], 80), false);
    });
    it("and a peer must both match", () => {
      const ingress = [{ fromEndpoints: [{}], toPorts: [{ ports: [{ port: "80" }] }] }];
      const under = of(ciliumPolicy("a/p", { endpointSelector: {}, ingress }));
      assert.deepEqual(
        [
          allowed(under, client, web, 80),
          allowed(under, client, web, 81),
          allowed(under, outside, web, 80),
        ],
        [true, false, false],
      );
    });
  });

  it("opens nothing by peers that aren't modelled, and denies nothing by them", () => {
    const toPorts = [{ ports: [{ port: "80" }] }];
    for (const one of [{ toGroups: [{}] }, { toNodes: [{}] }]) {
      const rule = { ...one, toPorts };
      assert.deepEqual(outOf({ egress: [rule] }), [false, false, false, false]);
      assert.deepEqual(outOf({ egress: [{ toEntities: ["all"] }], egressDeny: [rule] }), [
        true,
        true,
        true,
        true,
      ]);
    }
    assert.deepEqual(
      into({ ingress: [{ icmps: [{ fields: [{ type: 8 }] }], fromEndpoints: [{}] }] }),
      [false, false, false, true],
    );
  });

  it("has one policy for each of spec and specs", () => {
    const one = {
      endpointSelector: byLabel("app=web"),
      ingress: [{ fromEndpoints: [byLabel("app=client")] }],
    };
    const two = { endpointSelector: byLabel("app=web"), ingress: [{ fromEntities: ["world"] }] };
    const policy = { ...ciliumPolicy("a/p", undefined), specs: [one, two] };
    const under = of(policy);
    assert.deepEqual(
      everyone.map((from) => allowed(under, from, web)),
      [true, false, true, true],
    );
    assert.match(
      lines(connect(under, outside, web, 80)).join(),
      /specs\[1\].ingress\[0\].fromEntities\[0\]: allows/,
    );
  });

  it("selects in its own namespace, whatever its selector says", () => {
    const endpointSelector = byLabel("k8s:io.kubernetes.pod.namespace=b");
    const under = of(ciliumPolicy("a/p", { endpointSelector, ingress: [{}] }));
    assert.deepEqual(
      [allowed(under, client, web), allowed(under, client, stranger)],
      [false, true],
    );
  });

  it("does nothing where Cilium's policies aren't enforced, and says so", () => {
    const under = world(kubernetes, ciliumPolicy("a/p", { endpointSelector: {}, ingress: [{}] }));
    const decision = connect(under, stranger, web, 80);
    assert.equal(decision.allowed, true);
    assert.match(
      lines(decision).join(),
      /yet nothing in this cluster enforces CiliumNetworkPolicies/,
    );
  });
});

describe("CiliumClusterwideNetworkPolicy", () => {
  it("selects pods of every namespace, and means pods of every namespace", () => {
    const ingress = [{ fromEndpoints: [{}] }];
    const under = of(clusterPolicy("p", { endpointSelector: byLabel("app=web"), ingress }));
    assert.deepEqual(
      everyone.map((from) => allowed(under, from, web)),
      [true, true, false, true],
    );
    const denied = of(clusterPolicy("p", { endpointSelector: {}, ingress: [{}] }));
    assert.deepEqual(
      [allowed(denied, client, web), allowed(denied, web, stranger)],
      [false, false],
    );
  });
  it("with a nodeSelector is for the host firewall, which is off", () => {
    const under = of(clusterPolicy("p", { nodeSelector: {}, ingress: [{}] }));
    assert.equal(allowed(under, outside, web), true);
  });
});

describe("policies of several kinds, under Cilium", () => {
  const open = networkPolicy("a/open", { ingress: [{}], egress: [{}] });
  const deny = (direction: string, side: string) => ({
    endpointSelector: {},
    [`${direction}Deny`]: [
      { [`${side}Endpoints`]: [byLabel("app=client", "k8s:io.kubernetes.pod.namespace=b")] },
    ],
  });
  it("deny beats allow, whichever kind says it", () => {
    for (const denying of [
      ciliumPolicy("a/no", deny("ingress", "from")),
      clusterPolicy("no", deny("ingress", "from")),
    ]) {
      const under = of(open, denying);
      assert.deepEqual([allowed(under, client, web), allowed(under, stranger, web)], [true, false]);
      assert.match(
        lines(connect(under, stranger, web, 80)).join(),
        /no spec.ingressDeny\[0\].fromEndpoints\[0\]: denies TCP 80 from b\/client/,
      );
    }
    const under = of(open, ciliumPolicy("a/no", deny("egress", "to")));
    assert.deepEqual([allowed(under, web, client), allowed(under, web, stranger)], [true, false]);
  });
  it("allow adds up over kinds", () => {
    const isolate = networkPolicy("a/isolate", {});
    const letIn = ciliumPolicy("a/in", {
      endpointSelector: {},
      ingress: [{ fromEntities: ["world"] }],
    });
    const under = of(isolate, letIn);
    assert.deepEqual(
      everyone.map((from) => allowed(under, from, web)),
      [false, false, true, true],
    );
    assert.deepEqual(
      lines(connect(under, stranger, web, 80)).filter((line) => line.includes("isolates")),
      [
        "no enforced policy isolates b/client for egress",
        "CiliumNetworkPolicy a/in: isolates a/web for ingress and no rule allows TCP 80 from b/client",
        "NetworkPolicy a/isolate: isolates a/web for ingress and allows nothing",
      ].slice(1),
    );
  });
});

describe("Cilium's HTTP rules", () => {
  const get = (path: string, rest: Partial<HttpRequest> = {}): HttpRequest => ({
    method: "GET",
    path,
    host: "web",
    headers: {},
    ...rest,
  });
  const rules = (http: object[], from: object = {}) => ({
    ...from,
    toPorts: [{ ports: [{ port: "80", protocol: "TCP" }], rules: { http } }],
  });
  const decide = (...ingress: object[]) =>
    connect(
      of(ciliumPolicy("a/p", { endpointSelector: byLabel("app=web"), ingress })),
      client,
      web,
      80,
    );
  /** Whether the request passes; fails where nobody judges requests. */
  const passes = (http: object, request: HttpRequest) => {
    const decision = decide(rules([http]));
    assert.ok(decision.allowed && decision.http);
    return decision.http(request).allowed;
  };

  it("judge requests on a connection that is let through", () => {
    const decision = decide(rules([{ method: "GET", path: "/public/.*" }, { method: "PUT" }]));
    assert.equal(decision.allowed, true);
    const hit = decision.http?.(get("/public/x"));
    assert.deepEqual(
      [hit?.allowed, lines(hit ?? decision)],
      [
        true,
        ["CiliumNetworkPolicy a/p spec.ingress[0].toPorts[0].rules.http[0]: admits GET /public/x"],
      ],
    );
    const miss = decision.http?.(get("/private"));
    assert.deepEqual(
      [miss?.allowed, lines(miss ?? decision)],
      [
        false,
        [
          "CiliumNetworkPolicy a/p spec.ingress[0]: admits no GET /private by its HTTP rules for ingress",
        ],
      ],
    );
    assert.equal(decision.http?.(get("/private", { method: "PUT" })).allowed, true);
  });
  it("match whole values, the path with its query, in RE2's syntax", () => {
    assert.equal(passes({ path: "/a" }, get("/a")), true);
    assert.equal(passes({ path: "/a" }, get("/ab")), false);
    assert.equal(passes({ path: "/a" }, get("/a?b=1")), false);
    assert.equal(passes({ path: "/a(\\?.*)?" }, get("/a?b=1")), true);
    assert.equal(passes({ method: "GET|HEAD" }, get("/", { method: "HEAD" })), true);
    assert.equal(passes({ method: "GET" }, get("/", { method: "FORGET" })), false);
    assert.equal(passes({ host: "web(:\\d+)?" }, get("/", { host: "web:80" })), true);
    assert.equal(passes({ host: "web" }, get("/", { host: "web:80" })), false);
    assert.equal(passes({ path: "(?i)/A" }, get("/a")), true);
  });
  it("ask for headers, by presence or by value", () => {
    const headers = { "x-a": "1" };
    assert.equal(passes({ headers: ["X-A"] }, get("/", { headers })), true);
    assert.equal(passes({ headers: ["X-A: 1"] }, get("/", { headers })), true);
    assert.equal(passes({ headers: ["X-A: 2"] }, get("/", { headers })), false);
    assert.equal(passes({ headers: ["X-B"] }, get("/", { headers })), false);
    assert.equal(
      passes({ headerMatches: [{ name: "X-A", value: "1" }] }, get("/", { headers })),
      true,
    );
    assert.equal(
      passes({ headerMatches: [{ name: "X-A", value: "2" }] }, get("/", { headers })),
      false,
    );
    assert.equal(
      passes(
        { headerMatches: [{ name: "X-A", value: "2", mismatch: "LOG" }] },
        get("/", { headers }),
      ),
      true,
    );
    assert.equal(passes({ headerMatches: [{ name: "X-B" }] }, get("/", { headers })), false);
  });
  it("have no effect beside a rule for the same port and peer without any", () => {
    assert.equal(decide(rules([{ method: "GET" }]), { fromEndpoints: [{}] }).http, undefined);
    assert.equal(
      decide(rules([{ method: "GET" }]), { toPorts: [{ ports: [{ port: "80" }] }] }).http,
      undefined,
    );
    assert.notEqual(
      decide(rules([{ method: "GET" }]), { fromEntities: ["world"] }).http,
      undefined,
    );
    assert.equal(decide(rules([])).http, undefined);
  });
  it("deny nothing where default deny is off", () => {
    const spec = {
      endpointSelector: {},
      enableDefaultDeny: { ingress: false },
      ingress: [rules([{ method: "GET" }])],
    };
    assert.equal(connect(of(ciliumPolicy("a/p", spec)), client, web, 80).http, undefined);
  });
  it("must admit a request at both ends", () => {
    const ingress = ciliumPolicy("a/in", {
      endpointSelector: byLabel("app=web"),
      ingress: [rules([{ method: "GET" }])],
    });
    const egress = ciliumPolicy("a/out", {
      endpointSelector: byLabel("app=client"),
      egress: [rules([{ path: "/a" }])],
    });
    const { http } = connect(of(ingress, egress), client, web, 80);
    assert.deepEqual(
      [get("/a"), get("/b"), get("/a", { method: "PUT" })].map(
        (request) => http?.(request).allowed,
      ),
      [true, false, false],
    );
  });
});

describe("a Cilium policy that Cilium would reject", () => {
  const http = (rest: object, port: object = { port: "80", protocol: "TCP" }) => ({
    endpointSelector: {},
    ingress: [{ toPorts: [{ ports: [port], rules: { http: [rest] } }] }],
  });
  const cases: [spec: object | undefined, problem: string][] = [
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
  for (const [spec, problem] of cases) {
    it(problem, () => {
      const policy = ciliumPolicy("a/p", spec);
      assert.ok(problems(policy).includes(problem), `got ${problems(policy).join("\n")}`);
      assert.equal(allowed(world(cilium, policy), outside, web), true, "it has no effect");
    });
  }
  it("names the pattern that RE2 doesn't take", () => {
    assert.match(
      problems(ciliumPolicy("a/p", http({ path: "/(" }))).join(),
      /rules.http\[0\].path is "\/\(", no RE2 pattern: /,
    );
  });
  it("wants one selector clusterwide too", () => {
    const both = { endpointSelector: {}, nodeSelector: {} };
    assert.deepEqual(problems(clusterPolicy("p", both)), [
      "spec has two selectors; give either endpointSelector or nodeSelector",
    ]);
  });
});
