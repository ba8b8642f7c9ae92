/** Keys and tokens for tests, right and wrong ones. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import type { TrustedKey } from "../../../../apps/shop/access/settings.ts";
import { ISSUER, type KnownKey } from "../../../../apps/shop/access/tokens.ts";

export interface Signer {
  kid: string;
  issuer: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

export function newSigner(kid: string, issuer = ISSUER): Signer {
  return { kid, issuer, ...generateKeyPairSync("ec", { namedCurve: "P-256" }) };
}

export function knownAs({ publicKey, issuer }: Signer, users?: string[]): KnownKey {
  return { key: publicKey, issuer, users };
}

/** As JSON has it, in settings or in a key set. */
export function jwkOf({ kid, publicKey }: Signer): TrustedKey["jwk"] {
  return { ...publicKey.export({ format: "jwk" }), kid } as TrustedKey["jwk"];
}

/** A good token for ada, but for what is given. */
export function sign(
  signer: Signer,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: signer.issuer, aud: "shop", sub: "ada", iat: now, exp: now + 60, ...claims };
  return new SignJWT(JSON.parse(JSON.stringify(all)))
    .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: signer.kid, ...header })
    .sign(signer.privateKey);
}
