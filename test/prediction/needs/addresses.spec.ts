import assert from "node:assert/strict";
import { addressesIn, addressesInFile } from "../../../micromesh/prediction/needs/addresses.ts";

/** In short: `url redis:6379`. */
function found(text: string, inFile = false): string[] {
  return (inFile ? addressesInFile : addressesIn)(text).map(
    ({ form, host, port }) => `${form} ${host}${port === undefined ? "" : `:${port}`}`,
  );
}

function hosts(text: string): string[] {
  return addressesIn(text)
    .filter(({ form }) => form !== "word")
    .map(({ host }) => host);
}

describe("addresses in settings", () => {
  const cases: [text: string, ...expected: string[]][] = [
    ["redis", "word redis"],
    ["redis.d-redis", "word redis.d-redis"],
    ["redis:6379", "pair redis:6379"],
    ["redis:6379/0", "pair redis:6379"],
    ["Redis.D-Redis:6379", "pair redis.d-redis:6379"],
    ["http://catalog", "url catalog:80"],
    ["http://catalog:8080/items?x=1", "url catalog:8080"],
    ["https://api.example.com./v1", "url api.example.com:443"],
    ["kafka-0:9092,kafka-1:9092", "pair kafka-0:9092", "pair kafka-1:9092"],
    ["http://a:1, http://b:2", "url a:1", "url b:2"],
    ["a;b", "word a", "word b"],
    [
      "mongodb://mongo-0.mongo:27017,mongo-1.mongo:27017/shop",
      "url mongo-0.mongo:27017",
      "url mongo-1.mongo:27017",
    ],
    ["mongodb+srv://cluster0.example.net/shop", "url cluster0.example.net:27017"],
    ["jdbc:postgresql://db:5433/shop", "url db:5433"],
    ["jdbc:postgresql://db/shop", "url db:5432"],
    ["jdbc:sqlserver://db;databaseName=shop", "url db:1433"],
    ["PLAINTEXT://kafka:9092", "url kafka:9092"],
    ["s3://bucket/key", "link bucket"],
    ["shop:secret@tcp(db:3307)/shop", "url db:3307"],
    ["shop:secret@tcp(db)/shop", "url db:3306"],
    ["Host=db;Port=5433;Username=shop", "pair db:5433"],
    ["Server=tcp:db,1433;Database=shop", "pair db:1433"],
    ["host=db user=shop", "word db"],
    ["redis-svc.d-redis.svc.cluster.local", "cluster redis-svc.d-redis.svc.cluster.local"],
    ["redis-svc.d-redis.svc:6379", "cluster redis-svc.d-redis.svc:6379"],
    ["redis-0.redis.shop.svc.cluster.local.", "cluster redis-0.redis.shop.svc.cluster.local"],
    ["until nc -z -w 2 db 5432; do sleep 1; done", "pair db:5432"],
    ['["kafka:9092"]', "pair kafka:9092"],
    ['{"url":"http://redis:6379","ttl":3}', "url redis:6379"],
  ];
  for (const [text, ...expected] of cases) {
    it(`finds ${expected.join(" and ")} in ${text}`, () => {
      const words = expected.some((one) => one.startsWith("word"));
      const all = found(text).filter((one) => words || !one.startsWith("word"));
      assert.deepEqual(all, expected);
    });
  }

  const secret = "s3cr-t";
  for (const text of [
    `redis://:${secret}@redis:6379`,
    `redis://user:${secret}@redis:6379/1`,
    `postgres://user:${secret}@${secret}@redis/shop`,
    `amqp://user:${secret.repeat(30)}@redis`,
    `user:${secret}@tcp(redis:3306)/shop`,
    `Host=redis;Password=${secret}`,
  ]) {
    it(`finds the host, and no part of the password, in ${text.slice(0, 50)}`, () => {
      const all = addressesIn(text);
      assert.ok(all.some(({ host }) => host === "redis"));
      for (const { host, form } of all) {
        if (form !== "word") assert.doesNotMatch(host, /s3cr|user|shop/);
      }
    });
  }

  for (const text of [
    "1.2.3",
    "v1.2.3",
    "12:30",
    "10.0.0.1:8080",
    "http://10.0.0.1:8080",
    "http://0.0.0.0",
    "me@example.com",
    "/redis/data:ro",
    "redis/redis",
    '{"app":"redis","port":6379}',
    "redis:7-alpine",
    "redis:99999",
    "http://$(HOST):80",
    "http://{{host}}/",
    "api.v1.svc.example.com",
    "true",
    "",
  ]) {
    it(`finds no address in ${text || "nothing"}`, () => {
      assert.deepEqual(hosts(text), []);
    });
  }

  it("takes time in proportion to the text's length", () => {
    for (const part of ["a.", "a:1@", "http://a:", "a-", "://", "nc -z ", "host = "]) {
      const text = part.repeat(20_000);
      const start = performance.now();
      addressesIn(text);
      const spent = performance.now() - start;
      assert.ok(spent < 2000, `${part}: ${Math.round(spent)} ms for ${text.length} characters`);
    }
  });
});

describe("addresses in files", () => {
  it("are URLs, the cluster's names and pairs", () => {
    const text = `
      upstream app { server catalog.shop:8080; }
      location / { proxy_pass http://cart.shop.svc:80/; }
      password word`;
    assert.deepEqual(found(text, true), ["url cart.shop.svc:80", "pair catalog.shop:8080"]);
  });

  const silent: [what: string, text: string][] = [
    ["a comment of a shell", "# see http://docs.example.com/"],
    ["a comment at the end of a line", "listen 80 # http://docs.example.com"],
    ["a comment of a programming language", "  // http://docs.example.com"],
    ["a comment of an INI file", "; http://docs.example.com"],
    ["a comment of XML", "<!-- http://docs.example.com\n http://more.example.com -->"],
    [
      "an XML namespace",
      '<x xmlns:a="http://www.example.org/2001/a" xmlns="http://b.example.org">',
    ],
    ["a schema's name", '{"$schema": "http://json-schema.example.org/draft-07"}'],
    ["words", "redis catalog"],
    ["a bucket", "s3://bucket"],
  ];
  for (const [what, text] of silent) {
    it(`aren't found in ${what}`, () => {
      assert.deepEqual(found(text, true), []);
    });
  }

  it("aren't looked for in what is beyond the size of settings", () => {
    assert.deepEqual(found(`${"x ".repeat(200_000)} http://redis:6379`, true), []);
  });
});
