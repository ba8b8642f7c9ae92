import assert from "node:assert/strict";
import fc from "fast-check";
import { refusal } from "../../../../micromesh/simulator/runtimes/redis/admission.ts";
import { serverArguments } from "../../../../micromesh/simulator/runtimes/redis/arguments.ts";
import { matchesGlob } from "../../../../micromesh/simulator/runtimes/redis/glob.ts";
import { Deque } from "../../../../micromesh/simulator/runtimes/redis/keyspace/deque.ts";
import { SortedSetValue } from "../../../../micromesh/simulator/runtimes/redis/keyspace/sorted-set.ts";
import { logLine } from "../../../../micromesh/simulator/runtimes/redis/log.ts";
import { formatDouble } from "../../../../micromesh/simulator/runtimes/redis/resp/replies.ts";
import { RequestParser } from "../../../../micromesh/simulator/runtimes/redis/resp/requests.ts";
import { splitWords } from "../../../../micromesh/simulator/runtimes/redis/resp/words.ts";
import {
  formatDirectives,
  readDirectives,
} from "../../../../micromesh/simulator/runtimes/redis/settings/directives.ts";
import { request } from "./conversation.ts";

const bytes = fc
  .array(fc.nat(255), { maxLength: 20 })
  .map((codes) => String.fromCharCode(...codes));

describe("Redis runtime: pure parts", () => {
  it("parses requests however they are cut into chunks", () => {
    const commands = fc.array(fc.array(bytes, { minLength: 1, maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(commands, fc.array(fc.integer({ min: 1, max: 9 })), (sent, cuts) => {
        const parser = new RequestParser({ maxBulk: 100, unauthenticated: () => false });
        const stream = Buffer.from(sent.map(request).join(""), "latin1");
        const got: string[][] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = cuts[i] ?? stream.length;
          parser.push(stream.subarray(at, at + size));
          at += size;
          for (let words = parser.next(); words; words = parser.next()) got.push(words);
        }
        assert.deepEqual(got, sent);
        assert.equal(parser.pending, 0);
      }),
    );
  });

  it("reads back the configuration that it writes", () => {
    const directive = fc
      .tuple(fc.constantFrom("requirepass", "save"), fc.array(bytes, { maxLength: 3 }))
      .map(([name, values]) => ({ name, values }));
    fc.assert(
      fc.property(fc.array(directive), (directives) => {
        const text = formatDirectives(directives.map((one) => ({ ...one, source: "" })));
        const back = readDirectives(["redis.conf"], () => text);
        assert.deepEqual(
          back.map(({ name, values }) => ({ name, values })),
          directives,
        );
      }),
    );
  });

  it("reads the command line as Redis 7 does", () => {
    const read = (...args: string[]) =>
      readDirectives(args, () => "").map(({ name, values }) => [name, ...values]);
    assert.deepEqual(read("--port", "1", "--Save", "900", "1"), [
      ["port", "1"],
      ["save", "900", "1"],
    ]);
    assert.deepEqual(read("--save", "--port", "1", "--save"), [
      ["save", ""],
      ["port", "1"],
      ["save", ""],
    ]);
    assert.deepEqual(read("--requirepass", "--secret", "--port 1"), [
      ["requirepass", "--secret"],
      ["port", "1"],
    ]);
    assert.throws(() => read("-x"), { message: "command line: '-x': write --name value" });
  });

  it("names file and line of what it can't read", () => {
    const files: Record<string, string> = {
      "/a.conf": "port 1\n\ninclude /b.conf\n",
      "/b.conf": 'requirepass "x\n',
      "/loop.conf": "include /loop.conf\n",
      "/gone.conf": "include /nosuch.conf\n",
    };
    const read = (path: string) =>
      readDirectives([path], (name) => {
        const text = files[name];
        if (text === undefined) throw new Error("no such file");
        return text;
      });
    assert.throws(() => read("/a.conf"), {
      message: "/b.conf:1: 'requirepass \"x': quotes aren't balanced",
    });
    assert.throws(() => read("/gone.conf"), {
      message: "/gone.conf:1: can't read the configuration file /nosuch.conf: no such file",
    });
    assert.throws(() => read("/loop.conf"), /too deep: files include one another/);
  });

  it("takes the image's command as its entrypoint does", () => {
    assert.deepEqual(serverArguments([]), []);
    assert.deepEqual(serverArguments(["redis-server", "--port", "1"]), ["--port", "1"]);
    assert.deepEqual(serverArguments(["/usr/local/bin/redis-server"]), []);
    assert.deepEqual(serverArguments(["docker-entrypoint.sh", "redis-server", "/x.conf"]), [
      "/x.conf",
    ]);
    assert.deepEqual(serverArguments(["--port", "1"]), ["--port", "1"]);
    assert.deepEqual(serverArguments(["/etc/redis.conf"]), ["/etc/redis.conf"]);
    assert.throws(() => serverArguments(["redis-cli", "ping"]), /runs redis-server only/);
  });

  it("refuses others than loopback in protected mode without a password", () => {
    const guarded = { protectedMode: true, password: "" };
    assert.match(refusal("10.0.0.1", guarded) ?? "", /^-DENIED .*\r\n$/);
    assert.match(refusal("::ffff:10.0.0.1", guarded) ?? "", /^-DENIED /);
    for (const near of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) {
      assert.equal(refusal(near, guarded), undefined);
    }
    assert.equal(refusal("10.0.0.1", { protectedMode: true, password: "x" }), undefined);
    assert.equal(refusal("10.0.0.1", { protectedMode: false, password: "" }), undefined);
  });

  it("matches globs, also those made to take forever", () => {
    for (const [pattern, text, expected] of [
      ["h?llo", "hello", true],
      ["h*llo", "hllo", true],
      ["h[ae]llo", "hillo", false],
      ["h[^e]llo", "hello", false],
      ["h[a-e]llo", "hcllo", true],
      ["h[e-a]llo", "hcllo", true],
      ["h\\*llo", "h*llo", true],
      ["h\\*llo", "hello", false],
      ["", "", true],
      ["*", "", true],
      ["a*b*c", "axxbxxbc", true],
      ["[\\]]", "]", true],
    ] as const) {
      assert.equal(matchesGlob(pattern, text), expected, `${pattern} ${text}`);
    }
    assert.equal(matchesGlob(`${"a*".repeat(50)}b`, "a".repeat(5000)), false);
  });

  it("splits words by Redis' quotes", () => {
    assert.deepEqual(splitWords(` a "b c\\x41\\n" 'd\\'e' `), ["a", "b cA\n", "d'e"]);
    assert.equal(splitWords('"a"b'), undefined);
    assert.equal(splitWords("'a"), undefined);
  });

  it("prints doubles as C's %.17g", () => {
    for (const [value, text] of [
      [0.1, "0.10000000000000001"],
      [1.5, "1.5"],
      [100, "100"],
      [1e17, "1e+17"],
      [123456789012345680, "1.2345678901234568e+17"],
      [1e-4, "0.0001"],
      [1e-5, "1.0000000000000001e-05"],
      [-2.5, "-2.5"],
      [Number.NEGATIVE_INFINITY, "-inf"],
    ] as const) {
      assert.equal(formatDouble(value), text);
    }
  });

  it("keeps a deque like an array", () => {
    const step = fc.tuple(
      fc.constantFrom("pushBack", "pushFront", "popBack", "popFront"),
      fc.nat(),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const deque = new Deque<number>();
        const array: number[] = [];
        for (const [name, item] of steps) {
          if (name === "pushBack") {
            deque.pushBack(item);
            array.push(item);
          } else if (name === "pushFront") {
            deque.pushFront(item);
            array.unshift(item);
          } else if (name === "popBack") assert.equal(deque.popBack(), array.pop());
          else assert.equal(deque.popFront(), array.shift());
          assert.deepEqual(deque.slice(), array);
          assert.equal(deque.at(1), array[1]);
        }
      }),
    );
  });

  it("keeps a sorted set in order of score, then of bytes", () => {
    const step = fc.tuple(fc.boolean(), fc.constantFrom("a", "b", "c", "d"), fc.nat(3));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const set = new SortedSetValue();
        const map = new Map<string, number>();
        for (const [adds, member, score] of steps) {
          if (adds) {
            set.set(member, score);
            map.set(member, score);
          } else assert.equal(set.delete(member), map.delete(member));
        }
        const expected = [...map]
          .map(([member, score]) => ({ member, score }))
          .sort((a, b) => a.score - b.score || (a.member < b.member ? -1 : 1));
        assert.deepEqual(set.slice(), expected);
        for (const [i, { member }] of expected.entries()) assert.equal(set.rank(member), i);
        if (set.size === 0) assert.equal(set.bytes, 0);
      }),
    );
  });

  it("logs as Redis does", () => {
    const at = new Date(Date.UTC(2024, 1, 3, 4, 5, 6, 7));
    assert.equal(logLine(12, at, "*", "hi"), "12:M 03 Feb 2024 04:05:06.007 * hi");
  });
});
