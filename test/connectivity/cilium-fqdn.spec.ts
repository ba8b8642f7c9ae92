import assert from "node:assert/strict";
import fc from "fast-check";
import { compileName } from "../../micromesh/connectivity/cilium-fqdn.ts";
import { compile } from "../../micromesh/connectivity/index.ts";
import type { Peer, World } from "../../micromesh/connectivity/model.ts";
import {
  allowed,
  cilium,
  ciliumPolicy,
  clusterwidePolicy,
  kubernetes,
  lines,
  networkPolicy,
  pod,
  problems,
  world,
} from "./world.ts";

const client = pod("a/client", { app: "client" });
const web = pod("b/web", { app: "web" });

const toDns = {
  toEndpoints: [
    { matchLabels: { "k8s:io.kubernetes.pod.namespace": "kube-system", "k8s-app": "kube-dns" } },
  ],
};
const dnsPorts = (...dns: object[]) => [
  { ports: [{ port: "53", protocol: "ANY" }], ...(dns.length > 0 ? { rules: { dns } } : {}) },
];
const anyLookup = { ...toDns, toPorts: dnsPorts({ matchPattern: "*" }) };
const plainDns = { ...toDns, toPorts: dnsPorts() };
const out = (...egress: object[]) => ciliumPolicy("a/p", { endpointSelector: {}, egress });
const of = (...policies: ReturnType<typeof out>[]) => world(cilium, ...policies);
const known = (...names: string[]): Peer => ({ kind: "external", ip: "203.0.113.7", names });
const decide = (under: World, to: Peer, port = 443) =>
  compile(under).connection({ kind: "pod", pod: client }, to, port, "TCP");
const lookup = (under: World, name: string) => compile(under).lookup(client, name);

describe("names in Cilium's policies", () => {
  const matching = (selector: Parameters<typeof compileName>[0], ...names: string[]) =>
    names.filter(compileName(selector));
  const all = [
    "cilium.io",
    "sub.cilium.io",
    "a.sub.cilium.io",
    "sub_1-x.cilium.io",
    "subcilium.io",
    "xcilium.io",
    "ciliumxio",
    "cilium.io.org",
  ];

  it("are matched as a whole by matchName, whatever their case and last dot", () => {
    for (const matchName of ["cilium.io", "Cilium.IO", "cilium.io."]) {
      assert.deepEqual(matching({ matchName }, ...all), ["cilium.io"]);
    }
  });
  for (const [matchPattern, names] of [
    ["cilium.io", ["cilium.io"]],
    ["*.cilium.io", ["sub.cilium.io", "sub_1-x.cilium.io"]],
    ["*.Cilium.io.", ["sub.cilium.io", "sub_1-x.cilium.io"]],
    ["*cilium.io", ["cilium.io", "subcilium.io", "xcilium.io"]],
    ["sub*.cilium.io", ["sub.cilium.io", "sub_1-x.cilium.io"]],
    ["*.*.cilium.io", ["a.sub.cilium.io"]],
    ["**.cilium.io", ["sub.cilium.io", "a.sub.cilium.io", "sub_1-x.cilium.io"]],
    ["****.cilium.io", ["sub.cilium.io", "a.sub.cilium.io", "sub_1-x.cilium.io"]],
    ["**cilium.io", ["cilium.io", "subcilium.io", "xcilium.io"]],
    ["a.**.cilium.io", ["a.sub.cilium.io"]],
    ["*", all],
    ["**", all],
    ["**.", all],
  ] as const) {
    it(`are matched by the pattern ${matchPattern}`, () => {
      assert.deepEqual(matching({ matchPattern }, ...all), names);
    });
  }
  it("take no longer to match by a pattern of many stars", () => {
    const matches = compileName({ matchPattern: `${"*a".repeat(100)}.io` });
    const start = performance.now();
    assert.equal(matches(`${"a".repeat(250)}.com`), false);
    assert.ok(performance.now() - start < 500);
  });
  it("match a pattern that is the name itself, for every name", () => {
    const name = fc
      .array(fc.stringMatching(/^[a-z0-9_-]{1,8}$/), { minLength: 1, maxLength: 5 })
      .map((labels) => labels.join("."));
    fc.assert(
      fc.property(name, fc.nat(60), (text, at) => {
        assert.ok(compileName({ matchPattern: text })(text));
        assert.ok(compileName({ matchPattern: `**.${text}` })(`x.y.${text}`));
        const place = at % text.length;
        const starred = `${text.slice(0, place)}*${text.slice(place)}`;
        assert.ok(compileName({ matchPattern: starred })(text));
      }),
    );
  });
});

describe("toFQDNs", () => {
  const api = { toFQDNs: [{ matchName: "api.example.com" }] };

  it("opens the way to what the pod looked up by a name that matches", () => {
    const under = of(out(anyLookup, api));
    const decision = decide(under, known("api.example.com"));
    assert.deepEqual(lines(decision), [
      "CiliumNetworkPolicy a/p spec.egress[1].toFQDNs[0]: allows TCP 443 to external 203.0.113.7 (api.example.com)",
    ]);
    assert.equal(decide(under, known("www.example.com")).allowed, false);
    assert.equal(decide(under, known("www.example.com", "API.example.com.")).allowed, true);
  });
  it("matches by any of its items, by pattern too", () => {
    const toFQDNs = [{ matchName: "x.org" }, { matchPattern: "*.example.com" }];
    const under = of(out(anyLookup, { toFQDNs }));
    assert.match(
      lines(decide(under, known("api.example.com"))).join(),
      /spec.egress\[1\].toFQDNs\[1\]: allows/,
    );
  });
  it("opens its ports only", () => {
    const toPorts = [{ ports: [{ port: "443", protocol: "TCP" }] }];
    const under = of(out(anyLookup, { ...api, toPorts }));
    const to = known("api.example.com");
    assert.deepEqual([decide(under, to).allowed, decide(under, to, 80).allowed], [true, false]);
  });
  it("never matches an address that nobody has looked up by name", () => {
    const under = of(out(anyLookup, api));
    const decision = decide(under, { kind: "external", ip: "203.0.113.7" });
    assert.deepEqual(
      [decision.allowed, lines(decision)],
      [
        false,
        [
          "CiliumNetworkPolicy a/p spec.egress[1]: isolates a/client for egress and no rule allows TCP 443 to external 203.0.113.7: spec.egress[1].toFQDNs[0] matches by name, and no name has been looked up for this address",
        ],
      ],
    );
    assert.equal(decide(under, known()).allowed, false);
  });
  it("never matches what is inside the cluster", () => {
    const services = [
      { namespace: "b", name: "web", labels: {}, selector: { app: "web" } },
      { namespace: "b", name: "all", labels: {} },
    ];
    const toFQDNs = [{ matchName: "web.b.svc.cluster.local" }];
    const under = { ...of(out(anyLookup, { toFQDNs })), services };
    const decision = decide(under, { kind: "pod", pod: web });
    assert.equal(decision.allowed, false);
    assert.match(
      lines(decision).join(),
      /toFQDNs\[0\] matches web.b.svc.cluster.local, but toFQDNs never matches what is inside/,
    );
    const all = { toFQDNs: [{ matchName: "all.b.svc.cluster.local" }] };
    const unselected = decide({ ...of(out(anyLookup, all)), services }, { kind: "pod", pod: web });
    assert.doesNotMatch(lines(unselected).join(), /toFQDNs/);
    const star = of(out(anyLookup, { toFQDNs: [{ matchPattern: "*" }] }));
    const toNode = decide(star, { kind: "node", ip: "192.168.49.2" });
    assert.equal(toNode.allowed, false);
    assert.doesNotMatch(lines(toNode).join(), /toFQDNs/);
  });
  it("knows an outside without an address by its names, and by rules for everything", () => {
    const to: Peer = { kind: "external", names: ["api.example.com"] };
    const decision = decide(of(out(anyLookup, api)), to);
    assert.match(lines(decision).join(), /allows TCP 443 to external api.example.com$/);
    const cidr = (...toCIDR: string[]) => decide(of(out({ toCIDR })), to).allowed;
    assert.deepEqual([cidr("0.0.0.0/0"), cidr("203.0.113.0/24")], [true, false]);
    assert.equal(decide(of(out({ toEntities: ["world"] })), to).allowed, true);
  });
  it("puts the pod in default deny, as every rule does", () => {
    assert.equal(allowed(of(out(api)), client, web), false);
  });
  it("names two of many names", () => {
    const decision = decide(of(out(anyLookup)), known("a.io", "b.io", "c.io", "d.io"));
    assert.match(lines(decision).join(), /to external 203.0.113.7 \(a.io, b.io and 2 more\)/);
  });

  describe("knows only names that Cilium's DNS proxy saw", () => {
    const why = (under: World) => {
      const decision = decide(under, known("api.example.com"));
      assert.equal(decision.allowed, false);
      return lines(decision).join().split("toFQDNs[0] ")[1];
    };
    const unseen =
      "matches api.example.com, but no egress rule of a/client to the cluster's DNS has rules.dns, so Cilium never learns its addresses";

    it("which needs a DNS rule", () => {
      assert.equal(why(of(out(plainDns, api))), unseen);
      assert.equal(why(of(out({ toEntities: ["cluster"] }, api))), unseen);
    });
    it("which another policy may have, for the same pod", () => {
      const dns = ciliumPolicy("a/dns", { endpointSelector: {}, egress: [anyLookup] });
      assert.equal(decide(of(out(api), dns), known("api.example.com")).allowed, true);
      const clusterwide = clusterwidePolicy("dns", { endpointSelector: {}, egress: [anyLookup] });
      assert.equal(decide(of(out(api), clusterwide), known("api.example.com")).allowed, true);
      const endpointSelector = { matchLabels: { app: "other" } };
      const others = ciliumPolicy("a/dns", { endpointSelector, egress: [anyLookup] });
      assert.equal(why(of(out(plainDns, api), others)), unseen);
    });
    it("which must be about the cluster's DNS and its port", () => {
      const elsewhere = { toEndpoints: [{}], toPorts: dnsPorts({ matchPattern: "*" }) };
      assert.equal(why(of(out(plainDns, elsewhere, api))), unseen);
      for (const port of ["52", "5353"]) {
        const toPorts = [{ ports: [{ port }], rules: { dns: [{ matchPattern: "*" }] } }];
        assert.equal(why(of(out(plainDns, { ...toDns, toPorts }, api))), unseen);
      }
      const tcp = [
        { ports: [{ port: "53", protocol: "TCP" }], rules: { dns: [{ matchPattern: "*" }] } },
      ];
      assert.equal(why(of(out(plainDns, { ...toDns, toPorts: tcp }, api))), unseen);
      const everywhere = { toPorts: dnsPorts({ matchPattern: "*" }) };
      assert.equal(decide(of(out(everywhere, api)), known("api.example.com")).allowed, true);
      const toPort = [{ ports: [{ port: "DNS" }], rules: { dns: [{ matchPattern: "*" }] } }];
      const byName = out({ ...toDns, toPorts: toPort }, api);
      assert.equal(decide(of(byName), known("api.example.com")).allowed, true);
    });
    it("which must admit the name", () => {
      const some = { ...toDns, toPorts: dnsPorts({ matchName: "x.org" }) };
      assert.equal(
        why(of(out(some, api))),
        "matches api.example.com, but the DNS rules of a/client admit no look-up of api.example.com",
      );
    });
    it("which needs a way to the cluster's DNS", () => {
      const text =
        "matches api.example.com, but a/client can't reach the cluster's DNS to look it up";
      assert.equal(why(of(out(api))), text);
      const closed = ciliumPolicy("kube-system/closed", { endpointSelector: {}, ingress: [{}] });
      assert.equal(why(of(out(anyLookup, api), closed)), text);
    });
  });
});

describe("look-ups", () => {
  const verdict = (under: World, name: string) => {
    const { allowed, proxied } = lookup(under, name);
    return proxied ? (allowed ? "seen" : "refused") : allowed ? "unseen" : "no answer";
  };
  const some = {
    ...toDns,
    toPorts: dnsPorts({ matchName: "x.org" }, { matchPattern: "*.example.com" }),
  };

  it("go past Cilium where no policy isolates the pod", () => {
    assert.equal(verdict(of(), "x.org"), "unseen");
  });
  it("get no answer where no rule opens the way to the cluster's DNS", () => {
    assert.equal(verdict(of(out({})), "x.org"), "no answer");
    assert.match(
      lines(lookup(of(out({})), "x.org")).join(),
      /no rule allows UDP 53 to kube-system/,
    );
    assert.equal(verdict({ ...of(), nameServers: [] }, "x.org"), "no answer");
  });
  it("are refused by name where no DNS rule admits them", () => {
    const under = of(out(some));
    assert.deepEqual(
      ["x.org", "X.ORG.", "api.example.com", "example.com", "y.org"].map((name) =>
        verdict(under, name),
      ),
      ["seen", "seen", "seen", "refused", "refused"],
    );
    assert.deepEqual(
      [lines(lookup(under, "api.example.com")), lines(lookup(under, "y.org"))],
      [
        [
          "CiliumNetworkPolicy a/p spec.egress[0].toPorts[0].rules.dns[1]: admits look-ups of api.example.com",
        ],
        [
          "CiliumNetworkPolicy a/p spec.egress[0].toEndpoints[0]: admits no look-up of y.org by its DNS rules",
        ],
      ],
    );
  });
  it("are admitted by any DNS rule of any policy", () => {
    const more = { ...toDns, toPorts: dnsPorts({ matchName: "y.org" }) };
    const other = clusterwidePolicy("more", { endpointSelector: {}, egress: [more] });
    assert.equal(verdict(of(out(some), other), "y.org"), "seen");
  });
  it("are admitted, and seen, where another rule opens the same way without DNS rules", () => {
    assert.equal(verdict(of(out(some, plainDns)), "y.org"), "seen");
    assert.equal(verdict(of(out(some, { toEntities: ["all"] })), "y.org"), "seen");
    assert.equal(verdict(of(out(some), networkPolicy("a/out", { egress: [{}] })), "y.org"), "seen");
    assert.equal(verdict(of(out({ ...toDns, toPorts: dnsPorts() })), "y.org"), "unseen");
    const empty = [{ ports: [{ port: "53" }], rules: { dns: [] } }];
    assert.equal(verdict(of(out({ ...toDns, toPorts: empty })), "y.org"), "unseen");
  });
  it("are all admitted, and seen, without default deny", () => {
    const spec = { endpointSelector: {}, enableDefaultDeny: { egress: false }, egress: [some] };
    assert.equal(verdict(of(ciliumPolicy("a/p", spec)), "y.org"), "seen");
  });
  it("ask the name servers that the world has", () => {
    const server = pod("c/dns", { "k8s-app": "own-dns" });
    const opens = (namespace: string) => ({
      toEndpoints: [{ matchLabels: { "k8s:io.kubernetes.pod.namespace": namespace } }],
      toPorts: dnsPorts({ matchPattern: "*" }),
    });
    const asks = (namespace: string, nameServers?: World["nameServers"]) =>
      verdict({ ...of(out(opens(namespace))), nameServers }, "x.org");
    assert.deepEqual(
      [asks("c", [server]), asks("c"), asks("kube-system"), asks("kube-system", [server])],
      ["seen", "no answer", "seen", "no answer"],
    );
    assert.equal(asks("c", [web, server]), "seen");
  });
  it("go past Cilium's rules where nothing enforces them", () => {
    assert.equal(verdict(world(kubernetes, out(some)), "y.org"), "unseen");
  });
});

describe("a Cilium policy whose names Cilium would reject", () => {
  const toPorts = (dns: object[], ...ports: object[]) => [{ ports, rules: { dns } }];
  const egress = (rule: object) => ({ endpointSelector: {}, egress: [rule] });
  const named = (item: object) => egress({ toFQDNs: [item] });
  const star = [{ matchPattern: "*" }];
  const shape = "write labels of letters, digits, - and _ with dots between them";
  const cases: [spec: object, problem: string][] = [
    [named({}), "spec.egress[0].toFQDNs[0] has no name; give matchName or matchPattern"],
    [
      named({ matchName: "a", matchPattern: "b" }),
      "spec.egress[0].toFQDNs[0] has both matchName and matchPattern; make them two items",
    ],
    [
      named({ matchName: "*.io" }),
      `spec.egress[0].toFQDNs[0].matchName is "*.io"; ${shape}; wildcards are for matchPattern`,
    ],
    [
      named({ matchPattern: "a..io" }),
      `spec.egress[0].toFQDNs[0].matchPattern is "a..io"; ${shape}, and *`,
    ],
    [
      named({ matchPattern: "(a+)+" }),
      `spec.egress[0].toFQDNs[0].matchPattern is "(a+)+"; ${shape}, and *`,
    ],
    [
      named({ matchName: 1 }),
      `spec.egress[0].toFQDNs[0].matchName is 1; ${shape}; wildcards are for matchPattern`,
    ],
    [
      named({ matchName: "" }),
      `spec.egress[0].toFQDNs[0].matchName is ""; ${shape}; wildcards are for matchPattern`,
    ],
    [
      egress({ toFQDNs: [{ matchName: "a" }], toEntities: ["all"] }),
      "spec.egress[0] combines toEntities and toFQDNs; make them rules of their own",
    ],
    [
      { endpointSelector: {}, egressDeny: [{ toFQDNs: [{ matchName: "a" }] }] },
      "spec.egressDeny[0].toFQDNs can't stand in a deny rule",
    ],
    [
      { endpointSelector: {}, ingress: [{ fromFQDNs: [{ matchName: "a" }] }] },
      "spec.ingress[0].fromFQDNs can't stand in an ingress rule",
    ],
    [
      { endpointSelector: {}, ingress: [{ toFQDNs: [{ matchName: "a" }] }] },
      "spec.ingress[0].toFQDNs can't stand in an ingress rule",
    ],
    [
      egress({ toPorts: toPorts(star) }),
      "spec.egress[0].toPorts[0].ports is empty; DNS rules need a port, usually 53",
    ],
    [
      egress({ toPorts: toPorts(star, { port: "0" }) }),
      "spec.egress[0].toPorts[0].ports[0].port is 0; DNS rules need a real port",
    ],
    [
      egress({ toPorts: toPorts(star, { port: "53", endPort: 54 }) }),
      "spec.egress[0].toPorts[0].ports[0].endPort stands beside DNS rules, which take no range; remove it",
    ],
    [
      egress({ toPorts: toPorts([{}], { port: "53" }) }),
      "spec.egress[0].toPorts[0].rules.dns[0] has no name; give matchName or matchPattern",
    ],
  ];
  for (const [spec, problem] of cases) {
    it(problem, () => {
      const policy = ciliumPolicy("a/p", spec);
      assert.deepEqual(problems(policy), [problem]);
      assert.equal(decide(of(policy), known()).allowed, true, "it has no effect");
    });
  }
  it("takes 255 characters", () => {
    const name = (length: number) =>
      problems(ciliumPolicy("a/p", named({ matchName: "a".repeat(length) })));
    assert.deepEqual([name(255).length, name(256).length], [0, 1]);
  });
});
