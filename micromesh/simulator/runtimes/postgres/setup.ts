/** What the image does once with a new cluster: its database, and the mounted scripts. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import pg from "pg";
import type { ImageSettings } from "./image.ts";
import { log } from "./log.ts";
import { StartProblem } from "./problem.ts";
import { statementsOf } from "./sql-statements.ts";

export const SCRIPTS = "/docker-entrypoint-initdb.d";
/** Milliseconds between two tries to connect. */
const RETRY = 10;
/** psql's exit code for a script that failed with ON_ERROR_STOP, and so the entrypoint's. */
const SCRIPT_FAILED = 3;
/** pg_dump brackets its output by these; they restrict what psql runs, and say nothing to a server. */
const HARMLESS = /^\\(un)?restrict\b/;

/** A script to run, as the container names it and as a text. */
export interface Script {
  readonly name: string;
  readonly text: string;
}

/**
 * Reads the scripts of a directory in the order of their names; says what of it isn't run.
 * @param directory undefined where nothing is mounted
 */
export function readScripts(directory: string | undefined): Script[] {
  if (directory === undefined) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith("."))
    .map((entry) => entry.name)
    .sort()
    .flatMap((file) => {
      const name = `${SCRIPTS}/${file}`;
      const content = () => readFileSync(join(directory, file));
      if (file.endsWith(".sql")) return [{ name, text: content().toString() }];
      if (file.endsWith(".sql.gz")) return [{ name, text: gunzipSync(content()).toString() }];
      if (/\.(sh|sql\.xz|sql\.zst)$/.test(file)) {
        log("WARNING", `${name} isn't run: the simulator runs .sql and .sql.gz only`);
      } else log("LOG", `ignoring ${name}`);
      return [];
    });
}

/** Whether there's anything to do that needs a running server. */
export function needsServer({ database }: ImageSettings, scripts: readonly Script[]): boolean {
  return database !== "postgres" || scripts.length > 0;
}

/**
 * Makes the database and runs the scripts in it, statement by statement, till one fails.
 * @param server its socket's directory and its port; a server that may still be starting
 * @param running whether it still runs
 * @throws StartProblem with the script's name and line, exit code 3
 */
export async function setUp(
  server: { readonly directory: string; readonly port: number },
  { user, database }: ImageSettings,
  scripts: readonly Script[],
  running: () => boolean,
): Promise<void> {
  const open = (name: string) =>
    connected({ host: server.directory, port: server.port, user, database: name }, running);
  const first = await open("postgres");
  try {
    const { rowCount } = await first.query("select from pg_database where datname = $1", [
      database,
    ]);
    if (rowCount === 0) await first.query(`create database ${pg.escapeIdentifier(database)}`);
  } finally {
    await first.end();
  }
  for (const script of scripts) {
    log("LOG", `running ${script.name}`);
    const client = await open(database);
    try {
      await runScript(client, script);
    } finally {
      await client.end();
    }
  }
}

async function runScript(client: pg.Client, { name, text }: Script): Promise<void> {
  client.on("notice", ({ severity, message }) => {
    process.stderr.write(`psql:${name}: ${severity}:  ${message}\n`);
  });
  for (const { sql, line, meta } of statementsOf(text)) {
    if (meta && HARMLESS.test(sql)) continue;
    const failed = (what: string) =>
      new StartProblem(`psql:${name}:${line}: ${what}`, SCRIPT_FAILED);
    if (meta) {
      throw failed(`ERROR:  ${sql}: commands of psql aren't simulated; write plain SQL`);
    }
    if (/^copy\b[^;]*\bfrom\s+stdin\b/i.test(sql)) {
      throw failed("ERROR:  COPY FROM stdin isn't simulated; write INSERT (pg_dump --inserts)");
    }
    try {
      await client.query(sql);
    } catch (error) {
      const { severity = "ERROR", message } = error as pg.DatabaseError;
      throw failed(`${severity}:  ${message}`);
    }
  }
}

/** @throws StartProblem once the server has ended */
async function connected(config: pg.ClientConfig, running: () => boolean): Promise<pg.Client> {
  for (;;) {
    const client = new pg.Client(config);
    // Its end is told by the query that it breaks.
    client.on("error", () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      const { code, message } = error as pg.DatabaseError;
      const starting = code === "57P03" || code === "ENOENT" || code === "ECONNREFUSED";
      if (!starting) throw new StartProblem(`can't set the cluster up: ${message}`);
      if (!running()) throw new StartProblem("the server ended while the cluster was set up");
    }
    await sleep(RETRY);
  }
}
