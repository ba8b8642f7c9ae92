/** ZADD with its options, and ZINCRBY, which is one of them. */
import type { Database } from "../keyspace/database.ts";
import { SortedSetValue } from "../keyspace/sorted-set.ts";
import { double } from "../numbers.ts";
import { Double, RedisError, type Reply } from "../resp/replies.ts";
import { inPairs } from "./strings.ts";

const OPTIONS = new Set(["nx", "xx", "gt", "lt", "ch", "incr"]);

/**
 * Answers ZADD.
 * @param words the options, then scores and members in turn
 */
export function add(db: Database, key: string, words: readonly string[]): Reply {
  const firstScore = words.findIndex((word) => !OPTIONS.has(word.toLowerCase()));
  const scores = firstScore < 0 ? [] : words.slice(firstScore);
  const options = new Set(words.slice(0, words.length - scores.length).map((w) => w.toLowerCase()));
  if (scores.length === 0 || scores.length % 2) throw new RedisError("ERR syntax error");
  const [nx, xx, gt, lt, incr] = ["nx", "xx", "gt", "lt", "incr"].map((name) => options.has(name));
  if (nx && xx) {
    throw new RedisError("ERR XX and NX options at the same time are not compatible");
  }
  if ((gt && (nx || lt)) || (lt && nx)) {
    throw new RedisError("ERR GT, LT, and/or NX options at the same time are not compatible");
  }
  if (incr && scores.length > 2) {
    throw new RedisError("ERR INCR option supports a single increment-element pair");
  }
  const entries = inPairs(scores).map(([score, member]) => ({ member, score: double(score) }));

  const old = db.read(key, SortedSetValue);
  if (!old && xx) return incr ? null : 0;
  const set = old ?? new SortedSetValue();
  let added = 0;
  let updated = 0;
  let result: Reply = null;
  for (const { member, score } of entries) {
    const before = set.score(member);
    if (before === undefined ? xx : nx) continue;
    const after = incr && before !== undefined ? before + score : score;
    if (Number.isNaN(after)) throw new RedisError("ERR resulting score is not a number (NaN)");
    if (before !== undefined && ((gt && after <= before) || (lt && after >= before))) continue;
    if (before === undefined) added++;
    else if (after !== before) updated++;
    // + 0 makes 0 of -0, as Redis' compact form of small sets does.
    if (before !== after) set.set(member, after + 0);
    result = new Double(after);
  }
  if (!old) {
    if (set.size > 0) db.put(key, set);
  } else if (added + updated > 0) db.changed(key);
  if (incr) return result;
  return options.has("ch") ? added + updated : added;
}
