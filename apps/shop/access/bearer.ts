/** How a request shows its token, and how it's told that it must: bearer tokens (RFC 6750). Pure. */
import { Problem } from "../../runtime/http/problem.ts";

const REALM = 'Bearer realm="shop"';
/** A scheme's name is the same in either case (RFC 9110 11.1); then one token68, and nothing else. */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const HOW =
  "get a token by POST /auth/token?user_id=NAME, and send it as Authorization: Bearer TOKEN";

/**
 * The token in the header Authorization.
 *
 * @param values one for each such header of the request
 * @throws Problem 401 without one, or of another scheme; 400 if there are several, or one is malformed
 */
export function bearerToken(values: readonly string[] = []): string {
  if (values.length > 1) {
    throw new Problem(400, "header Authorization: it must be there once", {
      "www-authenticate": challenge("invalid_request", "more than one Authorization header"),
    });
  }
  const [value = ""] = values;
  const token = BEARER.exec(value.trim())?.[1];
  if (token !== undefined) return token;
  if (/^bearer\b/i.test(value.trim())) {
    throw new Problem(400, `header Authorization: it must be "Bearer", a space and one token`, {
      "www-authenticate": challenge("invalid_request", "not a token"),
    });
  }
  // Without a word on what is wrong, since nothing is: RFC 6750, section 3.1.
  throw new Problem(401, `this is for users that are signed in: ${HOW}`, {
    "www-authenticate": REALM,
  });
}

/** @param why without quotes or backslashes, which would end it */
export function invalidToken(why: string): Problem {
  return new Problem(401, `the token isn't valid: ${why}; ${HOW}`, {
    "www-authenticate": challenge("invalid_token", why),
  });
}

/** What a service's token isn't for. */
export function insufficientScope(service: string): Problem {
  const why = `the token of ${service} is for something else`;
  return new Problem(403, why, { "www-authenticate": challenge("insufficient_scope", why) });
}

function challenge(error: string, description: string): string {
  return `${REALM}, error="${error}", error_description="${description}"`;
}
