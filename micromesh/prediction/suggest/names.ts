/** Names for policies. */
import type { Workload } from "../cluster/workloads.ts";

/** The longest name that the API server takes (RFC 1123 subdomain). */
const longest = 253;

/**
 * `only-needed-redis` for each workload; where workloads of different kinds share a name, with the kind. The
 * same workloads get the same names, so that applying them again replaces what was there.
 */
export function policyNames(workloads: Workload[]): Map<Workload, string> {
  const count = new Map<string, number>();
  const plain = ({ namespace, name }: Workload) => `${namespace}/${nameFrom("only-needed", name)}`;
  for (const workload of workloads) {
    count.set(plain(workload), (count.get(plain(workload)) ?? 0) + 1);
  }
  const taken = new Set<string>();
  return new Map(
    workloads.map((workload) => {
      const { namespace, name, kind } = workload;
      const alone = count.get(plain(workload)) === 1;
      const wanted = alone ? nameFrom("only-needed", name) : nameFrom("only-needed", name, kind);
      const given = freeName(wanted, (one) => taken.has(`${namespace}/${one}`));
      taken.add(`${namespace}/${given}`);
      return [workload, given];
    }),
  );
}

/** The parts joined to a name that the API server takes. */
export function nameFrom(...parts: string[]): string {
  const joined = parts
    .join("-")
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, "-");
  return joined.slice(0, longest).replace(/[^a-z0-9]+$/, "");
}

/** The name, or with a number behind it where it's taken. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  let free = name;
  for (let i = 2; isTaken(free); i++) {
    const number = `-${i}`;
    free = name.slice(0, longest - number.length) + number;
  }
  return free;
}
