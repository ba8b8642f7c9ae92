/** What the environment tells the API, besides what every replica is told. */
import * as z from "zod";
import { port, replicaVariables } from "../../runtime/environment.ts";
import { seconds, wholeNumber } from "../runtime/variables.ts";

export const apiVariables = {
  ...replicaVariables,
  /** PostgreSQL's host name or address. */
  DATABASE_HOST: z
    .string({ error: "it must be the database's host name, such as db" })
    .regex(/^[A-Za-z0-9._:-]{1,253}$/, { error: "it must be a host name or an IP address" }),
  /** Default 5432. */
  DATABASE_PORT: port(5432),
  DATABASE_NAME: z.string().prefault("items"),
  DATABASE_USER: z.string().prefault("items"),
  DATABASE_PASSWORD: z.string({ error: "it must be the password of the database's user" }),
  /** Connections at most. */
  POOL_MAX: wholeNumber(1, 100, "5"),
  /** How long a request waits for a connection. */
  CONNECT_TIMEOUT_SECONDS: seconds(0.05, 3600, "2"),
  /** How long it waits for the answer to a statement. */
  QUERY_TIMEOUT_SECONDS: seconds(0.05, 3600, "5"),
  /** A connection that nobody has used for so long is closed. */
  IDLE_TIMEOUT_SECONDS: seconds(0.05, 86_400, "30"),
  /** One that is so old is replaced. */
  MAX_LIFETIME_SECONDS: seconds(1, 86_400, "60"),
};
