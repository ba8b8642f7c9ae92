/** Addresses of servers in the text of settings. */

/** A host that a setting names, with the port if it tells it. */
export interface Address {
  host: string;
  port?: number;
  /** The host is meant as an address for sure: it has a scheme, a port, or the suffix of a cluster's names. */
  certain: boolean;
}

/** Ports that a URL's scheme stands for (IANA, and the vendors' documentation). */
const schemePorts: Record<string, number> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  redis: 6379,
  rediss: 6379,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mongodb: 27017,
  amqp: 5672,
  amqps: 5671,
  nats: 4222,
  kafka: 9092,
  ldap: 389,
  ldaps: 636,
  grpc: 80,
};

const label = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
const host = `${label}(?:\\.${label}){0,9}`;
const url = new RegExp(
  `\\b([a-z][a-z0-9+.-]{1,20})://(?:[^\\s/@"']{1,200}@)?(${host})\\.?(?::(\\d{1,5}))?(?![\\w.-]*@)`,
  "gi",
);
const hostAndPort = new RegExp(`^(${host})\\.?:(\\d{1,5})$`, "i");
const bare = new RegExp(`^(${host})\\.?$`, "i");
const clusterName = new RegExp(
  `\\b(${label}(?:\\.${label}){1,3}\\.svc(?:\\.cluster\\.local)?|${label}\\.${label}\\.svc(?:\\.cluster\\.local)?)\\b\\.?(?::(\\d{1,5}))?`,
  "gi",
);

/**
 * The addresses in a value: URLs and the cluster's own names anywhere in it; items of a list by themselves
 * (`a:1,b:2`). A bare word may be an address too, which `certain` leaves open.
 */
export function addressesIn(text: string): Address[] {
  const found = new Map<string, Address>();
  const add = (name: string, port: number | undefined, certain: boolean) => {
    const key = `${name.toLowerCase()}:${port ?? ""}`;
    if (!found.has(key)) found.set(key, { host: name.toLowerCase(), port, certain });
  };
  const urls = text.replaceAll(url, (_all, scheme: string, name: string, port?: string) => {
    // `jdbc:postgresql://…` and `mongodb+srv://…` have their scheme in a part of it.
    const known = scheme
      .toLowerCase()
      .split(/[+.]/)
      .find((part) => part in schemePorts);
    add(name, portOf(port) ?? (known ? schemePorts[known] : undefined), true);
    return " ";
  });
  const rest = urls.replaceAll(clusterName, (_all, name: string, port?: string) => {
    add(name, portOf(port), true);
    return " ";
  });
  for (const item of rest.split(/[\s,;]+/)) {
    const withPort = hostAndPort.exec(item);
    if (withPort) add(withPort[1] as string, portOf(withPort[2]), true);
    else if (bare.test(item)) add(item.replace(/\.$/, ""), undefined, false);
  }
  return [...found.values()];
}

/** Of a text of many words, such as a configuration file: only what is an address for sure. */
export function addressesInFile(text: string): Address[] {
  return addressesIn(text.slice(0, maxFile)).filter(({ certain }) => certain);
}

/** Settings are short; a file beyond this (characters) is data or a program. */
const maxFile = 262_144;

function portOf(text: string | undefined): number | undefined {
  const port = Number(text);
  return text !== undefined && port >= 1 && port <= 65535 ? port : undefined;
}
