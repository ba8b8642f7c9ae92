/** Ends outside that are known by name, and ranges of addresses that are treated alike. */
import { type AddressRange, rangeText } from "../connectivity/address.ts";
import { merged, type OutsideParty } from "../connectivity/outside.ts";
import { type PortRange, protocols } from "../connectivity/traffic-policy.ts";
import type { KubernetesObject } from "../resources/declared.ts";
import type { End } from "./ends.ts";

/** Neighbouring parts of the outside that stand in the same relation to somebody. */
export interface OutsideRange {
  /** `a.b.c.d-w.x.y.z[External]`. */
  id: string;
  /** One of its parts, as a place in the list of ends. */
  part: number;
}

/** A part of the outside, with its place in the list of ends. */
interface OutsidePart {
  part: number;
  range: AddressRange;
}

/** The outside, as it looks to one after the other. */
export class Outside {
  readonly #parts: OutsidePart[];
  /** By place in the list of ends. */
  readonly #relations: number[] = [];
  /** Each once: flows that name the same range share it. */
  readonly #ids = new Map<string, string>();

  constructor(list: readonly End[]) {
    this.#parts = list.flatMap((end, part) =>
      end.kind === "external" ? [{ part, range: end.outside.range }] : [],
    );
  }

  /**
   * The outside as ranges.
   * @param relation of a part to somebody: neighbours with equal ones become one range
   */
  ranges(relation: (part: number) => number): OutsideRange[] {
    const relations = this.#relations;
    for (const { part } of this.#parts) relations[part] = relation(part);
    const related = merged(this.#parts, (a, b) => relations[a.part] === relations[b.part]);
    return related.map(({ part, range }) => ({ id: this.#idOf(range), part }));
  }

  #idOf(range: AddressRange): string {
    const id = externalId(rangeText(range));
    const known = this.#ids.get(id);
    if (known === undefined) this.#ids.set(id, id);
    return known ?? id;
  }
}

export function externalId(name: OutsideParty["name"]): string {
  return `${name}[External]`;
}

/** The id without its kind: `a.b.c.d-w.x.y.z`. */
export function nameOf(id: string): string {
  return id.replace(/\[External\]$/, "");
}

/** A name outside that some rule speaks of, with a host that it stands for. */
export interface OutsideName {
  /** As written: `*.example.com`. */
  pattern: string;
  /** A host that matches it, and most likely nothing else. */
  example: string;
  /** All ports, in ranges that no rule with the name tells apart. */
  ranges: PortRange[];
}

/** The names in `toFQDNs` of Cilium's policies. */
export function outsideNames(policies: KubernetesObject[]): OutsideName[] {
  const names = new Map<string, Set<number>>();
  for (const { apiVersion, spec, specs } of policies) {
    if (!apiVersion.startsWith("cilium.io/")) continue;
    for (const { egress } of [spec, ...(specs ?? [])].filter((one) => one)) {
      for (const { toFQDNs, toPorts } of (egress ?? []) as EgressRule[]) {
        for (const { matchName, matchPattern } of toFQDNs ?? []) {
          const pattern = (matchName || matchPattern || "").toLowerCase().replace(/\.$/, "");
          const starts = names.get(pattern) ?? new Set([1]);
          names.set(pattern, starts);
          for (const { port, endPort } of (toPorts ?? []).flatMap(({ ports }) => ports ?? [])) {
            const first = Number(port);
            if (first > 0) starts.add(first).add(Math.max(first, endPort ?? 0) + 1);
          }
        }
      }
    }
  }
  return [...names].map(([pattern, starts]) => ({
    pattern,
    example: pattern.replaceAll("**", "micromesh.any").replaceAll("*", "micromesh-any"),
    ranges: rangesFrom([...starts].filter((start) => start <= 65535).sort((a, b) => a - b)),
  }));
}

function rangesFrom(starts: number[]): PortRange[] {
  return protocols.flatMap((protocol) =>
    starts.map((first, i) => ({ protocol, first, last: (starts[i + 1] ?? 65536) - 1 })),
  );
}

interface EgressRule {
  toFQDNs?: { matchName?: string; matchPattern?: string }[];
  toPorts?: { ports?: { port: string | number; endPort?: number }[] }[];
}
