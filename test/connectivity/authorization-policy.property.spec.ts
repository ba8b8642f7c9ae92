import assert from "node:assert/strict";
import fc from "fast-check";
import type { Decision, HttpRequest, MeshSource } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { client, destination, inbound, plaintext, policy } from "./authorization-world.ts";
import { get } from "./world.ts";

describe("AuthorizationPolicies, on random requests", () => {
  const source = fc
    .record(
      {
        namespaces: fc.constantFrom(["b"], ["c"]),
        ipBlocks: fc.constantFrom(["10.244.0.0/16"], ["10.0.0.1"]),
      },
      { requiredKeys: [] },
    )
    .filter((one) => Object.keys(one).length > 0);
  const operation = fc
    .record(
      {
        methods: fc.constantFrom(["GET"], ["PUT"]),
        notPaths: fc.constantFrom(["/a*"], ["/b"]),
        ports: fc.constantFrom(["80"], ["81"]),
      },
      { requiredKeys: [] },
    )
    .filter((one) => Object.keys(one).length > 0);
  const rule = fc.record(
    {
      from: fc.array(fc.record({ source }), { minLength: 1, maxLength: 2 }),
      to: fc.array(fc.record({ operation }), { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: [] },
  );
  const rules = fc.array(rule, { minLength: 1, maxLength: 3 });
  const policies = fc
    .array(fc.tuple(fc.constantFrom("ALLOW", "DENY"), rules), { maxLength: 4 })
    .map((list) => list.map(([action, rules], i) => policy({ action, rules }, `a/p${i}`)));
  const traffic = fc.record({
    source: fc.constantFrom(client, plaintext),
    http: fc.option(fc.constantFrom(get("/a"), get("/b"), get("/c", { method: "PUT" })), {
      nil: undefined,
    }),
  });
  const decide = (
    of: KubernetesObject[],
    { source, http }: { source: MeshSource; http?: HttpRequest },
  ): Decision => inbound(...of).authorize(source, destination, http);

  it("DENY wins: what a DENY policy alone denies is denied beside any other", () => {
    fc.assert(
      fc.property(policies, traffic, (of, one) => {
        const denies = of.some(
          (single) => single.spec.action === "DENY" && !decide([single], one).allowed,
        );
        if (denies) assert.equal(decide(of, one).allowed, false);
      }),
      { numRuns: 500 },
    );
  });
  it("is allowed exactly when no DENY matches, and an ALLOW does or there is none", () => {
    fc.assert(
      fc.property(policies, traffic, (of, one) => {
        const alone = (action: string) =>
          of
            .filter(({ spec }) => spec.action === action)
            .map((single) => decide([single], one).allowed);
        const expected =
          alone("DENY").every(Boolean) &&
          (alone("ALLOW").length === 0 || alone("ALLOW").some(Boolean));
        assert.equal(decide(of, one).allowed, expected);
      }),
      { numRuns: 500 },
    );
  });
  it("the order of policies and rules plays no part", () => {
    fc.assert(
      fc.property(policies, traffic, (of, one) => {
        const reversed = of
          .map((single) => ({
            ...single,
            spec: { ...single.spec, rules: [...single.spec.rules].reverse() },
          }))
          .reverse();
        assert.equal(decide(reversed, one).allowed, decide(of, one).allowed);
      }),
      { numRuns: 300 },
    );
  });
});
