/** Asks replicas how they are. */
import { request } from "undici";
import type { ServiceSettings } from "../settings.ts";
import type { Announcement, Checked, Replicas } from "./replicas.ts";

/** A replica that takes longer to say how it is counts as down. */
const TIMEOUT_MS = 2000;

/** How a replica is, now. Never rejects. */
export async function check({ url }: Announcement, path: string): Promise<Checked> {
  try {
    const { statusCode, body } = await request(url + path, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      // A connection of its own: an old one says nothing of whether new ones are taken.
      reset: true,
    });
    await body.dump();
    const status = statusCode >= 200 && statusCode < 300 ? "healthy" : "unhealthy";
    return { status, reason: String(statusCode) };
  } catch (error) {
    const { name, message } = error as Error;
    const reason = name === "TimeoutError" ? `no answer within ${TIMEOUT_MS} ms` : message;
    return { status: "down", reason };
  }
}

/** Checks every replica at once, and notes what came of it. @returns how many were checked */
export async function checkAll(replicas: Replicas, services: ServiceSettings[]): Promise<number> {
  const paths = new Map(services.map(({ name, health_check }) => [name as string, health_check]));
  const all = replicas.all();
  await Promise.all(
    all.map(async ([service, replica]) => {
      const { id, url, version } = replica;
      const checked = await check(replica, paths.get(service) ?? "/health");
      replicas.note(service, { id, url, version }, checked, Date.now());
    }),
  );
  return all.length;
}
