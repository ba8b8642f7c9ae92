import { parseBlock } from "../../micromesh/connectivity/address.ts";
import { type Ingress, ingressOf, opens } from "../ingress.ts";
import { UNKNOWN } from "../plain.ts";
import type { ResourceRule } from "../rule.ts";

/** Ports that administer a machine or a cluster. */
const ADMIN = { 22: "SSH", 6443: "the Kubernetes API" };

/**
 * Prefixes shorter than these are the public: no organisation comes from half of the internet, and to split
 * `0.0.0.0/0` in two is no way round. 10.0.0.0/8, the widest private network, is as wide as may be.
 */
const WIDEST = { 4: 8, 6: 16 };

/** Whether a network is so wide that it means everybody. @param cidr `address/bits`; what isn't one is nobody */
export function isPublic(cidr: string): boolean {
  const block = parseBlock(cidr);
  return block !== undefined && block.bits < WIDEST[block.family];
}

export const noPublicAdmin: ResourceRule = {
  of: "resource",
  name: "no-public-admin",
  description:
    "SSH (22) and the Kubernetes API (6443) are open to named networks only, not to the internet, which tries " +
    "passwords and fresh holes on both all day. Give cluster.adminCidrs the networks that you come from.",
  violations(resource) {
    return ingressOf(resource).flatMap((entry) =>
      Object.entries(ADMIN).flatMap(([port, what]) =>
        opens(entry, Number(port))
          ? sources(entry).map((from) => line(entry, port, what, from))
          : [],
      ),
    );
  },
};

/** Where an entry lets everybody in from, and what to do about it. */
function sources({ cidrs, prefixLists }: Ingress): { from: string; mend: string }[] {
  return [
    ...cidrs
      .filter((cidr): cidr is string => typeof cidr === "string" && isPublic(cidr))
      .map((cidr) => ({ from: cidr, mend: "name the networks that administrators come from" })),
    ...prefixLists.map((id) => ({
      from: `prefix list ${id === UNKNOWN ? "" : `${id} `}(nobody sees here what is in it)`,
      mend: "name its networks instead",
    })),
  ];
}

function line(
  { place }: Ingress,
  port: string,
  what: string,
  { from, mend }: { from: string; mend: string },
): string {
  return `${place ? `${place}: ` : ""}port ${port} (${what}) is open to ${from}; ${mend}`;
}
