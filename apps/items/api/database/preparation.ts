import { ExponentialBackoff, handleType, retry } from "cockatiel";
import type { Database } from "./database.ts";
import { type Migration, migrate } from "./migrations.ts";
import { DatabaseUnavailable } from "./unavailable.ts";

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2000;

/** Makes the tables, whenever they are missing, as soon as the database is there. */
export interface Preparation {
  /** Begins, unless it is under way. */
  start(): void;
  stop(): void;
}

/** @param log hears of each migration that has been done */
export function preparationOf(database: Database, log: (line: string) => void): Preparation {
  const stopping = new AbortController();
  let underWay = false;
  const again = retry(handleType(DatabaseUnavailable), {
    maxAttempts: Number.POSITIVE_INFINITY,
    backoff: new ExponentialBackoff({ initialDelay: FIRST_RETRY_MS, maxDelay: LONGEST_RETRY_MS }),
  });

  async function prepare(): Promise<void> {
    let done: Migration[] = [];
    await database.alone(async (query) => {
      done = await migrate(query);
    });
    for (const { id, name } of done) log(`migration ${id}: ${name}`);
  }

  return {
    start() {
      if (underWay) return;
      underWay = true;
      again
        .execute(prepare, stopping.signal)
        .catch((error) => {
          // Only stopping, and a mistake in this program, lead here.
          if (!stopping.signal.aborted) console.error(error);
        })
        .finally(() => {
          underWay = false;
        });
    },
    stop: () => stopping.abort(),
  };
}
