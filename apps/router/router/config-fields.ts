/** What the fields of the config may be; each error says what it must be. */
import * as z from "zod";

/** Longer than anybody waits. */
export const LONGEST_SECONDS = 3600;

/** An object that has these fields and no others. */
export function fields<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === "unrecognized_keys"
        ? `there may be ${Object.keys(shape).join(", ")}`
        : `it must be an object with ${Object.keys(shape).join(", ")}`,
  });
}

export function whole(least: number, most: number, what: string) {
  const error = `it must be ${what}, a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

export function seconds(least: number) {
  const error = `it must be seconds, ${least} to ${LONGEST_SECONDS}`;
  return z.number({ error }).min(least, { error }).max(LONGEST_SECONDS, { error });
}

const percentError = "it must be a number from 0 to 100";
export const percent = z
  .number({ error: percentError })
  .min(0, { error: percentError })
  .max(100, { error: percentError });

const weightError = "it must be a weight, 0 to 1000000";
export const weight = z
  .number({ error: weightError })
  .min(0, { error: weightError })
  .max(1_000_000, { error: weightError });

/** RFC 1123: it becomes a metric's label and a part of the admin API's paths. */
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const labelError = "it must be a name such as team-a: a-z, 0-9 and -, 63 at most";
export const label = z.string({ error: labelError }).regex(DNS_LABEL, { error: labelError });

const pathError = 'it must be "/", or a path such as /nginx without a slash at its end';
export const path = z
  .string({ error: pathError })
  .regex(/^\/$|^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)+$/, { error: pathError })
  .max(255, { error: "it must be a path of 255 characters at most" });

const urlError = "it must be a URL with a host and a port, such as http://a:8080";
export const url = z
  .string({ error: urlError })
  .regex(/^http:\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]{1,253})(:\d{1,5})?\/?$/, { error: urlError })
  .refine(URL.canParse, { error: urlError })
  .transform((text) => new URL(text).origin);
