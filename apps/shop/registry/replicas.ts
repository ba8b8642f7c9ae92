/** Which replicas of each service there are, and how they are. Pure but for its own memory. */
import type { ServiceSettings } from "../settings.ts";

/** A replica that hasn't been heard of for this long is down, whatever its last check said. */
export const HEARD_MS = 7000;
/**
 * A registry that is younger than this may not have heard of every replica yet: they speak up every 2 s.
 */
const LEARNING_MS = 2500;
/** One that is down for this long, and silent, is forgotten: it died. */
export const FORGET_MS = 60_000;

/**
 * - `healthy`: its last check was answered with 2xx
 * - `unhealthy`: it answers, but with another status
 * - `down`: it doesn't answer, or hasn't been heard of
 */
export type Status = "healthy" | "unhealthy" | "down";

/** What a replica says of itself. */
export interface Announcement {
  id: string;
  /** Without a path: `http://10.244.0.7:8080`. */
  url: string;
  version: string;
}

/** What came of a health check. */
export interface Checked {
  status: Status;
  /** `200`, `503`, `connect ECONNREFUSED 10.244.0.7:8080`. */
  reason: string;
}

export interface Replica extends Announcement, Checked {
  /** Milliseconds of the epoch, as all times here. */
  registeredAt: number;
  lastHeard: number;
  lastCheck: number;
  /** Of its status. */
  since: number;
}

/** A replica that can be sent to. */
export type Discovered = Announcement;

export interface Discovery {
  /** Changes when the services do, or who is gone, and never else. */
  version: number;
  /** False: the registry has just started, and who isn't listed may be there all the same. */
  complete: boolean;
  /** Until it's complete: who has said goodbye, and isn't there whatever was known before. */
  gone: string[];
  services: Record<string, Discovered[]>;
}

/** The replicas of the shop's services. All times are given by the caller. */
export class Replicas {
  readonly #services: ReadonlyMap<string, Map<string, Replica>>;
  readonly #startedAt: number;
  /** Ids of those that said goodbye. */
  readonly #gone = new Set<string>();
  #version = 0;

  constructor(services: Pick<ServiceSettings, "name">[], now: number) {
    this.#startedAt = now;
    this.#services = new Map(services.map(({ name }) => [name, new Map()]));
  }

  knows(service: string): boolean {
    return this.#services.has(service);
  }

  get(service: string, id: string): Replica | undefined {
    return this.#services.get(service)?.get(id);
  }

  /** Notes that a replica is there. @returns whether it must be checked before anybody is sent to it */
  hear(service: string, announced: Announcement, now: number): boolean {
    const replicas = this.#services.get(service);
    if (!replicas) return false;
    const before = replicas.get(announced.id);
    const isSame = before?.url === announced.url && before.version === announced.version;
    if (before && isSame) {
      before.lastHeard = now;
      return before.status !== "healthy";
    }
    replicas.set(announced.id, {
      ...announced,
      status: "down",
      reason: "not checked yet",
      registeredAt: now,
      lastHeard: now,
      lastCheck: now,
      since: now,
    });
    if (before?.status === "healthy") this.#version++;
    return true;
  }

  /** @param checked of what was announced then; dropped if it has gone, or has moved, in the meantime */
  note(service: string, { id, url }: Announcement, checked: Checked, now: number): void {
    const replica = this.get(service, id);
    if (replica?.url !== url) return;
    replica.lastCheck = now;
    this.#turn(replica, silence(replica, now) ?? checked, now);
  }

  /** Says goodbye. @returns whether it was there */
  remove(service: string, id: string, now: number): boolean {
    const isNews = !this.#isComplete(now) && !this.#gone.has(id);
    if (isNews) this.#gone.add(id);
    if (isNews || this.get(service, id)?.status === "healthy") this.#version++;
    return this.#services.get(service)?.delete(id) ?? false;
  }

  /** Turns silent replicas down, and forgets those that stay so. */
  expire(now: number): void {
    for (const replicas of this.#services.values()) {
      for (const replica of replicas.values()) {
        const silent = silence(replica, now);
        if (!silent) continue;
        this.#turn(replica, silent, now);
        if (now - replica.lastHeard > FORGET_MS) replicas.delete(replica.id);
      }
    }
  }

  /** Every replica of every service, in the order of their ids. */
  all(): [service: string, Replica][] {
    return [...this.#services].flatMap(([service, replicas]) =>
      [...replicas.values()]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map((replica): [string, Replica] => [service, replica]),
    );
  }

  of(service: string): Replica[] {
    return this.all().flatMap(([name, replica]) => (name === service ? [replica] : []));
  }

  /** Those that can be sent to, by service. */
  discovery(now: number): Discovery {
    const services = [...this.#services.keys()].map((service): [string, Discovered[]] => [
      service,
      this.of(service)
        .filter(({ status }) => status === "healthy")
        .map(({ id, url, version }) => ({ id, url, version })),
    ]);
    const complete = this.#isComplete(now);
    if (complete) this.#gone.clear();
    return {
      version: this.#version,
      complete,
      gone: [...this.#gone],
      services: Object.fromEntries(services),
    };
  }

  #isComplete(now: number): boolean {
    return now - this.#startedAt >= LEARNING_MS;
  }

  #turn(replica: Replica, { status, reason }: Checked, now: number): void {
    replica.reason = reason;
    if (replica.status === status) return;
    if (status === "healthy" || replica.status === "healthy") this.#version++;
    replica.status = status;
    replica.since = now;
  }
}

/** How a replica is that has been silent for too long. */
function silence({ lastHeard }: Replica, now: number): Checked | undefined {
  const silentMs = now - lastHeard;
  if (silentMs <= HEARD_MS) return undefined;
  return { status: "down", reason: `not heard of for ${Math.floor(silentMs / 1000)} s` };
}
