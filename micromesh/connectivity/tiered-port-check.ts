/** What the API server rejects in the ports of the tiers' policies, v1alpha2 and v1alpha1. */

import { type Checker, type Fields, isSet, show } from "../resources/checker.ts";
import { protocolFields } from "./cluster-network-policy.ts";
import { isPortNumber } from "./network-policy-check.ts";
import { namedFields } from "./tiered-peer.ts";

/** One of a v1alpha2 rule's `protocols`. */
export function checkProtocol(check: Checker, spec: Fields, place: string): void {
  checkOneOf(check, spec, place, [...Object.keys(protocolFields), "destinationNamedPort"]);
  checkName(check, spec.destinationNamedPort, `${place}.destinationNamedPort`);
  for (const field of Object.keys(protocolFields)) {
    const match = check.fields(spec[field], `${place}.${field}`);
    if (!match) continue;
    checkOneOf(check, match, `${place}.${field}`, ["destinationPort"]);
    const at = `${place}.${field}.destinationPort`;
    const port = check.fields(match.destinationPort, at);
    if (!port) continue;
    checkOneOf(check, port, at, ["number", "range"]);
    if (isSet(port.number)) checkNumber(check, port.number, `${at}.number`);
    const range = check.fields(port.range, `${at}.range`);
    if (range) checkRange(check, range, `${at}.range`, 1);
  }
}

/** One of a v1alpha1 rule's `ports`. */
export function checkAdminPort(check: Checker, spec: Fields, place: string): void {
  checkOneOf(check, spec, place, ["portNumber", "portRange", "namedPort"]);
  checkName(check, spec.namedPort, `${place}.namedPort`);
  const number = check.fields(spec.portNumber, `${place}.portNumber`);
  const range = check.fields(spec.portRange, `${place}.portRange`);
  const protocols = Object.values(protocolFields);
  check.oneOf(number?.protocol, protocols, `${place}.portNumber.protocol`);
  check.oneOf(range?.protocol, protocols, `${place}.portRange.protocol`);
  if (number) checkNumber(check, number.port, `${place}.portNumber.port`);
  // The schema takes a range of one port, though "End must be greater than Start".
  if (range) checkRange(check, range, `${place}.portRange`, 0);
}

/** "There are no namedPorts for networks/nodes/domainNames." */
export function checkPortNames(
  check: Checker,
  peers: Fields[],
  ports: [spec: Fields, place: string][],
): void {
  const nameless = ["networks", "nodes", "domainNames"].filter((field) =>
    peers.some((peer) => isSet(peer[field])),
  );
  if (nameless.length === 0) return;
  for (const [port, place] of ports) {
    for (const field of ["destinationNamedPort", "namedPort"]) {
      if (!isSet(port[field])) continue;
      check.report(
        `${place}.${field}`,
        `names a port beside ${nameless.join(" and ")}, which have no named ones; give its number`,
      );
    }
  }
}

/** Exactly one of the fields must be set. */
function checkOneOf(check: Checker, spec: Fields, place: string, fields: string[]): void {
  const named = namedFields(spec);
  if (named.length === 1 && fields.includes(named[0] ?? "")) return;
  const has = named.length > 0 ? `has ${named.join(" and ")}` : "is empty";
  const mend = fields.length > 1 ? `give exactly one of ${fields.join(", ")}` : `give ${fields}`;
  check.report(place, `${has}; ${mend}`);
}

function checkName(check: Checker, name: unknown, place: string): void {
  if (!isSet(name) || (typeof name === "string" && name !== "")) return;
  check.report(place, `is ${show(name)}; write the name of a container port`);
}

function checkNumber(check: Checker, number: unknown, place: string): void {
  if (!isPortNumber(number)) check.report(place, `is ${show(number)}; ports are 1 to 65535`);
}

/** @param apart by how much the end must be greater than the start */
function checkRange(check: Checker, range: Fields, place: string, apart: number): void {
  for (const field of ["start", "end"]) checkNumber(check, range[field], `${place}.${field}`);
  if (!isPortNumber(range.start) || !isPortNumber(range.end)) return;
  if ((range.end as number) - (range.start as number) >= apart) return;
  const than = apart > 0 ? "greater than" : "at least";
  check.report(`${place}.end`, `is ${range.end}; it must be ${than} the start, ${range.start}`);
}
