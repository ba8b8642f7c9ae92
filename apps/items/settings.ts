/** The items lab's settings: part of the stack's config. */
import * as z from "zod";

const count = (least: number, most: number, what: string) => {
  const error = `it must be ${what}, ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

const seconds = (least: number, most: number) => {
  const error = `it must be a number of seconds, ${least} to ${most}`;
  return z.number({ error }).min(least, { error }).max(most, { error });
};

const object = { error: "it must be an object" };
const storageError = "it must be an amount of storage such as 1Gi";
const passwordError = "it must be 8 to 128 printable ASCII characters without spaces";

/** Fields of `micromesh:labs.items` besides its scenario; every one may be left out. */
export const itemsSettings = z.strictObject(
  {
    api: z
      .strictObject({ replicas: count(1, 10, "a number of pods").default(2) }, object)
      .prefault({}),
    /** Each replica's connections to PostgreSQL, which takes 100 in all. */
    pool: z
      .strictObject(
        {
          max: count(1, 20, "a number of connections").default(5),
          /** How long a request waits for a connection: a new one, or one of the pool's. */
          connect_timeout_seconds: seconds(0.1, 60).default(2),
          /** How long it waits for the answer to a statement. */
          query_timeout_seconds: seconds(0.1, 60).default(5),
          /** A connection that nobody has used for so long is closed. */
          idle_timeout_seconds: seconds(1, 3600).default(30),
          /** A connection that is so old is replaced: the next one looks the name up anew. */
          max_lifetime_seconds: seconds(1, 86_400).default(60),
        },
        object,
      )
      .prefault({}),
    client: z
      .strictObject(
        {
          /** From one request's start to the next one's. */
          interval_seconds: seconds(0.05, 60).default(0.5),
        },
        object,
      )
      .prefault({}),
    /** How much PostgreSQL may keep. */
    storage: z
      .string({ error: storageError })
      .regex(/^[1-9]\d{0,5}(Mi|Gi)$/, { error: storageError })
      .default("1Gi"),
    /**
     * Of PostgreSQL's user. Default: a random one, made once and kept in the stack's state. PostgreSQL takes
     * it when its volume is new; a change afterwards isn't heard of by the volume that is there.
     */
    password: z
      .string({ error: passwordError })
      .regex(/^[!-~]{8,128}$/, { error: passwordError })
      .optional(),
  },
  object,
);

export type ItemsSettings = z.infer<typeof itemsSettings>;
