/** Random command scripts over few keys, so that types collide and values are met again. */
import fc from "fast-check";

const key = fc.constantFrom("k1", "k2", "k3", "K1", "");
const number = fc.oneof(
  fc.integer({ min: -5, max: 5 }).map(String),
  fc.constantFrom("9223372036854775807", "-9223372036854775808", "1e3", "0x10", " 1", "+1", "01"),
  fc.constantFrom("0.1", "1.5", "-2.25", "3.0e2", "inf", "-inf", "nan", ".5", "abc", ""),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(String),
);
const word = fc.oneof(
  number,
  fc.constantFrom("a", "b", "c", "hello", "", "\r\n", "\x00\xff"),
  fc.string({ maxLength: 6, unit: fc.nat(255).map((code) => String.fromCharCode(code)) }),
);
const index = fc.oneof(fc.integer({ min: -6, max: 6 }).map(String), number);
const option = fc.constantFrom(
  ...["nx", "XX", "gt", "LT", "ch", "incr", "get", "keepttl", "withscores", "rev", "byscore"],
  ...["ex", "px", "limit", "count", "match", "persist", "0", "1", "100", "*", "left", "right"],
);

type Part = fc.Arbitrary<string>;

const command = (name: string, parts: readonly Part[], more?: Part, most = 4) =>
  fc
    .tuple(fc.tuple(...parts), more ? fc.array(more, { maxLength: most }) : fc.constant([]))
    .map(([fixed, rest]) => [name, ...fixed, ...rest]);

const seconds = fc.constantFrom("100", "1000", "-1", "0", "9223372036854775807", "x");
const score = number;

const anyCommand: fc.Arbitrary<string[]> = fc.oneof(
  ...["get", "getdel", "strlen", "incr", "decr", "type", "ttl", "persist", "llen", "scard"].map(
    (name) => command(name, [key]),
  ),
  ...["hgetall", "hkeys", "hvals", "hlen", "smembers", "zcard", "exists", "del", "unlink"].map(
    (name) => command(name, [key]),
  ),
  ...["incrby", "decrby", "incrbyfloat"].map((name) => command(name, [key, number])),
  ...["setnx", "getset", "append", "sismember", "hget", "hexists", "zscore", "zrank"].map((name) =>
    command(name, [key, word]),
  ),
  command("set", [key, word], option, 3),
  command("setex", [key, seconds, word]),
  command("getex", [key], fc.oneof(option, seconds), 2),
  command("mget", [key], key),
  command("mset", [key, word], word, 2),
  command("getrange", [key, index, index]),
  command("setrange", [key, index, word]),
  command("expire", [key, seconds], option, 2),
  command("expireat", [key, fc.constantFrom("1", "99999999999", "-5", "9223372036854775807")]),
  command("rename", [key, key]),
  command("renamenx", [key, key]),
  command("hset", [key, word, word], word, 3),
  command("hsetnx", [key, word, word]),
  command("hmget", [key, word], word),
  command("hdel", [key, word], word),
  command("hincrby", [key, word, number]),
  command("hincrbyfloat", [key, word, number]),
  ...["lpush", "rpush", "lpushx", "rpushx", "sadd", "srem", "zrem", "smismember", "zmscore"].map(
    (name) => command(name, [key, word], word),
  ),
  ...["lpop", "rpop", "zpopmin", "zpopmax"].map((name) => command(name, [key], index, 2)),
  ...["lrange", "ltrim", "zremrangebyrank"].map((name) => command(name, [key, index, index])),
  command("lindex", [key, index]),
  command("lset", [key, index, word]),
  command("lrem", [key, index, word]),
  command("linsert", [key, fc.constantFrom("before", "AFTER", "x"), word, word]),
  command("lmove", [key, key, option, option]),
  command("rpoplpush", [key, key]),
  command("smove", [key, key, word]),
  ...["sinter", "sunion", "sdiff", "sinterstore", "sunionstore", "sdiffstore"].map((name) =>
    command(name, [key, key], key),
  ),
  command("zadd", [key], fc.oneof(option, score, word), 5),
  command("zadd", [key, score, word, score, word]),
  command("zadd", [key, option, score, word]),
  command("zincrby", [key, score, word]),
  command("zrange", [key, index, index], option, 4),
  command("zrevrange", [key, index, index], option, 1),
  command("zrangebyscore", [key, score, score], option, 4),
  command("zcount", [key, score, score]),
  command("zrevrank", [key, word]),
  fc.constantFrom<string[]>(
    ["keys", "*"],
    ["keys", "k[1-2]"],
    ["dbsize"],
    ["scan", "0", "count", "100"],
  ),
  fc.constantFrom<string[]>(
    ["multi"],
    ["exec"],
    ["exec"],
    ["discard"],
    ["watch", "k1"],
    ["unwatch"],
  ),
);

export const anyScript = fc.array(anyCommand, { minLength: 1, maxLength: 40 });
