/** Keeps an eye on the replicas as time goes by. */
import type { ServiceSettings } from "../settings.ts";
import { checkAll } from "./health-checks.ts";
import type { Replicas } from "./replicas.ts";

/** Every replica is checked this often. */
export const CHECK_MS = 30_000;
/** How often it's looked for silent ones. */
const EXPIRE_MS = 1000;

/** @returns stops watching */
export function watch(replicas: Replicas, settings: ServiceSettings[]): () => void {
  const timers = [
    setInterval(() => void checkAll(replicas, settings), CHECK_MS),
    setInterval(() => replicas.expire(Date.now()), EXPIRE_MS),
  ];
  return () => timers.forEach(clearInterval);
}
