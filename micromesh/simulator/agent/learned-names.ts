/** Cilium's limit of addresses per name and endpoint (chart, `tofqdns-endpoint-max-ip-per-hostname`). */
const MAX_ADDRESSES = 1000;
/** A content network answers for many names at one address; a pod that asks for more names forgets the oldest. */
const MAX_NAMES = 100;

/** Which names a pod's look-ups found an address by. The oldest give way to new ones. */
export class LearnedNames {
  readonly #names = new Map<string, Set<string>>();

  add(name: string, addresses: string[]): void {
    for (const address of addresses) {
      const names = this.#names.get(address) ?? new Set();
      renew(names, name, MAX_NAMES);
      this.#names.delete(address);
      this.#names.set(address, names);
      if (this.#names.size > MAX_ADDRESSES) this.#names.delete(oldest(this.#names));
    }
  }

  /** Empty where none is known. */
  of(address: string): string[] {
    return [...(this.#names.get(address) ?? [])];
  }
}

/** The addresses in what a look-up or a query found. */
export function addressesIn(found: unknown): string[] {
  if (typeof found === "string") return [found];
  if (!Array.isArray(found)) return [];
  return found.map((item) => (typeof item === "string" ? item : item.address));
}

function renew(names: Set<string>, name: string, most: number): void {
  names.delete(name);
  names.add(name);
  if (names.size > most) names.delete(oldest(names));
}

/** Sets and maps keep the order in which things came. */
function oldest(of: { keys(): Iterator<string> }): string {
  return of.keys().next().value as string;
}
