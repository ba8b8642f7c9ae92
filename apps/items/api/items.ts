/** The items, as statements. */
import type { Database } from "./database/database.ts";
import { LATEST } from "./database/migrations.ts";
import type { Item, NewItem } from "./schemas.ts";

/** As `pg` reads a row: whole numbers of 64 bits as text. */
interface Row {
  id: string;
  name: string;
  quantity: number;
  note: string | null;
  created_at: Date;
  updated_at: Date;
}

export interface Page {
  items: Item[];
  /** There are more after these. */
  more: boolean;
}

/** Every method throws DatabaseUnavailable. Ids are texts of whole numbers up to 2^63 - 1. */
export interface Items {
  /** At most `limit` of those that come after an id. */
  list(after: string, limit: number): Promise<Page>;
  create(item: NewItem): Promise<Item>;
  read(id: string): Promise<Item | undefined>;
  /** @returns undefined if there's none to replace */
  replace(id: string, item: NewItem): Promise<Item | undefined>;
  /** @returns whether there was one */
  remove(id: string): Promise<boolean>;
  /** That the database can be connected to now, answers, and has the tables that this program needs. */
  ready(): Promise<boolean>;
}

const COLUMNS = "id, name, quantity, note, created_at, updated_at";

export function itemsIn(database: Database): Items {
  return {
    async list(after, limit) {
      const rows = await database.read<Row>({
        name: "list-items",
        text: `SELECT ${COLUMNS} FROM items WHERE id > $1 ORDER BY id LIMIT $2`,
        values: [after, limit + 1],
      });
      return { items: rows.slice(0, limit).map(itemOf), more: rows.length > limit };
    },
    async create({ name, quantity, note }) {
      const [row] = await database.write<Row>({
        name: "create-item",
        text: `INSERT INTO items (name, quantity, note) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
        values: [name, quantity, note],
      });
      return itemOf(row as Row);
    },
    async read(id) {
      const [row] = await database.read<Row>({
        name: "read-item",
        text: `SELECT ${COLUMNS} FROM items WHERE id = $1`,
        values: [id],
      });
      return row && itemOf(row);
    },
    async replace(id, { name, quantity, note }) {
      const [row] = await database.write<Row>({
        name: "replace-item",
        text: `UPDATE items SET name = $2, quantity = $3, note = $4, updated_at = now()
          WHERE id = $1 RETURNING ${COLUMNS}`,
        values: [id, name, quantity, note],
      });
      return row && itemOf(row);
    },
    async remove(id) {
      const rows = await database.write({
        name: "remove-item",
        text: "DELETE FROM items WHERE id = $1 RETURNING id",
        values: [id],
      });
      return rows.length > 0;
    },
    async ready() {
      const rows = await database.readAnew({
        name: "ready",
        text: "SELECT 1 FROM schema_migrations WHERE id = $1",
        values: [LATEST],
      });
      return rows.length > 0;
    },
  };
}

function itemOf({ id, created_at, updated_at, ...rest }: Row): Item {
  return {
    id: Number(id),
    ...rest,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  };
}
