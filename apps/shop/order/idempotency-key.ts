/** The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header). */
import { Problem } from "../../runtime/http/problem.ts";

/** A structured-field string (RFC 9651 3.3.3), with parameters that mean nothing here. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"(?: *;[^"]*)?$/;
/** Without quotes, as many clients send it. */
const BARE = /^[A-Za-z0-9._~:@!$&'()*+/=-]{1,255}$/;

/**
 * The key in the header.
 *
 * @throws Problem 400
 */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const quoted = QUOTED.exec(text)?.[1];
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, "$1");
  if (BARE.test(text)) return text;
  throw new Problem(
    400,
    'header Idempotency-Key: it must be 1 to 255 characters in quotes, such as "8e03978e-40d5"',
  );
}
