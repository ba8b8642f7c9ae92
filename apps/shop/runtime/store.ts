/** What a service keeps: texts under keys, in Redis, changed several at once or not at all. */
import type { RedisAddress } from "../../runtime/redis-link.ts";
import {
  type Command,
  type Connection,
  connect,
  type Reply,
  StoreUnavailable,
} from "./store-connection.ts";

/** Connections for changes: a change has one to itself, from its reading to its writing. */
const LANES = 4;
/** Somebody else's change came in between so often that something must be wrong. */
const MAX_TRIES = 100;

/** What comes of having looked at some keys. */
export interface Change<Result> {
  /** Done all together, if the keys are still as they were. */
  writes: readonly Command[];
  result: Result;
}

export interface Store {
  /** One command. @throws StoreUnavailable */
  run(...command: Command): Promise<Reply>;
  /**
   * Changes something by what it is now (optimistic locking: WATCH, MULTI, EXEC). `decide` is called
   * again whenever somebody else has changed one of the keys in the meantime; what it throws is
   * thrown, and nothing is written.
   *
   * @param keys all that the decision rests on: texts, or nothing yet (null)
   * @throws StoreUnavailable: the writes may then have been done, or not
   */
  change<Result>(
    keys: readonly string[],
    decide: (values: (string | null)[]) => Change<Result>,
  ): Promise<Result>;
  close(): void;
}

/** Starts connecting, and keeps at it until closed; `log` hears of each change of state. */
export function openStore(address: RedisAddress, log: (line: string) => void = console.log): Store {
  const shared = connect(address, log);
  // One line on a store that goes away is enough.
  const lanes = Array.from({ length: LANES }, () => lane(connect(address, () => {})));
  return {
    run: (...command) => shared.run(command),
    // Changes of one key wait for each other here, rather than collide there.
    change: (keys, decide) =>
      (lanes[laneOf(keys[0] ?? "")] as Lane).use((connection) =>
        changeOn(connection, keys, decide),
      ),
    close() {
      shared.close();
      for (const { close } of lanes) close();
    },
  };
}

interface Lane {
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  close(): void;
}

function lane(connection: Connection): Lane {
  let last: Promise<unknown> = Promise.resolve();
  return {
    use(work) {
      const next = last.then(() => work(connection));
      last = next.catch(() => {});
      return next;
    },
    close: () => connection.close(),
  };
}

function laneOf(key: string): number {
  let hash = 0;
  for (const character of key) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return hash % LANES;
}

async function changeOn<Result>(
  connection: Connection,
  keys: readonly string[],
  decide: (values: (string | null)[]) => Change<Result>,
): Promise<Result> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { writes, result } = await decided(connection, keys, decide);
    if (writes.length === 0 || (await connection.commit(writes))) return result;
  }
  throw new StoreUnavailable(`store: ${keys[0]} has changed ${MAX_TRIES} times in between`);
}

async function decided<Result>(
  connection: Connection,
  keys: readonly string[],
  decide: (values: (string | null)[]) => Change<Result>,
): Promise<Change<Result>> {
  const values = await connection.watch(keys);
  let writes: readonly Command[] = [];
  try {
    const change = decide(values);
    writes = change.writes;
    return change;
  } finally {
    if (writes.length === 0) await connection.unwatch();
  }
}
