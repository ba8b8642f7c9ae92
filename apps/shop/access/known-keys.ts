/** The keys that tokens may be signed with: those of the settings, and those that the service auth publishes. */
import { createPublicKey, type JsonWebKey } from "node:crypto";
import * as z from "zod";
import { type Mesh, Unavailable } from "../runtime/mesh-client.ts";
import { isPublicKey, type TrustedKey } from "./settings.ts";
import { type FindKey, ISSUER, type KnownKey } from "./tokens.ts";

/** Older than this, what was published is asked for again, while it's still used. */
const FRESH_MS = 5 * 60_000;
/** Whoever makes up keys' names can't have auth asked more often than this. */
const COOLDOWN_MS = 1000;

/** A JSON Web Key Set (RFC 7517), of which only keys for our algorithm are of use. */
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });
const usable = z
  .looseObject({ kid: z.string(), use: z.literal("sig").optional() })
  .refine((jwk) => isPublicKey(jwk));

interface Published {
  keys: Map<string, KnownKey>;
  at: number;
}

/**
 * Looks keys up by their ids, in the settings first.
 *
 * Auth is asked when an id is new. That it's away is no reason to forget its keys: they go on working until it
 * says that they are gone. An id that can't be looked up is neither good nor bad: Unavailable, which is 503.
 *
 * @param mesh that leads to auth
 * @param now milliseconds
 */
export function knownKeys(
  mesh: Mesh,
  trusted: readonly TrustedKey[] = [],
  now: () => number = Date.now,
): FindKey {
  const own = new Map(trusted.map((one) => [one.jwk.kid, knownKey(one)]));
  let published: Published | undefined;
  let lastTry = Number.NEGATIVE_INFINITY;
  let lastError: unknown;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    lastTry = now();
    try {
      published = { keys: await keysOf(mesh), at: now() };
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
  }

  /** One question at a time, for however many it matters to. */
  function refreshed(): Promise<void> {
    if (now() - lastTry < COOLDOWN_MS && !asking) return Promise.resolve();
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  return async (kid) => {
    if (own.has(kid)) return own.get(kid);
    const known = published?.keys.get(kid);
    if (known) {
      if (now() - (published?.at ?? 0) > FRESH_MS) void refreshed();
      return known;
    }
    await refreshed();
    const found = published?.keys.get(kid);
    if (!found && lastError) throw lastError;
    return found;
  };
}

async function keysOf(mesh: Mesh): Promise<Map<string, KnownKey>> {
  const { status, body } = await mesh.call("GET", "/auth/.well-known/jwks.json");
  const set = keySet.safeParse(body);
  if (status !== 200 || !set.success) {
    throw new Unavailable("auth", `auth answered ${status}, and no keys`);
  }
  return new Map(
    set.data.keys.flatMap((jwk): [string, KnownKey][] => {
      const { data } = usable.safeParse(jwk);
      return data ? [[data.kid, knownKey({ issuer: ISSUER, jwk: data })]] : [];
    }),
  );
}

function knownKey({ issuer, users, jwk }: Omit<TrustedKey, "jwk"> & { jwk: object }): KnownKey {
  return { key: createPublicKey({ key: jwk as JsonWebKey, format: "jwk" }), issuer, users };
}
