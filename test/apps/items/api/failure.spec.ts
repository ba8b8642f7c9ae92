import assert from "node:assert/strict";
import fc from "fast-check";
import {
  connectFailure,
  connectTimeout,
  isMissingTable,
  poolBusy,
  statementFailure,
} from "../../../../apps/items/api/database/failure.ts";
import { HopLog } from "../../../../apps/items/api/database/hop-log.ts";
import { DatabaseUnavailable } from "../../../../apps/items/api/database/unavailable.ts";
import { seed } from "../../shop/runtime/world.ts";

const way = {
  host: "db.items.svc.cluster.local",
  port: 5432,
  database: "items",
  user: "items",
  connectTimeoutMs: 2000,
  queryTimeoutMs: 5000,
};
const error = (fields: object, message = "words") => Object.assign(new Error(message), fields);
const at = "db.items.svc.cluster.local:5432";

describe("items: what an error says of the way to the database", () => {
  const connecting: [string, unknown, string][] = [
    [
      "ENOTFOUND",
      error({ code: "ENOTFOUND", syscall: "getaddrinfo" }),
      "name: db.items.svc.cluster.local: no such name",
    ],
    [
      "EAI_AGAIN",
      error({ code: "EAI_AGAIN", syscall: "getaddrinfo" }),
      "name: db.items.svc.cluster.local: the name can't be asked for at present (EAI_AGAIN)",
    ],
    [
      "EAI_FAIL",
      error({ code: "EAI_FAIL", syscall: "getaddrinfo" }),
      "name: db.items.svc.cluster.local: the name can't be looked up (EAI_FAIL)",
    ],
    ["ECONNREFUSED", error({ code: "ECONNREFUSED" }), `connect: ${at}: refused`],
    [
      "refused at all addresses",
      new AggregateError([error({ code: "ECONNREFUSED" }), error({ code: "ENETUNREACH" })]),
      `connect: ${at}: refused`,
    ],
    ["ECONNRESET", error({ code: "ECONNRESET" }), `connect: ${at}: reset`],
    [
      "EHOSTUNREACH",
      error({ code: "EHOSTUNREACH" }),
      `connect: ${at}: no way there (EHOSTUNREACH)`,
    ],
    ["ETIMEDOUT", error({ code: "ETIMEDOUT" }), `connect: ${at}: no answer within 2 s`],
    ["pg's timeout", error({}, "timeout expired"), `connect: ${at}: no answer within 2 s`],
    [
      "a close",
      error({}, "Connection terminated unexpectedly"),
      `connect: ${at}: closed the connection`,
    ],
    [
      "53300",
      error({ code: "53300" }, "sorry, too many clients already"),
      `connect: ${at}: too many connections`,
    ],
    [
      "57P03",
      error({ code: "57P03" }, "the database system is starting up"),
      `connect: ${at}: the database system is starting up`,
    ],
    [
      "57P01",
      error({ code: "57P01" }, "terminating connection due to administrator command"),
      `connect: ${at}: terminating connection due to administrator command`,
    ],
    ["28P01", error({ code: "28P01" }), `auth: ${at}: the password of user "items" is wrong`],
    [
      "28000",
      error({ code: "28000" }, "no pg_hba.conf\n entry"),
      `auth: ${at}: user "items" may not come in: no pg_hba.conf entry`,
    ],
    [
      "42501",
      error({ code: "42501" }, "permission denied"),
      `auth: ${at}: user "items" may not come in: permission denied`,
    ],
    ["3D000", error({ code: "3D000" }), `auth: ${at}: there is no database "items"`],
  ];
  for (const [what, thrown, words] of connecting) {
    it(`tells while connecting: ${what}`, () => {
      const failure = connectFailure(thrown, way, "connect");
      assert.equal(`${failure.hop}: ${failure.words}`, words);
    });
  }

  it("takes a time that ran out while the name was asked for to be the name's", () => {
    assert.deepEqual(connectFailure(error({}, "timeout expired"), way, "name"), {
      hop: "name",
      words: "db.items.svc.cluster.local: no answer about the name within 2 s",
    });
    assert.equal(
      connectTimeout({ ...way, connectTimeoutMs: 250 }, "connect").words,
      `${at}: no answer within 0.25 s`,
    );
    assert.equal(
      poolBusy(way, 5).words,
      `${at}: all 5 connections have waited for answers for 2 s`,
    );
  });

  const asking: [string, unknown, string, [boolean, boolean, string]][] = [
    [
      "a timeout",
      error({}, "Query read timeout"),
      "no answer to a query within 5 s",
      [true, false, "unknown"],
    ],
    [
      "ETIMEDOUT",
      error({ code: "ETIMEDOUT" }),
      "no answer to a query within 5 s",
      [true, false, "unknown"],
    ],
    [
      "a cancellation",
      error({ code: "57014" }, "canceling statement due to statement timeout"),
      "a query took too long: canceling statement due to statement timeout",
      [false, false, "no"],
    ],
    [
      "a shutdown",
      error({ code: "57P01" }, "terminating"),
      "a query broke off: terminating",
      [true, true, "unknown"],
    ],
    [
      "a crash",
      error({ code: "57P02" }, "crash"),
      "a query broke off: crash",
      [true, true, "unknown"],
    ],
    [
      "a full disk",
      error({ code: "53100" }, "no space left"),
      "a query failed: no space left (53100)",
      [false, false, "no"],
    ],
    [
      "a missing table",
      error({ code: "42P01" }, "relation"),
      "the tables aren't there yet",
      [false, false, "no"],
    ],
    ["a reset", error({ code: "ECONNRESET" }), "a query broke off: reset", [true, true, "unknown"]],
    [
      "a broken pipe",
      error({ code: "EPIPE" }),
      "a query broke off: reset",
      [true, true, "unknown"],
    ],
    [
      "a close",
      error({}, "Connection terminated unexpectedly"),
      "a query broke off: closed the connection",
      [true, true, "unknown"],
    ],
  ];
  for (const [what, thrown, words, rest] of asking) {
    it(`tells while asking: ${what}`, () => {
      const failure = statementFailure(thrown, way);
      assert.deepEqual([failure.hop, failure.words], ["query", `${at}: ${words}`]);
      assert.deepEqual([failure.lost, failure.brokeOff, failure.done], rest);
    });
  }

  it("knows a missing table from others", () => {
    assert.equal(isMissingTable(error({ code: "42P01" })), true);
    assert.equal(isMissingTable(error({ code: "42703" })), false);
  });

  it("says what it means for a request, and to wait only where that is safe", () => {
    const failure = { hop: "query", words: "w" } as const;
    const of = (written?: "no" | "unknown") => {
      const { message, status, headers } = new DatabaseUnavailable(failure, written);
      return [status, message, headers["retry-after"]];
    };
    assert.deepEqual(of(), [503, "w; try again later", "1"]);
    assert.deepEqual(of("no"), [503, "w; nothing was written: try again later", "1"]);
    assert.deepEqual(of("unknown"), [
      503,
      "w; it may or may not have been written: look before you send it again",
      undefined,
    ]);
  });
});

describe(`items: the log of hops (MICROMESH_SEED=${seed})`, () => {
  const failures = [
    undefined,
    { hop: "name", words: "n" },
    { hop: "connect", words: "c" },
  ] as const;

  it("has a line for each change, in the order of the tries' beginnings", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...failures), { maxLength: 30 }), (ends) => {
        const lines: string[] = [];
        const log = new HopLog("db:5432", (line) => lines.push(line));
        for (const failure of ends) log.ended(log.begin(), failure);
        const states = ends.map((failure) => failure?.hop ?? "well");
        const changes = states.filter((state, i) => state !== states[i - 1]);
        assert.equal(lines.length, changes.length);
        assert.equal(log.state, states.at(-1) ?? "unknown");
      }),
      { seed },
    );
  });

  it("ignores what began before something newer has ended", () => {
    const lines: string[] = [];
    const log = new HopLog("db:5432", (line) => lines.push(line));
    const old = log.begin();
    log.ended(log.begin());
    log.ended(old, { hop: "query", words: "late" });
    assert.deepEqual(lines, ["database: db:5432: connected"]);
    log.ended(log.begin(), { hop: "name", words: "gone" });
    log.ended(log.begin());
    assert.deepEqual(lines.slice(1), ["database: name: gone", "database: db:5432: well again"]);
  });
});
