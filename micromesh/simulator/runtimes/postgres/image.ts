/** What the image's entrypoint makes of its environment (https://hub.docker.com/_/postgres). */
import { readFileSync } from "node:fs";
import { StartProblem } from "./problem.ts";

export const DEFAULT_PGDATA = "/var/lib/postgresql/data";

export interface ImageSettings {
  readonly user: string;
  readonly database: string;
  /** Empty where none is given. */
  readonly password: string;
  /** Words for initdb. */
  readonly initdbArguments: readonly string[];
  /** Of the lines for all hosts in `pg_hba.conf`; undefined for what `password_encryption` says. */
  readonly authMethod: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;
type ReadText = (path: string) => string;

const NO_PASSWORD = `Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.

       See PostgreSQL documentation about "trust":
       https://www.postgresql.org/docs/current/auth-trust.html`;

/**
 * Reads the image's variables; each but the method may be a file's content by `NAME_FILE`.
 * @throws StartProblem in the image's words where a variable is given twice or can't be read
 */
export function readImageSettings(
  environment: Environment,
  readText: ReadText = (path) => readFileSync(path, "utf8"),
): ImageSettings {
  const value = (name: string) => valueOrFile(name, environment, readText);
  const user = value("POSTGRES_USER") || "postgres";
  return {
    user,
    database: value("POSTGRES_DB") || user,
    password: value("POSTGRES_PASSWORD") ?? "",
    initdbArguments: initdbWords(value("POSTGRES_INITDB_ARGS") ?? "", environment),
    authMethod: environment.POSTGRES_HOST_AUTH_METHOD || undefined,
  };
}

/** @throws StartProblem, as the image ends, where a new cluster would have no password */
export function checkPassword({ password, authMethod }: ImageSettings): void {
  if (password === "" && authMethod !== "trust") throw new StartProblem(NO_PASSWORD);
}

function valueOrFile(name: string, environment: Environment, readText: ReadText) {
  const { [name]: value, [`${name}_FILE`]: file } = environment;
  if (value && file) {
    throw new StartProblem(`error: both ${name} and ${name}_FILE are set (but are exclusive)`);
  }
  if (!file) return value;
  try {
    // The shell's $(< file) takes the newlines at the end off.
    return readText(file).replace(/\n+$/, "");
  } catch (error) {
    throw new StartProblem(`${name}_FILE: ${(error as Error).message}`);
  }
}

/** Options that say where things are; the runtime says that itself. */
const PLACES = /^(-D|--pgdata|-X|--waldir|--pwfile|-W|--pwprompt|-U|--username|-L)(=|$)/;

function initdbWords(text: string, { POSTGRES_INITDB_WALDIR }: Environment): string[] {
  const words = shellWords(text);
  const place = POSTGRES_INITDB_WALDIR
    ? "POSTGRES_INITDB_WALDIR"
    : words.find((w) => PLACES.test(w));
  if (place) {
    throw new StartProblem(
      `${place} isn't simulated: leave it out (the log is written below PGDATA, and the superuser is POSTGRES_USER)`,
    );
  }
  return words;
}

/** Words of a command line: blanks part them, quotes hold them together, a backslash escapes. */
export function shellWords(text: string): string[] {
  const words = text.match(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+/gs) ?? [];
  return words.map((word) =>
    word.replace(
      /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/gs,
      (_, single, double, escaped) => single ?? double?.replace(/\\([\\"$`])/g, "$1") ?? escaped,
    ),
  );
}
