/** The repository's own stacks and scenarios keep to the pack, with the settings that it comes with. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { labs } from "../../labs/index.ts";
import { capture } from "../../micromesh/resources/capture.ts";
import type { Declaration } from "../../micromesh/resources/declared.ts";
import { ProgramProcess } from "../../micromesh/resources/program-process.ts";
import { rules } from "../../policy/rules/index.ts";
import { openNamespaces } from "../../policy/rules/isolated-namespaces.ts";
import { found } from "./seen.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const settings = JSON.parse(readFileSync(`${root}/policy/config.json`, "utf8")) as Record<
  string,
  Record<string, Record<string, string>>
>;

/** Everything that rules find in a declaration; a capture knows which inputs are secrets. */
function violations({ resources }: Declaration): string[] {
  const all = resources.map((resource) => ({ ...resource, secretsKnown: true }));
  return rules.flatMap((rule) =>
    found(rule, all, settings[rule.name]).map((message) => `${rule.name}: ${message}`),
  );
}

describe("the repository under the policy pack", () => {
  let program: ProgramProcess;
  before(() => {
    program = new ProgramProcess(root);
  });
  after(() => program.close());
  const declare = (stack: string, config: string[] = []) =>
    capture({ root, stack, config }, program);

  const stacks = ["dev", "staging", "prod"];
  for (const stack of stacks) {
    it(`the stack ${stack} breaks no rule`, async () => {
      assert.deepEqual(violations(await declare(stack)), []);
    }).timeout(60_000);
  }

  // A run declares one scenario of every lab: they are apart from each other.
  const runs = Math.max(...Object.values(labs).map(({ scenarios }) => scenarios.length));
  for (let run = 1; run < runs; run++) {
    const chosen = Object.entries(labs).flatMap(([lab, { scenarios }]) =>
      run < scenarios.length ? [{ lab, scenario: scenarios[run] }] : [],
    );
    it(`${chosen.map(({ lab, scenario }) => `${lab}=${scenario}`).join(", ")} break none`, async () => {
      const config = chosen.map(({ lab, scenario }) => `labs.${lab}.scenario=${scenario}`);
      assert.deepEqual(violations(await declare("dev", config)), []);
    }).timeout(60_000);
  }

  it("a stack with metrics and without a CNI breaks none either", async () => {
    const config = ["observability.kind=prometheus", "cni.kind=none"];
    assert.deepEqual(violations(await declare("dev", config)), []);
  }).timeout(60_000);

  it("closing Redis where nothing enforces it is found", async () => {
    const config = ["cni.kind=none", "labs={counter: {scenario: isolated}}"];
    assert.deepEqual(violations(await declare("dev", config)), [
      "enforced-policies: counter-networkpolicy: nothing enforces it (cni: none: no policy is enforced); use " +
        "cni.kind cilium, or existing with enforcesNetworkPolicy: true, or take the policy away",
    ]);
  }).timeout(60_000);

  it("every exemption is needed: its namespace is open, its data is there and unprotected", async () => {
    const everything = ["observability.kind=prometheus"];
    const declared = await Promise.all(stacks.map((stack) => declare(stack, everything)));
    const open = new Set(declared.flatMap((one) => [...openNamespaces(one).keys()]));
    const exempt = settings["isolated-namespaces"]?.exemptNamespaces ?? {};
    assert.deepEqual(
      Object.keys(exempt).filter((name) => !open.has(name)),
      [],
    );
    const prod = declared[stacks.indexOf("prod")] as Declaration;
    const without = found(
      rules.find(({ name }) => name === "protected-data") as (typeof rules)[number],
      prod.resources.map((resource) => ({ ...resource, secretsKnown: true })),
    );
    const disposable = Object.keys(settings["protected-data"]?.disposable ?? {});
    const needless = disposable.filter((title) => !without.some((line) => line.includes(title)));
    assert.deepEqual(needless, []);
  }).timeout(60_000);

  it("every setting is of a rule that there is", () => {
    for (const [name, values] of Object.entries(settings)) {
      const rule = rules.find((one) => one.name === name);
      assert.ok(rule, name);
      for (const key of Object.keys(values)) assert.ok(rule.config?.[key], `${name}.${key}`);
    }
  });
});
