/**
 * What rules ask of a party. Every question can be put to one party, as the simulator does for each
 * connection, and to all parties at once, as prediction does; both forms stand side by side here and
 * nowhere else, so that they can't drift apart.
 */
import type { Block } from "./address.ts";
import type { BitSet } from "./bit-set.ts";
import { identityKeys, readIdentity } from "./cilium-selector.ts";
import { compileSelector, compileSelectorFor, type LabelSelector } from "./labels.ts";
import type { Party } from "./party.ts";
import { isAddressed, type PartyIndex } from "./party-index.ts";

export interface PartyTest {
  matches(party: Party): boolean;
  /** Those of the index that match. */
  among(index: PartyIndex): BitSet;
  /** Blocks of addresses that it tells apart. */
  blocks?: Block[];
}

export const everyone: PartyTest = {
  matches: () => true,
  among: (index) => index.everyone,
};

export const nobody: PartyTest = {
  matches: () => false,
  among: (index) => index.nobody,
};

// There are several tests to each rule of each policy. They're written as methods, since esbuild, which reads
// these files, wraps every function that a property is set to, to keep its name.

export function allOf(...tests: PartyTest[]): PartyTest {
  return {
    matches(party) {
      return tests.every((test) => test.matches(party));
    },
    among(index) {
      const [first, ...others] = tests;
      if (!first) return index.everyone;
      return others.reduce((set, test) => set.and(test.among(index)), first.among(index));
    },
    blocks: tests.flatMap(({ blocks }) => blocks ?? []),
  };
}

/** Parties of these kinds. */
export function ofKind(...kinds: Party["kind"][]): PartyTest {
  return {
    matches({ kind }) {
      return kinds.includes(kind);
    },
    among(index) {
      return index.ofKinds(kinds);
    },
  };
}

/** Any question that has no quicker form for many. */
export function suchAs(matches: (party: Party) => boolean): PartyTest {
  return { matches, among: (index) => index.filter(matches) };
}

/** Pods with these labels; all pods where the selector is empty or absent. */
export function labelled(selector: LabelSelector | null | undefined): PartyTest {
  const matches = whenAsked(() => compileSelector(selector));
  return {
    matches(party) {
      return party.kind === "pod" && matches(party.labels);
    },
    among(index) {
      return index.labelled(selector);
    },
  };
}

/** Pods of one namespace. */
export function inNamespace(name: string): PartyTest {
  return {
    matches(party) {
      return party.kind === "pod" && party.pod.namespace === name;
    },
    among(index) {
      return index.inNamespace(name);
    },
  };
}

/** Pods of the namespaces with these labels. */
export function inNamespacesLabelled(selector: LabelSelector | null | undefined): PartyTest {
  const matches = whenAsked(() => compileSelector(selector));
  return {
    matches(party) {
      return party.kind === "pod" && matches(party.namespaceLabels);
    },
    among(index) {
      return index.inNamespacesLabelled(selector);
    },
  };
}

/** Parties by their Cilium identity. */
export function identified(selector: LabelSelector | null | undefined): PartyTest {
  const matches = whenAsked(() => compileSelectorFor(selector, readIdentity));
  return {
    matches({ identity }) {
      return matches(identity);
    },
    among(index) {
      return index.identified(selector, identityKeys);
    },
  };
}

/** Parties with an address in the block and in none of `except`. */
export function addressed(block: Block | undefined, except: Block[]): PartyTest {
  if (!block) return nobody;
  return {
    matches(party) {
      return isAddressed(party, block, except);
    },
    among(index) {
      return index.addressed(block, except);
    },
    blocks: [block, ...except],
  };
}

/** A test that is compiled when somebody is first asked about: of many none ever is. */
function whenAsked<T>(compile: () => (of: T) => boolean): (of: T) => boolean {
  let test: ((of: T) => boolean) | undefined;
  return (of) => {
    test ??= compile();
    return test(of);
  };
}
