/** CoreDNS' plugin `hosts` (https://coredns.io/plugins/hosts/): a hosts file, and lines of its own. */
import { isIP } from "node:net";
import type { Directive, Files } from "./parse.ts";
import type { Handled, Question } from "./question.ts";
import { CorefileError, type Place } from "./tokens.ts";
import { normal, zoneOf, zonesFrom, zonesOr } from "./zones.ts";

export interface Hosts {
  zones: string[];
  entries: { address: string; names: string[] }[];
  /** Zones whose unknown names go on to the next plugin. */
  fallthrough: string[];
  /** `no_reverse`: addresses have no names. */
  reverse: boolean;
  place: Place;
}

/** @param files where the hosts file may be; one that isn't there is empty, as for CoreDNS */
export function hostsFrom(
  { args, block = [], place }: Directive,
  servers: string[],
  files: Files,
): Hosts {
  const [file, ...zones] = args;
  const hosts: Hosts = {
    zones: zonesOr(zones, servers),
    entries: (files[file ?? ""] ?? "").split("\n").flatMap(entry),
    fallthrough: [],
    reverse: true,
    place,
  };
  for (const { words, place: at } of block) {
    const [word = "", ...rest] = words;
    if (word === "fallthrough") {
      hosts.fallthrough = rest.length > 0 ? rest.flatMap(zonesFrom) : [""];
    } else if (word === "no_reverse") hosts.reverse = false;
    else if (word === "ttl" || word === "reload") {
      if (rest.length === 0) throw new CorefileError(at, `hosts: ${word} needs a number`);
    } else if (hosts.fallthrough.length > 0) {
      throw new CorefileError(at, `hosts: unknown property '${word}'`);
    } else hosts.entries.push(...entry(words.join(" ")));
  }
  return hosts;
}

export function askHosts(hosts: Hosts, { name, type }: Question): Handled | "through" {
  const by = { plugin: "hosts", place: hosts.place };
  if (type === "PTR") {
    const address = addressOf(name);
    const names = hosts.reverse
      ? hosts.entries.filter((one) => one.address === address).flatMap((one) => one.names)
      : [];
    const own = names.filter((one) => zoneOf(one, hosts.zones) !== undefined);
    const records = own.map((value) => ({ type, value }));
    return records.length > 0 ? { kind: "records", records, by } : "through";
  }
  if (zoneOf(name, hosts.zones) === undefined) return "through";
  const found = hosts.entries.filter(({ names }) => names.includes(name));
  if (found.length === 0) {
    if (zoneOf(name, hosts.fallthrough) !== undefined) return "through";
    // Without an SOA record there is no NXDOMAIN to answer with.
    return { kind: "failure", rcode: "SERVFAIL", by };
  }
  const family = type === "A" ? 4 : type === "AAAA" ? 6 : 0;
  const records = found
    .filter(({ address }) => isIP(address) === family)
    .map(({ address }) => ({ type, value: address }));
  return { kind: "records", records, by };
}

/** The IPv4 address whose reverse name this is. */
export function addressOf(name: string): string | undefined {
  const octets = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name);
  return octets?.slice(1).reverse().join(".");
}

/** A line of a hosts file; what isn't one is left out. */
function entry(line: string): Hosts["entries"] {
  const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
  return isIP(address) && names.length > 0 ? [{ address, names: names.map(normal) }] : [];
}
