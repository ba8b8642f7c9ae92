import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { Started } from "../../counter/servers.ts";
import { ask } from "../../shop/runtime/world.ts";
import { hasPostgres, Postgres } from "../postgres.ts";
import { type Api, JSON_TYPE, make, ready, startApi } from "../world.ts";

describe("items: the API", function () {
  this.timeout(60_000);
  const started = new Started();
  let postgres: Postgres;
  let api: Api;
  let items: string;

  before(async function () {
    if (!hasPostgres) this.skip();
    postgres = await Postgres.start(started);
    api = await startApi(started, postgres.port);
    items = `${api.url}/items`;
    await ready(api);
  });
  beforeEach(() => postgres.query("TRUNCATE items RESTART IDENTITY"));
  after(() => started.stop());

  const put = (path: string, item: unknown) =>
    ask("PUT", `${api.url}${path}`, JSON_TYPE, JSON.stringify(item));

  it("makes, reads, replaces and removes items", async () => {
    const made = await make(api.url, { name: "bolt", quantity: 3, note: "M8" });
    assert.equal(made.status, 201);
    assert.equal(made.headers.get("location"), "/items/1");
    const { created_at, updated_at, ...rest } = made.body;
    assert.deepEqual(rest, { id: 1, name: "bolt", quantity: 3, note: "M8" });
    assert.ok(Math.abs(Date.now() - Date.parse(created_at)) < 60_000);
    assert.equal(created_at, updated_at);
    assert.deepEqual((await ask("GET", `${items}/1`)).body, made.body);

    const replaced = await put("/items/1", { name: "nut" });
    assert.equal(replaced.status, 200);
    assert.deepEqual(
      [replaced.body.name, replaced.body.quantity, replaced.body.note],
      ["nut", 1, null],
    );
    assert.equal(replaced.body.created_at, created_at);
    assert.ok(replaced.body.updated_at > updated_at);
    assert.deepEqual((await ask("GET", `${items}/1`)).body, replaced.body);

    const removed = await fetch(`${items}/1`, { method: "DELETE" });
    assert.deepEqual([removed.status, await removed.text()], [204, ""]);
    for (const { status, body } of [
      await ask("GET", `${items}/1`),
      await put("/items/1", { name: "nut" }),
      await ask("DELETE", `${items}/1`),
      await ask("GET", `${items}/9223372036854775807`),
    ]) {
      assert.equal(status, 404);
      assert.match(body.error, /^no item \d+; \/items lists them$/);
    }
  });

  it("lists items in pages that neither repeat nor leave out any", async () => {
    await postgres.query(
      "INSERT INTO items (name, quantity) SELECT 'i' || n, n FROM generate_series(1, 250) n",
    );
    const first = await ask("GET", items);
    assert.deepEqual(
      [first.body.items.length, first.body.next],
      [100, "/items?limit=100&after=100"],
    );
    const seen: number[] = [];
    let next: string | null = "/items?limit=70";
    while (next) {
      const { body } = await ask("GET", api.url + next);
      seen.push(...body.items.map(({ quantity }: { quantity: number }) => quantity));
      next = body.next;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 250 }, (_, i) => i + 1),
    );
    assert.equal((await ask("GET", `${items}?limit=1000`)).body.items.length, 250);
    // Exactly as many as there are: there's no further page.
    assert.equal((await ask("GET", `${items}?limit=250`)).body.next, null);
    assert.deepEqual((await ask("GET", `${items}?after=250`)).body, { items: [], next: null });
  });

  it("takes SQL for data, which comes back byte by byte", async () => {
    const texts = [
      "'; DROP TABLE items; --",
      "1); DELETE FROM items; --",
      "' OR '1'='1",
      "\\'; DROP TABLE items; --",
      "$1 $2 :name ? %s {0}",
      "\u02bc; DROP TABLE items",
      "NULL",
      "%{DATABASE_PASSWORD} {{7*7}} `id`",
      ' "quoted" \\ \t\r\n  ',
      "💥 e\u0301 \u202e \ufeff \uffff",
    ];
    for (const name of texts) {
      const { status, body } = await make(api.url, { name, note: name });
      assert.equal(status, 201, name);
      const back = (await ask("GET", `${items}/${body.id}`)).body;
      assert.deepEqual([back.name, back.note], [name, name]);
      const path = `${items}/${encodeURIComponent(name)}`;
      assert.equal((await ask("GET", path)).status, 400, name);
      assert.equal((await ask("DELETE", path)).status, 400, name);
      assert.equal((await ask("GET", `${items}?after=${encodeURIComponent(name)}`)).status, 400);
    }
    const [{ n }] = (await postgres.query("SELECT count(*)::int AS n FROM items")) as [
      { n: number },
    ];
    assert.equal(n, texts.length);
  });

  const wrong: [string, unknown, string][] = [
    ["no object", [1], 'body: it must be an object such as {"name": "bolt", "quantity": 3}'],
    ["null", null, 'body: it must be an object such as {"name": "bolt", "quantity": 3}'],
    ["no name", {}, "body name: it must be text of 1 to 200 characters"],
    ["a number for a name", { name: 1 }, "body name: it must be text of 1 to 200 characters"],
    ["an empty name", { name: "" }, "body name: it must be text of 1 to 200 characters"],
    ["a long name", { name: "x".repeat(201) }, "body name: it must be text of 1 to 200 characters"],
    [
      "a long note",
      { name: "x", note: "x".repeat(2001) },
      "body note: it must be text of 0 to 2000 characters",
    ],
    [
      "a text for a quantity",
      { name: "x", quantity: "1" },
      "body quantity: it must be a whole number from 0 to 2147483647",
    ],
    [
      "half a thing",
      { name: "x", quantity: 0.5 },
      "body quantity: it must be a whole number from 0 to 2147483647",
    ],
    [
      "fewer than none",
      { name: "x", quantity: -1 },
      "body quantity: it must be a whole number from 0 to 2147483647",
    ],
    [
      "too many",
      { name: "x", quantity: 2 ** 31 },
      "body quantity: it must be a whole number from 0 to 2147483647",
    ],
    [
      "an unknown field",
      { name: "x", id: 7 },
      'body: there is no field "id"; an item has name, quantity and note',
    ],
    ["NUL", { name: "a\0b" }, "body name: it must be text without the character NUL (\\u0000)"],
    [
      "half a character",
      { name: "x", note: "\ud800" },
      "body note: it must be text without halves of characters (\\ud800 to \\udfff alone)",
    ],
  ];
  for (const [what, body, error] of wrong) {
    it(`refuses ${what} with 400`, async () => {
      for (const method of ["POST", "PUT"]) {
        const path = method === "POST" ? "/items" : "/items/1";
        const answer = await ask(method, api.url + path, JSON_TYPE, JSON.stringify(body));
        assert.deepEqual([answer.status, answer.body], [400, { error }], method);
      }
      assert.deepEqual((await ask("GET", items)).body.items, []);
    });
  }

  it("refuses ids and parameters that can't be", async () => {
    const id = "path id: it must be a whole number from 1 to 9223372036854775807";
    for (const one of [
      "0",
      "-1",
      "01",
      "1.0",
      "1e3",
      "0x1",
      "9223372036854775808",
      "x",
      "%00",
      "1%20",
      "9".repeat(30),
      "",
    ]) {
      const { status, body } = await ask("GET", `${items}/${one}`);
      assert.deepEqual([status, body], [400, { error: id }], one);
    }
    for (const [query, error] of [
      ["limit=0", "query limit: it must be a whole number from 1 to 1000"],
      ["limit=1001", "query limit: it must be a whole number from 1 to 1000"],
      ["limit=", "query limit: it must be a whole number from 1 to 1000"],
      ["limit=1&limit=2", "query limit: it must be a whole number from 1 to 1000"],
      ["after=-1", "query after: it must be an id, or 0"],
      ["offset=1", 'query: there is no parameter "offset"; there are limit and after'],
    ]) {
      const { status, body } = await ask("GET", `${items}?${query}`);
      assert.deepEqual([status, body], [400, { error }], query);
    }
  });

  it("refuses what isn't JSON, or isn't said to be", async () => {
    const send = (body: string | Buffer, headers: Record<string, string> = JSON_TYPE) =>
      ask("POST", items, headers, body);
    for (const body of [
      "{",
      "{'name': 'x'}",
      '{"name": "x"',
      "name=x",
      '{"__proto__": {}, "name": "x"}',
    ]) {
      const answer = await send(body);
      assert.equal(answer.status, 400, body);
      assert.match(answer.body.error, /^body: it isn't JSON: .*; send an object such as /, body);
    }
    const bytes = Buffer.from('{"name": "\xff"}', "latin1");
    assert.deepEqual((await send(bytes)).body, {
      error: 'body: it isn\'t UTF-8; send JSON in UTF-8, such as {"name": "bolt", "quantity": 3}',
    });
    assert.equal((await send("")).status, 400);
    assert.equal((await ask("POST", items)).status, 400);
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/xml",
      "json",
    ]) {
      const { status, body } = await send('{"name": "x"}', { "content-type": type });
      assert.equal(status, 415, type);
      assert.match(body.error, /^header content-type: it must be application\/json, /);
    }
    const charset = { "content-type": "application/json; charset=utf-8" };
    assert.equal((await send('{"name": "x"}', charset)).status, 201);
  });

  it("takes bodies of 64 KiB, and refuses larger ones without reading them to their end", async () => {
    const padded = (bytes: number) => `{"name": "x"${" ".repeat(bytes - 13)}}`;
    assert.equal((await ask("POST", items, JSON_TYPE, padded(64 * 1024))).status, 201);
    const over = await ask("POST", items, JSON_TYPE, padded(64 * 1024 + 1));
    assert.deepEqual(
      [over.status, over.body],
      [413, { error: "body: it is over 64 KiB; send less" }],
    );
    for (const how of ["content-length", "chunked"]) {
      for (const [method, path] of [
        ["POST", "/items"],
        ["PUT", "/items/1"],
        ["PATCH", "/items"],
      ]) {
        const sent = await flood(`${api.url}${path}`, method as string, how === "chunked");
        assert.equal(sent.status, method === "PATCH" ? 405 : 413, `${method} ${how}`);
        assert.equal(typeof JSON.parse(sent.body).error, "string");
        assert.ok(sent.bytes < 8 * 1024 * 1024, `${method} ${how}: ${sent.bytes} bytes went out`);
      }
    }
    assert.equal((await ask("GET", `${api.url}/healthz`)).status, 200);
  });

  it("says which methods a path has", async () => {
    const cases: [string, string, string][] = [
      ["PATCH", "/items/1", "DELETE, GET, HEAD, OPTIONS, PUT"],
      ["PATCH", "/items", "GET, HEAD, OPTIONS, POST"],
      ["PUT", "/items", "GET, HEAD, OPTIONS, POST"],
      ["DELETE", "/items?limit=1", "GET, HEAD, OPTIONS, POST"],
      ["POST", "/", "GET, HEAD, OPTIONS"],
      ["POST", "/readyz", "GET, HEAD, OPTIONS"],
      ["TRACE", "/items", "GET, HEAD, OPTIONS, POST"],
      ["PROPFIND", "/items", "GET, HEAD, OPTIONS, POST"],
      ["POST", "/items/openapi.json", "DELETE, GET, HEAD, OPTIONS, PUT"],
    ];
    for (const [method, path, allow] of cases) {
      const { status, headers, body } = await raw(method, api.url + path);
      assert.equal(status, 405, `${method} ${path}`);
      assert.equal(headers.allow, allow, `${method} ${path}`);
      const [plain] = path.split("?");
      assert.deepEqual(JSON.parse(body), {
        error: `${method} ${plain}: no such method here; use ${allow}`,
      });
    }
    const options = await raw("OPTIONS", items);
    assert.deepEqual(
      [options.status, options.headers.allow, options.body],
      [204, "GET, HEAD, OPTIONS, POST", ""],
    );
    const head = await raw("HEAD", items);
    assert.deepEqual([head.status, head.body], [200, ""]);
    assert.ok(Number(head.headers["content-length"]) > 0);
    for (const path of ["/nothing", "/items/1/2", "//items", "/itemsx"]) {
      for (const method of ["GET", "POST", "OPTIONS"]) {
        const { status, body } = await raw(method, api.url + path);
        assert.equal(status, 404, `${method} ${path}`);
        assert.match(JSON.parse(body).error, /^no such path: /);
      }
    }
  });

  it("says what there is, and that it's well", async () => {
    const { body } = await ask("GET", `${api.url}/`);
    for (const path of Object.values(body.links)) {
      assert.equal((await fetch(api.url + path)).status, 200, String(path));
    }
    assert.deepEqual((await ask("GET", `${api.url}/healthz`)).body, { status: "healthy" });
    assert.deepEqual((await ask("GET", `${api.url}/readyz`)).body, { status: "ready" });
    assert.deepEqual((await ask("GET", `${api.url}/version`)).body, { version: "v1" });
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    assert.match(metrics, /^items_api_database_up 1$/m);
    assert.match(
      metrics,
      /^items_api_request_duration_seconds_count\{method="GET",route="\/readyz",status="200"\} \d+$/m,
    );
    assert.match(metrics, /^process_resident_memory_bytes \d+$/m);
  });

  it("answers what isn't HTTP with 400, and goes on", async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(api.url).port), "127.0.0.1", () =>
        socket.write("NONSENSE\r\n\r\n"),
      );
      text(socket).then(resolve, reject);
    });
    assert.match(answer, /^HTTP\/1.1 400 /);
    assert.equal((await ask("GET", items)).status, 200);
  });
});

function raw(method: string, url: string) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>(
    (resolve, reject) => {
      const sent = request(url, { method }, (response) => {
        const { statusCode = 0, headers } = response;
        text(response).then((body) => resolve({ status: statusCode, headers, body }), reject);
      });
      sent.on("error", reject).end();
    },
  );
}

/** Sends 10 MiB for as long as the server takes them. */
function flood(url: string, method: string, chunked: boolean) {
  const { hostname, port, pathname } = new URL(url);
  const total = 10 * 1024 * 1024;
  const chunk = Buffer.alloc(64 * 1024, " ");
  const framing = chunked ? "transfer-encoding: chunked" : `content-length: ${total}`;
  return new Promise<{ status: number; body: string; bytes: number }>((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, async () => {
      socket.write(
        `${method} ${pathname} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${framing}\r\n\r\n`,
      );
      for (let sent = 0; sent < total && !socket.destroyed; sent += chunk.length) {
        if (chunked) socket.write("10000\r\n");
        const goesOn = socket.write(chunk);
        if (chunked) socket.write("\r\n");
        if (!goesOn) await new Promise((go) => socket.once("drain", go).once("close", go));
      }
    });
    socket.on("data", (data) => {
      answer += data;
    });
    // Who sends on is cut off, after the answer.
    socket.on("error", () => {});
    socket.on("close", () => {
      const [, status] = /^HTTP\/1.1 (\d+) /.exec(answer) ?? [];
      if (!status) return reject(new Error(`no answer: ${answer}`));
      const body = answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1);
      resolve({ status: Number(status), body, bytes: socket.bytesWritten });
    });
  });
}
