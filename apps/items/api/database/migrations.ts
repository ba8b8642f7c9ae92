/** Brings the database's tables to what this program needs. */
import type { Query } from "./database.ts";

export interface Migration {
  /** 1, 2, 3 ... */
  id: number;
  name: string;
  /** Statements; values have no place in them. */
  sql: string;
}

/** All there are, in their order. One that has been released is never changed: another one follows it. */
export const MIGRATIONS: readonly Migration[] = [
  {
    id: 1,
    name: "items",
    // Ids end where JSON's numbers are no longer exact.
    sql: `CREATE TABLE items (
      id bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE ${Number.MAX_SAFE_INTEGER}) PRIMARY KEY,
      name text NOT NULL,
      quantity integer NOT NULL CHECK (quantity >= 0),
      note text,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`,
  },
];

/** The newest one's id. */
export const LATEST = Math.max(...MIGRATIONS.map(({ id }) => id));

/** Any number will do, as long as all replicas take the same and nobody else does. */
const LOCK = 7_108_202;

/**
 * Does those that haven't been done, each in a transaction of its own. Replicas that begin at the same time wait
 * for each other (an advisory lock, which ends with its transaction); those that a newer program has done
 * stay.
 *
 * @param query on one connection, which isn't used again if this throws
 * @returns those that have been done now
 */
export async function migrate(
  query: Query,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<Migration[]> {
  const done: Migration[] = [];
  await transaction(query, () =>
    query(`CREATE TABLE IF NOT EXISTS schema_migrations (
      id integer PRIMARY KEY,
      name text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`),
  );
  for (const migration of migrations) {
    const { id, name, sql } = migration;
    await transaction(query, async () => {
      const known = await query("SELECT 1 FROM schema_migrations WHERE id = $1", [id]);
      if (known.length > 0) return;
      await query(sql);
      await query("INSERT INTO schema_migrations (id, name) VALUES ($1, $2)", [id, name]);
      done.push(migration);
    });
  }
  return done;
}

async function transaction(query: Query, work: () => Promise<unknown>): Promise<void> {
  await query("BEGIN");
  await query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
  await work();
  await query("COMMIT");
}
