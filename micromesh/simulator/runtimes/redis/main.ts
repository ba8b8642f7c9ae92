/**
 * The Redis image as a program: `main redis-server [file] [--name value ...]`. Runs the redis-server
 * on PATH behind our own TCP port, or the embedded server where there is none.
 *
 * Data is kept in `dir`; without a volume there it goes with this process.
 * Environment: `MICROMESH_REDIS`: `server` or `embedded` to choose one; `MICROMESH_REDIS_DIR`: where
 * the real server keeps its data instead.
 * Exits with the server's code; 1 where its port is taken or its configuration is bad.
 */
import { readFileSync } from "node:fs";
import { readChoice, serverArguments } from "./arguments.ts";
import { realDirectory, temporaryDirectory } from "./data-directory.ts";
import { log } from "./log.ts";
import { findRedisServer, startNative } from "./native.ts";
import { PersistenceError } from "./persistence/directory.ts";
import { start } from "./server.ts";
import { IMAGE_DIRECTORY, type Settings } from "./settings/defaults.ts";
import { ConfigurationError, type Directive, readDirectives } from "./settings/directives.ts";
import { settingsFrom } from "./settings/settings.ts";
import { VERSION } from "./version.ts";

const GONE = "the data goes with the container";
const SIGNALS = ["SIGTERM", "SIGINT"] as const;
const readText = (path: string) => readFileSync(Buffer.from(path, "latin1"), "latin1");

async function main(): Promise<number> {
  const choice = readChoice(process.env.MICROMESH_REDIS);
  const words = process.argv.slice(2).map(asByteString);
  const directives = readDirectives(serverArguments(words), readText);
  const program = choice === "embedded" ? undefined : findRedisServer();
  if (program) return runNative(program, directives);
  if (choice === "server") {
    throw new ConfigurationError("MICROMESH_REDIS is server, but there's no redis-server on PATH");
  }
  return runEmbedded(directives);
}

async function runNative(program: string, directives: readonly Directive[]): Promise<number> {
  // Only what listening needs: the rest is for redis-server itself to judge.
  const ours = directives.filter(({ name }) =>
    ["port", "bind", "protected-mode", "requirepass", "dir"].includes(name),
  );
  let terminate = () => {
    early = true;
  };
  let early = false;
  for (const name of SIGNALS) process.on(name, () => terminate());
  const { settings } = settingsFrom(ours);
  const server = await startNative(program, {
    directives,
    settings,
    dataDirectory: process.env.MICROMESH_REDIS_DIR || realDirectory(settings.dir),
    readText,
  });
  terminate = server.terminate;
  if (early) terminate();
  return server.ended;
}

async function runEmbedded(directives: readonly Directive[]): Promise<number> {
  const { settings, notHonoured } = settingsFrom(directives);
  const real = realDirectory(settings.dir);
  const temporary = settings.appendOnly && real === undefined ? temporaryDirectory() : undefined;
  // The declared path where there's a volume, so that messages name it.
  if (temporary) settings.dir = temporary.path;
  try {
    const kept = settings.appendOnly ? `data in ${settings.dir}` : "in memory only";
    log("#", `Embedded Redis, as version ${VERSION}, ${kept}, pid=${process.pid}`);
    for (const line of notHonoured) log("#", `WARNING ${line}`);
    if (temporary) log("#", `WARNING no volume is mounted at ${IMAGE_DIRECTORY}: ${GONE}`);
    return await runTillEnd(settings);
  } finally {
    temporary?.remove();
  }
}

async function runTillEnd(settings: Settings): Promise<number> {
  const ending = new AbortController();
  for (const name of SIGNALS) {
    process.on(name, () => {
      log("#", `Received ${name} scheduling shutdown...`);
      ending.abort();
    });
  }
  const server = await start(settings.port, { settings, signal: ending.signal });
  if (!ending.signal.aborted) log("*", `Ready to accept connections on port ${server.port}`);
  try {
    await server.closed;
  } catch (error) {
    if (!(error instanceof PersistenceError)) throw error;
    log("#", error.message);
    return 1;
  }
  log("#", "Redis is now ready to exit, bye bye...");
  return 0;
}

/** Arguments come as UTF-16; Redis takes their bytes. */
function asByteString(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

// process.exit, not process.exitCode: whatever else runs in this process mustn't keep it alive.
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    log("#", `Can't start Redis: ${reason}`);
    process.exit(1);
  },
);
