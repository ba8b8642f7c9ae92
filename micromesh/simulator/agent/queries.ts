/** Questions by record type (`dns.resolve…`), which c-ares asks as they stand: it knows no search list. */
import dns from "node:dns";
import type { ResourceRecord } from "../../resources/corefile/question.ts";
import { nameError, queryError } from "./errors.ts";
import { addressesIn } from "./learned-names.ts";
import { RESOLVER_TIMEOUT_MS } from "./outgoing.ts";
import type { PodNetwork } from "./pod-network.ts";

type Callback = (error: Error | null, records?: unknown) => void;
type AnyFunction = (...args: never[]) => unknown;

/** Node's functions by record type; the name of the system call in an error is like the function's. */
const FUNCTIONS = {
  A: "resolve4",
  AAAA: "resolve6",
  ANY: "resolveAny",
  CAA: "resolveCaa",
  CNAME: "resolveCname",
  MX: "resolveMx",
  NAPTR: "resolveNaptr",
  NS: "resolveNs",
  PTR: "resolvePtr",
  SOA: "resolveSoa",
  SRV: "resolveSrv",
  TXT: "resolveTxt",
} as const;
type RecordType = keyof typeof FUNCTIONS;

/** Seconds for which an answer may be kept: kubeadm's setting of CoreDNS. */
const TTL_SECONDS = 30;

export type Resolvers = Record<string, (...args: unknown[]) => void>;

/**
 * `resolve`, `resolve4`, `resolveSrv` and so on, and `reverse`, with callbacks, for the module and for Resolver
 * objects. Names of the world are asked of the machine's own resolver.
 */
export function resolversOf(network: PodNetwork): Resolvers {
  const { resolve, reverse } = dns;
  const originals = Object.fromEntries(
    Object.entries(FUNCTIONS).map(([type, name]) => [type, dns[name] as AnyFunction]),
  ) as Record<RecordType, AnyFunction>;

  const ask = (name: string, type: RecordType, options: unknown, done: Callback) => {
    const syscall = `query${type[0]}${type.slice(1).toLowerCase()}`;
    const answer = network.query(name, type);
    const fail = (rcode: string) => process.nextTick(done, queryError(rcode, syscall, name));
    if (answer.kind === "unreachable") {
      setTimeout(() => done(nameError("ETIMEOUT", syscall, name)), RESOLVER_TIMEOUT_MS);
    } else if (answer.kind === "failure") fail(answer.rcode);
    else if (answer.kind === "external") {
      const learned: Callback = (error, records) => {
        if (!error && (type === "A" || type === "AAAA"))
          network.learn(answer, addressesIn(records));
        done(error, records);
      };
      const args = options === undefined ? [learned] : [options, learned];
      (originals[type] as (...all: unknown[]) => void)(answer.name, ...args);
    } else if (answer.records.length === 0) fail("NOERROR");
    else {
      const ttl = (options as { ttl?: boolean } | undefined)?.ttl === true;
      process.nextTick(
        done,
        null,
        answer.records.map((record) => shown(record, type, ttl)),
      );
    }
  };

  const byType = Object.fromEntries(
    Object.entries(FUNCTIONS).map(([type, name]) => [
      name,
      (host: unknown, ...rest: unknown[]) => {
        const done = rest.pop() as Callback;
        ask(String(host), type as RecordType, rest[0], done);
      },
    ]),
  );
  return {
    ...byType,
    resolve: (host, ...rest) => {
      const done = rest.pop() as Callback;
      const type = (rest[0] ?? "A") as RecordType;
      if (!Object.hasOwn(FUNCTIONS, type)) {
        // Node's own check and message.
        (resolve as AnyFunction as (...all: unknown[]) => void)(host, ...rest, done);
        return;
      }
      ask(String(host), type, undefined, done);
    },
    reverse: (ip, last) => {
      const done = last as Callback;
      const octets = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(String(ip))?.slice(1);
      if (!octets) {
        (reverse as AnyFunction as (...all: unknown[]) => void)(ip, done);
        return;
      }
      const name = `${octets.reverse().join(".")}.in-addr.arpa`;
      ask(name, "PTR", undefined, (error, names) => {
        if (!error) return done(null, names);
        // Node speaks of the address that it was asked for, and of another system call.
        const { code } = error as Error & { code: Parameters<typeof nameError>[0] };
        done(nameError(code, "getHostByAddr", String(ip)));
      });
    },
  };
}

/** A record as Node shows it. */
function shown({ type, value }: ResourceRecord, asked: RecordType, ttl: boolean): unknown {
  if (asked === "ANY") return { type, ...(type === "SRV" ? service(value) : { value }) };
  if (type === "SRV") return service(value);
  if (type === "TXT") return [value];
  const withTtl = ttl && (type === "A" || type === "AAAA");
  return withTtl ? { address: value, ttl: TTL_SECONDS } : value;
}

function service(value: string) {
  const [priority, weight, port, name] = value.split(" ");
  return { name, port: Number(port), priority: Number(priority), weight: Number(weight) };
}
