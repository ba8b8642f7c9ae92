/** The sets of parties that policies name, each worked out once. */
import type { BitSet } from "./bit-set.ts";
import type { Party } from "./party.ts";
import { PartyIndex } from "./party-index.ts";
import { inNamespace } from "./party-test.ts";
import type { AnyPolicy } from "./policy-rules.ts";
import type { Rule } from "./traffic-policy.ts";

export class PartySets {
  readonly #index: PartyIndex;
  readonly #pods: BitSet;
  readonly #peers = new Map<Rule, BitSet>();
  readonly #selected: BitSet[] = [];

  constructor(parties: Party[]) {
    this.#index = new PartyIndex(parties);
    this.#pods = this.#index.ofKinds(["pod"]);
  }

  selectedBy(policy: AnyPolicy): BitSet {
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
      const [first = this.#index.nobody, ...others] = rule.peers.map(({ test }) =>
        test.among(this.#index),
      );
      set = others.reduce((all, one) => all.or(one), first);
      this.#peers.set(rule, set);
    }
    return set;
  }

  all(): BitSet[] {
    return [...this.#selected, ...this.#peers.values()];
  }
}
