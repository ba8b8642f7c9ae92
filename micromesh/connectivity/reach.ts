/**
 * Who reaches whom on the network, for all parties at once. It's the same decision as `connection` takes
 * for one connection, made for classes of parties and sets of ports; a property test holds the two together.
 */
import { type AccessId, AccessTable } from "./access.ts";
import type { Party } from "./party.ts";
import { classesIn, classify, type PartyClasses } from "./party-classes.ts";
import { PartySets } from "./party-sets.ts";
import { type AnyPolicy, type EnforcedPolicies, rulesOf } from "./policy-rules.ts";
import { namedPortsOf, Profiles } from "./profiles.ts";
import type { Direction } from "./traffic-policy.ts";

export interface Reach {
  parties: Party[];
  classes: PartyClasses;
  accesses: AccessTable;
  /** What the network lets through from one class to another; a pod's way to itself isn't asked here. */
  access(from: number, to: number): AccessId;
  /**
   * What the policies of a class open in that direction, to each class; undefined: they restrict nothing.
   * Where the very same policies decide, it's the same object.
   */
  profile(of: number, direction: Direction): Readonly<Int32Array> | undefined;
}

/**
 * @param parties pods, nodes, and parts of the outside that no policy tells apart (`partsOf`)
 * @param key parties with different keys get different classes: what else the caller tells apart
 */
export function reach(
  policies: EnforcedPolicies,
  parties: Party[],
  key: (party: Party) => string = () => "",
): Reach {
  const sets = new PartySets(parties);
  const selected = [...policies.enforced, ...policies.tiered].map((policy) => ({
    policy,
    set: sets.selectedBy(policy),
  }));
  for (const { policy } of selected) for (const rule of rulesOf(policy)) sets.peersOf(rule);
  const classes = classify(parties, sets.all(), (party) =>
    [party.kind, namedPortsOf(party), key(party)].join(" "),
  );

  const own: AnyPolicy[][] = classes.members.map(() => []);
  for (const { policy, set } of selected) {
    for (const of of classesIn(set, classes)) own[of]?.push(policy);
  }

  const accesses = new AccessTable();
  const profiles = new Profiles(parties, classes, sets, accesses);
  const rows = (direction: Direction) =>
    own.map((policies, i) => profiles.row(policies, direction, i));
  const [ingress, egress] = [rows("ingress"), rows("egress")];
  return {
    parties,
    classes,
    accesses,
    profile: (of, direction) => (direction === "ingress" ? ingress : egress)[of],
    access: (from, to) =>
      accesses.intersection(
        ingress[to]?.[from] ?? accesses.all,
        egress[from]?.[to] ?? accesses.all,
      ),
  };
}
