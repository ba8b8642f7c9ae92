import assert from "node:assert/strict";
import fc from "fast-check";
import { type Entry, History } from "../../../../apps/items/client/history.ts";
import { KINDS, ofAnswer, ofError } from "../../../../apps/items/client/outcome.ts";
import { seed } from "../../shop/runtime/world.ts";

const coded = (code: string) => Object.assign(new Error(code), { code });

describe("items: what the client makes of answers and errors", () => {
  const answers: [number, string, string, string][] = [
    [200, "{}", "ok", "200"],
    [204, "", "ok", "204"],
    [503, '{"error":"db: no such name","hop":"name"}', "hop-name", "503 name: db: no such name"],
    [
      503,
      '{"error":"db:5432: refused","hop":"connect"}',
      "hop-connect",
      "503 connect: db:5432: refused",
    ],
    [503, '{"hop":"auth"}', "hop-auth", "503 auth:"],
    [503, '{"error":"e","hop":"query"}', "hop-query", "503 query: e"],
    [503, '{"error":"e","hop":"elsewhere"}', "status", "503 elsewhere: e"],
    [503, "null", "status", "503"],
    [403, "RBAC: access denied", "status", "403"],
  ];
  for (const [status, body, kind, words] of answers) {
    it(`${status} ${body}`, () => assert.deepEqual(ofAnswer(status, body), { kind, words }));
  }

  const late = new DOMException("", "TimeoutError");
  const errors: [unknown, string, string][] = [
    [coded("ENOTFOUND"), "no-name", "no such name"],
    [coded("EAI_AGAIN"), "no-name", "the name can't be asked for at present"],
    [coded("ECONNREFUSED"), "refused", "connection refused"],
    [new AggregateError([coded("ECONNREFUSED")]), "refused", "connection refused"],
    [coded("UND_ERR_CONNECT_TIMEOUT"), "timeout", "no connection within 2 s"],
    [coded("UND_ERR_SOCKET"), "reset", "connection reset"],
    [late, "late", "no answer within 8 s"],
    [coded("EHOSTUNREACH"), "failed", "EHOSTUNREACH"],
  ];
  for (const [error, kind, words] of errors) {
    it(words, () => assert.deepEqual(ofError(error, 2000, 8000), { kind, words }));
  }
});

describe(`items: the client's history (MICROMESH_SEED=${seed})`, () => {
  const entry = (kind: Entry["kind"], ms = 1): Entry => ({ at: 0, ms, kind, words: "w" });

  it("logs each change of outcome, and keeps the last hundred", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...KINDS), { maxLength: 250 }), (kinds) => {
        const lines: string[] = [];
        const history = new History((line) => lines.push(line));
        for (const kind of kinds) history.add(entry(kind));
        assert.equal(lines.length, kinds.filter((kind, i) => kind !== kinds[i - 1]).length);
        assert.deepEqual(
          history.last.map(({ kind }) => kind),
          kinds.slice(-100),
        );
        assert.equal(history.current, kinds.at(-1));
      }),
      { seed },
    );
  });

  it("sums up what has come since the last summary", () => {
    const history = new History(() => {});
    assert.equal(history.summary(), "no request has ended");
    for (const ms of [3, 1, 2]) history.add(entry("ok", ms));
    history.add(entry("timeout", 2000.4));
    assert.equal(
      history.summary(),
      "4 requests: 3 ok, 1 timeout; half within 2 ms, all within 2001 ms",
    );
    history.add(entry("refused", 1));
    assert.equal(history.summary(), "1 request: 1 refused; half within 1 ms, all within 1 ms");
  });
});
