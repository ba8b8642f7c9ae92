/** The key that auth signs with: made at its first use, and kept in the store, for all replicas and restarts. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { calculateJwkThumbprint } from "jose";
import { madeOnce } from "../access/shared-secrets.ts";
import { ALGORITHM } from "../access/tokens.ts";
import type { Store } from "../runtime/store.ts";
import { StoreUnavailable } from "../runtime/store-connection.ts";

/** Where it is, as PKCS 8 in PEM. */
const STORE_KEY = "auth:signing-key";

export interface SigningKey {
  privateKey: KeyObject;
  kid: string;
  /** Its public half, as auth publishes it. */
  jwk: Record<string, unknown>;
}

/**
 * Looks the key up each time, so that another one in the store is used at once.
 *
 * @returns a function that throws StoreUnavailable
 */
export function signingKeyIn(store: Store): () => Promise<SigningKey> {
  let read: { pem: string; key: SigningKey } | undefined;
  return async () => {
    const pem = await madeOnce(store, STORE_KEY, async () => newKey());
    if (read?.pem !== pem) read = { pem, key: await signingKey(pem) };
    return read.key;
  };
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }) as string;
}

async function signingKey(pem: string): Promise<SigningKey> {
  try {
    const privateKey = createPrivateKey(pem);
    const jwk = createPublicKey(privateKey).export({ format: "jwk" });
    // Named by what it is (RFC 7638), another key has another id.
    const kid = await calculateJwkThumbprint(jwk);
    return { privateKey, kid, jwk: { ...jwk, kid, alg: ALGORITHM, use: "sig" } };
  } catch {
    throw new StoreUnavailable(`store: ${STORE_KEY} is no key; delete it, and a new one is made`);
  }
}
