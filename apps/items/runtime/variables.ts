/** Kinds of variables that the API and its client have in common. */
import * as z from "zod";

/** A number of seconds. @param fallback as it would be written in the environment */
export function seconds(least: number, most: number, fallback: string) {
  const error = `it must be a number of seconds, ${least} to ${most}`;
  return amount(/^\d{1,6}(\.\d{1,6})?$/, least, most, error).prefault(fallback);
}

/** A whole number. @param fallback as it would be written in the environment */
export function wholeNumber(least: number, most: number, fallback: string) {
  const error = `it must be a whole number, ${least} to ${most}`;
  return amount(/^\d{1,9}$/, least, most, error).prefault(fallback);
}

function amount(form: RegExp, least: number, most: number, error: string) {
  return z
    .string()
    .regex(form, { error })
    .transform(Number)
    .pipe(z.number().min(least, { error }).max(most, { error }));
}
