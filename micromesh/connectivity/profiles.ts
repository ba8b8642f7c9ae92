/** What the policies of a class of parties open, to each class and from each. */
import type { AccessId, AccessTable } from "./access.ts";
import type { Party } from "./party.ts";
import { classesIn, type PartyClasses } from "./party-classes.ts";
import type { PartySets } from "./party-sets.ts";
import type { AnyPolicy } from "./policy-rules.ts";
import type { TieredPolicy, TieredRule } from "./tiered-policy.ts";
import type { Direction, Rule, Section } from "./traffic-policy.ts";

/** For a class: what its policies open to each other class, or towards it. Undefined: everything. */
export type Row = Int32Array | undefined;

export class Profiles {
  readonly #parties: Party[];
  readonly #classes: PartyClasses;
  readonly #sets: PartySets;
  readonly #accesses: AccessTable;
  readonly #peerClasses = new Map<Rule, number[]>();
  /** The classes of nodes. */
  readonly #nodes: number[];
  /** By the named ports of a destination, which are all that a rule's ports depend on. */
  readonly #portsOn = new Map<Rule, AccessId[]>();
  /** A number for each set of named ports that occurs, by class. */
  readonly #portNames: number[];
  readonly #rows = new Map<string, Row>();
  readonly #numbers = new Map<AnyPolicy, number>();

  constructor(parties: Party[], classes: PartyClasses, sets: PartySets, accesses: AccessTable) {
    this.#parties = parties;
    this.#classes = classes;
    this.#sets = sets;
    this.#accesses = accesses;
    this.#nodes = [...classes.members.keys()].filter((i) => this.#first(i).kind === "node");
    const numbers = new Map<string, number>();
    this.#portNames = classes.members.map((_, i) => {
      const names = namedPortsOf(this.#first(i));
      const number = numbers.get(names) ?? numbers.size;
      numbers.set(names, number);
      return number;
    });
  }

  /**
   * What the policies `own`, which select the class, open. Classes differ in what others say of them, too, so
   * that many have the same row.
   */
  row(own: AnyPolicy[], direction: Direction, of: number): Row {
    const speaking = own.filter((policy) => policy[direction]);
    const numbers = speaking.map((policy) => this.#numberOf(policy)).join();
    const key = `${direction} ${numbers} ${direction === "ingress" ? this.#portNames[of] : ""}`;
    let row = this.#rows.get(key);
    if (!row && speaking.length > 0) {
      row = this.#rowOf(speaking, direction, of);
      this.#rows.set(key, row);
    }
    return row;
  }

  #numberOf(policy: AnyPolicy): number {
    const number = this.#numbers.get(policy) ?? this.#numbers.size;
    this.#numbers.set(policy, number);
    return number;
  }

  #rowOf(own: AnyPolicy[], direction: Direction, of: number): Row {
    const sections: Section[] = [];
    const tiers: Record<TieredPolicy["tier"], TieredRule[]> = { admin: [], baseline: [] };
    for (const policy of own) {
      if ("tier" in policy) tiers[policy.tier].push(...policy[direction]);
      else if (policy[direction]) sections.push(policy[direction]);
    }
    const { admin, baseline } = tiers;
    const isolated = sections.some(({ isolates }) => isolates);
    const denies = sections.flatMap(({ deny }) => deny);
    if (!isolated && denies.length + admin.length + baseline.length === 0) return undefined;

    const opened = this.#openedBy(sections, direction, of);
    // As nearly everywhere, and there's nothing more to a NetworkPolicy.
    if (isolated && denies.length + admin.length === 0) return opened;

    const a = this.#accesses;
    // What is left after each stage is decided by the next; what a stage accepts is final.
    const first = this.#inOrder(admin, this.#filled(a.all), direction, of);
    for (const rule of denies) {
      this.#each(rule, direction, of, first.left, (before, ports) => a.difference(before, ports));
    }
    const last = isolated
      ? this.#filled(a.none)
      : this.#decidedBy(
          baseline,
          first.left.map((left, i) => a.difference(left, opened[i] as AccessId)),
          direction,
          of,
        );
    return first.left.map((left, i) =>
      a.union(
        a.union(first.accepted[i] as AccessId, last[i] as AccessId),
        a.intersection(left, opened[i] as AccessId),
      ),
    );
  }

  /** What the rules that allow something open. */
  #openedBy(sections: Section[], direction: Direction, of: number): Int32Array {
    const accesses = this.#accesses;
    const row = this.#filled(accesses.none);
    for (const { allow } of sections) {
      for (const rule of allow) {
        this.#each(rule, direction, of, row, (before, ports) => accesses.union(before, ports));
      }
    }
    // The pod's own node is let in, whatever isolates the pod.
    if (direction === "ingress") for (const node of this.#nodes) row[node] = accesses.all;
    return row;
  }

  /** The last stage: what no rule speaks of is open. */
  #decidedBy(rules: TieredRule[], start: Int32Array, direction: Direction, of: number): Int32Array {
    const { accepted, left } = this.#inOrder(rules, start, direction, of);
    return left.map((open, i) => this.#accesses.union(open, accepted[i] as AccessId));
  }

  /** Rules of which the first that matches decides; a pass leaves the decision to what comes next. */
  #inOrder(rules: TieredRule[], start: Int32Array, direction: Direction, of: number) {
    const a = this.#accesses;
    const undecided = start.slice();
    const accepted = this.#filled(a.none);
    const passed = this.#filled(a.none);
    for (const rule of rules) {
      this.#each(rule, direction, of, undecided, (before, ports, i) => {
        const hit = a.intersection(before, ports);
        const into = rule.action === "accept" ? accepted : passed;
        if (rule.action !== "deny") into[i] = a.union(into[i] as AccessId, hit);
        return a.difference(before, ports);
      });
    }
    return { accepted, left: undecided.map((left, i) => a.union(left, passed[i] as AccessId)) };
  }

  /** Applies a rule to the cells of the classes that are its peers. */
  #each(
    rule: Rule,
    direction: Direction,
    of: number,
    row: Int32Array,
    change: (before: AccessId, ports: AccessId, cell: number) => AccessId,
  ): void {
    const known = this.#portsBy(rule);
    // At ingress every cell is about the same destination.
    const own = direction === "ingress" ? this.#portsOf(rule, of, known) : undefined;
    const peers = this.#peersOf(rule);
    // The innermost loop of all: an iterator would make an object for each step until it's optimised.
    for (let i = 0; i < peers.length; i++) {
      const peer = peers[i] as number;
      const ports = own ?? this.#portsOf(rule, peer, known);
      row[peer] = change(row[peer] as AccessId, ports, peer);
    }
  }

  #peersOf(rule: Rule): number[] {
    let peers = this.#peerClasses.get(rule);
    if (!peers) {
      peers = classesIn(this.#sets.peersOf(rule), this.#classes);
      this.#peerClasses.set(rule, peers);
    }
    return peers;
  }

  #portsBy(rule: Rule): AccessId[] {
    let known = this.#portsOn.get(rule);
    if (!known) {
      known = [];
      this.#portsOn.set(rule, known);
    }
    return known;
  }

  /** @param known what was found for the rule so far, by its destination's named ports */
  #portsOf(rule: Rule, destination: number, known: AccessId[]): AccessId {
    const names = this.#portNames[destination] as number;
    let id = known[names];
    if (id === undefined) {
      id = this.#accesses.ofRanges(rule.ports(this.#first(destination)));
      known[names] = id;
    }
    return id;
  }

  /** Any member of a class. */
  #first(of: number): Party {
    return this.#parties[this.#classes.members[of]?.[0] as number] as Party;
  }

  #filled(id: AccessId): Int32Array {
    return new Int32Array(this.#classes.members.length).fill(id);
  }
}

/** What a party's named ports are, as text. */
export function namedPortsOf(party: Party): string {
  if (party.kind !== "pod") return "";
  return party.pod.ports
    .flatMap(({ name, protocol, containerPort }) =>
      name ? `${name}=${protocol} ${containerPort}` : [],
    )
    .sort()
    .join();
}
