import dns from "node:dns/promises";
import { readFile } from "node:fs/promises";

/** What resolvers take for granted where resolv.conf says nothing (resolv.conf(5)). */
const DEFAULT_NDOTS = 1;

/**
 * A records, as an application looks them up: through the system's resolver, with its search domains.
 * @throws system errors of the look-up
 */
export async function addressesOf(name: string): Promise<string[]> {
  const found = await dns.lookup(name, { all: true, family: 4 });
  return found.map(({ address }) => address);
}

/**
 * SRV records, with the pod's search domains: no resolver does that for an application, so one candidate is
 * asked for after another, until one has such records.
 * @returns `PRIORITY WEIGHT PORT TARGET` for each, sorted
 * @throws system errors of the look-up
 */
export async function servicesOf(name: string): Promise<string[]> {
  let missing: unknown;
  for (const candidate of candidates(name, await readFile("/etc/resolv.conf", "utf8"))) {
    try {
      const found = await dns.resolveSrv(candidate);
      return found.map((one) => `${one.priority} ${one.weight} ${one.port} ${one.name}`).sort();
    } catch (error) {
      // NXDOMAIN, or a name without such records.
      if (!/^(ENOTFOUND|ENODATA)$/.test((error as NodeJS.ErrnoException).code ?? "")) throw error;
      missing ??= error;
    }
  }
  throw missing;
}

/**
 * The names that a resolver asks for, in their order: as it stands first where it has as many dots as `ndots` says.
 * @param resolvConf a text as resolv.conf(5) describes it, of which the last `search` and `ndots` count
 */
export function candidates(name: string, resolvConf: string): string[] {
  if (name.endsWith(".")) return [name];
  const last = (pattern: RegExp) => [...resolvConf.matchAll(pattern)].at(-1)?.[1];
  const domains = last(/^\s*search\s+(.*)/gm)?.match(/\S+/g) ?? [];
  const ndots = last(/^\s*options.*\bndots:(\d+)/gm) ?? DEFAULT_NDOTS;
  const searched = domains.map((domain) => `${name}.${domain}`);
  return name.split(".").length > Number(ndots) ? [name, ...searched] : [...searched, name];
}
