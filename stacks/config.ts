import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import {
  KUBERNETES_VERSION_FORM,
  MINIMUM_MEMORY_MIB,
} from "../components/clusters/minikube/args.ts";
import { either, explain, nearest, run, show } from "./explain.ts";
import { k3sProblems } from "./k3s-problems.ts";
import { plainSecrets } from "./plain-secrets.ts";
import {
  type Config,
  defaults,
  examples,
  examplesOfKind,
  type PartName,
  parts,
} from "./settings.ts";
import { ISTIO_MINIMUM_KUBERNETES, KUBERNETES_VERSION } from "./versions.ts";

export type { Config } from "./settings.ts";

/** What the configuration must know of a lab. */
export interface LabRegistration {
  /** Scenario names; the first is the default. */
  scenarios: string[];
  /** What may stand beside the scenario; default: nothing. */
  settings?: z.ZodType;
}

/** What is wrong with the configuration, one line a problem, each with its mend. Pulumi shows no more of it than that. */
export class ConfigError extends pulumi.RunError {
  override readonly name = "ConfigError";
  /** Sorted. */
  readonly problems: string[];

  constructor(problems: string[]) {
    const sorted = [...new Set(problems)].sort();
    super(sorted.join("\n"));
    this.problems = sorted;
  }
}

/** Memory of a node that Cilium or Istio, or both, run on beside a lab. */
const MESH_MEMORY_MIB = 4096;

/**
 * Reads a stack's configuration, with defaults filled in.
 * @param raw by key below `micromesh:`, e.g. `{cni: {kind: "cilium"}}`
 * @param labs the labs that can be configured, by name
 * @param isSecret tells of a key in `raw` whether there's a Pulumi secret in it; beside one, a secret that is in plain isn't
 * found, since Pulumi doesn't tell where in the value they are. Default: all are taken for secrets
 * @throws ConfigError with all problems at once
 */
export function parseConfig(
  raw: Record<string, unknown>,
  labs: Record<string, LabRegistration>,
  isSecret: (part: string) => boolean = () => true,
): Config {
  const names = Object.keys(parts) as PartName[];
  const problems = Object.keys(raw)
    .filter((key) => !Object.hasOwn(parts, key))
    .map((key) => unknownPart(key, names));

  const fallback = defaults((raw.cluster as { kind?: unknown } | undefined)?.kind);
  const config: Record<string, unknown> = {};
  const seen: Seen = {};
  for (const name of names) {
    const value = withKind(raw[name], fallback[name]);
    const result = parts[name].safeParse(value);
    const readable = result.data ?? value;
    seen[name] = isPlainObject(readable) ? readable : {};
    if (result.success) config[name] = result.data;
    else {
      const shown = { ...examples, ...examplesOfKind[String(seen[name]?.kind)] };
      problems.push(...explain(name, parts[name], value, result.error.issues, shown));
    }
  }
  problems.push(...crossProblems(seen), ...labProblems(seen.labs ?? {}, labs));
  if (!isSecret("cluster")) problems.push(...plainSecrets(seen.cluster ?? {}));
  const own = labSettings(seen.labs ?? {}, labs);
  problems.push(...own.problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...config, labs: own.settings } as Config;
}

/**
 * The configuration of the stack that runs.
 * @throws ConfigError
 */
export function loadConfig(labs: Record<string, LabRegistration>): Config {
  const raw: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(pulumi.runtime.allConfig())) {
    const name = /^micromesh:(.+)$/.exec(key)?.[1];
    if (name !== undefined) raw[name] = jsonOrText(text);
  }
  return parseConfig(raw, labs, (part) => isConfigSecret(`micromesh:${part}`));
}

/** The SDK's type declarations leave it out; `pulumi.Config` goes by it. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };

/** Pulumi hands objects over as JSON, and plain settings as they are. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A part without its kind, e.g. `{hubble: {ui: true}}`, is of the kind that it would be if left out. */
function withKind(value: unknown, fallback: Record<string, unknown>): unknown {
  if (value === undefined) return fallback;
  const plain = isPlainObject(value);
  const misspelt = plain && Object.keys(value).some((key) => nearest(key, ["kind"]));
  return plain && !misspelt ? { ...fallback, ...value } : value;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function unknownPart(key: string, known: string[]): string {
  const near = nearest(key, known);
  return near
    ? `micromesh:${key} is not a setting; did you mean ${near}?`
    : `micromesh:${key} is not a setting; there are ${known.join(", ")}: run "pulumi config rm micromesh:${key}"`;
}

/** Parts as they were read, or as they stand where they couldn't be: all problems are told at once. */
type Seen = { [Name in PartName]?: Record<string, unknown> };

/** What only several settings together show. */
function crossProblems({ cluster = {}, cni = {}, mesh = {} }: Seen): string[] {
  const problems = k3sProblems(cluster);
  if (cluster.kind === "minikube") {
    const heavy = [
      ...(cni.kind === "cilium" ? ["Cilium"] : []),
      ...(mesh.kind === "istio" ? ["Istio"] : []),
    ];
    const least = heavy.length > 0 ? MESH_MEMORY_MIB : MINIMUM_MEMORY_MIB;
    if (Number.isInteger(cluster.memoryMiB) && Number(cluster.memoryMiB) < least) {
      const who = heavy.length > 0 ? heavy.join(" and ") : "minikube";
      const verb = heavy.length === 2 ? "need" : "needs";
      problems.push(
        `micromesh:cluster.memoryMiB is ${cluster.memoryMiB}; ${who} ${verb} at least ${least}: ` +
          run("cluster.memoryMiB", heavy.length > 0 ? "6144" : "2048"),
      );
    }
    if (mesh.kind === "istio" && olderThan(cluster.kubernetesVersion, ISTIO_MINIMUM_KUBERNETES)) {
      problems.push(
        `micromesh:cluster.kubernetesVersion is ${show("", cluster.kubernetesVersion)}; Istio needs at ` +
          `least ${ISTIO_MINIMUM_KUBERNETES}: ${run("cluster.kubernetesVersion", KUBERNETES_VERSION)}`,
      );
    }
  }
  if (
    cni.kind === "existing" &&
    cni.ciliumPolicies === true &&
    cni.enforcesNetworkPolicy === false
  ) {
    problems.push(
      "micromesh:cni.enforcesNetworkPolicy is false; with ciliumPolicies it must be true, for " +
        `Cilium enforces both: ${run("cni.enforcesNetworkPolicy", "true")}`,
    );
  }
  return problems;
}

function labProblems(
  configured: Record<string, unknown>,
  labs: Record<string, LabRegistration>,
): string[] {
  const known = Object.keys(labs);
  return Object.entries(configured).flatMap(([name, options]) => {
    const lab = Object.hasOwn(labs, name) ? labs[name] : undefined;
    if (!lab) {
      const near = nearest(name, known);
      return near
        ? [`micromesh:labs.${name} is not a lab; did you mean ${near}?`]
        : [
            `micromesh:labs.${name} is not a lab; there ${known.length === 1 ? "is" : "are"} ` +
              `${known.join(", ") || "none"}: run "pulumi config rm --path micromesh:labs.${name}"`,
          ];
    }
    const scenario = (options as { scenario?: unknown } | null)?.scenario;
    if (typeof scenario !== "string" || lab.scenarios.includes(scenario)) return [];
    const near = nearest(scenario, lab.scenarios);
    return [
      `micromesh:labs.${name}.scenario is ${show("", scenario)}; it must be ${either(lab.scenarios)}` +
        `${near ? ` (did you mean ${near}?)` : ""}: ` +
        run(`labs.${name}.scenario`, near ?? lab.scenarios[0] ?? "SCENARIO"),
    ];
  });
}

/** What stands beside the labs' scenarios, with defaults filled in. */
function labSettings(configured: Record<string, unknown>, labs: Record<string, LabRegistration>) {
  const problems: string[] = [];
  const settings: Record<string, unknown> = {};
  for (const [name, options] of Object.entries(configured)) {
    if (!Object.hasOwn(labs, name) || !isPlainObject(options)) continue;
    const { scenario, ...own } = options;
    const schema = labs[name]?.settings ?? z.strictObject({});
    const result = schema.safeParse(own);
    if (result.success) settings[name] = { scenario, settings: result.data };
    else problems.push(...explain(`labs.${name}`, schema, own, result.error.issues, examples));
  }
  return { problems, settings };
}

/** Compares versions of the form v1.35.1; what isn't of that form isn't older. */
function olderThan(version: unknown, other: string): boolean {
  if (typeof version !== "string" || !KUBERNETES_VERSION_FORM.test(version)) return false;
  const [a = [], b = []] = [version, other].map((text) => text.slice(1).split(".").map(Number));
  const differing = a.findIndex((number, i) => number !== b[i]);
  return differing >= 0 && (a[differing] ?? 0) < (b[differing] ?? 0);
}
