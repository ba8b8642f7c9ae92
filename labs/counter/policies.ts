import type { types } from "@pulumi/kubernetes";
import { NAMESPACES } from "../../apps/counter/names.ts";

/** A Kubernetes object that is a rule of a scenario; it stands in Redis' namespace. */
export interface Policy {
  apiVersion: string;
  kind: string;
  name: string;
  spec: object;
}

/** The workload that may talk to Redis, besides those in Redis' own namespace. */
const CLIENT = "counter";
const NAME = "isolate-namespace";

/** The rules that scenarios add to the lab, by their names. */
export const policies = {
  open: [],

  isolated: [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      name: NAME,
      spec: {
        podSelector: {},
        policyTypes: ["Ingress"],
        ingress: [
          {
            from: [
              { podSelector: {} },
              // One item with both selectors: those pods in that namespace.
              {
                namespaceSelector: {
                  matchLabels: { "kubernetes.io/metadata.name": NAMESPACES.app },
                },
                podSelector: { matchLabels: { "app.kubernetes.io/name": CLIENT } },
              },
            ],
          },
        ],
      } satisfies types.input.networking.v1.NetworkPolicySpec,
    },
  ],

  "isolated-cilium": [
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumNetworkPolicy",
      name: NAME,
      spec: {
        endpointSelector: {},
        ingress: [
          {
            fromEndpoints: [
              // A selector that names no namespace means the policy's own.
              {},
              {
                matchLabels: {
                  "k8s:io.kubernetes.pod.namespace": NAMESPACES.app,
                  "k8s:app.kubernetes.io/name": CLIENT,
                },
              },
            ],
          },
        ],
      },
    },
  ],

  "isolated-mesh": [
    {
      apiVersion: "security.istio.io/v1",
      kind: "PeerAuthentication",
      name: NAME,
      spec: { mtls: { mode: "STRICT" } },
    },
    {
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      name: NAME,
      spec: {
        action: "ALLOW",
        rules: [
          {
            from: [
              {
                source: {
                  // In a policy `cluster.local` stands for whatever the mesh's trust domain is called.
                  principals: [
                    `cluster.local/ns/${NAMESPACES.app}/sa/${CLIENT}`,
                    `cluster.local/ns/${NAMESPACES.redis}/sa/*`,
                  ],
                },
              },
            ],
          },
        ],
      },
    },
  ],
} satisfies Record<string, Policy[]>;
