/** The pool of connections to PostgreSQL. */
import pg from "pg";
import { ConnectFailed, clientClass, type WatchedClient } from "./client.ts";
import { connectTimeout, type Failure, poolBusy, type Way } from "./failure.ts";

export interface PoolOptions extends Way {
  password: string;
  /** Connections at most. */
  max: number;
  idleTimeoutMs: number;
  /** A connection is closed when it's that old and free: the next one looks the name up anew. */
  maxLifetimeMs: number;
  /** How often a connection is used before it's closed; default: as often as you like. */
  maxUses?: number;
}

export type Connection = WatchedClient & pg.PoolClient;

export interface Connections {
  /**
   * One that is free, or a new one; whoever takes it releases it, with `true` if it's no good any more.
   *
   * @throws ConnectFailed within the time that connecting may take
   */
  acquire(): Promise<Connection>;
  count(): { total: number; idle: number; waiting: number };
  /** Ends idle ones now, and others when they are released. */
  end(): Promise<void>;
}

/** PostgreSQL gives up on a statement this much earlier than its client, so as to say that it hasn't been done. */
const SERVER_SHARE = 0.9;

export function openPool(options: PoolOptions): Connections {
  const { host, port, max, password, connectTimeoutMs, queryTimeoutMs } = options;
  const connecting = new Set<WatchedClient>();
  const pool = new pg.Pool({
    host,
    port,
    database: options.database,
    user: options.user,
    password,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: options.idleTimeoutMs,
    maxLifetimeSeconds: Math.ceil(options.maxLifetimeMs / 1000),
    maxUses: options.maxUses,
    query_timeout: queryTimeoutMs,
    statement_timeout: Math.ceil(queryTimeoutMs * SERVER_SHARE),
    keepAlive: true,
    application_name: "items",
    Client: clientClass(options, password, connecting) as unknown as new () => pg.ClientBase,
  });
  // Of a connection that is lost while nobody uses it, the pool has already let go.
  pool.on("error", () => {});

  /** Why the pool gave none. */
  function explain(error: Error): Failure {
    if (error instanceof ConnectFailed) return error.failure;
    // The pool's own timer has closed the socket, and that is all that the connection has seen.
    if (error.cause instanceof ConnectFailed) return connectTimeout(options, error.cause.stage);
    if (!/timeout/.test(error.message)) {
      return { hop: "connect", words: `${host}:${port}: ${error.message}` };
    }
    const [oldest] = connecting;
    return oldest ? connectTimeout(options, oldest.stage) : poolBusy(options, max);
  }

  return {
    async acquire() {
      for (;;) {
        let connection: Connection;
        try {
          connection = (await pool.connect()) as Connection;
        } catch (error) {
          throw new ConnectFailed(explain(error as Error), "connect");
        }
        if (!connection.lost) return connection;
        // It was lost on its way from the pool, and nothing has been sent on it.
        connection.release(true);
      }
    },
    count: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    end: () => pool.end(),
  };
}
