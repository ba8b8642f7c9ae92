/** What the API server rejects in a NetworkPolicy (Kubernetes 1.36, networking validation). */

import { type Checker, type Fields, isSet, show } from "../resources/checker.ts";
import type { KubernetesObject } from "../resources/declared.ts";
import { isPortName } from "../resources/names.ts";
import { type Block, covers, parseBlock } from "./address.ts";
import { checkSelector } from "./labels.ts";

export function checkNetworkPolicy(check: Checker, policy: KubernetesObject): void {
  const spec = check.fields(policy.spec, "spec") ?? {};
  checkSelector(check, spec.podSelector, "spec.podSelector");
  const types = check.list(spec.policyTypes, "spec.policyTypes");
  if (types.length > 2) check.report("spec.policyTypes", "has more than two types; remove one");
  for (const [i, type] of types.entries()) {
    check.oneOf(type ?? "", ["Ingress", "Egress"], `spec.policyTypes[${i}]`);
  }
  for (const [direction, side] of [
    ["ingress", "from"],
    ["egress", "to"],
  ] as const) {
    for (const [rule, place] of check.each(spec[direction], `spec.${direction}`)) {
      for (const [peer, at] of check.each(rule[side], `${place}.${side}`)) {
        checkPeer(check, peer, at);
      }
      for (const [port, at] of check.each(rule.ports, `${place}.ports`)) checkPort(check, port, at);
    }
  }
}

function checkPeer(check: Checker, peer: Fields, place: string): void {
  const ipBlock = check.fields(peer.ipBlock, `${place}.ipBlock`);
  const selectors = ["podSelector", "namespaceSelector"].filter((field) => isSet(peer[field]));
  if (!isSet(peer.ipBlock) && selectors.length === 0) {
    check.report(place, "has no peer; give a podSelector, a namespaceSelector or an ipBlock");
  }
  if (isSet(peer.ipBlock) && selectors.length > 0) {
    check.report(place, `has an ipBlock beside ${selectors.join(" and ")}; make them two items`);
  }
  for (const field of selectors) checkSelector(check, peer[field], `${place}.${field}`);
  if (ipBlock) checkIpBlock(check, ipBlock, `${place}.ipBlock`);
}

function checkIpBlock(check: Checker, ipBlock: Fields, place: string): void {
  const block = checkBlock(check, ipBlock.cidr, `${place}.cidr`);
  for (const [i, text] of check.list(ipBlock.except, `${place}.except`).entries()) {
    const inner = checkBlock(check, text, `${place}.except[${i}]`);
    if (block && inner && !(covers(block, inner) && inner.bits !== block.bits)) {
      check.report(`${place}.except[${i}]`, `is ${text}; it must lie inside ${ipBlock.cidr}`);
    }
  }
}

/** Reports what isn't a CIDR block. */
export function checkBlock(check: Checker, text: unknown, field: string): Block | undefined {
  const block = typeof text === "string" ? parseBlock(text) : undefined;
  if (!block) check.report(field, `is ${show(text)}; write a block such as 10.0.0.0/8 or fd00::/8`);
  return block;
}

function checkPort(check: Checker, spec: Fields, place: string): void {
  const { port, endPort } = spec;
  check.oneOf(spec.protocol, ["TCP", "UDP", "SCTP"], `${place}.protocol`);
  if (typeof port === "string" && !isPortName(port)) {
    check.report(
      `${place}.port`,
      `is ${show(port)}; a port is a number without quotes, or the name of a container port`,
    );
  } else if (isSet(port) && typeof port !== "string" && !isPortNumber(port)) {
    check.report(`${place}.port`, `is ${show(port)}; ports are 1 to 65535`);
  }
  if (!isSet(endPort)) return;
  if (typeof port !== "number") {
    check.report(`${place}.endPort`, "is set without a numeric port; give the first port in port");
  } else if (!isPortNumber(endPort) || (endPort as number) < port) {
    check.report(`${place}.endPort`, `is ${show(endPort)}; it must be from ${port} to 65535`);
  }
}

export function isPortNumber(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65535;
}
