/**
 * Who reaches whom on the network, for all parties at once. It's the same decision as `connection` takes
 * for one connection, made for classes of parties and sets of ports; a property test holds the two together.
 */
import { type AccessId, AccessTable } from "./access.ts";
import type { BitSet } from "./bit-set.ts";
import type { Party } from "./party.ts";
import { classify, type PartyClasses } from "./party-classes.ts";
import { PartyIndex } from "./party-index.ts";
import { inNamespace, type PartyTest } from "./party-test.ts";
import { type EnforcedPolicies, rulesOf } from "./policy-rules.ts";
import type { TieredPolicy, TieredRule } from "./tiered-policy.ts";
import type { Direction, Rule, TrafficPolicy } from "./traffic-policy.ts";

export interface Reach {
  parties: Party[];
  classes: PartyClasses;
  accesses: AccessTable;
  /** What the network lets through from one class to another; a pod's way to itself isn't asked here. */
  access(from: number, to: number): AccessId;
  /** Whether any rule or isolation speaks of a class in that direction. */
  isRestricted(of: number, direction: Direction): boolean;
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

  const accesses = new AccessTable();
  const profiles = new Profiles(parties, classes, sets, accesses);
  const rows = (direction: Direction) =>
    classes.members.map(([first = 0]) => {
      const own = selected.filter(({ set }) => set.has(first)).map(({ policy }) => policy);
      return profiles.row(own, direction, first);
    });
  const [ingress, egress] = [rows("ingress"), rows("egress")];
  return {
    parties,
    classes,
    accesses,
    isRestricted: (of, direction) => (direction === "ingress" ? ingress : egress)[of] !== undefined,
    access: (from, to) =>
      accesses.intersection(
        ingress[to]?.[from] ?? accesses.all,
        egress[from]?.[to] ?? accesses.all,
      ),
  };
}

/** The sets of parties that policies name. */
class PartySets {
  readonly #index: PartyIndex;
  readonly #pods: BitSet;
  readonly #peers = new Map<Rule, BitSet>();
  readonly #selected: BitSet[] = [];

  constructor(parties: Party[]) {
    this.#index = new PartyIndex(parties);
    this.#pods = this.#index.ofKinds(["pod"]);
  }

  selectedBy(policy: TrafficPolicy | TieredPolicy): BitSet {
    // A selector may match what isn't a pod, by labels that it lacks; policies are about pods alone.
    const set = policy.selects.among(this.#index).and(this.#pods);
    const scope = "scope" in policy ? policy.scope : undefined;
    const inScope = scope === undefined ? set : set.and(inNamespace(scope).among(this.#index));
    this.#selected.push(inScope);
    return inScope;
  }

  peersOf(rule: Rule): BitSet {
    let set = this.#peers.get(rule);
    if (!set) {
      const tests: PartyTest[] = rule.peers.map(({ test }) => test);
      set = tests.reduce((all, test) => all.or(test.among(this.#index)), this.#index.nobody);
      this.#peers.set(rule, set);
    }
    return set;
  }

  all(): BitSet[] {
    return [...this.#selected, ...this.#peers.values()];
  }
}

/** For a class: what its policies open to each other class, or towards it. Undefined: everything. */
type Row = Int32Array | undefined;

class Profiles {
  readonly #parties: Party[];
  readonly #classes: PartyClasses;
  readonly #sets: PartySets;
  readonly #accesses: AccessTable;
  readonly #peerClasses = new Map<Rule, Int32Array>();
  /** By the named ports of a destination, which are all that a rule's ports depend on. */
  readonly #portsOn = new Map<Rule, AccessId[]>();
  /** A number for each set of named ports that occurs, by party. */
  readonly #portNames: number[];

  constructor(parties: Party[], classes: PartyClasses, sets: PartySets, accesses: AccessTable) {
    this.#parties = parties;
    this.#classes = classes;
    this.#sets = sets;
    this.#accesses = accesses;
    const numbers = new Map<string, number>();
    this.#portNames = parties.map((party) => {
      const names = namedPortsOf(party);
      const number = numbers.get(names) ?? numbers.size;
      numbers.set(names, number);
      return number;
    });
  }

  /** @param own the policies that select the class whose first member is `party` */
  row(own: (TrafficPolicy | TieredPolicy)[], direction: Direction, party: number): Row {
    const plain = own.filter((policy) => !("tier" in policy)) as TrafficPolicy[];
    const sections = plain.flatMap((policy) => policy[direction] ?? []);
    const tier = (of: TieredPolicy["tier"]) =>
      (own.filter((policy) => "tier" in policy) as TieredPolicy[])
        .filter((policy) => policy.tier === of)
        .flatMap((policy) => policy[direction]);
    const [admin, baseline] = [tier("admin"), tier("baseline")];
    const isolated = sections.some(({ isolates }) => isolates);
    const denies = sections.flatMap(({ deny }) => deny);
    if (!isolated && denies.length + admin.length + baseline.length === 0) return undefined;

    const a = this.#accesses;
    // What is left after each stage is decided by the next; what a stage accepts is final.
    const first = this.#inOrder(admin, this.#filled(a.all), direction, party);
    for (const rule of denies) this.#each(rule, direction, party, first.left, a.difference.bind(a));
    const opened = this.#filled(a.none);
    for (const rule of sections.flatMap(({ allow }) => allow)) {
      this.#each(rule, direction, party, opened, a.union.bind(a));
    }
    // The pod's own node is let in, whatever isolates the pod.
    if (direction === "ingress") this.#openToNodes(opened);
    const last = isolated
      ? this.#filled(a.none)
      : this.#decidedBy(
          baseline,
          first.left.map((left, i) => a.difference(left, opened[i] as AccessId)),
          direction,
          party,
        );
    return first.left.map((left, i) =>
      a.union(
        a.union(first.accepted[i] as AccessId, last[i] as AccessId),
        a.intersection(left, opened[i] as AccessId),
      ),
    );
  }

  /** The last stage: what no rule speaks of is open. */
  #decidedBy(
    rules: TieredRule[],
    start: Int32Array,
    direction: Direction,
    party: number,
  ): Int32Array {
    const { accepted, left } = this.#inOrder(rules, start, direction, party);
    return left.map((open, i) => this.#accesses.union(open, accepted[i] as AccessId));
  }

  /** Rules of which the first that matches decides; a pass leaves the decision to what comes next. */
  #inOrder(rules: TieredRule[], start: Int32Array, direction: Direction, party: number) {
    const a = this.#accesses;
    const undecided = start.slice();
    const accepted = this.#filled(a.none);
    const passed = this.#filled(a.none);
    for (const rule of rules) {
      this.#each(rule, direction, party, undecided, (before, ports, i) => {
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
    party: number,
    row: Int32Array,
    change: (before: AccessId, ports: AccessId, cell: number) => AccessId,
  ): void {
    const peers = this.#peersOf(rule);
    // At ingress every cell is about the same destination.
    const own = direction === "ingress" ? this.#portsOf(rule, party) : undefined;
    for (let i = 0; i < peers.length; i++) {
      const peer = peers[i] as number;
      const ports = own ?? this.#portsOf(rule, this.#first(peer));
      row[peer] = change(row[peer] as AccessId, ports, peer);
    }
  }

  #openToNodes(row: Int32Array): void {
    for (let i = 0; i < row.length; i++) {
      if (this.#parties[this.#first(i)]?.kind === "node") row[i] = this.#accesses.all;
    }
  }

  #peersOf(rule: Rule): Int32Array {
    let peers = this.#peerClasses.get(rule);
    if (!peers) {
      const set = this.#sets.peersOf(rule);
      const classes = this.#classes.members.map((_, i) => i);
      peers = Int32Array.from(classes.filter((i) => set.has(this.#first(i))));
      this.#peerClasses.set(rule, peers);
    }
    return peers;
  }

  #portsOf(rule: Rule, destination: number): AccessId {
    let known = this.#portsOn.get(rule);
    if (!known) {
      known = [];
      this.#portsOn.set(rule, known);
    }
    const names = this.#portNames[destination] as number;
    let id = known[names];
    if (id === undefined) {
      id = this.#accesses.ofRanges(rule.ports(this.#parties[destination] as Party));
      known[names] = id;
    }
    return id;
  }

  #first(ofClass: number): number {
    return this.#classes.members[ofClass]?.[0] as number;
  }

  #filled(id: AccessId): Int32Array {
    return new Int32Array(this.#classes.members.length).fill(id);
  }
}

/** What a party's named ports are, as text. */
function namedPortsOf(party: Party): string {
  if (party.kind !== "pod") return "";
  return party.pod.ports
    .flatMap(({ name, protocol, containerPort }) =>
      name ? `${name}=${protocol} ${containerPort}` : [],
    )
    .sort()
    .join();
}
