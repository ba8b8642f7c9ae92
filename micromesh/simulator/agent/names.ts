import dns from "node:dns";
import net from "node:net";
import { resolveSrv } from "../network/names.ts";
import { nameError } from "./errors.ts";
import { addressesIn } from "./learned-names.ts";
import { REFUSED_TIMEOUT_MS, RESOLVER_TIMEOUT_MS, resolveExternalBy } from "./outgoing.ts";
import type { PodNetwork } from "./pod-network.ts";

/** Record types that the cluster's names have; others are asked of the world, or don't exist. */
type RecordType = "A" | "AAAA" | "SRV";
type Callback = (error: Error | null, records?: unknown) => void;
type AnyFunction = (...args: never[]) => unknown;

/**
 * Answers this process' DNS look-ups as the cluster's DNS would: `lookup`, `resolve4/6`, `resolveSrv`
 * and `resolve`, on the module, on `dns.promises` and on Resolver objects. Names of the world go to
 * the machine's own resolver.
 */
export function virtualiseNames(network: PodNetwork): void {
  const lookup = dns.lookup;
  resolveExternalBy(lookup as net.LookupFunction);
  const { resolve4, resolve6 } = dns;

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
    if (answer.kind === "unreachable" || answer.kind === "refused") {
      const ms = answer.kind === "refused" ? REFUSED_TIMEOUT_MS : RESOLVER_TIMEOUT_MS;
      setTimeout(() => done(nameError("EAI_AGAIN", "getaddrinfo", host)), ms);
    } else if (answer.kind === "no-such-name" || wantsOnly6(options)) {
      process.nextTick(done, nameError("ENOTFOUND", "getaddrinfo", host));
    } else if (options.all) {
      const all = answer.addresses.map((address) => ({ address, family: 4 }));
      process.nextTick(done, null, all);
    } else process.nextTick(done, null, answer.addresses[0], 4);
  };

  const query = (name: string, type: RecordType, external: AnyFunction, done: Callback) => {
    // Queries know no search list, unlike look-ups.
    const answer = network.resolve(name.endsWith(".") ? name : `${name}.`);
    const missing = () => process.nextTick(done, nameError("ENOTFOUND", `query${type}`, name));
    if (answer.kind === "unreachable") {
      setTimeout(() => done(nameError("ETIMEOUT", `query${type}`, name)), RESOLVER_TIMEOUT_MS);
    } else if (answer.kind === "refused") {
      process.nextTick(done, nameError("EREFUSED", `query${type}`, name));
    } else if (type === "SRV") {
      const records = resolveSrv(network.current, network.identity.namespace, name);
      if (records) process.nextTick(done, null, records);
      else missing();
    } else if (answer.kind === "external") {
      const learned: Callback = (error, records) => {
        if (!error) network.learn(answer, addressesIn(records));
        done(error, records);
      };
      (external as (name: string, done: Callback) => void)(answer.name, learned);
    } else if (answer.kind === "addresses" && type === "A") {
      process.nextTick(done, null, answer.addresses);
    } else missing();
  };
  const resolvers = {
    resolve4: (name: string, ...rest: unknown[]) =>
      query(name, "A", resolve4 as AnyFunction, rest.at(-1) as Callback),
    resolve6: (name: string, ...rest: unknown[]) =>
      query(name, "AAAA", resolve6 as AnyFunction, rest.at(-1) as Callback),
    resolveSrv: (name: string, done: Callback) => query(name, "SRV", resolve4 as AnyFunction, done),
    resolve: (name: string, ...rest: unknown[]) => {
      const type = (typeof rest[0] === "string" ? rest[0] : "A") as RecordType;
      query(name, type, resolve4 as AnyFunction, rest.at(-1) as Callback);
    },
  };
  Object.assign(dns, resolvers, { lookup: virtualLookup });
  Object.assign(dns.Resolver.prototype, resolvers);

  const promised = Object.fromEntries(
    Object.entries(resolvers).map(([name, resolver]) => [
      name,
      (...args: unknown[]) =>
        new Promise((resolve, reject) => {
          const done: Callback = (error, records) => (error ? reject(error) : resolve(records));
          (resolver as (...all: unknown[]) => void)(...args, done);
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
