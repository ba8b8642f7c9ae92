/** What NetworkPolicies let through, and the reasons given. */
import assert from "node:assert/strict";
import type { Settings } from "../../micromesh/resources/settings.ts";
import { client, outside, stranger, web } from "./cast.ts";
import {
  allowed,
  cilium,
  connect,
  kubernetes,
  lines,
  networkPolicy,
  pod,
  validWorld,
  world,
} from "./world.ts";

/** The policy `a/p`, and who reaches whom under it. */
function under(spec: object, settings: Settings = kubernetes) {
  const of = validWorld(settings, networkPolicy("a/p", spec));
  return (...flow: Parameters<typeof allowed> extends [unknown, ...infer Rest] ? Rest : never) =>
    allowed(of, ...flow);
}

const fromPeer = (...from: object[]) => under({ ingress: [{ from }] });

describe("NetworkPolicy", () => {
  it("lets everything through where there is none", () => {
    assert.equal(allowed(world(kubernetes), outside, web), true);
    assert.equal(allowed(world(kubernetes), web, outside), true);
  });

  describe("policyTypes", () => {
    it("absent: ingress always, egress where an egress section has rules", () => {
      assert.equal(under({})(client, web), false);
      assert.equal(under({})(web, client), false, "the empty selector selects client too");
      assert.equal(under({ podSelector: { matchLabels: { app: "web" } } })(web, client), true);
      assert.equal(under({ egress: [] })(web, outside), true);
      assert.equal(under({ egress: [{ ports: [{ port: 1 }] }] })(web, outside), false);
      assert.equal(under({ egress: [{}] })(web, outside), true);
      assert.equal(under({ policyTypes: [] })(client, web), false);
    });
    it("Egress alone leaves ingress alone, and the other way", () => {
      assert.equal(under({ policyTypes: ["Egress"] })(outside, web), true);
      assert.equal(under({ policyTypes: ["Egress"] })(web, outside), false);
      assert.equal(under({ policyTypes: ["Ingress"], egress: [{}] })(web, outside), true);
      assert.equal(under({ policyTypes: ["Ingress"] })(outside, web), false);
    });
    it("both deny both", () => {
      const reaches = under({ policyTypes: ["Ingress", "Egress"] });
      assert.deepEqual([reaches(outside, web), reaches(web, outside)], [false, false]);
    });
  });

  it("selects pods of its own namespace only", () => {
    assert.equal(under({})(client, stranger), true);
  });

  it("needs the egress of the source and the ingress of the destination", () => {
    const egress = networkPolicy("a/out", {
      podSelector: { matchLabels: { app: "client" } },
      policyTypes: ["Egress"],
    });
    const ingress = networkPolicy("a/in", {
      podSelector: { matchLabels: { app: "web" } },
      ingress: [{}],
    });
    assert.equal(allowed(world(kubernetes, ingress), client, web), true);
    assert.equal(allowed(world(kubernetes, ingress, egress), client, web), false);
  });

  it("adds up over policies and over rules", () => {
    const one = networkPolicy("a/one", {
      ingress: [{ ports: [{ port: 1 }] }, { ports: [{ port: 2 }] }],
    });
    const two = networkPolicy("a/two", { ingress: [{ ports: [{ port: 3 }] }] });
    const of = world(kubernetes, one, two);
    assert.deepEqual(
      [1, 2, 3, 4].map((port) => allowed(of, client, web, port)),
      [true, true, true, false],
    );
  });

  describe("peers", () => {
    it("absent or empty: everyone, also from outside", () => {
      for (const from of [undefined, null, []]) {
        assert.equal(under({ ingress: [{ from }] })(outside, web), true);
      }
    });
    it("podSelector alone: in the policy's namespace", () => {
      const reaches = fromPeer({ podSelector: { matchLabels: { app: "client" } } });
      assert.deepEqual(
        [reaches(client, web), reaches(stranger, web), reaches(outside, web)],
        [true, false, false],
      );
      assert.equal(fromPeer({ podSelector: {} })(client, web), true);
    });
    it("namespaceSelector alone: all pods of those namespaces, {} for all", () => {
      const reaches = fromPeer({ namespaceSelector: { matchLabels: { team: "team-b" } } });
      assert.deepEqual([reaches(client, web), reaches(stranger, web)], [false, true]);
      const everywhere = fromPeer({ namespaceSelector: {} });
      assert.deepEqual(
        [everywhere(client, web), everywhere(stranger, web), everywhere(outside, web)],
        [true, true, false],
      );
    });
    it("both in one item: AND; in two items: OR", () => {
      const other = pod("b/other", { app: "other" });
      const b = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "b" } } };
      const clients = { podSelector: { matchLabels: { app: "client" } } };
      const and = fromPeer({ ...b, ...clients });
      assert.deepEqual(
        [and(client, web), and(stranger, web), and(other, web)],
        [false, true, false],
      );
      const or = fromPeer(b, clients);
      assert.deepEqual([or(client, web), or(stranger, web), or(other, web)], [true, true, true]);
    });
    it("every namespace has kubernetes.io/metadata.name, known to the world or not", () => {
      const selector = { matchLabels: { "kubernetes.io/metadata.name": "nowhere" } };
      assert.equal(fromPeer({ namespaceSelector: selector })(pod("nowhere/x"), web), true);
    });
    it("an egress rule asks the same of the destination", () => {
      const reaches = under({
        policyTypes: ["Egress"],
        egress: [{ to: [{ podSelector: { matchLabels: { app: "web" } } }] }],
      });
      assert.deepEqual([reaches(client, web), reaches(client, stranger)], [true, false]);
    });
  });

  describe("selectors", () => {
    const cases: [operator: string, values: string[] | undefined, matches: boolean[]][] = [
      // Against app=client, app=other, and no label app.
      ["In", ["client", "x"], [true, false, false]],
      ["NotIn", ["client", "x"], [false, true, true]],
      ["Exists", undefined, [true, true, false]],
      ["DoesNotExist", undefined, [false, false, true]],
    ];
    for (const [operator, values, expected] of cases) {
      it(operator, () => {
        const matchExpressions = [{ key: "app", operator, values }];
        const reaches = fromPeer({ podSelector: { matchExpressions } });
        const pods = [client, pod("a/other", { app: "other" }), pod("a/bare")];
        assert.deepEqual(
          pods.map((from) => reaches(from, web)),
          expected,
        );
      });
    }
    it("all requirements are ANDed", () => {
      const matchExpressions = [{ key: "tier", operator: "Exists" }];
      const reaches = fromPeer({
        podSelector: { matchLabels: { app: "client" }, matchExpressions },
      });
      assert.equal(reaches(client, web), false);
      assert.equal(reaches(pod("a/x", { app: "client", tier: "1" }), web), true);
    });
    it("a key that every object inherits is still missing", () => {
      const matchExpressions = [{ key: "constructor", operator: "Exists" }];
      assert.equal(fromPeer({ podSelector: { matchExpressions } })(client, web), false);
    });
  });

  describe("ports", () => {
    const onPorts = (...ports: object[]) => under({ ingress: [{ ports }] });
    it("absent or empty: all ports and protocols", () => {
      for (const ports of [undefined, []]) {
        assert.equal(under({ ingress: [{ ports }] })(client, web, 9, "SCTP"), true);
      }
    });
    it("protocol is TCP unless given; without port, all of the protocol", () => {
      assert.deepEqual(
        [onPorts({ port: 80 })(client, web, 80), onPorts({ port: 80 })(client, web, 80, "UDP")],
        [true, false],
      );
      const udp = onPorts({ protocol: "UDP" });
      assert.deepEqual([udp(client, web, 1, "UDP"), udp(client, web, 1)], [true, false]);
      assert.equal(onPorts({})(client, web, 4), true);
      assert.equal(onPorts({ protocol: "SCTP", port: 7 })(client, web, 7, "SCTP"), true);
    });
    it("endPort makes a range with both ends in it", () => {
      const reaches = onPorts({ port: 80, endPort: 82 });
      assert.deepEqual(
        [79, 80, 81, 82, 83].map((port) => reaches(client, web, port)),
        [false, true, true, true, false],
      );
    });
    it("a name is a container port of the destination pod, with its protocol", () => {
      const named = onPorts({ port: "http" });
      assert.deepEqual(
        [named(client, web, 8080), named(client, web, 80), named(web, client, 8080)],
        [true, false, false],
      );
      assert.equal(onPorts({ port: "dns" })(client, web, 53), false);
      assert.equal(onPorts({ port: "dns", protocol: "UDP" })(client, web, 53, "UDP"), true);
    });
    it("a name in an egress rule is resolved at each destination", () => {
      const reaches = under({ policyTypes: ["Egress"], egress: [{ ports: [{ port: "http" }] }] });
      const other = pod(
        "b/other",
        {},
        { ports: [{ name: "http", containerPort: 3000, protocol: "TCP" }] },
      );
      assert.deepEqual(
        [
          reaches(client, web, 8080),
          reaches(client, other, 3000),
          reaches(client, other, 8080),
          reaches(client, outside, 8080),
        ],
        [true, true, false, false],
      );
    });
    it("peer and port must both match", () => {
      const reaches = under({
        ingress: [
          { from: [{ podSelector: { matchLabels: { app: "client" } } }], ports: [{ port: 80 }] },
        ],
      });
      assert.deepEqual(
        [reaches(client, web, 80), reaches(client, web, 81), reaches(stranger, web, 80)],
        [true, false, false],
      );
    });
  });

  describe("ipBlock", () => {
    const block = (cidr: string, except?: string[]) => fromPeer({ ipBlock: { cidr, except } });
    it("covers its addresses but those in except", () => {
      const reaches = block("203.0.113.0/24", ["203.0.113.64/26"]);
      assert.deepEqual(
        ["203.0.113.7", "203.0.113.64", "203.0.113.127", "203.0.113.128", "198.51.100.1"].map(
          (ip) => reaches(`external ${ip}`, web),
        ),
        [true, false, false, true, false],
      );
    });
    it("is of one family", () => {
      assert.equal(block("2001:db8::/32")("external 2001:db8::9", web), true);
      assert.equal(block("2001:db8::/32")(outside, web), false);
      assert.equal(block("0.0.0.0/0")("external 2001:db8::9", web), false);
      assert.equal(block("::/0", ["2001:db8::/32"])("external 2001:db8::9", web), false);
    });
    it("covers a pod of two families by either address", () => {
      const dual = pod("b/dual", {}, { ips: ["10.244.9.9", "fd00::9"] });
      assert.equal(block("fd00::/16")(dual, web), true);
      assert.equal(block("10.244.9.0/24")(dual, web), true);
    });
    it("covers pods, or not, by setting", () => {
      const spec = { ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }] };
      assert.equal(under(spec)(stranger, web), true);
      assert.equal(under(spec, { ...kubernetes, ipBlockMatchesPods: false })(stranger, web), false);
      assert.equal(
        under(spec, { ...kubernetes, ipBlockMatchesPods: false })("external 10.1.1.1", web),
        true,
      );
      const egress = {
        policyTypes: ["Egress"],
        egress: [{ to: [{ ipBlock: { cidr: "192.168.0.0/16" } }] }],
      };
      assert.equal(under(egress)(web, "node 192.168.49.2"), true);
      assert.equal(under(egress, cilium)(web, "node 192.168.49.2"), false);
    });
  });

  it("always lets the node reach its pods", () => {
    assert.equal(under({})("node 192.168.49.2", web), true);
    assert.equal(under({ policyTypes: ["Egress"] })(web, "node 192.168.49.2"), false);
  });

  it("takes a host-network pod for its node", () => {
    const agent = pod("a/agent", { app: "client" }, { hostNetwork: true });
    const deny = under({ policyTypes: ["Ingress", "Egress"] });
    assert.deepEqual(
      [deny(agent, web), deny(outside, agent), deny(agent, outside)],
      [true, true, true],
    );
    assert.equal(
      under({ policyTypes: ["Egress"], egress: [{ to: [{ podSelector: {} }] }] })(web, agent),
      false,
    );
  });

  it("lets a pod talk to itself, but not to its twin", () => {
    const twin = pod("a/web-2", { app: "web" });
    const reaches = under({ policyTypes: ["Ingress", "Egress"] });
    assert.deepEqual([reaches(web, web), reaches(web, twin)], [true, false]);
  });

  it("does nothing where nobody enforces it, and says so", () => {
    const of = world({ ...kubernetes, networkPolicy: false }, networkPolicy("a/p", {}));
    const decision = connect(of, stranger, web, 80);
    assert.equal(decision.allowed, true);
    assert.deepEqual(lines(decision), [
      "no enforced policy isolates b/client for egress",
      "NetworkPolicy a/p: selects a/web for ingress, yet nothing in this cluster enforces NetworkPolicies",
      "no enforced policy isolates a/web for ingress",
    ]);
  });

  it("selects by the labels that Cilium's identities carry, under Cilium", () => {
    const hashed = pod("a/hashed", { "pod-template-hash": "1", app: "client" });
    const spec = {
      ingress: [{ from: [{ podSelector: { matchLabels: { "pod-template-hash": "1" } } }] }],
    };
    assert.equal(under(spec)(hashed, web), true);
    assert.equal(under(spec, cilium)(hashed, web), false);
  });

  describe("reasons", () => {
    const spec = {
      podSelector: { matchLabels: { app: "web" } },
      ingress: [
        {
          from: [
            { ipBlock: { cidr: "203.0.113.0/24" } },
            { podSelector: { matchLabels: { app: "client" } } },
          ],
          ports: [{ port: 80 }],
        },
      ],
    };
    const of = world(kubernetes, networkPolicy("a/p", spec), networkPolicy("a/deny", {}));
    it("name the rule and the peer that allow", () => {
      assert.deepEqual(
        lines(connect(of, client, web, 80)).at(-1),
        "NetworkPolicy a/p spec.ingress[0].from[1]: allows TCP 80 from a/client",
      );
    });
    it("name every policy that isolates, and the nearest miss", () => {
      assert.deepEqual(lines(connect(of, client, web, 81)), [
        "NetworkPolicy a/deny: isolates a/web for ingress and allows nothing",
        "NetworkPolicy a/p spec.ingress[0].from[1]: isolates a/web for ingress and allows this source on TCP 80, not on TCP 81",
      ]);
      assert.equal(
        lines(connect(of, stranger, web, 80))[1],
        "NetworkPolicy a/p spec.ingress[0]: isolates a/web for ingress and no rule allows TCP 80 from b/client: spec.ingress[0].from[1] matches its labels, but without a namespaceSelector only pods in a",
      );
      assert.equal(
        lines(connect(of, pod("b/x"), web, 80))[1],
        "NetworkPolicy a/p: isolates a/web for ingress and no rule allows TCP 80 from b/x",
      );
    });
    it("tell both ends where both deny", () => {
      const both = world(kubernetes, networkPolicy("a/p", { policyTypes: ["Ingress", "Egress"] }));
      assert.deepEqual(lines(connect(both, client, web, 80)), [
        "NetworkPolicy a/p: isolates a/client for egress and allows nothing",
        "NetworkPolicy a/p: isolates a/web for ingress and allows nothing",
      ]);
    });
    it("say that this network doesn't match pods by address", () => {
      const blocks = world(
        cilium,
        networkPolicy("a/p", { ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }] }),
      );
      assert.match(
        lines(connect(blocks, stranger, web, 80)).join(),
        /from\[0\] covers its address, but this network never matches a pod by address/,
      );
    });
  });
});
