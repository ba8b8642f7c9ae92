/** Addresses of servers in the text of settings. */

/** A host that a setting names, with the port if it tells it. */
export interface Address {
  /** In lower case, with a letter in it: addresses by number aren't names of anybody. */
  host: string;
  port?: number;
  /**
   * How it's written, from the surest to what may be any word:
   * - `cluster`: with the suffix of a cluster's names
   * - `url`: by a URL of a scheme that servers have, or with a port
   * - `link`: by a URL that may stand for anything else (`s3://bucket`)
   * - `pair`: `host:port`
   * - `word`: by itself
   */
  form: "cluster" | "url" | "link" | "pair" | "word";
}

/** Ports that a URL's scheme stands for (IANA, and the vendors' documentation). */
const schemePorts: Record<string, number> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  h2c: 80,
  grpc: 80,
  redis: 6379,
  rediss: 6379,
  memcached: 11211,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mariadb: 3306,
  sqlserver: 1433,
  mongodb: 27017,
  cassandra: 9042,
  amqp: 5672,
  amqps: 5671,
  mqtt: 1883,
  mqtts: 8883,
  nats: 4222,
  kafka: 9092,
  zookeeper: 2181,
  ldap: 389,
  ldaps: 636,
  smtp: 25,
  smtps: 465,
};

const label = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
const host = `${label}(?:\\.${label}){0,9}`;
const port = "(\\d{1,5})(?!\\d)";
/** With what stands before `@` passed over, be there an `@` in it or not, and with further `,host:port`. */
const url = new RegExp(
  `\\b([a-z][a-z0-9+.-]{1,20})://(?:[^\\s/"'<>]{1,500}@)?(${host})(?![\\w-])\\.?(?::${port})?((?:,${host}:${port})*)`,
  "gi",
);
const clusterName = new RegExp(
  `\\b(${label}(?:\\.${label}){1,3}\\.svc(?:\\.cluster\\.local)?)\\.?(?::${port})?(?![\\w-]|\\.\\w)`,
  "gi",
);
/** Of MySQL's clients in Go: `user:password@tcp(host:3306)/database`. */
const dsn = new RegExp(`\\btcp\\((${host})(?::${port})?\\)`, "gi");
const pair = new RegExp(`^(${host})\\.?:${port}(?:/\\S*)?$`, "i");
const bare = new RegExp(`^(${host})\\.?$`, "i");
/** Of key=value connection strings: `Host=db;Port=5432`, `Server=tcp:db,1433`, `host=db port=5432`. */
const keyedHost = new RegExp(
  `(?:^|[\\s;])(?:host|server|data source)\\s*=\\s*(?:tcp:)?(${host})(?:[,:]${port})?(?=[\\s;]|$)`,
  "i",
);
const keyedPort = new RegExp(`(?:^|[\\s;])port\\s*=\\s*${port}`, "i");
/** Scripts that wait for a server: `nc -z db 5432`. */
const netcat = new RegExp(`\\bnc\\s+(?:-\\w+\\s+(?:\\d+\\s+)?){0,4}(${host})\\s+${port}`, "gi");

/**
 * The addresses in a value: URLs and the cluster's own names anywhere in it; items of a list by themselves
 * (`a:1,b:2`).
 */
export function addressesIn(value: string): Address[] {
  const text = value.includes("\n") ? withoutComments(value) : value;
  const found = new Map<string, Address>();
  const add = (name: string, port: number | undefined, form: Address["form"]) => {
    const key = `${name.toLowerCase()}:${port ?? ""}`;
    if (/[a-z]/i.test(name) && !found.has(key)) {
      found.set(key, { host: name.toLowerCase(), port, form });
    }
    return " ";
  };
  const rest = text
    .replaceAll(url, (_all, scheme: string, name: string, port?: string, others = "") => {
      const usual = schemePort(scheme);
      const form = usual !== undefined || port !== undefined ? "url" : "link";
      add(name, portOf(port) ?? usual, form);
      for (const other of (others as string).split(",").slice(1)) {
        const [head = "", tail] = other.split(":");
        add(head, portOf(tail), "url");
      }
      return " ";
    })
    .replaceAll(clusterName, (_all, name: string, port?: string) =>
      add(name, portOf(port), "cluster"),
    )
    .replaceAll(dsn, (_all, name: string, port?: string) =>
      add(name, portOf(port) ?? schemePorts.mysql, "url"),
    )
    .replaceAll(netcat, (_all, name: string, port: string) => add(name, portOf(port), "pair"));
  const keyed = keyedHost.exec(rest);
  if (keyed) {
    const port = portOf(keyed[2] ?? keyedPort.exec(rest)?.[1]);
    add(keyed[1] as string, port, port === undefined ? "word" : "pair");
  }
  for (const item of rest.split(/[\s,;|]+/)) {
    if (bare.test(item)) add(item.replace(/\.$/, ""), undefined, "word");
    for (const part of item.split(/["'`[\](){}<>=]+/)) {
      const match = pair.exec(part);
      const port = portOf(match?.[2]);
      if (match && port !== undefined) add(match[1] as string, port, "pair");
    }
  }
  return [...found.values()];
}

/**
 * The addresses in a text of many words, such as a configuration file. Comments don't count, nor do the
 * names of schemas, which look like URLs.
 */
export function addressesInFile(text: string): Address[] {
  const settings = withoutComments(text.slice(0, maxFile)).replaceAll(
    /(?:\bxmlns(?::\w+)?|\bxsi:\w+|"\$(?:schema|id)")\s*[=:]\s*(["'])[^"']*\1/g,
    " ",
  );
  return addressesIn(settings).filter(({ form }) => form !== "word" && form !== "link");
}

/** Without those of shells, configuration files of most kinds, and XML. */
function withoutComments(text: string): string {
  return text
    .replaceAll(/<!--[\s\S]*?-->/g, " ")
    .replaceAll(/^\s*(?:#|\/\/|;|\*).*$|\s#\s.*$/gm, " ");
}

/** Settings are short; a file beyond this (characters) is data or a program. */
const maxFile = 262_144;

/** `jdbc:postgresql://…` and `mongodb+srv://…` have their scheme in a part of it. */
function schemePort(scheme: string): number | undefined {
  const known = scheme.toLowerCase().split(/[+.]/);
  return known.map((part) => schemePorts[part]).find((port) => port !== undefined);
}

function portOf(text: string | undefined): number | undefined {
  const port = Number(text);
  return text !== undefined && port >= 1 && port <= 65535 ? port : undefined;
}
