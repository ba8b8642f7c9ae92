/** What a workload is told: its environment, its arguments, its mounted configuration, an annotation. */
import type { Cluster } from "../cluster/cluster.ts";
import type { Workload } from "../cluster/workloads.ts";
import { type Address, addressesIn, addressesInFile } from "./addresses.ts";
import { argumentsOf, environmentOf, type Variable } from "./variables.ts";

export interface Setting {
  /** Where it stands: `env REDIS_ENDPOINT`, `file httpd.conf of ConfigMap apache-config`. */
  where: string;
  addresses: MeantAddress[];
}

/**
 * How far it's meant as an address:
 * - `surely`: it's wrong where nobody has it
 * - `likely`: where there's a Service of that name
 * - `maybe`: where there's a Service of that name with that port
 */
export interface MeantAddress extends Address {
  meant: "surely" | "likely" | "maybe";
}

/** The settings of a workload that name addresses. A variable with the port beside the host's is taken with it. */
export function settingsOf(workload: Workload, cluster: Cluster): Setting[] {
  const { containers = [], initContainers = [] } = workload.spec;
  const all = [...initContainers, ...containers];
  const settings = all.flatMap((container) => {
    const environment = environmentOf(container, workload, cluster);
    const given = argumentsOf(container, environment);
    return [
      ...fromVariables(environment, ({ name }) => `env ${name}`),
      ...fromVariables(given, ({ name }) => (name ? `argument ${name}` : "an argument")),
    ];
  });
  return [...settings, ...fromFiles(workload, cluster), ...fromAnnotation(workload)];
}

function fromAnnotation({ needs }: Workload): Setting[] {
  if (needs === undefined) return [];
  const addresses = addressesIn(needs).map((address) => ({ ...address, meant: "surely" as const }));
  return [{ where: "annotation micromesh/needs", addresses }];
}

/** Names of variables whose value is a server, and what of them names its host. */
const serverNames =
  /^-*(.*?)[-_.]?(?:HOST(?:S|NAMES?)?|ENDPOINTS?|ADDR(?:ESS(?:ES)?)?|SERVERS?|SERVICE|SVC|UPSTREAMS?|BACKENDS?|BROKERS?|NODES?|CONNECT(?:ION)?|SENTINELS?|SEEDS?|PEERS?|MASTER|LEADER|PRIMARY|UR[LI]S?|DSN|TARGETS?)$/i;
/** Names whose value is an address of the workload's own. */
const ownNames =
  /(?:^|[-_.])(?:BIND|LISTEN(?:ERS?)?|ADVERTISED?|PUBLISH)(?:[-_.]|$)|^(?:HOST(?:NAME)?|ADDR(?:ESS)?)$/i;
/** Names whose value is where others, such as browsers, find it. */
const publicNames =
  /(?:^|[-_.])(?:PUBLIC|CANONICAL|CORS|ORIGINS?|REDIRECT|CALLBACK)(?:[-_.]|$)|(?:ROOT|SITE|EXTERNAL)[-_.]UR[LI]$/i;

function fromVariables(variables: Variable[], where: (of: Variable) => string): Setting[] {
  const values = new Map(variables.map(({ name, value }) => [keyOf(name), value]));
  return variables.flatMap((variable) => {
    const { name, value } = variable;
    const server = serverNames.exec(name);
    const stem = server?.[1] ?? "";
    const addresses = addressesIn(value).flatMap((address): MeantAddress[] => {
      const beside = server ? portOf(values.get(keyOf(`${stem}_PORT`))) : undefined;
      const port = address.port ?? beside;
      const meant = meaning({ ...address, port }, server !== null);
      if (!meant || (address.form === "word" && !server)) return [];
      const sure = !ownNames.test(name) && !publicNames.test(name);
      return [{ ...address, port, meant: meant === "surely" && !sure ? "likely" : meant }];
    });
    return addresses.length > 0 ? [{ where: where(variable), addresses }] : [];
  });
}

/** @param named its name says that it's somebody's server */
function meaning({ form, port }: Address, named: boolean): MeantAddress["meant"] | undefined {
  if (form === "cluster" || form === "url") return "surely";
  if (form === "link") return "likely";
  if (form === "pair") return named ? "surely" : "maybe";
  return named && port !== undefined ? "surely" : "likely";
}

/** `--db-host` and `DB_HOST` are one. */
function keyOf(name: string): string {
  return name.replace(/^-+/, "").replaceAll(/[-.]/g, "_").replace(/^_/, "").toUpperCase();
}

function portOf(text: string | undefined): number | undefined {
  const port = Number(text);
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? port : undefined;
}

/** Programs, pages and keys that are mounted as files aren't settings. */
const noSettings =
  /\.(?:[cm]?[jt]sx?|py|rb|sh|go|java|php|lua|sql|jar|wasm|map|html?|css|svg|md|pem|crt|key)$/i;

function fromFiles(workload: Workload, cluster: Cluster): Setting[] {
  const { containers = [], initContainers = [], volumes = [] } = workload.spec;
  const mounted = new Set(
    [...initContainers, ...containers].flatMap(({ volumeMounts = [] }) =>
      volumeMounts.map(({ name }) => name),
    ),
  );
  const names = volumes
    .filter(({ name }) => mounted.has(name))
    .flatMap(({ configMap, projected }) => [
      configMap?.name,
      ...(projected?.sources ?? []).map((source) => source.configMap?.name),
    ])
    .filter((name) => name !== undefined);
  return [...new Set(names)].flatMap((name) => {
    const data = cluster.configMaps.get(`${workload.namespace}/${name}`) ?? {};
    return Object.entries(data).flatMap(([file, text]) => {
      if (noSettings.test(file)) return [];
      const addresses = addressesInFile(text).map((address) => ({
        ...address,
        meant: inFile(address),
      }));
      return addresses.length > 0
        ? [{ where: `file ${file} of ConfigMap ${name}`, addresses }]
        : [];
    });
  });
}

/** A name without a dot may be the file's own, as that of an upstream in a proxy's configuration. */
function inFile({ form, host }: Address): MeantAddress["meant"] {
  if (form === "pair") return "maybe";
  return host.includes(".") ? "surely" : "likely";
}
