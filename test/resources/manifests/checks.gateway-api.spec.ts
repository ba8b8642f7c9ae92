/** What Gateways and routes of the Gateway API must be. */
import { describeKind } from "./describe-kind.ts";

describe("what a manifest's object of the Gateway API must be", () => {
  describeKind(
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      spec: {
        gatewayClassName: "istio",
        listeners: [{ name: "http", port: 80, protocol: "HTTP", hostname: "*.example" }],
      },
    },
    [
      ["spec.gatewayClassName", undefined, "spec.gatewayClassName is missing; name a GatewayClass"],
      ["spec.listeners.0.name", undefined, "spec.listeners[0].name is missing; name the listener"],
      [
        "spec.listeners.0.port",
        "80",
        'spec.listeners[0].port is "80"; write a number without quotes, 1 to 65535',
      ],
      [
        "spec.listeners.0.protocol",
        "",
        "spec.listeners[0].protocol is missing; write HTTP, HTTPS, TLS, TCP or UDP",
      ],
      [
        "spec.listeners.0.hostname",
        1,
        "spec.listeners[0].hostname is 1; it must be text: put it in quotes",
      ],
    ],
  );

  for (const kind of ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"]) {
    describeKind(
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind,
        spec: {
          parentRefs: [{ name: "g", namespace: "n", sectionName: "http", port: 80 }],
          hostnames: ["a.example"],
          rules: [
            {
              matches: [{ path: { type: "PathPrefix", value: "/" } }],
              backendRefs: [{ name: "web", port: 80, weight: 1 }],
            },
          ],
        },
      },
      [
        [
          "spec.parentRefs.0.name",
          undefined,
          "spec.parentRefs[0].name is missing; name the Gateway",
        ],
        [
          "spec.parentRefs.0.sectionName",
          1,
          "spec.parentRefs[0].sectionName is 1; it must be text: put it in quotes",
        ],
        [
          "spec.parentRefs.0.namespace",
          1,
          "spec.parentRefs[0].namespace is 1; it must be text: put it in quotes",
        ],
        ["spec.hostnames", "a", 'spec.hostnames is "a"; it must be a list'],
        ["spec.rules", 7, "spec.rules is 7; it must be a list"],
        [
          "spec.rules.0.matches.0.path",
          "/",
          'spec.rules[0].matches[0].path is "/"; it must be an object',
        ],
        [
          "spec.rules.0.backendRefs.0.name",
          undefined,
          "spec.rules[0].backendRefs[0].name is missing; name the Service",
        ],
        [
          "spec.rules.0.backendRefs.0.port",
          "80",
          'spec.rules[0].backendRefs[0].port is "80"; write a number without quotes, 1 to 65535',
        ],
        [
          "spec.rules.0.backendRefs.0.weight",
          -1,
          "spec.rules[0].backendRefs[0].weight is -1; write a whole number, 0 or more",
        ],
      ],
    );
  }
});
