/** What the image was told to run, by the rules of the official image's entrypoint. */
import { basename } from "node:path";
import { ConfigurationError } from "./settings/directives.ts";

/**
 * The arguments for redis-server.
 * @param words the container's command and arguments: `redis-server ...`, or options or a
 *   configuration file alone, to which the entrypoint adds `redis-server`; none: `redis-server`
 * @throws ConfigurationError where another program is asked for
 */
export function serverArguments(words: readonly string[]): readonly string[] {
  const [first, ...rest] = words;
  if (first === undefined) return [];
  if (basename(first) === "docker-entrypoint.sh") return serverArguments(rest);
  if (first.startsWith("-") || first.endsWith(".conf")) return words;
  if (basename(first) === "redis-server") return rest;
  throw new ConfigurationError(
    `the image's command is '${words.join(" ")}': the Redis runtime runs redis-server only; ` +
      "remove the command, or begin it with redis-server",
  );
}

/** Which server is wanted: the real one, the embedded one, or the real one where there is one. */
export type Choice = "server" | "embedded" | "any";

/**
 * Reads `MICROMESH_REDIS`.
 * @throws ConfigurationError
 */
export function readChoice(text: string | undefined): Choice {
  if (text === undefined || text === "") return "any";
  if (text === "server" || text === "embedded") return text;
  throw new ConfigurationError(
    `MICROMESH_REDIS is '${text}'; write server or embedded, or unset it`,
  );
}
