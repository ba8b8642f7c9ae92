import assert from "node:assert/strict";
import { pod } from "../world.ts";
import {
  callees,
  callers,
  clients,
  egressTo,
  ingressFrom,
  ipBlock,
  open,
  rejected,
  selecting,
  sockets,
  teamB,
} from "./cluster.ts";
import type { Shown } from "./shown.ts";

export const aboutPeer: Shown = {
  NetworkPolicyPeer: {
    "NetworkPolicyPeer describes a peer to allow traffic to/from.": () => {
      assert.deepEqual(callers(ingressFrom(clients)), ["client"]);
      assert.deepEqual(callees(egressTo(clients)), ["client"]);
    },
    "Only certain combinations of fields are allowed": () => {
      const [pods, spaces, block] = [
        { podSelector: {} },
        { namespaceSelector: {} },
        ipBlock("::/0"),
      ];
      for (const yes of [pods, spaces, { ...pods, ...spaces }, block]) {
        assert.deepEqual(rejected(ingressFrom(yes)), []);
      }
      for (const no of [
        {},
        { ...pods, ...block },
        { ...spaces, ...block },
        { ...pods, ...spaces, ...block },
      ]) {
        assert.deepEqual(rejected(ingressFrom(no)), ["spec.ingress[0].from[0]"]);
      }
    },
  },
  "NetworkPolicyPeer.podSelector": {
    "podSelector is a label selector which selects pods.": () => {
      assert.deepEqual(callers(ingressFrom({ podSelector: { matchLabels: { app: "other" } } })), [
        "other",
      ]);
      assert.deepEqual(callers(ingressFrom(selecting({ key: "tier", operator: "Exists" }))), [
        "client",
      ]);
    },
    "This field follows standard label selector semantics; if present but empty, it selects all pods.":
      () => {
        assert.deepEqual(
          callers(ingressFrom({ podSelector: {} })),
          ["client", "other"],
          "not outside",
        );
        const anywhere = { podSelector: {}, namespaceSelector: {} };
        assert.deepEqual(callers(ingressFrom(anywhere)), ["client", "other", "stranger"]);
      },
    "If namespaceSelector is also set, then the NetworkPolicyPeer as a whole selects the pods matching podSelector in the Namespaces selected by NamespaceSelector.":
      () => {
        assert.deepEqual(callers(ingressFrom({ ...clients, ...teamB })), ["stranger"]);
        const inOnlyA = { podSelector: { matchLabels: { app: "other" } } };
        assert.deepEqual(callers(ingressFrom({ ...inOnlyA, ...teamB })), []);
      },
    "Otherwise it selects the pods matching podSelector in the policy's own namespace.": () => {
      assert.deepEqual(callers(ingressFrom(clients)), ["client"]);
      assert.deepEqual(callers(ingressFrom({ ...clients, namespaceSelector: null })), ["client"]);
    },
  },
  "NetworkPolicyPeer.namespaceSelector": {
    "namespaceSelector selects namespaces using cluster-scoped labels.": () => {
      assert.deepEqual(callers(ingressFrom(teamB)), ["stranger"]);
      const name = { matchLabels: { "kubernetes.io/metadata.name": "b" } };
      assert.deepEqual(callers(ingressFrom({ namespaceSelector: name })), ["stranger"]);
      const pretender = pod("a/pretender", { team: "team-b" });
      assert.deepEqual(open(ingressFrom(teamB), pretender), [], "a pod's own labels don't count");
    },
    "This field follows standard label selector semantics; if present but empty, it selects all namespaces.":
      () => {
        const everywhere = ["client", "other", "stranger"];
        assert.deepEqual(callers(ingressFrom({ namespaceSelector: {} })), everywhere);
        const notB = [{ key: "team", operator: "NotIn", values: ["team-b"] }];
        const elsewhere = { namespaceSelector: { matchExpressions: notB } };
        assert.deepEqual(callers(ingressFrom(elsewhere)), ["client", "other"]);
        const bare = pod("unlabelled/x");
        assert.deepEqual(open(ingressFrom({ namespaceSelector: {} }), bare), sockets);
      },
    "If podSelector is also set, then the NetworkPolicyPeer as a whole selects the pods matching podSelector in the namespaces selected by namespaceSelector.":
      () => {
        const everywhere = { namespaceSelector: {} };
        assert.deepEqual(callers(ingressFrom({ ...clients, ...everywhere })), [
          "client",
          "stranger",
        ]);
        assert.deepEqual(callees(egressTo({ ...clients, ...everywhere })), ["client", "stranger"]);
      },
    "Otherwise it selects all pods in the namespaces selected by namespaceSelector.": () => {
      const teamA = { namespaceSelector: { matchLabels: { team: "team-a" } } };
      assert.deepEqual(callers(ingressFrom(teamA)), ["client", "other"]);
      assert.deepEqual(callers(ingressFrom({ ...teamA, podSelector: null })), ["client", "other"]);
    },
  },
  "NetworkPolicyPeer.ipBlock": {
    "ipBlock defines policy on a particular IPBlock.": () => {
      assert.deepEqual(callers(ingressFrom(ipBlock("192.168.1.0/24"))), ["outside"]);
      assert.deepEqual(callees(egressTo(ipBlock("192.168.1.0/24"))), ["outside"]);
    },
    "If this field is set then neither of the other fields can be.": () => {
      const place = ["spec.ingress[0].from[0]"];
      const block = ipBlock("192.168.1.0/24");
      assert.deepEqual(rejected(ingressFrom({ ...block, podSelector: {} })), place);
      assert.deepEqual(rejected(ingressFrom({ ...block, namespaceSelector: {} })), place);
      assert.deepEqual(rejected(ingressFrom({ ...block, podSelector: null })), []);
    },
  },
};
