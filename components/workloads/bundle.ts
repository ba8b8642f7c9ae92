import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildFailure, buildSync } from "esbuild";

/** Paths are resolved from here, so that a bundle doesn't depend on where the program was started. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Bundle {
  text: string;
  /** Absolute paths of all files that are in it. */
  sources: string[];
}

/**
 * Bundles a program for Node with all that it imports into one CommonJS module, which can be run from
 * memory; so there is no top-level `await` in it. The same sources give the same bytes: everything is minified, so that no path is left in it;
 * functions keep their names for stack traces.
 *
 * @param entry absolute path of the program's main file
 * @throws with one line that names the place: `cannot bundle apps/x/main.ts: apps/x/y.ts:3:14: ...`
 */
export function bundle(entry: string): Bundle {
  try {
    const result = buildSync({
      entryPoints: [entry],
      absWorkingDir: ROOT,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      // Of packages that have both, the modules: what isn't used can be left out of them.
      mainFields: ["module", "main"],
      // Node warns of each `import()` in a program that is run from memory; `require` does as well here.
      supported: { "dynamic-import": false },
      minify: true,
      keepNames: true,
      legalComments: "none",
      charset: "utf8",
      outfile: "program.cjs",
      write: false,
      metafile: true,
      logLevel: "silent",
    });
    return {
      text: result.outputFiles[0]?.text ?? "",
      sources: Object.keys(result.metafile.inputs).map((path) => join(ROOT, path)),
    };
  } catch (error) {
    throw new Error(`cannot bundle ${relative(ROOT, entry)}: ${firstProblem(error)}`);
  }
}

function firstProblem(error: unknown): string {
  const [first] = (error as Partial<BuildFailure>).errors ?? [];
  if (!first) return (error as Error).message;
  const { text, location } = first;
  return location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text;
}
