/**
 * Installs the packages when they're missing or older than the lock file, so that a fresh clone needs
 * no step of its own. Plain JavaScript on Node alone: nothing is installed yet.
 */
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MINIMUM_NODE = 20;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** npm writes this file at the end of each install. */
const installed = join(root, "node_modules", ".package-lock.json");

export function installIfNeeded() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < MINIMUM_NODE) {
    console.error(
      `micromesh needs Node ${MINIMUM_NODE} or newer; this is ${process.version}: install one from https://nodejs.org`,
    );
    process.exit(2);
  }
  const lock = join(root, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  const folder = join(root, "node_modules");
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) {
    // npm would empty the folder that it leads to.
    console.error(
      "node_modules is a link, and what it leads to is older than package-lock.json: run npm ci there",
    );
    process.exit(2);
  }
  console.error("Installing packages (once) ...");
  const { status } = spawnSync("npm", ["ci", "--loglevel=error", "--no-progress"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) {
    console.error("npm ci failed (see above); mend it and run the command again");
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) installIfNeeded();
