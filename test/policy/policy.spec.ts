/** Rules as Pulumi runs them: what it tells policies, and what of that a rule gets to see. */
import assert from "node:assert/strict";
import {
  type PolicyResource,
  type ResourceValidationArgs,
  Secret,
  unknownCheckingProxy,
} from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import type { Declaration } from "../../micromesh/resources/declared.ts";
import { isNot, plain, UNKNOWN } from "../../policy/plain.ts";
import { policyOf } from "../../policy/policy.ts";
import type { ResourceRule, SeenResource, StackRule } from "../../policy/rule.ts";
import { Seen, stackOf } from "../../policy/seen.ts";

/** What stands for a value that isn't known yet, on its way from the engine. */
const unknown = pulumi.runtime.unknownValue;
const opts = {
  protect: false,
  ignoreChanges: [],
  aliases: [],
  customTimeouts: { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 },
  additionalSecretOutputs: [],
};

/** Arguments as Pulumi gives them to a resource's policy: properties behind a proxy. */
function args(type: string, name: string, props: object, config = {}): ResourceValidationArgs {
  return {
    type,
    name,
    urn: `urn:pulumi:dev::micromesh::${type}::${name}`,
    props: unknownCheckingProxy(props) as Record<string, unknown>,
    opts,
    stackTags: new Map(),
    isType: () => false,
    asType: () => undefined,
    getConfig: <T extends object>() => config as T,
    notApplicable: () => assert.fail(),
  };
}

const any: ResourceRule = {
  of: "resource",
  name: "any",
  description: "",
  violations: () => [],
};

/** Runs a rule on resources, first as a remediation where it is one, and then as a validation. */
function seenBy(rule: ResourceRule, ...all: ResourceValidationArgs[]): SeenResource[] {
  const resources: SeenResource[] = [];
  const violations = (resource: SeenResource) => {
    resources.push(resource);
    return [];
  };
  const policy = policyOf({ ...rule, violations }, new Seen());
  for (const one of all) {
    assert.equal(policy.remediateResource?.(one), undefined, "a rule changes nothing");
    const validate = policy.validateResource as (
      args: ResourceValidationArgs,
      report: () => void,
    ) => void;
    validate(one, () => assert.fail());
  }
  return resources;
}

describe("a rule on resources", () => {
  it("sees what isn't known yet as such, where reading it would throw", () => {
    const given = args("t", "n", { a: unknown, b: [{ c: unknown }, 1], d: null, e: "x" });
    assert.throws(() => given.props.a, /can't be known/);
    const [resource] = seenBy(any, given);
    assert.deepEqual(resource?.inputs, { a: UNKNOWN, b: [{ c: UNKNOWN }, 1], d: null, e: "x" });
    assert.equal(isNot(resource?.inputs.a, true), false);
    assert.equal(isNot(undefined, true), true);
  });

  it("sees which inputs are secrets where it asks, and else that it can't", () => {
    const given = args("t", "n", {
      a: new Secret("x"),
      b: [{ c: new Secret({ d: unknown }) }],
      e: "y",
    });
    const [resource] = seenBy({ ...any, asksForSecrets: true }, given);
    assert.deepEqual(resource?.inputs, { a: "x", b: [{ c: { d: UNKNOWN } }], e: "y" });
    assert.deepEqual(resource?.secrets, ["a", "b.0.c"]);
    assert.equal(resource?.secretsKnown, true);
    const [other] = seenBy(any, args("t", "n", { a: "x" }));
    assert.equal(other?.secretsKnown, false);
    assert.deepEqual(plain(given.props).value, resource?.inputs);
  });

  it("reports each violation, by the settings, and stops a deployment", () => {
    const rule: ResourceRule = {
      ...any,
      config: { allowed: { type: "string" } },
      violations: ({ name }, config) =>
        config.allowed === name ? [] : [`${name} isn't`, "really"],
    };
    const policy = policyOf(rule, new Seen());
    assert.equal(policy.enforcementLevel, "mandatory");
    assert.deepEqual(policy.configSchema, { properties: rule.config });
    const said = (name: string) => {
      const lines: string[] = [];
      const validate = policy.validateResource as (
        args: ResourceValidationArgs,
        report: (message: string) => void,
      ) => void;
      validate(args("t", name, {}, { allowed: "a" }), (line) => void lines.push(line));
      return lines;
    };
    assert.deepEqual(said("a"), []);
    assert.deepEqual(said("b"), ["b isn't", "really"]);
    // What a remediation's rule finds is as mandatory: pulumi-policy, server.ts
    assert.equal(
      policyOf({ ...rule, asksForSecrets: true }, new Seen()).enforcementLevel,
      "remediate",
    );
  });
});

describe("a rule on the stack", () => {
  const NAMESPACE = "kubernetes:core/v1:Namespace";
  const POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy";

  /** As the engine gives resources at the end: with outputs, of which a preview knows none. */
  function output(
    given: ResourceValidationArgs,
    more: Partial<PolicyResource> = {},
  ): PolicyResource {
    const { type, name, urn } = given;
    const props = unknownCheckingProxy({}) as Record<string, unknown>;
    return {
      ...{ type, name, urn, opts, props, dependencies: [], propertyDependencies: {} },
      isType: () => false,
      asType: () => undefined,
      ...more,
    };
  }

  function declared(given: ResourceValidationArgs[], resources: PolicyResource[]): Declaration {
    let declaration: Declaration | undefined;
    const said: [string, string | undefined][] = [];
    const rule: StackRule = {
      of: "stack",
      name: "all",
      description: "",
      violations(all) {
        declaration = all;
        return all.resources.map(({ name, urn }) => ({ message: name, urn }));
      },
    };
    const policy = policyOf(rule, new Seen());
    const validate = policy.validateResource as (
      args: ResourceValidationArgs,
      report: () => void,
    ) => void;
    for (const one of given) validate(one, () => assert.fail());
    const { stackTags, getConfig, notApplicable } = args("t", "n", {});
    policy.validateStack?.({ resources, stackTags, getConfig, notApplicable }, (message, urn) => {
      said.push([message, urn]);
    });
    assert.deepEqual(
      said,
      resources.map(({ name, urn }) => [name, urn]),
    );
    return declaration as Declaration;
  }

  it("sees what the program gave, of components too, and what depends on what", () => {
    const component = args("micromesh:cni:Existing", "cni", { enforcesNetworkPolicy: true });
    const child = args("t", "child", { a: 1 });
    const { stack, resources } = declared(
      [component, child],
      [
        output(component),
        output(child, { parent: output(component), dependencies: [output(component)] }),
      ],
    );
    assert.equal(stack, "dev");
    assert.deepEqual(
      resources.map(({ inputs, parent, dependencies }) => ({ inputs, parent, dependencies })),
      [
        { inputs: { enforcesNetworkPolicy: true }, parent: undefined, dependencies: [] },
        { inputs: { a: 1 }, parent: component.urn, dependencies: [component.urn] },
      ],
    );
  });

  it("sees the namespace that an object's will be, by what the object is made of", () => {
    const a = args(NAMESPACE, "first", { metadata: { name: "a" } });
    const b = args(NAMESPACE, "second", { metadata: { name: "b" } });
    const object = args(POLICY, "policy", { metadata: { name: "p", namespace: unknown } });
    const metadataOf = (...needs: ResourceValidationArgs[]) => {
      const propertyDependencies = { metadata: needs.map((one) => output(one)) };
      const { resources } = declared([a, b, object], [output(object, { propertyDependencies })]);
      return resources[0]?.inputs.metadata;
    };
    assert.deepEqual(metadataOf(b), { name: "p", namespace: "b" });
    assert.deepEqual(metadataOf(object, b), { name: "p", namespace: "b" });
    assert.deepEqual(metadataOf(), { name: "p", namespace: UNKNOWN });
    assert.deepEqual(metadataOf(a, b), { name: "p", namespace: UNKNOWN }, "either");
  });

  it("sees the outputs of what wasn't declared this time", () => {
    const old = output(args("t", "old", {}), { props: { a: 1 } });
    assert.deepEqual(declared([], [old]).resources[0]?.inputs, { a: 1 });
    assert.equal(stackOf(old.urn), "dev");
  });
});
