import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import leven from "leven";
import { parse } from "yaml";
import { UsageError } from "./usage-error.ts";

/** Raw stack configuration with full keys, e.g. `{"micromesh:cni": {kind: "cilium"}}`. */
export type RawConfig = Record<string, unknown>;

/**
 * Stands in for a value that only the stack's passphrase or key service could decrypt. It has the form of a cluster's
 * token, which is the only one that is checked.
 */
export const ENCRYPTED = "[encrypted]-by-pulumi";

/**
 * Reads a stack's configuration as `pulumi` would, from `Pulumi.<stack>.yaml`.
 * Encrypted values can't be read without the stack's secrets provider: they become `[encrypted]-by-pulumi`.
 * @throws UsageError when the stack has no file (with the nearest that has), or the file isn't YAML
 */
export async function readStackConfig(root: string, stack: string): Promise<RawConfig> {
  const file = `Pulumi.${stack}.yaml`;
  let text: string;
  try {
    text = await readFile(join(root, file), "utf8");
  } catch {
    const stacks = (await readdir(root)).flatMap(
      (name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [],
    );
    const near = stacks.sort((a, b) => leven(a, stack) - leven(b, stack))[0];
    throw new UsageError(
      `--stack ${stack}: there is no ${file}; ${near ? `did you mean ${near}?` : "create it with pulumi stack init"}`,
    );
  }
  const document = parseYaml(text, file) as { config?: RawConfig } | null;
  return withoutCiphertext(document?.config ?? {}) as RawConfig;
}

/** The project's name, from `Pulumi.yaml`. */
export async function readProjectName(root: string): Promise<string> {
  const file = "Pulumi.yaml";
  const project = parseYaml(await readFile(join(root, file), "utf8"), file) as { name?: string };
  if (!project?.name) throw new UsageError(`${file}: name is missing; add name: micromesh`);
  return project.name;
}

/**
 * Applies `--config KEY=VALUE` settings, for this run only. A key is a path below `micromesh:`
 * (`cni.kind=none`) or a full key (`aws:region=eu-central-1`); the value is read as YAML.
 * @throws UsageError for a setting without `=` or with an empty path segment
 */
export function override(config: RawConfig, settings: string[]): RawConfig {
  const result = structuredClone(config);
  for (const setting of settings) {
    const [, key, text] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    const path = (key?.includes(":") ? key : `micromesh:${key}`).split(".");
    if (key === undefined || text === undefined || path.includes("") || path[0]?.endsWith(":")) {
      throw new UsageError(`--config ${setting}: write KEY=VALUE, e.g. --config cni.kind=none`);
    }
    let node = result as Record<string, unknown>;
    for (const segment of path.slice(0, -1)) {
      const next = node[segment];
      node = node[segment] =
        next !== null && typeof next === "object" ? (next as Record<string, unknown>) : {};
    }
    node[path.at(-1) as string] = parseYaml(text, `--config ${key}`);
  }
  return result;
}

/** The keys with values that are encrypted in the stack's file, or given for one run and kept nowhere. */
export function keysNotInPlain(ofFile: RawConfig, overridden: RawConfig): string[] {
  return Object.keys(overridden).filter(
    (key) =>
      !isDeepStrictEqual(ofFile[key], overridden[key]) ||
      JSON.stringify(ofFile[key]).includes(ENCRYPTED),
  );
}

function parseYaml(text: string, where: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new UsageError(`${where}: not valid YAML: ${(error as Error).message.split("\n")[0]}`);
  }
}

function withoutCiphertext(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutCiphertext);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]?.[0] === "secure") return ENCRYPTED;
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutCiphertext(item)]));
}
