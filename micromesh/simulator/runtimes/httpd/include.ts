import { globPattern } from "./glob.ts";
import type { ConfigFiles } from "./syntax.ts";

/** Expands `*` and `?` in any component of a path. */
export function expandPath(path: string, files: ConfigFiles): string[] {
  let found = [""];
  for (const part of path.split("/").slice(1)) {
    if (!/[*?[]/.test(part)) {
      found = found.map((base) => `${base}/${part}`);
      continue;
    }
    const pattern = globPattern(part);
    found = found.flatMap((base) =>
      (files.list(base || "/") ?? [])
        .filter((name) => pattern.test(name))
        .map((name) => `${base}/${name}`),
    );
  }
  return found;
}

/** A directory stands for every file below it. */
export function filesUnder(path: string, files: ConfigFiles): string[] {
  const names = files.list(path);
  return names ? names.flatMap((name) => filesUnder(`${path}/${name}`, files)) : [path];
}
