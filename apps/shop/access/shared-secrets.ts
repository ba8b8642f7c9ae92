/**
 * What services prove to auth with who they are: a secret in the store, as `auth:secret:SERVICE`, made by whoever
 * needs it first. So whoever reaches the store is taken for any of them; and could change the carts there without
 * asking anybody.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Store } from "../runtime/store.ts";

/** @throws StoreUnavailable */
export function secretOf(store: Store, service: string): Promise<string> {
  return madeOnce(store, `auth:secret:${service}`, async () =>
    randomBytes(32).toString("base64url"),
  );
}

/** What is in the store under a key, whoever has been the first to put it there. @throws StoreUnavailable */
export async function madeOnce(
  store: Store,
  key: string,
  make: () => Promise<string>,
): Promise<string> {
  const known = (await store.run("GET", key)) as string | null;
  if (known !== null) return known;
  const made = await make();
  const isFirst = (await store.run("SET", key, made, "NX")) !== null;
  return isFirst ? made : madeOnce(store, key, make);
}

/** Compares in a time that tells nothing of where they differ. */
export function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
