/**
 * What Cilium rejects in a policy: its CRDs' schema, and `Rule.Sanitize` of its pkg/policy/api. A
 * rejected policy has no effect (its status says `Valid: False`).
 */

import { type Checker, type Fields, isSet, show } from "../resources/checker.ts";
import type { KubernetesObject } from "../resources/declared.ts";
import { isPortName } from "../resources/names.ts";
import { parseBlockOrAddress } from "./address.ts";
import { checkCidrRule } from "./cilium-cidr.ts";
import { checkName } from "./cilium-fqdn.ts";
import { patternError } from "./cilium-http.ts";
import { allPeerFields, entityNames, peerPrefix } from "./cilium-peer.ts";
import { portNumber, protocolOf } from "./cilium-policy.ts";
import { sourceAndKey } from "./cilium-selector.ts";
import { checkServicePeer } from "./cilium-service.ts";
import { checkSelector } from "./labels.ts";
import type { Direction } from "./traffic-policy.ts";

export function checkCiliumPolicy(check: Checker, policy: KubernetesObject): void {
  if (!isSet(policy.spec) && !isSet(policy.specs)) {
    check.report("spec", "is missing; give spec, or a list of them in specs");
  }
  const spec = check.fields(policy.spec, "spec");
  if (spec) checkSpec(check, spec, "spec", policy.kind);
  for (const [item, place] of check.each(policy.specs, "specs")) {
    checkSpec(check, item, place, policy.kind);
  }
}

function checkSpec(check: Checker, spec: Fields, place: string, kind: string): void {
  const clusterwide = kind === "CiliumClusterwideNetworkPolicy";
  const selectors = ["endpointSelector", "nodeSelector"].filter((field) => isSet(spec[field]));
  if (selectors.length !== 1) {
    const mend = clusterwide
      ? "give either endpointSelector or nodeSelector"
      : "give endpointSelector, {} for every pod of the namespace";
    check.report(place, `has ${selectors.length ? "two selectors" : "no selector"}; ${mend}`);
  } else if (!clusterwide && isSet(spec.nodeSelector)) {
    check.report(`${place}.nodeSelector`, "is for CiliumClusterwideNetworkPolicy only; remove it");
  }
  for (const field of selectors) checkIdentitySelector(check, spec[field], `${place}.${field}`);
  const deny = check.fields(spec.enableDefaultDeny, `${place}.enableDefaultDeny`) ?? {};
  for (const direction of ["ingress", "egress"]) {
    check.oneOf(deny[direction], [true, false], `${place}.enableDefaultDeny.${direction}`);
  }
  for (const direction of ["ingress", "egress"] as const) {
    for (const field of [direction, `${direction}Deny`]) {
      for (const [rule, at] of check.each(spec[field], `${place}.${field}`)) {
        checkRule(check, rule, at, direction, field !== direction);
      }
    }
  }
}

function checkRule(
  check: Checker,
  rule: Fields,
  place: string,
  direction: Direction,
  deny: boolean,
): void {
  const prefix = peerPrefix(direction);
  const named = allPeerFields
    .map((suffix) => `${prefix}${suffix}`)
    .filter((field) => Array.isArray(rule[field]) && rule[field].length > 0);
  if (named.length > 1) {
    check.report(place, `combines ${named.join(" and ")}; make them rules of their own`);
  }
  checkPeers(check, rule, place, prefix);
  checkEgressPeers(check, rule, place, direction, deny);
  const ports = check.list(rule.toPorts, `${place}.toPorts`);
  if (ports.length > 0 && check.list(rule.icmps, `${place}.icmps`).length > 0) {
    check.report(`${place}.icmps`, "stands beside toPorts; make it a rule of its own");
  }
  for (const [ports, at] of check.each(rule.toPorts, `${place}.toPorts`)) {
    checkPortRule(check, ports, at, direction, deny);
  }
}

function checkPeers(check: Checker, rule: Fields, place: string, prefix: string): void {
  const endpoints = `${place}.${prefix}Endpoints`;
  for (const [selector, at] of check.each(rule[`${prefix}Endpoints`], endpoints)) {
    checkIdentitySelector(check, selector, at);
  }
  const entities = check.list(rule[`${prefix}Entities`], `${place}.${prefix}Entities`);
  for (const [i, entity] of entities.entries()) {
    check.oneOf(entity ?? "", entityNames, `${place}.${prefix}Entities[${i}]`);
  }
  const cidrs = check.list(rule[`${prefix}CIDR`], `${place}.${prefix}CIDR`);
  for (const [i, cidr] of cidrs.entries()) {
    if (typeof cidr !== "string" || !parseBlockOrAddress(cidr)) {
      check.report(`${place}.${prefix}CIDR[${i}]`, `is ${show(cidr)}; write a block or an address`);
    }
  }
  const sets = check.each(rule[`${prefix}CIDRSet`], `${place}.${prefix}CIDRSet`);
  for (const [item, at] of sets) checkCidrRule(check, item, at);
}

/** Services and names: fields of egress rules only, names not of deny rules either. */
function checkEgressPeers(
  check: Checker,
  rule: Fields,
  place: string,
  direction: Direction,
  deny: boolean,
): void {
  const fields = ["fromServices", "fromFQDNs", "toServices", "toFQDNs"];
  for (const field of direction === "ingress" ? fields : deny ? ["toFQDNs"] : []) {
    if (!isSet(rule[field])) continue;
    const where = direction === "ingress" ? "an ingress rule" : "a deny rule";
    check.report(`${place}.${field}`, `can't stand in ${where}`);
  }
  for (const [item, at] of check.each(rule.toServices, `${place}.toServices`)) {
    checkServicePeer(check, item, at);
  }
  for (const [item, at] of check.each(rule.toFQDNs, `${place}.toFQDNs`)) {
    checkName(check, item, at);
  }
}

function checkPortRule(
  check: Checker,
  rule: Fields,
  place: string,
  direction: Direction,
  deny: boolean,
): void {
  const rules = check.fields(rule.rules, `${place}.rules`) ?? {};
  const http = check.list(rules.http, `${place}.rules.http`);
  const dns = check.list(rules.dns, `${place}.rules.dns`);
  if (deny && isSet(rule.rules)) check.report(`${place}.rules`, "can't stand in a deny rule");
  if (http.length > 0 && dns.length > 0) {
    check.report(`${place}.rules`, "mixes http and dns; make them two items of toPorts");
  }
  if (dns.length > 0 && direction === "ingress") {
    check.report(`${place}.rules.dns`, "can't stand in an ingress rule");
  }
  const ports = [...check.each(rule.ports, `${place}.ports`)];
  if (ports.length > 40) check.report(`${place}.ports`, "has more than 40 ports; split it");
  if (dns.length > 0 && ports.length === 0) {
    check.report(`${place}.ports`, "is empty; DNS rules need a port, usually 53");
  }
  for (const [port, at] of ports) checkPort(check, port, at, http.length > 0, dns.length > 0);
  for (const [item, at] of check.each(rules.http, `${place}.rules.http`)) {
    checkHttpRule(check, item, at);
  }
  for (const [item, at] of check.each(rules.dns, `${place}.rules.dns`)) checkName(check, item, at);
}

const protocols = ["TCP", "UDP", "SCTP", "ICMP", "ICMPV6", "VRRP", "IGMP", "ANY"];

function checkPort(check: Checker, spec: Fields, place: string, http: boolean, dns: boolean): void {
  const number = portNumber(spec.port);
  if (number === undefined && !isPortName(String(spec.port ?? "").toLowerCase())) {
    check.report(`${place}.port`, `is ${show(spec.port)}; write a port "80" or its name`);
  } else if (number !== undefined && number > 65535) {
    check.report(`${place}.port`, `is ${show(spec.port)}; ports are 1 to 65535, 0 for all`);
  }
  if (isSet(spec.endPort) && !(Number(spec.endPort) >= 0 && Number(spec.endPort) <= 65535)) {
    check.report(`${place}.endPort`, `is ${show(spec.endPort)}; ports are 1 to 65535`);
  }
  check.text(spec.protocol, `${place}.protocol`);
  const protocol = protocolOf(typeof spec.protocol === "string" ? spec.protocol : "");
  check.oneOf(protocol, protocols, `${place}.protocol`);
  if (http && protocol !== "TCP") {
    check.report(`${place}.protocol`, "must be TCP where there are HTTP rules; write it");
  }
  if ((http || dns) && number === 0) {
    check.report(`${place}.port`, `is 0; ${http ? "HTTP" : "DNS"} rules need a real port`);
  }
  if (dns && Number(spec.endPort ?? 0) > (number ?? 0)) {
    check.report(`${place}.endPort`, "stands beside DNS rules, which take no range; remove it");
  }
}

function checkHttpRule(check: Checker, rule: Fields, place: string): void {
  for (const field of ["path", "method", "host"]) {
    const pattern = rule[field];
    if (!isSet(pattern)) continue;
    const error = typeof pattern === "string" ? patternError(pattern) : "not text";
    if (error) check.report(`${place}.${field}`, `is ${show(pattern)}, no RE2 pattern: ${error}`);
  }
  check.strings(rule.headers, `${place}.headers`);
  for (const [match, at] of check.each(rule.headerMatches, `${place}.headerMatches`)) {
    if (!match.name) check.report(`${at}.name`, "is missing; name the header");
    check.text(match.name, `${at}.name`);
    check.text(match.value, `${at}.value`);
    check.oneOf(match.mismatch || undefined, ["LOG", "ADD", "DELETE", "REPLACE"], `${at}.mismatch`);
  }
}

function checkIdentitySelector(check: Checker, value: unknown, field: string): void {
  checkSelector(check, value, field, (key) => sourceAndKey(key)[1]);
}
