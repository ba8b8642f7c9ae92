/**
 * What the API server rejects in a ClusterNetworkPolicy, by its CRD's schema and CEL rules (experimental
 * channel, v1alpha2), and in an AdminNetworkPolicy or BaselineAdminNetworkPolicy (v1alpha1, v0.1.7); and
 * what every implementation must, since the API says that it has no meaning.
 */

import { type Checker, type Fields, isSet, show } from "../resources/checker.ts";
import type { KubernetesObject } from "../resources/declared.ts";
import { baselineKind } from "./admin-network-policy.ts";
import { checkSelector } from "./labels.ts";
import { checkBlock } from "./network-policy-check.ts";
import { namedFields, subjectFields, tieredPeerFields } from "./tiered-peer.ts";
import { checkAdminPort, checkPortNames, checkProtocol } from "./tiered-port-check.ts";
import type { Direction } from "./traffic-policy.ts";

/** Where the kinds differ. */
interface Dialect {
  actions: string[];
  /** How many rules a direction, peers and ports a rule may have. */
  most: number;
  /** The field that lists a rule's ports. */
  ports: "protocols" | "ports";
  checkPort(check: Checker, spec: Fields, place: string): void;
  /** Fields of an egress rule's peers that others have, and this kind hasn't. */
  without: string[];
}

const current: Dialect = {
  actions: ["Accept", "Deny", "Pass"],
  most: 25,
  ports: "protocols",
  checkPort: checkProtocol,
  without: [],
};
const elder: Dialect = {
  actions: ["Allow", "Deny", "Pass"],
  most: 100,
  ports: "ports",
  checkPort: checkAdminPort,
  without: [],
};
const baseline: Dialect = { ...elder, actions: ["Allow", "Deny"], without: ["domainNames"] };

export function checkClusterNetworkPolicy(check: Checker, policy: KubernetesObject): void {
  const spec = check.fields(policy.spec, "spec") ?? {};
  check.oneOf(spec.tier ?? "", ["Admin", "Baseline"], "spec.tier");
  checkPriority(check, spec.priority);
  checkSpec(check, spec, current);
}

export function checkAdminNetworkPolicy(check: Checker, policy: KubernetesObject): void {
  const spec = check.fields(policy.spec, "spec") ?? {};
  if (policy.kind !== baselineKind) {
    checkPriority(check, spec.priority);
  } else if (policy.metadata.name !== "default") {
    check.report("metadata.name", `is ${show(policy.metadata.name)}; the only one is "default"`);
  }
  checkSpec(check, spec, policy.kind === baselineKind ? baseline : elder);
}

function checkPriority(check: Checker, priority: unknown): void {
  const good = Number.isInteger(priority) && Number(priority) >= 0 && Number(priority) <= 1000;
  if (!good) check.report("spec.priority", `is ${show(priority)}; write a number from 0 to 1000`);
}

function checkSpec(check: Checker, spec: Fields, dialect: Dialect): void {
  const subject = check.fields(spec.subject, "spec.subject") ?? {};
  const named = subjectFields.filter((field) => isSet(subject[field]));
  if (named.length !== 1 || namedFields(subject).length !== 1) {
    check.report("spec.subject", "must have one field, either namespaces or pods; {} means all");
  }
  checkPods(check, subject, "spec.subject", dialect);
  for (const direction of ["ingress", "egress"] as const) {
    const place = `spec.${direction}`;
    checkLength(check, spec[direction], place, 0, dialect.most);
    for (const [rule, at] of check.each(spec[direction], place)) {
      checkRule(check, rule, at, direction, dialect);
    }
  }
}

function checkRule(
  check: Checker,
  rule: Fields,
  place: string,
  direction: Direction,
  dialect: Dialect,
): void {
  check.oneOf(rule.action ?? "", dialect.actions, `${place}.action`);
  check.text(rule.name, `${place}.name`);
  if (typeof rule.name === "string" && rule.name.length > 100) {
    check.report(`${place}.name`, "is longer than 100 characters; shorten it");
  }
  const side = direction === "ingress" ? "from" : "to";
  checkLength(check, rule[side] ?? [], `${place}.${side}`, 1, dialect.most);
  const peers = [...check.each(rule[side], `${place}.${side}`)];
  for (const [peer, at] of peers) checkPeer(check, peer, at, direction, dialect);
  if (rule.action !== dialect.actions[0]) {
    for (const [peer, at] of peers) {
      if (!isSet(peer.domainNames)) continue;
      check.report(
        `${at}.domainNames`,
        `stands beside ${show(rule.action)}; only ${dialect.actions[0]} rules may name domains`,
      );
    }
  }
  const ports = `${place}.${dialect.ports}`;
  const listed = [...check.each(rule[dialect.ports], ports)];
  if (isSet(rule[dialect.ports])) checkLength(check, rule[dialect.ports], ports, 1, dialect.most);
  for (const [port, at] of listed) dialect.checkPort(check, port, at);
  checkPortNames(
    check,
    peers.map(([peer]) => peer),
    listed,
  );
}

function checkPeer(
  check: Checker,
  peer: Fields,
  place: string,
  direction: Direction,
  { without, ...dialect }: Dialect,
): void {
  const named = namedFields(peer);
  const known = tieredPeerFields[direction].filter((field) => !without.includes(field));
  const mend = `give one of ${known.join(", ")}`;
  if (named.length === 0) check.report(place, `is empty; ${mend}`);
  if (named.length > 1)
    check.report(place, `has ${named.join(" and ")}; make them items of their own`);
  for (const field of named) {
    // What no version knows isn't reported: it may be a newer one's, and closes the rule.
    if (!tieredPeerFields.egress.includes(field) || known.includes(field)) continue;
    check.report(`${place}.${field}`, `can't be used here; ${mend}`);
  }
  checkPods(check, peer, place, dialect);
  checkSelector(check, peer.nodes, `${place}.nodes`);
  for (const [i, cidr] of checkSet(check, peer.networks, `${place}.networks`)) {
    checkBlock(check, cidr, `${place}.networks[${i}]`);
  }
  for (const [i, name] of checkSet(check, peer.domainNames, `${place}.domainNames`)) {
    if (typeof name === "string" && domainName.test(name)) continue;
    const mend = "write a name such as example.com or *.example.com";
    check.report(`${place}.domainNames[${i}]`, `is ${show(name)}; ${mend}`);
  }
}

const domainName = /^(\*\.)?([a-z0-9_]([-\w]*[a-z0-9])?\.)+[a-z0-9_]([-\w]*[a-z0-9])?\.?$/i;

function checkPods(
  check: Checker,
  spec: Fields,
  place: string,
  { ports }: Pick<Dialect, "ports">,
): void {
  checkSelector(check, spec.namespaces, `${place}.namespaces`);
  const pods = check.fields(spec.pods, `${place}.pods`);
  if (!pods) return;
  // v1alpha2 made the first optional.
  const needed = ports === "ports" ? ["namespaceSelector", "podSelector"] : ["podSelector"];
  for (const field of ["namespaceSelector", "podSelector"]) {
    const missing = !isSet(pods[field]) && needed.includes(field);
    if (missing) check.reportClear(`${place}.pods.${field}`, "is missing; {} means all");
    checkSelector(check, pods[field], `${place}.pods.${field}`);
  }
}

/** The items of a list of up to 25 different values, with their indexes. */
function checkSet(check: Checker, value: unknown, place: string): [number, unknown][] {
  if (!isSet(value)) return [];
  checkLength(check, value, place, 1, 25);
  const items = check.list(value, place);
  for (const [i, item] of items.entries()) {
    if (items.indexOf(item) < i)
      check.report(`${place}[${i}]`, `is ${show(item)} again; remove it`);
  }
  return [...items.entries()];
}

function checkLength(
  check: Checker,
  value: unknown,
  place: string,
  least: number,
  most: number,
): void {
  if (!Array.isArray(value)) return;
  if (value.length < least) check.report(place, "is empty; give at least one item");
  if (value.length > most) check.report(place, `has ${value.length} items; ${most} at most`);
}
