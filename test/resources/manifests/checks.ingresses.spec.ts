/** What Ingresses must be. */
import { describeKind } from "./describe-kind.ts";

describe("what a manifest's Ingress must be", () => {
  const backend = { service: { name: "web", port: { number: 80 } } };
  const ingress = "spec.rules[0].http.paths[0]";
  describeKind(
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      spec: {
        ingressClassName: "traefik",
        tls: [{ hosts: ["a.example"], secretName: "s" }],
        rules: [
          { host: "a.example", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } },
        ],
      },
    },
    [
      ["spec", {}, "spec has neither rules nor defaultBackend; give one"],
      ["spec.ingressClassName", 1, "spec.ingressClassName is 1; it must be text: put it in quotes"],
      ["spec.rules", {}, "spec.rules is {}; it must be a list"],
      ["spec.rules.0", "x", 'spec.rules[0] is "x"; it must be an object'],
      ["spec.rules.0.host", 1, "spec.rules[0].host is 1; it must be text: put it in quotes"],
      ["spec.rules.0.http", [], "spec.rules[0].http is []; it must be an object"],
      ["spec.rules.0.http.paths", [], "spec.rules[0].http.paths is empty; give at least one path"],
      [
        "spec.rules.0.http.paths",
        undefined,
        "spec.rules[0].http.paths is empty; give at least one path",
      ],
      ["spec.rules.0.http.paths.0.path", "x", `${ingress}.path is "x"; a path begins with /`],
      [
        "spec.rules.0.http.paths.0.path",
        undefined,
        `${ingress}.path is missing; a path begins with /`,
      ],
      [
        "spec.rules.0.http.paths.0.path",
        1,
        `${ingress}.path is 1; it must be text: put it in quotes`,
      ],
      [
        "spec.rules.0.http.paths.0.pathType",
        undefined,
        `${ingress}.pathType is missing; write one of Exact, Prefix, ImplementationSpecific`,
      ],
      [
        "spec.rules.0.http.paths.0.backend",
        undefined,
        `${ingress}.backend must have either service: {name, port} or resource; write one of them`,
      ],
      [
        "spec.rules.0.http.paths.0.backend",
        { serviceName: "web", servicePort: 80 },
        `${ingress}.backend must have either service: {name, port} or resource; write one of them`,
      ],
      [
        "spec.rules.0.http.paths.0.backend.service",
        "web",
        `${ingress}.backend.service is "web"; it must be an object`,
      ],
      [
        "spec.rules.0.http.paths.0.backend.service.name",
        undefined,
        `${ingress}.backend.service.name is missing; name the Service`,
      ],
      [
        "spec.rules.0.http.paths.0.backend.service.port",
        undefined,
        `${ingress}.backend.service.port must have either number or name; write one of them`,
      ],
      [
        "spec.rules.0.http.paths.0.backend.service.port",
        80,
        `${ingress}.backend.service.port is 80; it must be an object`,
      ],
      [
        "spec.rules.0.http.paths.0.backend.service.port.number",
        "80",
        `${ingress}.backend.service.port.number is "80"; write a number without quotes, 1 to 65535`,
      ],
      [
        "spec.rules.0.http.paths.0.backend.service.port",
        { name: "80" },
        `${ingress}.backend.service.port.name is "80"; a port's name has 15 of a-z, 0-9 and - at most, and a letter`,
      ],
      [
        "spec.defaultBackend",
        { service: { name: "x", port: { number: 0 } } },
        "spec.defaultBackend.service.port.number is 0; write a whole number, 1 to 65535",
      ],
      ["spec.tls.0.hosts", "a.example", 'spec.tls[0].hosts is "a.example"; it must be a list'],
    ],
    [
      ["spec", { defaultBackend: backend }],
      ["spec.rules.0.http", undefined],
      ["spec.rules.0.http.paths.0.backend", { resource: { kind: "Bucket", name: "b" } }],
      ["spec.rules.0.http.paths.0", { pathType: "ImplementationSpecific", backend }],
    ],
  );
});
