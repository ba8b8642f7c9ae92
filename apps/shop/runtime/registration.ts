/** Tells the registry that a replica is there. */
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two heartbeats; a tenth of it is random, so that replicas don't beat together. */
const HEARTBEAT_MS = 2000;
const JITTER = 0.1;
/** After a failure the next try comes sooner, doubling from here up to the heartbeat's time. */
const FIRST_RETRY_MS = 250;
const TIMEOUT_MS = 2000;
/** A pod that stops doesn't wait longer than this to have said so. */
const GOODBYE_TIMEOUT_MS = 1000;

export interface Replica {
  /** The registry's base URL. */
  registry: string;
  /** The service, e.g. `catalog`. */
  name: string;
  /** Unique among the service's replicas. */
  replica: string;
  /** Where it is reached: `http://10.244.0.7:8080`. */
  url: string;
  /** `v1` */
  version: string;
  /** The path that tells whether it is healthy. */
  healthCheck: string;
}

export interface Registration {
  /** Says goodbye, once; no heartbeat comes after it. Never rejects. */
  end(): Promise<void>;
}

/**
 * Registers a replica, and again every 2 s, so that the registry sees it die and a registry that has
 * forgotten learns it anew. A registry that can't be reached is no reason to stop: `log` hears of each
 * change, not of each try.
 */
export function register(replica: Replica, log = console.log): Registration {
  const { registry, name, url, version, healthCheck } = replica;
  const where = `${registry}/services/${name}/replicas/${encodeURIComponent(replica.replica)}`;
  const body = JSON.stringify({ url, version, health_check: healthCheck });
  const ending = new AbortController();
  let said = "";
  const say = (line: string) => {
    if (line !== said) log(line);
    said = line;
  };

  async function beat(): Promise<boolean> {
    try {
      const response = await fetch(where, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body,
        signal: AbortSignal.any([ending.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      const answer = await response.text();
      if (!response.ok) throw new Error(`it answered ${response.status} ${answer.slice(0, 200)}`);
      say(`registered as ${url} with ${registry}`);
      return true;
    } catch (error) {
      if (!ending.signal.aborted) say(`not registered with ${registry}: ${reason(error)}`);
      return false;
    }
  }

  async function keepBeating(): Promise<void> {
    for (let failures = 0; !ending.signal.aborted; ) {
      failures = (await beat()) ? 0 : failures + 1;
      await sleep(pause(failures), undefined, { signal: ending.signal }).catch(() => {});
    }
  }

  const beating = keepBeating();
  let goodbye: Promise<void> | undefined;
  return {
    end() {
      goodbye ??= (async () => {
        ending.abort();
        // A heartbeat under way could otherwise arrive after the goodbye.
        await beating;
        await fetch(where, { method: "DELETE", signal: AbortSignal.timeout(GOODBYE_TIMEOUT_MS) })
          .then((response) => response.text())
          .catch((error) => say(`no goodbye to ${registry}: ${reason(error)}`));
      })();
      return goodbye;
    },
  };
}

/** Milliseconds to the next heartbeat, after so many failures in a row. */
export function pause(failures: number, random: () => number = Math.random): number {
  const wait = failures
    ? Math.min(HEARTBEAT_MS, FIRST_RETRY_MS * 2 ** (failures - 1))
    : HEARTBEAT_MS;
  return wait * (1 - JITTER * random());
}

function reason(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === "TimeoutError") return `no answer in time`;
  return cause instanceof Error && cause.message ? cause.message : message;
}
