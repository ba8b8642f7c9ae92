/**
 * The PostgreSQL image as a program: `main INSTALLATION [postgres] [-c name=value ...]`. Runs a
 * native server behind our own TCP port.
 *
 * Data is kept in PGDATA; without a volume there it goes with this process. Templates of clusters
 * are kept in `node_modules/.cache/micromesh`.
 * Exits with the server's code; 1 where it can't start, 3 where a script of the image fails.
 */
import { chmodSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { POD_CIDR } from "../../cluster/addresses.ts";
import { privateDirectory } from "../native/relay.ts";
import { type Account, give, letPass, otherAccount, readableInstallation } from "./account.ts";
import { onlyTells, serverArguments, settingsIn } from "./arguments.ts";
import { buildCluster } from "./cluster.ts";
import {
  type Asked,
  checkDataDirectory,
  effective,
  withReadableFiles,
  writeRules,
  writeTrust,
} from "./configuration.ts";
import {
  createCluster,
  hasCluster,
  onVolume,
  removeRemains,
  removeStaleLock,
} from "./data-directory.ts";
import { checkPassword, DEFAULT_PGDATA, type ImageSettings, readImageSettings } from "./image.ts";
import { identityOf, linkLibraries } from "./installation.ts";
import { log } from "./log.ts";
import { StartProblem } from "./problem.ts";
import { serve, socketName, startServer } from "./server.ts";
import { needsServer, readScripts, SCRIPTS, setUp } from "./setup.ts";
import { runStage } from "./stage.ts";

const HIGHEST_PORT = 65535;

/** The run's folder: bundles, this one too, are in a folder of it. */
const run = realpathSync(dirname(dirname(process.argv[1] ?? "")));
const account = otherAccount();
// As in the image, whatever this machine's time zone.
const env = { ...process.env, TZ: process.env.TZ ?? "Etc/UTC" };

async function main(native: string, words: readonly string[]): Promise<number> {
  const stopping = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"]) process.on(name, () => stopping.abort());
  const args = serverArguments(words);
  linkLibraries(native);
  const installation = readableInstallation(native, identityOf(native), account);
  if (onlyTells(args)) return tell(installation, args);

  const declared = process.env.PGDATA || DEFAULT_PGDATA;
  checkDataDirectory(args, declared);
  const directory = ownDirectory();
  try {
    const data = onVolume(declared, run) ?? join(directory, "data");
    mkdirSync(data, { recursive: true, mode: 0o700 });
    prepareFor(account, data);
    const readable = withReadableFiles(args, directory, run, account);
    const asked: Asked = { installation, data, args: readable, account, env, cwd: directory };
    if (hasCluster(data)) {
      removeRemains(data);
      log(
        "LOG",
        "PostgreSQL Database directory appears to contain a database; Skipping initialization",
      );
    } else {
      await initialise(asked, native, declared, stopping.signal);
      log("LOG", "PostgreSQL init process complete; ready for start up.");
    }
    if (stopping.signal.aborted) return 0;
    return await runServer(asked, stopping.signal);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function tell(installation: string, args: readonly string[]): Promise<number> {
  const program = join(installation, "bin", "postgres");
  const { code, stdout, stderr } = await runStage(program, args, { account, env, cwd: "/" });
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return code;
}

/** A directory for a server's socket and files, which its account can reach. */
function ownDirectory(): string {
  const directory = privateDirectory("mmp-", socketName(HIGHEST_PORT));
  try {
    prepareFor(account, directory);
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  return directory;
}

/** Lets the account have a directory, as the image's entrypoint does. */
function prepareFor(owner: Account | undefined, directory: string): void {
  chmodSync(directory, 0o700);
  give(directory, owner);
  letPass(directory, run, owner);
}

/** Makes the cluster, its database, and what the mounted scripts make. */
async function initialise(
  asked: Asked,
  native: string,
  declared: string,
  signal: AbortSignal,
): Promise<void> {
  const image = readImageSettings(process.env);
  checkPassword(image);
  const { installation, data, args, cwd: scratch } = asked;
  const encryption = settingsIn(args).findLast(({ name }) => name === "password_encryption");
  const method = image.authMethod ?? encryption?.value ?? "scram-sha-256";
  if (method === "trust") {
    log("WARNING", 'POSTGRES_HOST_AUTH_METHOD is "trust": whoever reaches the port is let in');
  }
  const cache = join(dirname(native), "..", "..", ".cache", "micromesh");
  const words = image.initdbArguments;
  const identity = identityOf(native);
  const superuser = image.user;
  await createCluster(data, declared, (making) =>
    buildCluster(
      making,
      { installation, identity, cache, scratch, account, env, superuser, words },
      image,
      method,
    ),
  );
  rmSync(join(scratch, "cluster"), { recursive: true, force: true });
  await setUpOnce(asked, image, signal);
}

/** By a server that nobody else can reach, and that has ended afterwards. */
async function setUpOnce(asked: Asked, image: ImageSettings, signal: AbortSignal): Promise<void> {
  const scripts = readScripts(onVolume(SCRIPTS, run));
  if (!needsServer(image, scripts)) return;
  const [port = 0] = (await effective(asked, ["port"])).map(Number);
  const { installation, data, args } = asked;
  const directory = ownDirectory();
  const place = { installation, data, directory, port, account, env };
  // As initdb's --no-sync: what is lost with the machine is made anew.
  const quick = [...args, "-c", "fsync=off"];
  const server = startServer(place, quick, writeTrust(directory, account));
  signal.addEventListener("abort", server.stop, { once: true });
  try {
    await setUp({ directory, port }, image, scripts, server.running);
  } finally {
    server.stop();
    await server.ended;
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runServer(asked: Asked, signal: AbortSignal): Promise<number> {
  const { installation, data, args, cwd: directory } = asked;
  const names = ["port", "listen_addresses", "hba_file", "ssl"];
  const [port, addresses = "", hba = "", ssl] = await effective(asked, names);
  const rules = writeRules(hba, directory, POD_CIDR, account);
  for (const warning of rules.warnings) log("WARNING", `pg_hba.conf: ${warning}`);
  if (ssl === "on") log("WARNING", "ssl has no effect: connections are in plain text");
  removeStaleLock(data);
  const place = { installation, data, directory, port: Number(port), account, env };
  const server = startServer(place, args, rules.file);
  signal.addEventListener("abort", server.stop, { once: true });
  if (signal.aborted) server.stop();
  return serve(place, server, addresses);
}

const [native = "", ...words] = process.argv.slice(2);
// process.exit, not process.exitCode: whatever else runs in this process mustn't keep it alive.
main(native, words).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const known = error instanceof StartProblem;
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${known ? text : `Can't start PostgreSQL: ${text}`}\n`);
    process.exit(known ? error.code : 1);
  },
);
