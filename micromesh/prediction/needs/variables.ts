/** A container's environment and arguments, as the container gets to see them. */
import type { Cluster } from "../cluster/cluster.ts";
import type { Container, Workload } from "../cluster/workloads.ts";

export interface Variable {
  /** `REDIS_HOST`; of an argument its flag, `--redis`; empty for an argument by itself. */
  name: string;
  value: string;
}

/** Values of Secrets aren't read: a variable that takes one is left out. */
export function environmentOf(
  container: Container,
  { namespace }: Workload,
  { configMaps }: Cluster,
): Variable[] {
  const data = (name: string) => configMaps.get(`${namespace}/${name}`) ?? {};
  const imported = (container.envFrom ?? []).flatMap(({ prefix = "", configMapRef }) =>
    Object.entries(configMapRef ? data(configMapRef.name) : {}).map(([key, value]) => ({
      name: prefix + key,
      value,
    })),
  );
  const values = new Map(imported.map(({ name, value }) => [name, value]));
  for (const { name, value, valueFrom } of container.env ?? []) {
    const ref = valueFrom?.configMapKeyRef;
    const text = value ?? (ref && data(ref.name)[ref.key]);
    // Of the same name the later one wins, and `env` over `envFrom`; it may refer to those before it.
    if (text !== undefined) values.set(name, expanded(String(text), values));
  }
  return [...values].map(([name, value]) => ({ name, value: String(value) }));
}

/** `--redis=redis:6379`, `--redis redis:6379`, and what stands by itself, as a script does. */
export function argumentsOf(
  { command = [], args = [] }: Container,
  environment: Variable[],
): Variable[] {
  const values = new Map(environment.map(({ name, value }) => [name, value]));
  const list = [...command, ...args].map((argument) => expanded(String(argument), values));
  return list.flatMap((argument, i): Variable[] => {
    const joined = /^(--?[\w.-]+)=([\s\S]*)$/.exec(argument);
    if (joined) return [{ name: joined[1] as string, value: joined[2] as string }];
    if (isFlag(argument)) return [];
    const before = list[i - 1] ?? "";
    return [{ name: isFlag(before) ? before : "", value: argument }];
  });
}

function isFlag(argument: string): boolean {
  return /^--?[a-z][\w.-]*$/i.test(argument);
}

/**
 * With `$(NAME)` replaced by what it stands for; `$$(NAME)` is `$(NAME)` itself
 * (https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/).
 */
function expanded(text: string, values: Map<string, string>): string {
  return text.replaceAll(/\$\$|\$\(([A-Za-z_][\w.-]*)\)/g, (all, name?: string) => {
    if (name === undefined) return "$";
    return values.get(name) ?? all;
  });
}
