/** PostgreSQL, as the API asks it: by statements that say which hop has failed. */
import { ConnectFailed } from "./client.ts";
import { type Connection, openPool, type PoolOptions } from "./connections.ts";
import {
  type Failure,
  isMissingTable,
  type StatementFailure,
  statementFailure,
} from "./failure.ts";
import { HopLog, type WayState } from "./hop-log.ts";
import { DatabaseUnavailable } from "./unavailable.ts";

/** A statement that each connection prepares once, by its name; its values are never a part of its text. */
export interface Statement {
  name: string;
  text: string;
  values: readonly unknown[];
}

export type Query = (text: string, values?: readonly unknown[]) => Promise<unknown[]>;

export interface Database {
  /**
   * Asks for rows. Where a connection breaks off that has been used before, another one is asked, until it is
   * a new one.
   *
   * @throws DatabaseUnavailable
   */
  read<Row>(statement: Statement): Promise<Row[]>;
  /** Asks for rows on a new connection, which says whether one can be had. @throws DatabaseUnavailable */
  readAnew<Row>(statement: Statement): Promise<Row[]>;
  /**
   * Changes something, once at most.
   *
   * @returns what the statement returns, when PostgreSQL says that it is written
   * @throws DatabaseUnavailable, which says whether it may have been written
   */
  write<Row>(statement: Statement): Promise<Row[]>;
  /** Does work on a connection of its own. @throws DatabaseUnavailable */
  alone(work: (query: Query) => Promise<void>): Promise<void>;
  status(): { state: WayState; total: number; idle: number; waiting: number };
  /** Ends the connections, those in use when they are free. */
  close(): Promise<void>;
}

export interface DatabaseEvents {
  log(line: string): void;
  /** Something came to nothing. */
  failed(failure: Failure): void;
  /** A table isn't there: the database is another one, or a new one. */
  tablesMissing(): void;
}

/** Connections beside the pool's, each for a single question. */
const NEW_AT_ONCE = 2;

/** Opens the pool, which connects when it's asked for something. */
export function openDatabase(options: PoolOptions, events: DatabaseEvents): Database {
  const pool = openPool(options);
  const anew = openPool({ ...options, max: NEW_AT_ONCE, maxUses: 1 });
  const hops = new HopLog(`${options.host}:${options.port}`, events.log);

  function unavailable(attempt: number, failure: Failure, written?: "no" | "unknown"): Error {
    hops.ended(attempt, failure);
    events.failed(failure);
    return new DatabaseUnavailable(failure, written);
  }

  /** @param nothing what it means for the request that nothing has been sent */
  async function acquire(attempt: number, nothing?: "no", from = pool): Promise<Connection> {
    try {
      return await from.acquire();
    } catch (error) {
      if (error instanceof ConnectFailed) throw unavailable(attempt, error.failure, nothing);
      throw error;
    }
  }

  /** Sends one statement, and gives the connection back. @returns the rows, or why there are none */
  async function send<Row>(connection: Connection, { name, text, values }: Statement) {
    try {
      const { rows } = await connection.query({ name, text, values: [...values] });
      connection.used = true;
      connection.release();
      return { rows: rows as Row[] };
    } catch (error) {
      const failure = statementFailure(error, options);
      connection.release(failure.lost);
      if (isMissingTable(error)) events.tablesMissing();
      return { failure };
    }
  }

  return {
    async read<Row>(statement: Statement) {
      for (;;) {
        const attempt = hops.begin();
        const connection = await acquire(attempt);
        const { used } = connection;
        const { rows, failure } = await send<Row>(connection, statement);
        if (rows) {
          hops.ended(attempt);
          return rows;
        }
        if (!(failure.brokeOff && used)) throw unavailable(attempt, failure);
      }
    },

    async readAnew<Row>(statement: Statement) {
      const attempt = hops.begin();
      const connection = await acquire(attempt, undefined, anew);
      const { rows, failure } = await send<Row>(connection, statement);
      if (!rows) throw unavailable(attempt, failure);
      hops.ended(attempt);
      return rows;
    },

    async write<Row>(statement: Statement) {
      const attempt = hops.begin();
      const { rows, failure } = await send<Row>(await acquire(attempt, "no"), statement);
      if (!rows) throw unavailable(attempt, failure, failure.done);
      hops.ended(attempt);
      return rows;
    },

    async alone(work) {
      const attempt = hops.begin();
      const connection = await acquire(attempt);
      let failure: StatementFailure | undefined;
      try {
        await work(async (text, values = []) => (await connection.query(text, [...values])).rows);
      } catch (error) {
        failure = statementFailure(error, options);
      }
      // One that has failed in a transaction is in it still.
      connection.release(failure !== undefined);
      if (failure) throw unavailable(attempt, failure);
      hops.ended(attempt);
    },

    status: () => ({ state: hops.state, ...pool.count() }),
    close: async () => void (await Promise.all([pool.end(), anew.end()])),
  };
}
