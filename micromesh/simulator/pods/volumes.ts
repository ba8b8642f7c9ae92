import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Mount } from "../agent/messages.ts";
import { CannotStart, dataOf, type FindConfig, fieldOf } from "./environment.ts";
import type { ContainerSpec, KeyToPath, PodTemplate, VolumeSpec } from "./spec.ts";

/** Kinds of volumes that the simulator realises; another one keeps the pod from starting. */
const KINDS = ["configMap", "secret", "emptyDir", "persistentVolumeClaim", "downwardAPI"] as const;

/**
 * Lays a pod's volumes out below `directory`, or brings them up to date.
 * @param claims where persistent volume claims keep their data, across pods
 * @throws CannotStart where a volume can't be made
 */
export async function layOutVolumes(
  pod: PodTemplate,
  ip: string,
  directory: string,
  claims: string,
  find: FindConfig,
): Promise<void> {
  for (const volume of pod.spec.volumes ?? []) {
    const target = volumePath(volume, pod, directory, claims);
    await mkdir(target, { recursive: true, mode: 0o700 });
    const files = filesOf(volume, pod, ip, find);
    for (const [path, text] of Object.entries(files)) await replaceFile(join(target, path), text);
    if (contentOf(volume)) await removeOthers(target, files);
    else {
      const subPaths = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
        .flatMap((container) => container.volumeMounts ?? [])
        .flatMap((mount) => (mount.name === volume.name && mount.subPath) || []);
      for (const path of subPaths) await mkdir(join(target, path), { recursive: true });
    }
  }
}

/** Where a container finds its volumes. */
export function mountsOf(
  pod: PodTemplate,
  container: ContainerSpec,
  directory: string,
  claims: string,
): Mount[] {
  return (container.volumeMounts ?? []).map((mount) => {
    const volume = pod.spec.volumes?.find((v) => v.name === mount.name);
    if (!volume)
      throw new CannotStart("CreateContainerConfigError", `volume ${mount.name} is not declared`);
    const source = volumePath(volume, pod, directory, claims);
    return {
      mountPath: mount.mountPath.replace(/\/+$/, ""),
      source: mount.subPath ? join(source, mount.subPath) : source,
      readOnly: mount.readOnly === true || contentOf(volume) !== undefined,
    };
  });
}

/** Where the files of a volume come from that its pods can't change; undefined where they can. */
function contentOf({ configMap, secret, downwardAPI }: VolumeSpec) {
  return configMap ?? secret ?? downwardAPI;
}

function volumePath(
  volume: VolumeSpec,
  pod: PodTemplate,
  directory: string,
  claims: string,
): string {
  const claim = volume.persistentVolumeClaim?.claimName;
  return claim ? join(claims, pod.namespace, claim) : join(directory, volume.name);
}

function filesOf(
  volume: VolumeSpec,
  pod: PodTemplate,
  ip: string,
  find: FindConfig,
): Record<string, string> {
  const kind = KINDS.find((k) => volume[k] !== undefined);
  switch (kind) {
    case "configMap": {
      const { name, optional, items } = volume.configMap as NonNullable<VolumeSpec["configMap"]>;
      const object = find("ConfigMap", name);
      if (!object && !optional) throw notMounted(volume.name, `configmap "${name}" not found`);
      return picked(dataOf(object), items, volume.name, optional);
    }
    case "secret": {
      const { secretName, optional, items } = volume.secret as NonNullable<VolumeSpec["secret"]>;
      const object = find("Secret", secretName);
      if (!object && !optional) throw notMounted(volume.name, `secret "${secretName}" not found`);
      return picked(dataOf(object), items, volume.name, optional);
    }
    case "downwardAPI":
      return Object.fromEntries(
        (volume.downwardAPI?.items ?? []).map(({ path, fieldRef }) => [
          path,
          fileOf(fieldRef?.fieldPath ?? "", pod, ip),
        ]),
      );
    case undefined:
      throw notMounted(volume.name, `its kind isn't simulated; simulated are ${KINDS.join(", ")}`);
    default:
      return {};
  }
}

/** In files, unlike in variables, a pod may also have all its labels or annotations. */
function fileOf(path: string, pod: PodTemplate, ip: string): string {
  const map = /^metadata\.(labels|annotations)$/.exec(path)?.[1];
  if (!map) return fieldOf(path, pod, ip);
  return Object.entries(pod[map as "labels" | "annotations"])
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
    .join("\n");
}

function picked(
  data: Record<string, string>,
  items: KeyToPath[] | undefined,
  volume: string,
  optional = false,
): Record<string, string> {
  if (!items) return data;
  return Object.fromEntries(
    items.flatMap(({ key, path }) => {
      const text = data[key];
      if (text !== undefined) return [[path, text]];
      if (optional) return [];
      throw notMounted(volume, `it has no key ${key}`);
    }),
  );
}

function notMounted(volume: string, why: string): CannotStart {
  return new CannotStart(
    "ContainerCreating",
    `MountVolume.SetUp failed for volume "${volume}": ${why}`,
  );
}

/** What an earlier version of the content had and this one hasn't. */
async function removeOthers(directory: string, files: Record<string, string>): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((e) => e.isFile())) {
    const path = join(entry.parentPath, entry.name);
    if (!(relative(directory, path) in files)) await rm(path, { force: true });
  }
}

/** At once, so that no reader sees half a file. */
async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
}
