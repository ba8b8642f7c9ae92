/** Schemas of what comes in, and of what goes out. */
import * as z from "zod";
import { HOPS } from "./database/failure.ts";

const MAX_ID = 2n ** 63n - 1n;
const MAX_QUANTITY = 2 ** 31 - 1;
const MAX_LIMIT = 1000;

const idError = `it must be a whole number from 1 to ${MAX_ID}`;

/** An item's id, which may be larger than JSON's numbers are exact. */
const id = z
  .string({ error: idError })
  .regex(/^[1-9]\d{0,18}$/, { error: idError, abort: true })
  .refine((text) => BigInt(text) <= MAX_ID, { error: idError });

export const withId = z.object({ id });

/** Text that PostgreSQL can hold, and give back as it was. */
function text(least: number, most: number) {
  const error = `it must be text of ${least} to ${most} characters`;
  return z
    .string({ error })
    .min(least, { error })
    .max(most, { error })
    .refine((value) => !value.includes("\0"), {
      error: "it must be text without the character NUL (\\u0000)",
    })
    .refine((value) => !/\p{Surrogate}/u.test(value), {
      error: "it must be text without halves of characters (\\ud800 to \\udfff alone)",
    });
}

const quantityError = `it must be a whole number from 0 to ${MAX_QUANTITY}`;

/** An item as its maker gives it. */
export const newItem = z.strictObject(
  {
    name: text(1, 200),
    quantity: z
      .int({ error: quantityError })
      .min(0, { error: quantityError })
      .max(MAX_QUANTITY, { error: quantityError })
      .default(1),
    note: text(0, 2000).nullable().default(null),
  },
  {
    error: ({ code, keys }) =>
      code === "unrecognized_keys"
        ? `there is no field ${(keys as string[]).map((key) => JSON.stringify(key)).join(", ")}; an item has name, quantity and note`
        : 'it must be an object such as {"name": "bolt", "quantity": 3}',
  },
);
export type NewItem = z.output<typeof newItem>;

export const item = z.object({
  id: z.int(),
  name: z.string(),
  quantity: z.int(),
  note: z.string().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type Item = z.output<typeof item>;

const limitError = `it must be a whole number from 1 to ${MAX_LIMIT}`;
const afterError = `it must be an id, or 0`;

/** Which part of the list is wanted. */
export const page = z.strictObject(
  {
    limit: z
      .string({ error: limitError })
      .regex(/^[1-9]\d{0,3}$/, { error: limitError })
      .transform(Number)
      .refine((limit) => limit <= MAX_LIMIT, { error: limitError })
      .prefault("100")
      .describe("At most so many"),
    after: z
      .union([z.literal("0"), id], { error: afterError })
      .default("0")
      .describe("Only items with an id above this one"),
  },
  {
    error: ({ keys }) =>
      `there is no parameter ${((keys ?? []) as string[]).map((key) => JSON.stringify(key)).join(", ")}; there are limit and after`,
  },
);

export const itemPage = z.object({
  items: z.array(item),
  next: z.string().nullable().describe("Where the list goes on; null at its end"),
});

/** What every answer of 400 and above is. */
export const problem = z.object({
  error: z.string().describe("What is wrong, where, and how to mend it"),
});

/** What an answer is when the database didn't do its part. */
export const outage = problem.extend({
  hop: z
    .enum(HOPS)
    .describe("Where it failed: looking up the name, connecting, coming in, or asking"),
  written: z
    .enum(["no", "unknown"])
    .optional()
    .describe("Of a change: whether it has been written"),
});

/** `{ 400: problem, 404: problem }` and so on, and 503, for a route's responses. */
export function problems<Status extends number>(...statuses: Status[]) {
  const all = statuses.map((status) => [status, problem]);
  return { ...(Object.fromEntries(all) as Record<Status, typeof problem>), 503: outage };
}
