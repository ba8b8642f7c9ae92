/** What is open from one party to another: ports, some of them to some HTTP requests only. */
import {
  difference,
  everyPort,
  intersection,
  noPorts,
  type PortSet,
  portSet,
  union,
} from "./port-set.ts";
import type { PortRange } from "./traffic-policy.ts";

export interface Access {
  /** Open to everything. */
  open: PortSet;
  /** Open to requests that some HTTP rule admits; disjoint from `open`. */
  http: PortSet;
}

/** Names an access in its table. */
export type AccessId = number;

/**
 * Every access that occurs, once, and the operations on them remembered: of a matrix' many cells most are
 * equal.
 */
export class AccessTable {
  readonly none: AccessId;
  readonly all: AccessId;
  readonly #accesses: Access[] = [];
  readonly #ids = new Map<string, AccessId>();
  readonly #unions = new Results();
  readonly #intersections = new Results();
  readonly #differences = new Results();

  constructor() {
    this.none = this.id({ open: noPorts, http: noPorts });
    this.all = this.id({ open: everyPort, http: noPorts });
  }

  get(id: AccessId): Access {
    return this.#accesses[id] as Access;
  }

  id(access: Access): AccessId {
    const key = `${access.open.join()}|${access.http.join()}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#accesses.push(access) - 1;
      this.#ids.set(key, id);
    }
    return id;
  }

  /** What a rule opens by its ports. */
  ofRanges(ranges: PortRange[]): AccessId {
    const plain = ranges.filter(({ http }) => !http);
    const open = portSet(plain);
    const any = plain.length === ranges.length ? open : portSet(ranges);
    return this.id({ open, http: difference(any, open) });
  }

  /** What either opens. */
  union(a: AccessId, b: AccessId): AccessId {
    if (a === b || b === this.none || a === this.all) return a;
    if (a === this.none || b === this.all) return b;
    const known = this.#unions.get(a, b);
    if (known !== undefined) return known;
    const [x, y] = [this.get(a), this.get(b)];
    const open = union(x.open, y.open);
    const http = difference(union(x.http, y.http), open);
    return this.#unions.set(a, b, this.id({ open, http }));
  }

  /** What both open; a request must be admitted by both where both look into HTTP. */
  intersection(a: AccessId, b: AccessId): AccessId {
    if (a === b || a === this.none || b === this.all) return a;
    if (b === this.none || a === this.all) return b;
    const known = this.#intersections.get(a, b);
    if (known !== undefined) return known;
    const [x, y] = [this.get(a), this.get(b)];
    const open = intersection(x.open, y.open);
    const any = intersection(union(x.open, x.http), union(y.open, y.http));
    return this.#intersections.set(a, b, this.id({ open, http: difference(any, open) }));
  }

  /** What `a` opens on ports that `b` doesn't name. */
  difference(a: AccessId, b: AccessId): AccessId {
    if (a === this.none || b === this.none) return a;
    if (b === this.all) return this.none;
    const known = this.#differences.get(a, b);
    if (known !== undefined) return known;
    const [x, y] = [this.get(a), this.get(b)];
    const ports = union(y.open, y.http);
    const rest = { open: difference(x.open, ports), http: difference(x.http, ports) };
    return this.#differences.set(a, b, this.id(rest));
  }
}

/** What came out for two ids. Ids are small integers, which maps find much quicker than one large number of both. */
class Results {
  readonly #byFirst: Map<AccessId, AccessId>[] = [];

  get(a: AccessId, b: AccessId): AccessId | undefined {
    return this.#byFirst[a]?.get(b);
  }

  /** @returns the result */
  set(a: AccessId, b: AccessId, result: AccessId): AccessId {
    const bySecond = this.#byFirst[a] ?? new Map<AccessId, AccessId>();
    this.#byFirst[a] = bySecond.set(b, result);
    return result;
  }
}
