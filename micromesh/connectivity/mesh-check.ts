/** What istiod's webhook rejects in PeerAuthentication and AuthorizationPolicy (Istio 1.30, pkg/config). */

import { type Checker, type Fields, isSet, show } from "../resources/checker.ts";
import type { KubernetesObject } from "../resources/declared.ts";
import { parseBlockOrAddress } from "./address.ts";
import { conditionAttribute, operationFields, sourceFields } from "./authorization-attributes.ts";
import { negated } from "./authorization-policy.ts";
import { templateError } from "./text-match.ts";

export function checkPeerAuthentication(check: Checker, policy: KubernetesObject): void {
  const spec = check.fields(policy.spec, "spec") ?? {};
  const labels = checkWorkloadSelector(check, spec.selector);
  checkMtls(check, spec.mtls, "spec.mtls");
  if (!isSet(spec.portLevelMtls)) return;
  const ports = Object.entries(check.fields(spec.portLevelMtls, "spec.portLevelMtls") ?? {});
  if (ports.length === 0) check.report("spec.portLevelMtls", "is empty; remove it, or name a port");
  if (ports.length > 0 && labels === 0) {
    check.report("spec.portLevelMtls", "needs spec.selector.matchLabels; say which workloads");
  }
  for (const [port, mtls] of ports) {
    if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
      check.report(`spec.portLevelMtls.${port}`, "is no port; ports are 1 to 65535");
    }
    checkMtls(check, mtls, `spec.portLevelMtls.${port}`);
  }
}

function checkMtls(check: Checker, value: unknown, field: string): void {
  const modes = ["UNSET", "DISABLE", "PERMISSIVE", "STRICT"];
  check.oneOf(check.fields(value, field)?.mode, modes, `${field}.mode`);
}

/** Returns how many labels the selector has. */
function checkWorkloadSelector(check: Checker, value: unknown): number {
  const selector = check.fields(value, "spec.selector");
  const place = "spec.selector.matchLabels";
  const labels = Object.entries(check.fields(selector?.matchLabels, place) ?? {});
  for (const [key, text] of labels) {
    if (typeof text !== "string") check.report(`${place}.${key}`, `is ${show(text)}; quote it`);
    if (`${key}${text}`.includes("*")) {
      check.report(`${place}.${key}`, "has a wildcard, which selectors don't take; write it out");
    }
  }
  return labels.length;
}

export function checkAuthorizationPolicy(check: Checker, policy: KubernetesObject): void {
  const spec = check.fields(policy.spec, "spec") ?? {};
  checkWorkloadSelector(check, spec.selector);
  const targets =
    check.list(spec.targetRefs, "spec.targetRefs").length > 0 || isSet(spec.targetRef);
  if (isSet(spec.selector) && targets) {
    check.report("spec.selector", "stands beside targetRefs; keep one of them");
  }
  check.oneOf(spec.action, ["ALLOW", "DENY", "AUDIT", "CUSTOM"], "spec.action");
  if (spec.action === "CUSTOM") {
    check.report("spec.action", "is CUSTOM, which needs an external authorizer; use ALLOW or DENY");
  } else if (isSet(spec.provider)) {
    check.report("spec.provider", "is for CUSTOM only; remove it");
  }
  const rules = [...check.each(spec.rules, "spec.rules")];
  if (spec.action === "DENY" && rules.length === 0) {
    check.report("spec.rules", "is missing, so DENY never triggers; write - {} to deny everything");
  }
  for (const [rule, place] of rules) checkRule(check, rule, place);
}

function checkRule(check: Checker, rule: Fields, place: string): void {
  for (const [list, item, fields] of [
    ["from", "source", sourceFields],
    ["to", "operation", operationFields],
  ] as const) {
    if (Array.isArray(rule[list]) && rule[list].length === 0) {
      check.report(`${place}.${list}`, "is an empty list; remove it, or fill it");
    }
    for (const [entry, at] of check.each(rule[list], `${place}.${list}`)) {
      const body = check.fields(entry[item], `${at}.${item}`) ?? {};
      checkFields(check, body, `${at}.${item}`, Object.keys(fields));
    }
  }
  for (const [condition, at] of check.each(rule.when, `${place}.when`)) {
    checkCondition(check, condition, at);
  }
}

function checkFields(check: Checker, body: Fields, place: string, fields: string[]): void {
  let asked = 0;
  for (const field of fields.flatMap((field) => [field, negated(field)])) {
    const values = check.strings(body[field], `${place}.${field}`);
    asked += values.length;
    for (const [i, value] of values.entries()) {
      const error = valueError(field, value);
      if (error) check.report(`${place}.${field}[${i}]`, `is ${show(value)}; ${error}`);
    }
  }
  if (asked === 0) {
    check.report(place, `asks for nothing that is known; give one of ${fields.join(", ")}`);
  }
  const has = (field: string) => isSet(body[field]) || isSet(body[negated(field)]);
  if (has("serviceAccounts") && (has("principals") || has("namespaces"))) {
    check.report(`${place}.serviceAccounts`, "can't stand beside principals or namespaces");
  }
}

function checkCondition(check: Checker, condition: Fields, place: string): void {
  const key = typeof condition.key === "string" ? condition.key : "";
  if (!conditionAttribute(key)) {
    check.report(`${place}.key`, `is ${show(condition.key)}, which is no attribute of Istio`);
  }
  const lists = ["values", "notValues"].map((field) => ({
    field,
    values: check.strings(condition[field], `${place}.${field}`),
  }));
  if (lists.every(({ values }) => values.length === 0)) {
    check.report(place, "has neither values nor notValues; give one");
  }
  for (const { field, values } of lists) {
    for (const [i, value] of values.entries()) {
      const error = valueError(key, value);
      if (error) check.report(`${place}.${field}[${i}]`, `is ${show(value)}; ${error}`);
    }
  }
}

/** Why a value can't stand in that field, or for that condition's key. */
function valueError(field: string, value: string): string | undefined {
  const name = field.replace(/^not([A-Z])/, (_, first: string) => first.toLowerCase());
  if (["ipBlocks", "remoteIpBlocks", "source.ip", "remote.ip", "destination.ip"].includes(name)) {
    return parseBlockOrAddress(value) ? undefined : "write an address or a block";
  }
  if (name === "ports" || name === "destination.port") {
    return /^\d+$/.test(value) && Number(value) <= 65535 ? undefined : "write a port";
  }
  if (name === "paths") return templateError(value);
  if (name === "serviceAccounts" || name === "source.serviceAccount") {
    return /^[^/*]+(\/[^/*]+)?$/.test(value) ? undefined : "write namespace/name, or a name";
  }
  if (name === "trustDomains" || name === "source.trustDomain") {
    const good = !value.includes("/") && !/.\*./.test(value) && value.split("*").length <= 2;
    return good ? undefined : "write a trust domain, with one * at an end at most";
  }
  return undefined;
}
