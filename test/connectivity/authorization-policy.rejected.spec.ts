/** AuthorizationPolicies that istiod would reject: what is told, and that they have no effect. */
import assert from "node:assert/strict";
import { compile } from "../../micromesh/connectivity/index.ts";
import { client, destination } from "./authorization-world.ts";
import { web } from "./cast.ts";
import { itTells } from "./mistakes.ts";
import { authorizationPolicy, istio, world } from "./world.ts";

describe("an AuthorizationPolicy that istiod would reject", () => {
  const source = (fields: object) => ({ rules: [{ from: [{ source: fields }] }] });
  const operation = (fields: object) => ({ rules: [{ to: [{ operation: fields }] }] });
  const when = (condition: object) => ({ rules: [{ when: [condition] }] });
  const mistakes: [spec: object, problem: string][] = [
    [{ action: "deny" }, 'spec.action is "deny"; write one of ALLOW, DENY, AUDIT, CUSTOM'],
    [
      { action: "CUSTOM", rules: [{}], provider: { name: "x" } },
      "spec.action is CUSTOM, which needs an external authorizer; use ALLOW or DENY",
    ],
    [{ provider: { name: "x" } }, "spec.provider is for CUSTOM only; remove it"],
    [
      { action: "DENY" },
      "spec.rules is missing, so DENY never triggers; write - {} to deny everything",
    ],
    [
      { selector: { matchLabels: { app: "*" } } },
      "spec.selector.matchLabels.app has a wildcard, which selectors don't take; write it out",
    ],
    [
      { selector: {}, targetRefs: [{}] },
      "spec.selector stands beside targetRefs; keep one of them",
    ],
    [{ rules: [{ from: [] }] }, "spec.rules[0].from is an empty list; remove it, or fill it"],
    [
      source({}),
      "spec.rules[0].from[0].source asks for nothing that is known; give one of principals, requestPrincipals, namespaces, serviceAccounts, ipBlocks, remoteIpBlocks, trustDomains",
    ],
    [
      source({ principal: ["x"] }),
      "spec.rules[0].from[0].source asks for nothing that is known; give one of principals, requestPrincipals, namespaces, serviceAccounts, ipBlocks, remoteIpBlocks, trustDomains",
    ],
    [
      source({ principals: [""] }),
      "spec.rules[0].from[0].source.principals[0] is empty; remove the item",
    ],
    [
      source({ ipBlocks: ["10.0.0"] }),
      'spec.rules[0].from[0].source.ipBlocks[0] is "10.0.0"; write an address or a block',
    ],
    [
      source({ notRemoteIpBlocks: ["x"] }),
      'spec.rules[0].from[0].source.notRemoteIpBlocks[0] is "x"; write an address or a block',
    ],
    [
      source({ serviceAccounts: ["a"], namespaces: ["b"] }),
      "spec.rules[0].from[0].source.serviceAccounts can't stand beside principals or namespaces",
    ],
    [
      source({ serviceAccounts: ["a/*"] }),
      'spec.rules[0].from[0].source.serviceAccounts[0] is "a/*"; write namespace/name, or a name',
    ],
    [
      source({ trustDomains: ["a*b"] }),
      'spec.rules[0].from[0].source.trustDomains[0] is "a*b"; write a trust domain, with one * at an end at most',
    ],
    [
      operation({ ports: ["http"] }),
      'spec.rules[0].to[0].operation.ports[0] is "http"; write a port',
    ],
    [
      operation({ ports: [80] }),
      "spec.rules[0].to[0].operation.ports[0] is 80; it must be text: put it in quotes",
    ],
    [
      operation({ paths: ["/{**}/foo/{*}"] }),
      'spec.rules[0].to[0].operation.paths[0] is "/{**}/foo/{*}"; {**} must be the last operator',
    ],
    [
      operation({ notPaths: ["/foo/{*}.txt"] }),
      'spec.rules[0].to[0].operation.notPaths[0] is "/foo/{*}.txt"; { and } may only stand as {*} or {**}, alone in their segment',
    ],
    [
      operation({ paths: ["/*/baz/{*}"] }),
      'spec.rules[0].to[0].operation.paths[0] is "/*/baz/{*}"; its segment "*" can\'t stand beside {*} or {**}',
    ],
    [
      when({ key: "source.nmespace", values: ["a"] }),
      'spec.rules[0].when[0].key is "source.nmespace", which is no attribute of Istio',
    ],
    [
      when({ key: "source.namespace" }),
      "spec.rules[0].when[0] has neither values nor notValues; give one",
    ],
    [
      when({ key: "destination.port", notValues: ["70000"] }),
      'spec.rules[0].when[0].notValues[0] is "70000"; write a port',
    ],
  ];
  itTells(
    mistakes.map(([spec, problem]) => [authorizationPolicy("a/p", spec), problem]),
    (policy) => {
      const inbound = compile(world(istio, policy)).inbound(web, 80);
      assert.equal(inbound?.authorize(client, destination).allowed, true, "it has no effect");
    },
  );
});
