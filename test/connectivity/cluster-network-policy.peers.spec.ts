/** Whom the subjects and peers of ClusterNetworkPolicy and its elders mean. */
import assert from "node:assert/strict";
import { compile } from "../../micromesh/connectivity/index.ts";
import type { Pod } from "../../micromesh/connectivity/model.ts";
import { agent, client, outside, stranger, web } from "./cast.ts";
import {
  adminForms,
  all,
  clusterPolicy,
  enforcing,
  everyone,
  forms,
  from,
  into,
  nodesOnly,
  noPods,
  of,
  open,
  outOf,
  to,
} from "./tiered.ts";
import { allowed, cilium, connect, lines, networkPolicy, pod, world } from "./world.ts";

const team = (name: string) => ({ matchLabels: { team: name } });
const app = (name: string) => ({ matchLabels: { app: name } });
/** As a newer version of the API may have. */
const unknown = { serviceAccounts: {} };
/** What `into` and `outOf` return where all are kept off. */
const none = [false, false, false, false, false];

for (const { title, policy } of forms) {
  describe(`the subject and the pod peers of ${title}`, () => {
    const clientsOf = (namespaceSelector: object) => ({
      pods: { namespaceSelector, podSelector: app("client") },
    });

    it("select by namespace, or by namespace and pod", () => {
      const byName = { matchLabels: { "kubernetes.io/metadata.name": "b" } };
      const subjects: [subject: object, reached: boolean[]][] = [
        [{ namespaces: team("team-a") }, [false, false, true]],
        [clientsOf({}), [true, false, false]],
        [clientsOf(team("team-a")), [true, false, true]],
        [{ namespaces: byName }, [true, true, false]],
        [{ namespaces: team("nobody") }, [true, true, true]],
      ];
      for (const [subject, reached] of subjects) {
        const under = of(policy({ subject, ...from("Deny") }));
        const seen = [web, client, stranger].map((target) => allowed(under, pod("c/any"), target));
        assert.deepEqual(seen, reached, JSON.stringify(subject));
      }
    });
    it("are ORed in a rule", () => {
      const peers = [clientsOf(team("team-a")), { namespaces: team("team-b") }];
      assert.deepEqual(into(policy(from("Deny", peers))), noPods);
      const [, second = {}] = peers;
      assert.deepEqual(into(policy(from("Deny", [second]))), [true, false, true, true, true]);
    });
    it("never include pods of the host's network, not even where those are pods to others", () => {
      for (const hostNetworkPods of ["node", "pod"] as const) {
        const settings = { ...enforcing, hostNetworkPods };
        const deny = of(policy({ ...from("Deny"), ...to("Deny") }));
        const { connection } = compile({ ...deny, settings });
        const connects = (source: Pod, target: Pod) =>
          connection({ kind: "pod", pod: source }, { kind: "pod", pod: target }, 80, "TCP").allowed;
        // The agent and the stranger differ in nothing else that a policy sees.
        const seen = [connects(stranger, web), connects(agent, web), connects(web, agent)];
        assert.deepEqual(seen, [false, true, true], hostNetworkPods);

        const nodes = { ...of(policy(to("Deny", [{ nodes: {} }]))), settings };
        assert.equal(allowed(nodes, web, agent), false, "it has the node's address");
      }
    });
  });
}

describe("pods without a namespaceSelector, of a ClusterNetworkPolicy", () => {
  it("are those of all namespaces", () => {
    const subject = { pods: { podSelector: app("web") } };
    const deny = of(clusterPolicy("p", { subject, ...from("Deny") }));
    const seen = [web, client, stranger].map((target) => allowed(deny, pod("c/any"), target));
    assert.deepEqual(seen, [false, true, true]);
    const clients = [{ pods: { podSelector: app("client") } }];
    assert.deepEqual(into(clusterPolicy("p", from("Deny", clients))), noPods);
  });
});

for (const { title, tier, accept, portField, port, policy } of forms) {
  describe(`the egress peers of ${title}`, () => {
    it("nodes mean the node, and the pods of its network", () => {
      const linux = { matchLabels: { "kubernetes.io/os": "linux" } };
      const controlPlane = {
        matchExpressions: [{ key: "node-role.kubernetes.io/control-plane", operator: "Exists" }],
      };
      for (const nodes of [{}, linux, controlPlane]) {
        const seen = outOf(policy(to("Deny", [{ nodes }])));
        assert.deepEqual(seen, [true, true, false, true, false]);
      }
      const other = { matchLabels: { "kubernetes.io/os": "windows" } };
      assert.deepEqual(outOf(policy(to("Deny", [{ nodes: other }]))), open);
    });
    it("networks are checked against all traffic, inside the cluster too", () => {
      const deny = (...networks: string[]) => outOf(policy(to("Deny", [{ networks }])));
      assert.deepEqual(deny("0.0.0.0/0"), [false, false, false, false, false]);
      assert.deepEqual(deny("203.0.113.0/24"), [true, true, true, false, true]);
      assert.deepEqual(deny("::/0", "192.168.49.0/24"), [true, true, false, true, false]);
    });
    it("networks are named by their place in the list", () => {
      const deny = policy(to("Deny", [all, { networks: ["::/0", "203.0.113.0/24"] }]));
      assert.match(
        lines(connect(of(deny), web, outside, 80)).join(),
        /spec.egress\[0\].to\[1\].networks\[1\]: denies TCP 80 to external 203.0.113.7/,
      );
    });
  });

  describe(`a peer of a kind that isn't known, in ${title}`, () => {
    const onOnePort = { [portField]: [port(443)] };

    it("makes an Accept rule match no traffic", () => {
      const rules = [...from(accept, [all, unknown]).ingress, ...from("Deny").ingress];
      assert.deepEqual(into(policy({ ingress: rules })), noPods);
    });
    it("makes a Deny rule deny all", () => {
      assert.deepEqual(
        into(policy(from("Deny", [unknown], onOnePort))),
        // The default lets the node in before the Baseline tier is asked.
        tier === "Admin" ? none : nodesOnly,
      );
      assert.deepEqual(outOf(policy(to("Deny", [all, unknown], onOnePort))), none);
    });
  });
}

for (const { title, accept, portField, port, policy } of adminForms) {
  describe(`a peer of a kind that isn't known, in ${title}`, () => {
    it("leaves it to NetworkPolicies what an Accept rule would let in", () => {
      const isolate = networkPolicy("a/isolate", { podSelector: {} });
      assert.deepEqual(into(policy(from(accept, [all, unknown])), isolate), nodesOnly);
    });
    it("makes a Pass rule deny all", () => {
      assert.deepEqual(into(policy(from("Pass", [unknown], { [portField]: [port(443)] }))), none);
      assert.deepEqual(
        outOf(policy(to("Pass", [all, unknown], { [portField]: [port(443)] }))),
        none,
      );
    });
    it("is named in the reason", () => {
      const decision = connect(of(policy(from("Pass", [all, unknown]))), outside, web, 80);
      assert.match(
        lines(decision).join(),
        /p spec\.ingress\[0\]\.from\[1\] \(a peer of an unknown kind, so that the rule denies all\): denies TCP 80 from external 203\.0\.113\.7, before any NetworkPolicy is asked$/,
      );
    });
  });
}

describe("networks", () => {
  it("cover the outside only where the network knows no pod by address", () => {
    const byCilium = { ...cilium, clusterNetworkPolicy: true };
    const deny = clusterPolicy("p", to("Deny", [{ networks: ["0.0.0.0/0"] }]));
    const under = world(byCilium, deny);
    assert.deepEqual(
      everyone.map((target) => allowed(under, web, target)),
      [true, true, true, false, true],
    );
  });
});

for (const { title, accept, policy } of forms.filter(({ destinations }) =>
  destinations.includes("domainNames"),
)) {
  describe(`domain names in ${title}`, () => {
    it("open nothing, since where they lead isn't known", () => {
      const names = to(accept, [{ domainNames: ["example.com", "*.example.com"] }]).egress;
      const deny = to("Deny", [{ networks: ["0.0.0.0/0"] }]).egress;
      assert.equal(allowed(of(policy({ egress: [...names, ...deny] })), web, outside), false);
      assert.deepEqual(outOf(policy({ egress: names })), open);
    });
  });
}
