import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  manifestProblemLine,
  readManifests,
} from "../../../micromesh/resources/manifests/manifests.ts";

/** Runs with a folder of these files, by their relative names, which is gone afterwards. */
export async function inFolder<T>(
  files: Record<string, string | Uint8Array>,
  run: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "micromesh-manifests-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), content);
    }
    return await run(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What's read of these files: with problems as lines, and the objects' titles for short. */
export function read(files: Record<string, string | Uint8Array>) {
  return inFolder(files, async (directory) => {
    const { objects, problems, notes } = await readManifests(directory);
    return {
      objects,
      problems,
      notes,
      lines: problems.map(manifestProblemLine),
      titles: objects.map(({ kind, metadata: { namespace = "", name } }) =>
        [kind, [namespace, name].filter((part) => part !== "").join("/")].join(" "),
      ),
    };
  });
}

/** A manifest that nothing is wrong with. */
export function configMap(name: string, data = ""): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n${data && `data: ${data}\n`}`;
}
