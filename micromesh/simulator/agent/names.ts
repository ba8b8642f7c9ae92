import dns from "node:dns";
import net from "node:net";
import { nameError } from "./errors.ts";
import { addressesIn } from "./learned-names.ts";
import { REFUSED_TIMEOUT_MS, RESOLVER_TIMEOUT_MS, resolveExternalBy } from "./outgoing.ts";
import type { PodNetwork } from "./pod-network.ts";
import { resolversOf } from "./queries.ts";

/**
 * Answers this process' DNS look-ups as the cluster's DNS would: `lookup`, `resolve4/6`, `resolveSrv`
 * and `resolve`, on the module, on `dns.promises` and on Resolver objects. Names of the world go to
 * the machine's own resolver.
 */
export function virtualiseNames(network: PodNetwork): void {
  const lookup = dns.lookup;
  resolveExternalBy(lookup as net.LookupFunction);

  const virtualLookup = (host: string, ...rest: unknown[]) => {
    const done = rest.pop() as (error: Error | null, address?: unknown, family?: number) => void;
    const given = rest[0];
    const options: dns.LookupOptions =
      typeof given === "number" ? { family: given } : ((given as dns.LookupOptions) ?? {});
    if (!host || net.isIP(host))
      return lookup(host, options as dns.LookupAllOptions, done as never);
    const own =
      host === "localhost"
        ? "127.0.0.1"
        : host === network.identity.hostname
          ? network.identity.ip
          : undefined;
    const answer = own ? { kind: "addresses" as const, addresses: [own] } : network.resolve(host);
    if (answer.kind === "external") {
      const learned: typeof done = (error, address, family) => {
        if (!error) network.learn(answer, addressesIn(address));
        done(error, address, family);
      };
      return lookup(answer.name, options as dns.LookupAllOptions, learned as never);
    }
    const failed = answer.kind === "refused" || answer.kind === "server-failure";
    if (answer.kind === "unreachable" || failed) {
      const ms = failed ? REFUSED_TIMEOUT_MS : RESOLVER_TIMEOUT_MS;
      setTimeout(() => done(nameError("EAI_AGAIN", "getaddrinfo", host)), ms);
    } else if (answer.kind !== "addresses" || wantsOnly6(options)) {
      process.nextTick(done, nameError("ENOTFOUND", "getaddrinfo", host));
    } else if (options.all) {
      const all = answer.addresses.map((address) => ({ address, family: 4 }));
      process.nextTick(done, null, all);
    } else process.nextTick(done, null, answer.addresses[0], 4);
  };

  const resolvers = resolversOf(network);
  Object.assign(dns, resolvers, { lookup: virtualLookup });
  Object.assign(dns.Resolver.prototype, resolvers);

  const promised = Object.fromEntries(
    Object.entries(resolvers).map(([name, resolver]) => [
      name,
      (...args: unknown[]) =>
        new Promise((resolve, reject) => {
          const done = (error: Error | null, records?: unknown) =>
            error ? reject(error) : resolve(records);
          resolver(...args, done);
        }),
    ]),
  );
  Object.assign(dns.promises, promised, { lookup: promiseOf(virtualLookup) });
  Object.assign(dns.promises.Resolver.prototype, promised);
}

function promiseOf(lookup: (host: string, ...rest: unknown[]) => void) {
  return (host: string, options: dns.LookupOptions = {}) =>
    new Promise((resolve, reject) => {
      lookup(host, options, (error: Error | null, address: unknown, family?: number) => {
        if (error) reject(error);
        else resolve(options.all ? address : { address, family });
      });
    });
}

function wantsOnly6(options: dns.LookupOptions): boolean {
  return options.family === 6 || options.family === "IPv6";
}
