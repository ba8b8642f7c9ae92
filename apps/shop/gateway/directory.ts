/** Knows where the services are: asks the registry over and over. */
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import * as z from "zod";

/** Milliseconds between two looks; so long a replica that has died may still be sent to. */
const LOOK_MS = 500;
const TIMEOUT_MS = 2000;

const discovery = z.object({
  complete: z.boolean(),
  gone: z.array(z.string()),
  services: z.record(
    z.string(),
    z.array(z.object({ id: z.string(), url: z.string(), version: z.string() })),
  ),
});

type Found = z.infer<typeof discovery>;
type Services = Record<string, Replica[]>;

/** A replica that can be sent to. */
export interface Replica {
  id: string;
  /** Without a path. */
  url: string;
  version: string;
}

export interface Directory {
  /** The service's replicas, as far as is known. */
  replicas(service: string): readonly Replica[];
  /** Whether a registry has ever said that these are all. */
  isComplete(): boolean;
  close(): void;
}

/**
 * Starts looking. That the registry can't be reached is no reason to forget what it said: replicas
 * outlive it. `log` hears of each change, not of each look.
 */
export function openDirectory(registry: string, log = console.log): Directory {
  let services: Services = {};
  let complete = false;
  let etag: string | undefined;
  let said = "";
  const closing = new AbortController();
  const say = (line: string) => {
    if (line !== said) log(line);
    said = line;
  };

  async function look(): Promise<void> {
    try {
      const { statusCode, headers, body } = await request(`${registry}/discovery`, {
        headers: etag === undefined ? {} : { "if-none-match": etag },
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      if (statusCode === 304) {
        await body.dump();
      } else if (statusCode === 200) {
        const found = discovery.parse(await body.json());
        services = merged(services, found);
        complete ||= found.complete;
        etag = typeof headers.etag === "string" ? headers.etag : undefined;
      } else {
        await body.dump();
        throw new Error(`it answered ${statusCode}`);
      }
      say(`registry ${registry}: ${summary(services)}`);
    } catch (error) {
      if (!closing.signal.aborted) say(`registry ${registry}: ${(error as Error).message}`);
    }
  }

  const replicas = (service: string) =>
    Object.hasOwn(services, service) ? (services[service] ?? []) : [];

  void (async () => {
    while (!closing.signal.aborted) {
      await look();
      await sleep(LOOK_MS, undefined, { signal: closing.signal }).catch(() => {});
    }
  })();
  return {
    replicas,
    isComplete: () => complete,
    close: () => closing.abort(),
  };
}

/**
 * What is known now. A registry that has just started doesn't know everyone yet: who was there before it, and
 * hasn't said goodbye to it, is taken to be there still.
 */
export function merged(before: Services, { complete, gone, services }: Found): Services {
  if (complete) return services;
  const names = new Set([...Object.keys(before), ...Object.keys(services)]);
  return Object.fromEntries(
    [...names].map((name) => {
      const own = services[name] ?? [];
      const known = new Set([...gone, ...own.map(({ id }) => id)]);
      return [name, [...(before[name] ?? []).filter(({ id }) => !known.has(id)), ...own]];
    }),
  );
}

/** `catalog 2, cart 2, order 0` */
function summary(services: Services): string {
  return Object.entries(services)
    .map(([name, replicas]) => `${name} ${replicas.length}`)
    .join(", ");
}
