import assert from "node:assert/strict";
import { createConnection } from "node:net";
import * as z from "zod";
import { Problem } from "../../../../apps/runtime/http/problem.ts";
import { createService, type Service, takesJson } from "../../../../apps/runtime/http/service.ts";
import { id, page, userName, wholeNumber } from "../../../../apps/shop/runtime/schemas.ts";
import { Started } from "../../counter/servers.ts";
import { ask, serve } from "../../shop/runtime/world.ts";

describe("shop: what all services have in common", () => {
  const started = new Started();
  let app: Service;
  let url: string;

  beforeEach(async () => {
    app = await createService({
      name: "demo",
      description: "A service.",
      replica: "demo-7",
      version: "v3",
    });
    app.get("/demo/list", { schema: { querystring: page } }, async ({ query }) => query);
    app.post("/demo/touch", async ({ body }) => ({ body: body ?? null }));
    app.get("/demo/:user", { schema: { params: z.object({ user: userName }) } }, async () => ({}));
    app.get("/demo/teapot/:id", async () => {
      throw new Problem(418, "a teapot; ask for tea", { "retry-after": "3" });
    });
    app.get("/demo/mistake/:id", async () => {
      throw new Error("secret");
    });
    app.register(async (plain) => {
      const scope: Service = plain.withTypeProvider();
      takesJson(scope);
      scope.put(
        "/demo/json",
        { schema: { body: z.object({ n: z.int() }) } },
        async ({ body }) => body,
      );
    });
    url = await serve(started, app);
  });
  afterEach(() => started.stop());

  it("says on every answer which replica it comes from, and in which version", async () => {
    const paths = ["/demo/list", "/demo/list?limit=x", "/demo/none/at/all", "/%", "/demo/teapot/1"];
    for (const path of paths) {
      const { headers } = await ask("GET", url + path);
      assert.equal(headers.get("x-replica-id"), "demo-7", path);
      assert.equal(headers.get("x-version"), "v3", path);
    }
  });

  it("answers problems by their status, with their headers", async () => {
    const { status, headers, body } = await ask("GET", `${url}/demo/teapot/1`);
    assert.deepEqual([status, body], [418, { error: "a teapot; ask for tea" }]);
    assert.equal(headers.get("retry-after"), "3");
  });

  it("keeps its own mistakes to its log", async () => {
    const { error } = console;
    const logged: unknown[] = [];
    console.error = (line: unknown) => logged.push(line);
    try {
      const { status, body } = await ask("GET", `${url}/demo/mistake/1`);
      const message = "the service has made a mistake; its log says which";
      assert.deepEqual([status, body], [500, { error: message }]);
    } finally {
      console.error = error;
    }
    assert.equal((logged[0] as Error).message, "secret");
  });

  it("says of a path that nobody serves where those are that are served", async () => {
    const { status, body } = await ask("DELETE", `${url}/demo/list?a=b`);
    const error = "no such path: DELETE /demo/list; /demo/openapi.json lists them";
    assert.deepEqual([status, body], [404, { error }]);
  });

  it("says what is wrong with a request, and where", async () => {
    const cases = [
      ["/demo/list?limit=0", "query limit: it must be a whole number from 1 to 100"],
      ["/demo/list?limit=", "query limit: it must be a whole number from 1 to 100"],
      ["/demo/list?limit=1&limit=2", "query limit: it must be a whole number from 1 to 100"],
      ["/demo/list?offset=1.5", "query offset: it must be a whole number from 0 to 1000000"],
      [
        "/demo/a%20b",
        'path user: it must be 1 to 64 of letters, digits and - _ . @, and neither "health" nor "openapi.json"',
      ],
    ];
    for (const [path, error] of cases) {
      assert.deepEqual((await ask("GET", url + path)).body, { error }, path);
    }
    const headers = { "content-type": "application/json" };
    const wrong = await ask("PUT", `${url}/demo/json`, headers, '{"n":"1"}');
    assert.equal(wrong.status, 400);
    assert.match(wrong.body.error, /^body n: /);
    assert.equal((await ask("PUT", `${url}/demo/json`, headers, "{")).status, 400);
    assert.equal((await ask("PUT", `${url}/demo/json`, {}, "n=1")).status, 415);
    assert.deepEqual((await ask("PUT", `${url}/demo/json`, headers, '{"n":1}')).body, { n: 1 });
  });

  it("gives a long path back shortened", async () => {
    const { status, body } = await ask("GET", `${url}/demo/${"a".repeat(5000)}`);
    assert.equal(status, 414);
    assert.ok(body.error.length <= 300);
  });

  it("ignores bodies that nobody asked for, and refuses those of more than 1 MiB", async () => {
    const mib = 1024 * 1024;
    for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"]) {
      const headers = { "content-type": type };
      const short = await ask("POST", `${url}/demo/touch`, headers, "{{{");
      assert.deepEqual([short.status, short.body], [200, { body: null }], type);
      const most = await ask("POST", `${url}/demo/touch`, headers, Buffer.alloc(mib));
      assert.equal(most.status, 200);
      const more = await ask("POST", `${url}/demo/touch`, headers, Buffer.alloc(mib + 1));
      assert.equal(more.status, 413);
      assert.equal(typeof more.body.error, "string");
    }
  });

  it("answers what isn't HTTP with 400, and goes on", async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = createConnection(Number(new URL(url).port), "127.0.0.1");
      socket.on("data", (data) => {
        text += data;
      });
      socket.on("end", () => resolve(text));
      socket.on("error", reject);
      socket.write("NONSENSE\r\n\r\n");
    });
    assert.match(answer, /^HTTP\/1.1 400 /);
    assert.equal((await ask("GET", `${url}/demo/list`)).status, 200);
  });

  it("describes its routes as OpenAPI", async () => {
    const { body } = await ask("GET", `${url}/demo/openapi.json`);
    assert.equal(body.openapi, "3.1.0");
    assert.deepEqual(body.info, { title: "demo", description: "A service.", version: "v3" });
    const [limit] = body.paths["/demo/list"].get.parameters;
    assert.deepEqual(limit.schema, { type: "integer", minimum: 1, maximum: 100 });
    assert.equal(limit.in, "query");
    assert.equal(limit.required, false);
    assert.equal(body.paths["/demo/openapi.json"], undefined);
  });
});

describe("shop: names and numbers in requests", () => {
  const takes = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success;

  it("takes names that are safe in a path, and no steps", () => {
    for (const name of ["a", "A-b_c.d@e", "0", "...", ".a", "x".repeat(64)]) {
      assert.ok(takes(id, name), name);
      assert.ok(takes(userName, name), name);
    }
    for (const name of ["", ".", "..", "a/b", "a b", "ä", "a%", "a\n", "x".repeat(65), 1, null]) {
      assert.ok(!takes(id, name), String(name));
      assert.ok(!takes(userName, name), String(name));
    }
  });

  it("keeps paths of the services from users", () => {
    for (const name of ["health", "openapi.json"]) {
      assert.ok(takes(id, name));
      assert.ok(!takes(userName, name));
    }
    assert.ok(takes(userName, "healthy"));
  });

  it("takes whole numbers within bounds", () => {
    const schema = wholeNumber(1, 100);
    for (const text of ["1", "42", "100"]) assert.equal(schema.parse(text), Number(text));
    for (const text of ["0", "101", "", "x", "1.5", "NaN", "Infinity", "-1", ["1", "2"], {}]) {
      assert.ok(!takes(schema, text), String(text));
    }
  });
});
