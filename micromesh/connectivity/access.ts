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
  readonly #unions = new Map<number, AccessId>();
  readonly #intersections = new Map<number, AccessId>();
  readonly #differences = new Map<number, AccessId>();

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
    const open = portSet(ranges.filter(({ http }) => !http));
    return this.id({ open, http: difference(portSet(ranges), open) });
  }

  /** What either opens. */
  union(a: AccessId, b: AccessId): AccessId {
    if (a === b || b === this.none || a === this.all) return a;
    if (a === this.none || b === this.all) return b;
    return remembered(this.#unions, a, b, () => {
      const [x, y] = [this.get(a), this.get(b)];
      const open = union(x.open, y.open);
      return this.id({ open, http: difference(union(x.http, y.http), open) });
    });
  }

  /** What both open; a request must be admitted by both where both look into HTTP. */
  intersection(a: AccessId, b: AccessId): AccessId {
    if (a === b || a === this.none || b === this.all) return a;
    if (b === this.none || a === this.all) return b;
    return remembered(this.#intersections, a, b, () => {
      const [x, y] = [this.get(a), this.get(b)];
      const open = intersection(x.open, y.open);
      const any = intersection(union(x.open, x.http), union(y.open, y.http));
      return this.id({ open, http: difference(any, open) });
    });
  }

  /** What `a` opens on ports that `b` doesn't name. */
  difference(a: AccessId, b: AccessId): AccessId {
    if (a === this.none || b === this.none) return a;
    if (b === this.all) return this.none;
    return remembered(this.#differences, a, b, () => {
      const [x, y] = [this.get(a), this.get(b)];
      const ports = union(y.open, y.http);
      return this.id({ open: difference(x.open, ports), http: difference(x.http, ports) });
    });
  }
}

/** Ids stay far below 2^26, so that two of them make one safe integer. */
function remembered(
  memory: Map<number, AccessId>,
  a: AccessId,
  b: AccessId,
  compute: () => AccessId,
): AccessId {
  const key = a * 2 ** 26 + b;
  let result = memory.get(key);
  if (result === undefined) {
    result = compute();
    memory.set(key, result);
  }
  return result;
}
