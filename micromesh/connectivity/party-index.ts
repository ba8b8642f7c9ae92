/**
 * Many parties at once: what a selector asks is answered for all of them by a few set operations instead
 * of one question each.
 */
import { type Block, covers, overlaps } from "./address.ts";
import { BitSet } from "./bit-set.ts";
import type { LabelSelector, Labels } from "./labels.ts";
import type { Party, PodParty } from "./party.ts";

export class PartyIndex {
  readonly parties: Party[];
  readonly everyone: BitSet;
  readonly nobody: BitSet;
  readonly #kinds: Groups<Party["kind"]>;
  readonly #namespaces: Groups<string>;
  readonly #addresses: Groups<string>;
  readonly #labels: LabelIndex;
  readonly #namespaceLabels: LabelIndex;
  #identities?: LabelIndex;

  constructor(parties: Party[]) {
    this.parties = parties;
    this.everyone = BitSet.full(parties.length);
    this.nobody = new BitSet(parties.length);
    this.#kinds = groupBy(parties, ({ kind }) => kind);
    this.#namespaces = groupBy(parties, (party) => isPod(party) && party.pod.namespace);
    // Pods whose addresses aren't known yet share one network: they're asked about once.
    this.#addresses = groupBy(parties, ({ addresses }) =>
      addresses.map(({ family, first, last }) => `${family} ${first}-${last}`).join(),
    );
    this.#labels = new LabelIndex(parties.map((party) => isPod(party) && party.labels));
    this.#namespaceLabels = new LabelIndex(
      parties.map((party) => isPod(party) && party.namespaceLabels),
    );
  }

  /** Those that the test takes, asked one by one. */
  filter(test: (party: Party) => boolean): BitSet {
    const set = new BitSet(this.parties.length);
    for (const [i, party] of this.parties.entries()) if (test(party)) set.add(i);
    return set;
  }

  /** Parties of these kinds. */
  ofKinds(kinds: Party["kind"][]): BitSet {
    return this.#union(this.#kinds, ({ kind }) => kinds.includes(kind));
  }

  /** Pods by their labels. */
  labelled(selector: LabelSelector | null | undefined): BitSet {
    return this.#labels.select(selector, (key) => [key]);
  }

  /** Pods of one namespace. */
  inNamespace(name: string): BitSet {
    return this.#namespaces.get(name)?.members ?? this.nobody;
  }

  /** Pods by the labels of their namespaces. */
  inNamespacesLabelled(selector: LabelSelector | null | undefined): BitSet {
    return this.#namespaceLabels.select(selector, (key) => [key]);
  }

  /** Parties by their Cilium identity; `keysOf` says under which keys a selector's key may stand. */
  identified(
    selector: LabelSelector | null | undefined,
    keysOf: (key: string) => string[],
  ): BitSet {
    this.#identities ??= new LabelIndex(this.parties.map(({ identity }) => identity));
    return this.#identities.select(selector, keysOf);
  }

  /** Parties with an address in the block and in none of `except`. */
  addressed(block: Block, except: Block[]): BitSet {
    return this.#union(this.#addresses, (party) => isAddressed(party, block, except));
  }

  /** The groups whose first party the test takes: it must be the same for all of a group. */
  #union<Key>(groups: Groups<Key>, test: (party: Party) => boolean): BitSet {
    const set = new BitSet(this.parties.length);
    for (const { first, members } of groups.values()) if (test(first)) set.addAll(members);
    return set;
  }
}

/** Parties that are alike in something, by what that is. */
type Groups<Key> = Map<Key, { first: Party; members: BitSet }>;

/** @param keyOf false for a party that is in no group */
function groupBy<Key>(parties: Party[], keyOf: (party: Party) => Key | false): Groups<Key> {
  const groups: Groups<Key> = new Map();
  for (const [i, party] of parties.entries()) {
    const key = keyOf(party);
    if (key === false) continue;
    let group = groups.get(key);
    if (!group) {
      group = { first: party, members: new BitSet(parties.length) };
      groups.set(key, group);
    }
    group.members.add(i);
  }
  return groups;
}

/**
 * Whether a party has an address in the block and in none of `except`. A pod with addresses of both families
 * matches by any of them, since a decision isn't told which one the connection uses. Where only the network
 * is known that an address is from, all of it must be inside.
 */
export function isAddressed(party: Party, block: Block, except: Block[]): boolean {
  return party.addresses.some(
    (address) => covers(block, address) && !except.some((inner) => overlaps(inner, address)),
  );
}

function isPod(party: Party): party is PodParty {
  return party.kind === "pod";
}

/** For each key, who has it, and with which value. */
class LabelIndex {
  readonly #everyone: BitSet;
  readonly #nobody: BitSet;
  readonly #keys = new Map<string, { present: BitSet; values: Map<string, BitSet> }>();

  /** @param labels by party; false for one that no selector matches */
  constructor(labels: (Labels | false)[]) {
    const size = labels.length;
    this.#nobody = new BitSet(size);
    this.#everyone = new BitSet(size);
    for (const [i, of] of labels.entries()) {
      if (!of) continue;
      this.#everyone.add(i);
      for (const [key, value] of Object.entries(of)) {
        let entry = this.#keys.get(key);
        if (!entry) {
          entry = { present: new BitSet(size), values: new Map() };
          this.#keys.set(key, entry);
        }
        entry.present.add(i);
        let having = entry.values.get(value);
        if (!having) {
          having = new BitSet(size);
          entry.values.set(value, having);
        }
        having.add(i);
      }
    }
  }

  select(selector: LabelSelector | null | undefined, keysOf: (key: string) => string[]): BitSet {
    let set = this.#everyone;
    for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
      set = this.#narrowed(set, this.#having(keysOf(key), [value]));
    }
    for (const { key, operator, values } of selector?.matchExpressions ?? []) {
      const keys = keysOf(key);
      if (operator === "In") set = this.#narrowed(set, this.#having(keys, values ?? []));
      if (operator === "NotIn") set = set.minus(this.#having(keys, values ?? []));
      if (operator === "Exists") set = this.#narrowed(set, this.#present(keys));
      if (operator === "DoesNotExist") set = set.minus(this.#present(keys));
    }
    return set;
  }

  /** Those of the set who are in `those` too, who have labels all. */
  #narrowed(set: BitSet, those: BitSet): BitSet {
    return set === this.#everyone ? those : set.and(those);
  }

  #having(keys: string[], values: string[]): BitSet {
    const sets: BitSet[] = [];
    for (const key of keys) {
      const entry = this.#keys.get(key);
      if (!entry) continue;
      for (const value of values) {
        const set = entry.values.get(value);
        if (set) sets.push(set);
      }
    }
    return this.#union(sets);
  }

  #present(keys: string[]): BitSet {
    return this.#union(keys.flatMap((key) => this.#keys.get(key)?.present ?? []));
  }

  #union([first = this.#nobody, ...others]: BitSet[]): BitSet {
    return others.reduce((all, set) => all.or(set), first);
  }
}
