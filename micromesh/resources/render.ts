import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Declaration, KubernetesObject } from "./declared.ts";
import { kubernetesObjects } from "./kubernetes.ts";
import { UsageError } from "./usage-error.ts";
import { writeYaml } from "./write-yaml.ts";

/** Lists what the last render wrote, so that the next one can take away what is no longer declared. */
const INDEX = ".micromesh-render";

/** `kubectl apply -R` reads files in the order of their names: what others need comes first. */
const ORDER = [
  ["Namespace", "CustomResourceDefinition", "PriorityClass", "StorageClass", "IngressClass"],
  ["ServiceAccount", "ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim"],
  ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
  ["Service"],
  ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Job", "CronJob"],
];

/** Patches aren't applied with the rest: they take over fields that others manage. */
const PATCH_NOTE = `# Changes an object that the cluster brings: compare it with the cluster's own first. To apply it:
# kubectl apply --server-side --force-conflicts -f THIS_FILE
`;

export interface RenderedFile {
  /** Relative, e.g. `1-configmap/b-apacherr.apache-config-1a2b3c.yaml`. */
  path: string;
  text: string;
  secret: boolean;
}

/** Every Kubernetes manifest that the stack declares, one file each, in a stable order. Pure. */
export function renderFiles(declaration: Declaration): RenderedFile[] {
  const { resources } = declaration;
  const objects = (patches: boolean) =>
    kubernetesObjects({
      ...declaration,
      resources: resources.filter(({ type }) => isPatch(type) === patches),
    });
  return [
    ...objects(false).map((object) => ({
      path: pathOf(object),
      text: writeYaml(object, byFieldOrder),
      secret: object.kind === "Secret",
    })),
    ...objects(true).map((object) => ({
      path: `${pathOf(object)}.patch`,
      text: PATCH_NOTE + writeYaml(object, byFieldOrder),
      secret: object.kind === "Secret",
    })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Whether a resource changes an object that somebody else has made. */
function isPatch(type: string): boolean {
  return /^kubernetes:.*Patch$/.test(type);
}

/** Helm releases that the stack declares: their objects aren't rendered, a chart makes them. */
export function releasesOf(declaration: Declaration): string[] {
  return declaration.resources
    .filter((resource) => /^kubernetes:helm\.sh\//.test(resource.type))
    .map(({ inputs: { chart, version, namespace = "default" } }) =>
      [chart, version, "in", namespace].filter((word) => word !== undefined).join(" "),
    )
    .sort();
}

/**
 * Writes files below `directory`, and removes those of an earlier render that are no longer there.
 * @throws UsageError when the folder holds anything that render didn't write
 */
export async function writeRendered(directory: string, files: RenderedFile[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  const before = await earlierRender(directory);
  const now = new Set(files.map((file) => file.path));
  for (const { path, text, secret } of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text, { mode: secret ? 0o600 : 0o644 });
  }
  await writeFile(join(directory, INDEX), [...now].map((path) => `${path}\n`).join(""));
  await Promise.all(
    before
      .filter((path) => !now.has(path))
      .map((path) => rm(join(directory, path), { force: true })),
  );
}

async function earlierRender(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const present = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(directory, "/").length));
  const written = present.includes(INDEX)
    ? (await readFile(join(directory, INDEX), "utf8")).split("\n").filter((line) => line !== "")
    : [];
  const foreign = present.find((path) => path !== INDEX && !written.includes(path));
  if (foreign !== undefined) {
    throw new UsageError(
      `--out ${directory}: holds ${foreign}, which render did not write; give an empty folder`,
    );
  }
  return written;
}

function pathOf(object: KubernetesObject): string {
  const step = ORDER.findIndex((kinds) => kinds.includes(object.kind));
  const { namespace, name } = object.metadata;
  const file = namespace === undefined ? name : `${namespace}.${name}`;
  return `${step < 0 ? ORDER.length : step}-${object.kind.toLowerCase()}/${file}.yaml`;
}

/** apiVersion, kind, metadata first, as people write them; the rest by name. */
function byFieldOrder(a: { key: unknown }, b: { key: unknown }): number {
  const rank = (key: unknown) => {
    const index = ["apiVersion", "kind", "metadata"].indexOf(fieldName(key));
    return index < 0 ? 3 : index;
  };
  return rank(a.key) - rank(b.key) || (fieldName(a.key) < fieldName(b.key) ? -1 : 1);
}

function fieldName(key: unknown): string {
  return String((key as { value?: unknown })?.value ?? key);
}
