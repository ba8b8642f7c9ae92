/** Whether users must show who they are, and whose word is taken for it: part of the shop's settings. */
import { createPublicKey, type JsonWebKey } from "node:crypto";
import * as z from "zod";
import { userName } from "../runtime/schemas.ts";

/** What else is wrong with an object says better what it is. */
const object: z.core.$ZodObjectParams = {
  error: ({ code }) => (code === "invalid_type" ? "it must be an object" : undefined),
};
const keyId = "it must be 1 to 64 of letters, digits and - _";
const coordinate = "it must be 32 bytes in base64url, as a public key of P-256 has them";

/** A public key (RFC 7517); one that brings its private half is refused, for nobody should have that here. */
const publicKey = z
  .strictObject(
    {
      kty: z.literal("EC", { error: "it must be EC" }),
      crv: z.literal("P-256", { error: "it must be P-256" }),
      kid: z.string({ error: keyId }).regex(/^[A-Za-z0-9_-]{1,64}$/, { error: keyId }),
      x: z.string({ error: coordinate }).regex(/^[A-Za-z0-9_-]{43}$/, { error: coordinate }),
      y: z.string({ error: coordinate }).regex(/^[A-Za-z0-9_-]{43}$/, { error: coordinate }),
      alg: z.literal("ES256", { error: "it must be ES256" }).optional(),
      use: z.literal("sig", { error: "it must be sig" }).optional(),
    },
    object,
  )
  .refine(isPublicKey, { error: "it must be a point of the curve P-256" });

/** That a JWK is one of a key of P-256, which its numbers alone don't say. */
export function isPublicKey(jwk: object): boolean {
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1";
  } catch {
    return false;
  }
}

const trustedKey = z.strictObject(
  {
    /** What the tokens that it signs say in `iss`. */
    issuer: z
      .string({ error: "it must be text" })
      .min(1, { error: "it must not be empty" })
      .max(200, { error: "it must have at most 200 characters" }),
    /** Who such tokens may be for; default: any user. */
    users: z.array(userName, { error: "it must be a list of users" }).optional(),
    jwk: publicKey,
  },
  object,
);

export const accessSettings = z.strictObject(
  {
    /** Cart and order answer only to whom they know, and the service auth is there. */
    required: z.boolean({ error: "it must be true or false" }).default(false),
    /** Others whose tokens are taken, besides those of the service auth. */
    keys: z
      .array(trustedKey, { error: "it must be a list of keys" })
      .refine((keys) => new Set(keys.map(({ jwk }) => jwk.kid)).size === keys.length, {
        error: "it must give each key a kid of its own",
      })
      .default([]),
  },
  object,
);

export type AccessSettings = z.output<typeof accessSettings>;
export type TrustedKey = z.output<typeof trustedKey>;

/** The variable `AUTH`: {@link accessSettings} as JSON; without it nobody is asked who they are. */
export const accessVariables = {
  AUTH: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({
          code: "custom",
          message: 'it must be JSON, such as {"required": true}',
        });
        return z.NEVER;
      }
    })
    .pipe(accessSettings)
    .prefault("{}"),
};
