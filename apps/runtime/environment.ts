/** What the environment of a pod says, checked. */
import { hostname } from "node:os";
import * as z from "zod";

/** A variable is wrong; the message is one line: which, what it is, what it must be. */
export class EnvironmentError extends Error {
  override name = "EnvironmentError";
}

/** A port number. */
export function port(fallback: number) {
  const error = "it must be a port number between 1 and 65535";
  return z
    .string()
    .regex(/^\d{1,5}$/, { error })
    .transform(Number)
    .pipe(z.int().min(1, { error }).max(65535, { error }))
    .prefault(String(fallback));
}

/** A URL to put paths behind: without a slash at its end. */
export function baseUrl(example: string) {
  const error = `it must be a URL without a path, such as ${example}`;
  return z
    .string({ error })
    .regex(/^https?:\/\/[^/?#@\s]+\/?$/, { error })
    .refine(URL.canParse, { error })
    .transform((url) => new URL(url).origin);
}

/** Variables of every program that is one replica of many. */
export const replicaVariables = {
  /** Where it listens. Default 8080. */
  PORT: port(8080),
  /** The pod's name, unique among the service's replicas. Default: the host's name. */
  POD_NAME: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i, { error: "it must be a pod's name" })
    .prefault(hostname),
  /** Where others reach the pod. Default 127.0.0.1. */
  POD_IP: z
    .union([z.ipv4(), z.ipv6()], { error: "it must be an IP address" })
    .prefault("127.0.0.1"),
  /** The version of the service that this replica is. Default v1. */
  VERSION: z
    .string()
    .regex(/^v\d{1,9}$/, { error: "it must be v and a number, such as v1" })
    .prefault("v1"),
};

/**
 * Reads variables; an empty one counts as one that isn't set.
 *
 * @throws EnvironmentError about the first that is wrong
 */
export function readEnvironment<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: NodeJS.ProcessEnv,
): z.output<z.ZodObject<Shape>> {
  const set = Object.entries(env).filter(([, value]) => value !== undefined && value !== "");
  const read = z.object(shape).safeParse(Object.fromEntries(set));
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0] as z.core.$ZodIssue;
  const [name, ...inside] = path;
  const value = env[String(name)];
  const is = value ? `is ${JSON.stringify(value)}` : "isn't set";
  throw new EnvironmentError(`${String(name)} ${is}; ${[...inside, message].join(": ")}`);
}

/** Runs a program; one that can't start says why in one line and exits with 1. */
export async function run(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    // Others come from a mistake in the program, and their stack tells where it is.
    const expected = error instanceof EnvironmentError || (error as NodeJS.ErrnoException).syscall;
    console.error(expected ? (error as Error).message : error);
    process.exit(1);
  }
}
