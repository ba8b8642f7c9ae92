import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
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
    for (const [path, text] of Object.entries(filesOf(volume, pod, ip, find))) {
      await replaceFile(join(target, path), text);
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
    const fixed = volume.configMap ?? volume.secret ?? volume.downwardAPI;
    return {
      mountPath: mount.mountPath.replace(/\/+$/, ""),
      source: mount.subPath ? join(source, mount.subPath) : source,
      readOnly: mount.readOnly === true || fixed !== undefined,
    };
  });
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
      return picked(dataOf(object), items, volume.name);
    }
    case "secret": {
      const { secretName, optional, items } = volume.secret as NonNullable<VolumeSpec["secret"]>;
      const object = find("Secret", secretName);
      if (!object && !optional) throw notMounted(volume.name, `secret "${secretName}" not found`);
      return picked(dataOf(object), items, volume.name);
    }
    case "downwardAPI":
      return Object.fromEntries(
        (volume.downwardAPI?.items ?? []).map(({ path, fieldRef }) => [
          path,
          fieldOf(fieldRef?.fieldPath ?? "", pod, ip),
        ]),
      );
    case undefined:
      throw notMounted(volume.name, `its kind isn't simulated; simulated are ${KINDS.join(", ")}`);
    default:
      return {};
  }
}

function picked(
  data: Record<string, string>,
  items: KeyToPath[] | undefined,
  volume: string,
): Record<string, string> {
  if (!items) return data;
  return Object.fromEntries(
    items.map(({ key, path }) => {
      const text = data[key];
      if (text === undefined) throw notMounted(volume, `it has no key ${key}`);
      return [path, text];
    }),
  );
}

function notMounted(volume: string, why: string): CannotStart {
  return new CannotStart(
    "ContainerCreating",
    `MountVolume.SetUp failed for volume "${volume}": ${why}`,
  );
}

/** At once, so that no reader sees half a file. */
async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
}
