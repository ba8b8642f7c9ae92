/** AuthorizationPolicy (security.istio.io): one policy's rules, compiled. */
import type { KubernetesObject } from "../resources/declared.ts";
import {
  type Attribute,
  conditionAttribute,
  operationFields,
  type PolicyContext,
  sourceFields,
  type Test,
  type Traffic,
} from "./authorization-attributes.ts";
import { compileSelector, type Labels } from "./labels.ts";
import type { PolicyRef } from "./traffic-policy.ts";

export type Action = "ALLOW" | "DENY" | "AUDIT" | "CUSTOM";

export interface AuthorizationPolicy {
  ref: PolicyRef;
  action: Action;
  /** `istio.io/dry-run`: it's evaluated for telemetry and decides nothing. */
  dryRun: boolean;
  selects(namespace: string, labels: Labels): boolean;
  rules: AuthorizationRule[];
}

export interface AuthorizationRule {
  /** Its place in the resource, e.g. `spec.rules[0]`. */
  place: string;
  /** It asks for something that only an HTTP request has. */
  http: boolean;
  /** It asks who the peer is, which only mTLS tells. */
  identity: boolean;
  matches(traffic: Traffic): boolean;
  /** How many of the HTTP requests over such a connection it matches. */
  extent(traffic: Traffic): Extent;
  /** What it asks of a request, in words; empty where it asks nothing. */
  requests: string;
}

interface RuleSpec {
  from?: { source?: Values | null }[] | null;
  to?: { operation?: Values | null }[] | null;
  when?: { key: string; values?: string[] | null; notValues?: string[] | null }[] | null;
}

type Values = Record<string, string[] | null | undefined>;

/** @param mesh a policy in the root namespace reaches the workloads of every namespace */
export function compileAuthorizationPolicy(
  policy: KubernetesObject,
  mesh: { rootNamespace: string; trustDomain: string },
): AuthorizationPolicy {
  const namespace = policy.metadata.namespace ?? "default";
  const spec = policy.spec ?? {};
  const context = { namespace, trustDomain: mesh.trustDomain };
  const action: Action = spec.action ?? "ALLOW";
  const matches = compileSelector(spec.selector);
  // A policy with targetRefs is attached to gateways and waypoints, not to sidecars.
  const toSidecars = !spec.targetRef && !spec.targetRefs?.length;
  return {
    ref: { kind: policy.kind, namespace, name: policy.metadata.name },
    action,
    dryRun: isTrue(policy.metadata.annotations?.["istio.io/dry-run"]),
    selects: (of, labels) =>
      toSidecars && (of === namespace || namespace === mesh.rootNamespace) && matches(labels),
    rules: (spec.rules ?? []).map((rule: RuleSpec, i: number) =>
      compileRule(rule, `spec.rules[${i}]`, action, context),
    ),
  };
}

/** What Go's strconv.ParseBool takes for true. */
function isTrue(text: string | undefined): boolean {
  return text !== undefined && ["1", "t", "T", "TRUE", "true", "True"].includes(text);
}

/** How many of the requests that a connection may carry: all of them, none, or it depends on the request. */
export type Extent = "all" | "some" | "none";

interface Condition {
  http: boolean;
  identity: boolean;
  test: Test;
}

/**
 * "A match occurs when at least one source, one operation and all conditions matches the request. An empty
 * rule is always matched."
 *
 * On a TCP connection HTTP attributes are absent. Then a rule that uses one anywhere is left out of an
 * ALLOW policy, and in a DENY policy the comparison alone is left out, so that the rule denies more.
 */
function compileRule(
  spec: RuleSpec,
  place: string,
  action: Action,
  context: PolicyContext,
): AuthorizationRule {
  const conditionsOf = (fields: typeof sourceFields, values: Values | null | undefined) =>
    Object.entries(fields).flatMap(([field, attribute]) =>
      condition(attribute(context), values?.[field], values?.[negated(field)]),
    );
  const sources = (spec.from ?? []).map(({ source }) => conditionsOf(sourceFields, source));
  const operations = (spec.to ?? []).map(({ operation }) =>
    conditionsOf(operationFields, operation),
  );
  const conditions = (spec.when ?? []).flatMap(({ key, values, notValues }) => {
    const attribute = conditionAttribute(key)?.(context);
    return attribute ? condition(attribute, values, notValues) : [];
  });

  const everything = [...sources, ...operations, conditions].flat();
  const http = everything.some((one) => one.http);
  const extentOf = (group: Condition[], traffic: Traffic): Extent => {
    if (group.some((one) => !one.http && !one.test(traffic))) return "none";
    return group.some((one) => one.http) ? "some" : "all";
  };
  const widest = (groups: Condition[][], traffic: Traffic): Extent => {
    const extents = groups.map((group) => extentOf(group, traffic));
    if (groups.length === 0 || extents.includes("all")) return "all";
    return extents.includes("some") ? "some" : "none";
  };
  const holds = (group: Condition[], traffic: Traffic) =>
    group.every((one) => (one.http && !traffic.http) || one.test(traffic));
  const anyHolds = (groups: Condition[][], traffic: Traffic) =>
    groups.length === 0 || groups.some((group) => holds(group, traffic));
  return {
    place,
    http,
    identity: everything.some((one) => one.identity),
    matches: (traffic) =>
      (action !== "ALLOW" || !http || traffic.http !== undefined) &&
      anyHolds(sources, traffic) &&
      anyHolds(operations, traffic) &&
      holds(conditions, traffic),
    extent: (traffic) => {
      const parts = [
        widest(sources, traffic),
        widest(operations, traffic),
        extentOf(conditions, traffic),
      ];
      if (parts.includes("none")) return "none";
      return parts.includes("some") ? "some" : "all";
    },
    requests: requestText(spec),
  };
}

/** What a rule asks of a request, in words: `GET,POST /count/*`. */
function requestText(spec: RuleSpec): string {
  const operations = (spec.to ?? []).map(({ operation }) => {
    const list = (field: string) => [
      ...(operation?.[field] ?? []),
      ...(operation?.[negated(field)] ?? []).map((value) => `not ${value}`),
    ];
    const [methods, paths, hosts] = ["methods", "paths", "hosts"].map(list);
    const words = [methods?.join(",") || "any method", paths?.join(",") || "any path"];
    if (hosts?.length) words.push(`of host ${hosts.join(",")}`);
    return words.join(" ");
  });
  const headers = (spec.when ?? [])
    .filter(({ key }) => key.startsWith("request."))
    .map(({ key, values, notValues }) =>
      values?.length ? `${key} = ${values.join(",")}` : `${key} not ${notValues?.join(",")}`,
    );
  return [operations.join(" or "), ...headers].filter((text) => text !== "").join(" with ");
}

/** `notPaths` for `paths`. */
export function negated(field: string): string {
  return `not${field.charAt(0).toUpperCase()}${field.slice(1)}`;
}

/** One of `values` and none of `notValues`; a field that asks nothing is no condition. */
function condition(
  attribute: Attribute,
  values: string[] | null | undefined,
  notValues: string[] | null | undefined,
): Condition[] {
  const wanted = (values ?? []).map((value) => attribute.compile(value));
  const unwanted = (notValues ?? []).map((value) => attribute.compile(value));
  if (wanted.length + unwanted.length === 0) return [];
  const test: Test = (traffic) =>
    (wanted.length === 0 || wanted.some((one) => one(traffic))) &&
    !unwanted.some((one) => one(traffic));
  return [{ http: attribute.http, identity: attribute.identity, test }];
}
