import net from "node:net";
import type { Requirement } from "./config.ts";

/** What access rules look at. */
export interface Visitor {
  address: string;
  localAddress: string;
  method: string;
  env: ReadonlyMap<string, string>;
}

type Verdict = "granted" | "denied" | "neutral";

/** mod_authz_core: only a granted verdict lets a request in. */
export function admits(requirement: Requirement | undefined, visitor: Visitor): boolean {
  return !requirement || judge(requirement, visitor) === "granted";
}

function judge(requirement: Requirement, visitor: Visitor): Verdict {
  switch (requirement.kind) {
    case "all": {
      const verdicts = requirement.of.map((each) => judge(each, visitor));
      if (verdicts.includes("denied")) return "denied";
      return verdicts.includes("granted") ? "granted" : "neutral";
    }
    case "any":
    case "none": {
      const verdicts = requirement.of.map((each) => judge(each, visitor));
      if (verdicts.includes("granted")) return requirement.kind === "none" ? "denied" : "granted";
      if (requirement.kind === "none") return "neutral";
      return verdicts.includes("denied") ? "denied" : "neutral";
    }
    case "not":
      // A negated rule can refuse but never let in by itself.
      return judge(requirement.of, visitor) === "granted" ? "denied" : "neutral";
    default:
      return holds(requirement, visitor) ? "granted" : "denied";
  }
}

function holds(requirement: Requirement, visitor: Visitor): boolean {
  switch (requirement.kind) {
    case "granted":
      return true;
    case "ip":
      return requirement.ranges.some((range) => inRange(visitor.address, range));
    case "local":
      return (
        visitor.address === visitor.localAddress ||
        visitor.address === "::1" ||
        inRange(visitor.address, "127.0.0.0/8")
      );
    case "method":
      return requirement.methods.includes(visitor.method);
    case "env":
      return requirement.names.some((name) => visitor.env.has(name));
  }
  return false;
}

/** An address, a prefix of octets (`10.1`), `address/bits` or `address/mask`. */
function inRange(address: string, range: string): boolean {
  if (/^\d+(?:\.\d+){0,2}\.?$/.test(range))
    return address.startsWith(range.endsWith(".") ? range : `${range}.`);
  const [base = "", size] = range.split("/");
  const family = net.isIPv6(base) ? "ipv6" : "ipv4";
  if (net.isIP(address) !== net.isIP(base)) return false;
  const bits = size?.includes(".")
    ? maskBits(size)
    : Number(size ?? (family === "ipv6" ? 128 : 32));
  const list = new net.BlockList();
  list.addSubnet(base, bits, family);
  return list.check(address, family);
}

function maskBits(mask: string): number {
  return mask.split(".").reduce((sum, octet) => {
    let bits = 0;
    for (let value = Number(octet); value > 0; value &= value - 1) bits++;
    return sum + bits;
  }, 0);
}
