import assert from "node:assert/strict";
import fc from "fast-check";
import { compile, problemLine, validate } from "../../micromesh/connectivity/index.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { cilium, istio, pod, world } from "./world.ts";

/** Specs that use every field, of which a mutation then spoils one place. */
const selector = {
  matchLabels: { app: "x" },
  matchExpressions: [{ key: "a", operator: "In", values: ["b"] }],
};
const specs: [apiVersion: string, kind: string, spec: unknown][] = [
  [
    "networking.k8s.io/v1",
    "NetworkPolicy",
    {
      podSelector: selector,
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        {
          from: [
            { podSelector: selector, namespaceSelector: selector },
            { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } },
          ],
          ports: [{ protocol: "TCP", port: 80, endPort: 90 }],
        },
      ],
      egress: [{ to: [{ podSelector: {} }], ports: [{ port: "http" }] }],
    },
  ],
  [
    "cilium.io/v2",
    "CiliumNetworkPolicy",
    {
      endpointSelector: selector,
      enableDefaultDeny: { ingress: true },
      ingress: [
        {
          fromEndpoints: [selector],
          toPorts: [
            {
              ports: [{ port: "80", endPort: 90, protocol: "TCP" }],
              rules: {
                http: [
                  {
                    path: "/",
                    method: "GET",
                    host: "x",
                    headers: ["a: b"],
                    headerMatches: [{ name: "a", value: "b" }],
                  },
                ],
              },
            },
          ],
        },
      ],
      ingressDeny: [{ fromEntities: ["world"] }],
      egress: [
        { toCIDR: ["10.0.0.0/8"] },
        { toCIDRSet: [{ cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] }] },
        { toCIDRSet: [{ cidrGroupRef: "x" }, { cidrGroupSelector: selector }] },
        { toFQDNs: [{ matchName: "x" }, { matchPattern: "*.x" }], icmps: [{}] },
        {
          toServices: [
            { k8sService: { serviceName: "x", namespace: "y" } },
            { k8sServiceSelector: { selector, namespace: "y" } },
          ],
          toPorts: [{ ports: [{ port: "53" }], rules: { dns: [{ matchName: "x" }] } }],
        },
      ],
      egressDeny: [{ toEndpoints: [{}] }],
    },
  ],
  ["cilium.io/v2", "CiliumCIDRGroup", { externalCIDRs: ["10.0.0.0/8", "fd00::/8"] }],
  [
    "security.istio.io/v1",
    "PeerAuthentication",
    {
      selector: { matchLabels: { app: "x" } },
      mtls: { mode: "STRICT" },
      portLevelMtls: { 80: { mode: "DISABLE" } },
    },
  ],
  [
    "security.istio.io/v1",
    "AuthorizationPolicy",
    {
      selector: { matchLabels: { app: "x" } },
      action: "DENY",
      rules: [
        {
          from: [{ source: { principals: ["a"], notIpBlocks: ["10.0.0.0/8"] } }],
          to: [{ operation: { paths: ["/{*}"], ports: ["80"] } }],
          when: [{ key: "request.headers[a]", values: ["b"] }],
        },
      ],
    },
  ],
];

const junk = fc.constantFrom<unknown>(
  null,
  "",
  "x",
  "*",
  0,
  -1,
  1.5,
  99999,
  true,
  [],
  {},
  [null],
  [[]],
  [{}],
  ["x"],
  [7],
  { a: 1 },
  { a: null },
  { matchLabels: [] },
  "10.0.0.0/99",
  "(",
  "__proto__",
);

/** Every place in a value, as the keys that lead there. */
function places(value: unknown, at: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, item]) => places(item, [...at, key]))];
}

function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

const malformed: fc.Arbitrary<KubernetesObject> = fc
  .constantFrom(...specs)
  .chain(([apiVersion, kind, spec]) =>
    fc.tuple(fc.constantFrom(...places(spec)), junk).map(([place, by]) => ({
      apiVersion,
      kind,
      metadata: { namespace: "a", name: "p" },
      spec: replaced(spec, place, by),
    })),
  );

describe("a malformed policy", () => {
  const here = pod("a/x", { app: "x", a: "b" });
  const there = pod("b/y");

  it("never throws, and has no effect where a problem is told", () => {
    fc.assert(
      fc.property(malformed, (policy) => {
        const problems = validate([policy]);
        for (const problem of problems) assert.doesNotMatch(problemLine(problem), /\n/);
        for (const settings of [{ ...istio, ...cilium, mesh: istio.mesh }]) {
          const { connection, inbound } = compile(world(settings, policy));
          const decisions = [
            connection({ kind: "pod", pod: here }, { kind: "pod", pod: there }, 80, "TCP"),
            connection({ kind: "pod", pod: there }, { kind: "pod", pod: here }, 80, "TCP"),
            connection({ kind: "external", ip: "10.9.9.9" }, { kind: "pod", pod: here }, 80, "TCP"),
          ];
          const mesh = inbound(here, 80);
          const request = { method: "GET", path: "/a", host: "x", headers: { a: "b" } };
          for (const { http } of decisions) http?.(request);
          const source = { ip: "10.9.9.9", principal: "a" };
          const authorized = mesh?.authorize(source, { ip: "10.0.0.1", port: 80 }, request);
          if (problems.length === 0) continue;
          assert.ok(decisions.every(({ allowed }) => allowed));
          assert.deepEqual([mesh?.mtls.mode, authorized?.allowed], ["PERMISSIVE", true]);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
