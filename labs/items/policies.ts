import type { types } from "@pulumi/kubernetes";
import { NAMESPACES, SERVICES } from "../../apps/items/names.ts";

/** A NetworkPolicy of a scenario. */
export interface Policy {
  name: string;
  namespace: keyof typeof NAMESPACES;
  spec: types.input.networking.v1.NetworkPolicySpec;
}

const pods = (workload: string) => ({ matchLabels: { "app.kubernetes.io/name": workload } });
const namespace = (name: string) => ({ matchLabels: { "kubernetes.io/metadata.name": name } });
const port = (number: number) => [{ protocol: "TCP", port: number }];

/** Names can be asked for: without it a rule for egress cuts all that is reached by a name. */
const toDns = {
  to: [
    {
      namespaceSelector: namespace("kube-system"),
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
  ],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

const API_PORT = 8080;

/** Nobody reaches the API's pods. */
export const denyIngress: Policy = {
  name: "deny-ingress",
  namespace: "items",
  spec: { podSelector: pods("api"), policyTypes: ["Ingress"] },
};

/** The database talks to nobody by itself; it still answers who talks to it. */
export const denyEgress: Policy = {
  name: "db-egress",
  namespace: "items",
  spec: { podSelector: pods("db"), policyTypes: ["Egress"] },
};

/** The database may talk to one place. */
export const egressToClient: Policy = {
  ...denyEgress,
  spec: {
    ...denyEgress.spec,
    egress: [
      toDns,
      {
        to: [
          // One item with both selectors: those pods in that namespace.
          { namespaceSelector: namespace(NAMESPACES.client), podSelector: pods("client") },
        ],
        ports: port(SERVICES.client.port),
      },
    ],
  },
};

/** The client reaches nothing but CoreDNS. */
export const quarantine: Policy = {
  name: "quarantine",
  namespace: "client",
  spec: { podSelector: pods("client"), policyTypes: ["Egress"], egress: [toDns] },
};

/** Nobody reaches any pod of the namespace. */
export const denyAll: Policy = {
  name: "default-deny",
  namespace: "items",
  spec: { podSelector: {}, policyTypes: ["Ingress"] },
};

/** Everybody reaches the API. */
export const allowApi: Policy = {
  name: "allow-api",
  namespace: "items",
  spec: {
    podSelector: pods("api"),
    policyTypes: ["Ingress"],
    ingress: [{ ports: port(API_PORT) }],
  },
};

/** The API reaches the database. */
export const allowDb: Policy = {
  name: "allow-db",
  namespace: "items",
  spec: {
    podSelector: pods("db"),
    policyTypes: ["Ingress"],
    ingress: [{ from: [{ podSelector: pods("api") }], ports: port(SERVICES.db.port) }],
  },
};
