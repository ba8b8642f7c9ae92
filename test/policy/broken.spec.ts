/** One resource for each rule that breaks it, and no other rule. */
import assert from "node:assert/strict";
import type { Config } from "../../policy/rule.ts";
import { rules } from "../../policy/rules/index.ts";
import { broken } from "./broken/resources.ts";
import { found, seen } from "./seen.ts";

/** The examples are in a namespace that they don't close. */
const SETTINGS: Record<string, Config> = {
  "isolated-namespaces": { exemptNamespaces: { default: "where the examples are" } },
};

describe("the policy pack", () => {
  it("has an example of each rule being broken", () => {
    assert.deepEqual(
      broken.map(({ rule }) => rule),
      rules.map(({ name }) => name),
    );
  });

  for (const { rule, type, inputs, says } of broken) {
    it(`finds what breaks ${rule}, and that by no other rule`, () => {
      const name = `breaks-${rule}`;
      const resource = seen(type, inputs, {
        name,
        urn: `urn:pulumi:prod::broken::${type}::${name}`,
      });
      const all = rules.flatMap((one) =>
        found(one, [resource], SETTINGS[one.name]).map((message) => ({ rule: one.name, message })),
      );
      assert.deepEqual(all, [{ rule, message: `${name}: ${says}` }]);
    });
  }

  it("names rules as Pulumi takes them, each once, and says what each is for", () => {
    assert.equal(new Set(rules.map(({ name }) => name)).size, rules.length);
    for (const { name, description } of rules) {
      assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.doesNotMatch(description, /\s{2}|\n/);
      assert.ok(description.length > 60, name);
    }
  });
});
