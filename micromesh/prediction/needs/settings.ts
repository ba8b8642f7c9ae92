/** What a workload is told: its environment, its arguments, its mounted configuration. */
import type { Cluster } from "../cluster/cluster.ts";
import type { Container, Workload } from "../cluster/workloads.ts";
import { type Address, addressesIn, addressesInFile } from "./addresses.ts";

export interface Setting {
  /** Where it stands: `env REDIS_ENDPOINT`, `file httpd.conf of ConfigMap apache-config`. */
  where: string;
  addresses: Address[];
}

/** The settings of a workload that name addresses. A variable with the port beside the host's is taken with it. */
export function settingsOf(workload: Workload, cluster: Cluster): Setting[] {
  const { containers = [], initContainers = [] } = workload.spec;
  const all = [...initContainers, ...containers];
  const settings = all.flatMap((container) => [
    ...fromEnvironment(environmentOf(container, workload, cluster)),
    ...fromArguments(container),
  ]);
  return [...settings, ...fromFiles(workload, all, cluster)];
}

interface Variable {
  name: string;
  value: string;
}

function environmentOf(
  container: Container,
  { namespace }: Workload,
  cluster: Cluster,
): Variable[] {
  const data = (name: string) => cluster.configMaps.get(`${namespace}/${name}`) ?? {};
  const imported = (container.envFrom ?? []).flatMap(({ prefix = "", configMapRef }) =>
    configMapRef
      ? Object.entries(data(configMapRef.name)).map(([key, value]) => ({
          name: prefix + key,
          value,
        }))
      : [],
  );
  const own = (container.env ?? []).flatMap(({ name, value, valueFrom }) => {
    const ref = valueFrom?.configMapKeyRef;
    const text = value ?? (ref && data(ref.name)[ref.key]);
    return text === undefined ? [] : [{ name, value: String(text) }];
  });
  // A later one of the same name wins, and `env` over `envFrom`.
  const last = new Map([...imported, ...own].map((variable) => [variable.name, variable]));
  const values = new Map([...last].map(([name, { value }]) => [name, value]));
  return [...last.values()].map(({ name, value }) => ({
    name,
    // https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    value: value.replaceAll(/\$\(([A-Za-z_][\w.-]*)\)/g, (all, other) => values.get(other) ?? all),
  }));
}

/** Names of variables whose value is a server, and what of them names its host. */
const hostNames =
  /^(.*?)_?(?:HOST(?:NAME)?|ENDPOINTS?|ADDR(?:ESS(?:ES)?)?|SERVERS?|SERVICE|UPSTREAMS?|BACKENDS?|BROKERS?|NODES?|UR[LI]S?|TARGETS?)$/i;

function fromEnvironment(variables: Variable[]): Setting[] {
  const values = new Map(variables.map(({ name, value }) => [name.toUpperCase(), value]));
  return variables.flatMap(({ name, value }) => {
    const server = hostNames.exec(name);
    const addresses = addressesIn(value).flatMap((address) => {
      if (!address.certain && !server) return [];
      return [
        { ...address, port: address.port ?? (server ? portBeside(server[1] ?? "") : undefined) },
      ];
    });
    return addresses.length > 0 ? [{ where: `env ${name}`, addresses }] : [];
  });

  function portBeside(stem: string): number | undefined {
    const port = Number(values.get(`${stem}_PORT`.toUpperCase().replace(/^_/, "")));
    return Number.isInteger(port) && port >= 1 && port <= 65535 ? port : undefined;
  }
}

/** `--redis=redis:6379`, `--url http://catalog`. */
function fromArguments({ command = [], args = [] }: Container): Setting[] {
  return [...command, ...args].flatMap((argument) => {
    const value = argument.replace(/^--?[\w.-]+=/, "");
    const addresses = addressesInFile(value);
    return addresses.length > 0 ? [{ where: `argument ${shortened(argument)}`, addresses }] : [];
  });
}

/** An argument may hold a password beside the address: only what stands before `=` is shown. */
function shortened(argument: string): string {
  const flag = /^(--?[\w.-]+)=/.exec(argument);
  return flag ? (flag[1] as string) : "of its command";
}

/** Programs that are mounted as files aren't settings. */
const program = /\.(?:[cm]?[jt]s|py|rb|sh|jar|wasm|map)$/i;

function fromFiles(workload: Workload, containers: Container[], cluster: Cluster): Setting[] {
  const mounted = new Set(
    containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)),
  );
  const names = (workload.spec.volumes ?? [])
    .filter(({ name }) => mounted.has(name))
    .flatMap(({ configMap, projected }) => [
      configMap?.name,
      ...(projected?.sources ?? []).map((source) => source.configMap?.name),
    ])
    .filter((name) => name !== undefined);
  return [...new Set(names)].flatMap((name) => {
    const data = cluster.configMaps.get(`${workload.namespace}/${name}`) ?? {};
    return Object.entries(data).flatMap(([file, text]) => {
      if (program.test(file)) return [];
      const addresses = addressesInFile(text);
      return addresses.length > 0
        ? [{ where: `file ${file} of ConfigMap ${name}`, addresses }]
        : [];
    });
  });
}
