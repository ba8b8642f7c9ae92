/** Where a server of the image keeps its data on this machine. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IMAGE_DIRECTORY } from "./settings/defaults.ts";
import { ConfigurationError } from "./settings/directives.ts";

/**
 * The real path of `dir`. The image's own `/data` is there only where something is mounted there:
 * what this machine has at that path isn't the image's.
 * @returns undefined for the image's own directory with nothing mounted: its data then goes with the
 *   container
 * @throws ConfigurationError where there's no such directory
 */
export function realDirectory(dir: string): string | undefined {
  try {
    const real = realpathSync(dir);
    return dir === IMAGE_DIRECTORY && real === dir ? undefined : real;
  } catch (error) {
    if (dir === IMAGE_DIRECTORY) return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`'dir ${dir}': ${reason}; mount a volume there`);
  }
}

/** A directory that lives as long as this process, for data of no volume. */
export function temporaryDirectory(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "mmr-data-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
