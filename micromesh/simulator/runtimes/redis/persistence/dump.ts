/** The keyspace as the commands that make it, as a rewritten log has them (Redis' aof.c). */
import type { Database } from "../keyspace/database.ts";
import type { Value } from "../keyspace/values.ts";
import { encode, formatDouble } from "../resp/replies.ts";

/** Elements of a collection per command. */
const BATCH = 64;
/** Pieces are about so long, in bytes. */
const PIECE = 1024 * 1024;

/** RESP in pieces, as byte strings. The databases mustn't change while it's read. */
export function* dump(databases: readonly Database[]): Generator<string> {
  let piece = "";
  for (const [index, db] of databases.entries()) {
    let selected = false;
    for (const { key, value, expiresAt } of db.entries()) {
      if (!selected) piece += encode(["SELECT", String(index)], 2);
      selected = true;
      for (const words of commandsFor(key, value)) {
        piece += encode(words, 2);
        if (piece.length < PIECE) continue;
        yield piece;
        piece = "";
      }
      if (expiresAt !== undefined) piece += encode(["PEXPIREAT", key, String(expiresAt)], 2);
    }
  }
  if (piece !== "") yield piece;
}

function* commandsFor(key: string, value: Value): Generator<string[]> {
  switch (value.type) {
    case "string":
      yield ["SET", key, value.text];
      return;
    case "list":
      return yield* batches("RPUSH", key, value.slice());
    case "set":
      return yield* batches("SADD", key, [...value.members]);
    case "hash":
      return yield* batches("HMSET", key, [...value.fields].flat(), 2);
    case "zset": {
      const words = value.slice().flatMap(({ member, score }) => [formatDouble(score), member]);
      return yield* batches("ZADD", key, words, 2);
    }
  }
}

/** @param per how many words make an element */
function* batches(name: string, key: string, words: readonly string[], per = 1) {
  for (let i = 0; i < words.length; i += BATCH * per) {
    yield [name, key, ...words.slice(i, i + BATCH * per)];
  }
}
