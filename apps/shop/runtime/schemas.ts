/** Schemas that the services share: of what comes in, and of errors. */
import * as z from "zod";

const NAME = "1 to 64 of letters, digits and - _ . @";
// "." and ".." would be steps in a path, not names, as soon as one is put into a URL.
const nameError = `it must be ${NAME}`;

/** An id of a product or an order. */
export const id = z
  .string({ error: nameError })
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._@-]{1,64}$/, { error: nameError });

/** A user's name. Some can't be had, because `/cart/health` is something else. */
export const userName = z
  .string({ error: nameError })
  .regex(/^(?!(?:\.{1,2}|health|openapi\.json)$)[A-Za-z0-9._@-]{1,64}$/, {
    error: `${nameError}, and neither "health" nor "openapi.json"`,
  });

/** A whole number in a query. */
export function wholeNumber(least: number, most: number) {
  const error = `it must be a whole number from ${least} to ${most}`;
  // Number("") is 0, which nobody who left the value out has meant.
  const blank = (value: unknown) => (value === "" ? Number.NaN : value);
  return z.preprocess(
    blank,
    z.coerce.number({ error }).int({ error }).min(least, { error }).max(most, { error }),
  );
}

/** Which part of a list is wanted. */
export const page = z.object({
  limit: wholeNumber(1, 100).default(100).describe("At most so many"),
  offset: wholeNumber(0, 1_000_000).default(0).describe("Leave out so many first"),
});

/** What every answer of 400 and above is. */
export const problem = z.object({
  error: z.string().describe("What is wrong, where, and how to mend it"),
});

/** `{ 400: problem, 503: problem }` and so on, for a route's responses. */
export function problems<Status extends number>(...statuses: Status[]) {
  return Object.fromEntries(statuses.map((status) => [status, problem])) as Record<
    Status,
    typeof problem
  >;
}

export const health = z.object({ status: z.literal("healthy") });
