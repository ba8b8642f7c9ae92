/**
 * Who a token is for: JSON Web Tokens (RFC 7519) in the form of access tokens (RFC 9068), signed by ES256. That
 * is the one algorithm taken, whatever a token's header asks for (RFC 8725 3.1).
 *
 * Not EdDSA, which would do as well: Node 20 warns that its Web Crypto has that on trial only.
 */
import type { KeyObject } from "node:crypto";
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import { userName } from "../runtime/schemas.ts";
import { invalidToken } from "./bearer.ts";

export const ALGORITHM = "ES256";
export const TYPE = "at+jwt";
/** What the service auth calls itself, and only itself. */
export const ISSUER = "shop-auth";
export const AUDIENCE = "shop";
/** A token of a service says which, behind this; no user's name has a colon. */
export const SERVICE_PREFIX = "service:";
/** What the token of a service is for: carts, at the version that a pending order was made from. */
export const TAKE_CARTS = "carts:take";
/** Clocks of different machines may differ by so much. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** Longer ones aren't looked at. */
const MAX_TOKEN_LENGTH = 4096;

/** A key that tokens may be signed with. */
export interface KnownKey {
  key: KeyObject;
  issuer: string;
  /** Who its tokens may be for; undefined: anyone. */
  users?: readonly string[] | undefined;
}

/** @returns undefined if nobody has such a key @throws Problem 503 if that can't be found out */
export type FindKey = (kid: string) => Promise<KnownKey | undefined>;

/** Who asks. */
export type Caller = { user: string } | { service: string; scopes: readonly string[] };

/**
 * Who holds a token.
 *
 * @throws Problem 401 if it isn't valid, and what `findKey` throws
 */
export async function callerOf(token: string, findKey: FindKey): Promise<Caller> {
  const known = await findKey(keyIdOf(token));
  if (!known) throw invalidToken("it's signed by nobody that the shop knows");
  return caller(await verified(token, known), known);
}

function keyIdOf(token: string): string {
  if (token.length > MAX_TOKEN_LENGTH) throw invalidToken("it's too long");
  let kid: unknown;
  try {
    kid = decodeProtectedHeader(token).kid;
  } catch {
    throw invalidToken("it's no JSON Web Token");
  }
  // Also of a token of alg "none", which is refused like any other that nobody has signed.
  if (typeof kid !== "string") throw invalidToken("it doesn't say by which key it's signed");
  return kid;
}

async function verified(token: string, { key, issuer }: KnownKey): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer,
      audience: AUDIENCE,
      requiredClaims: ["sub", "exp"],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    return payload;
  } catch (error) {
    throw invalidToken(reason(error));
  }
}

/** In words of our own: what a library says of a token isn't for a header, and may change. */
function reason(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "it has expired";
  if (error instanceof errors.JOSEAlgNotAllowed) return `its alg isn't ${ALGORITHM}`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return "its signature is wrong";
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `its ${error.claim} is ${error.reason === "missing" ? "missing" : "wrong"}`;
  }
  return "it's malformed";
}

function caller({ sub, scope }: JWTPayload, { issuer, users }: KnownKey): Caller {
  // It's there, but may be of any kind.
  if (typeof sub !== "string") throw invalidToken("its sub is no user's name");
  if (sub.startsWith(SERVICE_PREFIX)) {
    if (issuer !== ISSUER) throw invalidToken("its issuer may not speak for services");
    const scopes = typeof scope === "string" ? scope.split(" ") : [];
    return { service: sub.slice(SERVICE_PREFIX.length), scopes };
  }
  if (!userName.safeParse(sub).success) throw invalidToken("its sub is no user's name");
  if (users && !users.includes(sub)) throw invalidToken("its issuer may not speak for that user");
  return { user: sub };
}
