import type { KubernetesObject } from "../declared.ts";
import { findManifestFiles, readManifestFile } from "./files.ts";
import type { ManifestProblem } from "./problem.ts";
import { ManifestReader } from "./reader.ts";

export { type ManifestProblem, manifestProblemLine } from "./problem.ts";

export interface Manifests {
  /** In the order of files and documents; without those that a problem names. */
  objects: KubernetesObject[];
  problems: ManifestProblem[];
  /** What was passed over or made up, one line each. */
  notes: string[];
}

/**
 * Reads the Kubernetes objects in the YAML and JSON files of a folder and of those in it, as kubectl would
 * read them. What can't be read, or what the API server would reject, is a problem and left out; everything
 * else counts.
 * @param directory a folder, or one file
 * @throws UsageError where there's no such folder, or no YAML or JSON file in it
 */
export async function readManifests(directory: string): Promise<Manifests> {
  const { files, unreadable } = await findManifestFiles(directory);
  const reader = new ManifestReader();
  for (const { name, text } of unreadable) reader.problems.push({ file: name, text });
  for (const file of files) {
    try {
      reader.readFile(file.name, await readManifestFile(file));
    } catch (error) {
      reader.problems.push({ file: file.name, text: (error as Error).message });
    }
  }
  const { objects, problems, notes } = reader;
  return { objects, problems, notes };
}
