import assert from "node:assert/strict";
import { request } from "node:http";
import fc from "fast-check";
import { Started } from "../../counter/servers.ts";
import { ask, type Shop, seed, startShop } from "./world.ts";

/** As much of an OpenAPI description as is needed to make requests of it. */
interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  schema: { type: string; minimum?: number; maximum?: number };
}
interface Operation {
  method: string;
  path: string;
  parameters: Parameter[];
  responses: string[];
}

const SERVICES = ["catalog", "cart", "order"];

describe(`shop: requests of all kinds, made of the services' descriptions (MICROMESH_SEED=${seed})`, function () {
  this.timeout(60_000);
  const started = new Started();
  let shop: Shop;
  let operations: Operation[];

  before(async () => {
    shop = await startShop(started);
    operations = (await Promise.all(SERVICES.map(describedBy))).flat();
  });
  after(() => started.stop());

  async function describedBy(service: string): Promise<Operation[]> {
    const { body } = await ask("GET", `${shop.gateway.services[service]}/${service}/openapi.json`);
    const paths = body.paths as Record<string, Record<string, Partial<Operation>>>;
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters = [], responses = [] }]) => ({
        method: method.toUpperCase(),
        path,
        parameters,
        responses: Object.keys(responses),
      })),
    );
  }

  /** What somebody may put in the place of a name, a number or a text. */
  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.constantFrom("", ".", "..", "../..", "%00", "%", "%ff", "\0", "\r\nx: y", "health", "user"),
    fc.constantFrom("__proto__", "constructor", "null", "-0", "1e999", "0x10", "NaN", "p-13", "*"),
    fc.constantFrom('"1"', 'W/"1"', "1,2", '"', "ü", "💥", "a".repeat(3000)),
  );
  const named = fc.constantFrom("ann", "bob", "p-1", "p-2", "o-1");
  const valueFor = ({ schema }: Parameter) =>
    schema.type === "integer"
      ? fc.oneof(fc.integer({ min: -2, max: 200 }).map(String), anything)
      : fc.oneof({ weight: 3, arbitrary: named }, { weight: 1, arbitrary: anything });

  interface Made {
    method: string;
    target: string;
    headers: Record<string, string>;
    body: string;
  }

  function requestOf({ method, path, parameters }: Operation): fc.Arbitrary<Made> {
    const values = fc.tuple(
      ...parameters.map((parameter) =>
        fc.tuple(
          fc.constant(parameter),
          fc.option(valueFor(parameter), { freq: parameter.required ? 12 : 3, nil: undefined }),
          // Sent as it is, or encoded.
          fc.boolean(),
        ),
      ),
    );
    const body = fc.oneof(
      fc.constant(""),
      fc.constant("{}"),
      fc.constantFrom("{", "[]", "null", '{"delayMs":-1}', '{"products":{"..":{}}}', '"x"'),
      fc.json({ maxDepth: 2 }),
    );
    const type = fc.constantFrom("application/json", "text/plain", "a/b;", "", undefined);
    return fc.tuple(values, body, type).map(([given, body, type]) => {
      let target = path;
      const query: string[] = [];
      const headers: Record<string, string> = {};
      if (type !== undefined) headers["content-type"] = type;
      for (const [{ name, in: where }, value, raw] of given) {
        const text = value ?? "";
        const written = raw ? text.replace(/[^\x21-\x7e]|[#?]/g, "") : encode(text);
        if (where === "path") target = target.replace(`{${name}}`, () => written);
        else if (value === undefined) continue;
        else if (where === "query") query.push(`${name}=${written.replaceAll("&", "")}`);
        else headers[name] = text.replace(/[^\x20-\x7e]/g, "");
      }
      if (query.length > 0) target += `?${query.join("&")}`;
      return { method, target, headers, body };
    });
  }

  // Unpaired surrogates have no encoding; as bytes they are replaced.
  const encode = (text: string) => encodeURIComponent(Buffer.from(text).toString());

  /** Sends a path as it is, which fetch doesn't. */
  function send(base: string, { method, target, headers, body }: Made) {
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const { hostname, port } = new URL(base);
      const length = String(Buffer.byteLength(body));
      const all = { ...headers, "content-length": length, connection: "close" };
      const sent = request({ hostname, port, method, path: target, headers: all }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part) => {
          text += part;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  it("are answered in JSON, never by a 5xx", async () => {
    const statuses = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        fc
          .constantFrom(...operations.keys())
          .chain((index) =>
            fc.tuple(fc.constant(index), requestOf(operations[index] as Operation)),
          ),
        async ([index, made]) => {
          const { path } = operations[index] as Operation;
          const base = shop.gateway.services[path.split("/")[1] as string] as string;
          const { status, text } = await send(base, made);
          const where = `${made.method} ${made.target}: ${status} ${text}`;
          assert.ok(status >= 200 && status < 500, where);
          const answer = JSON.parse(text);
          if (status >= 400) assert.equal(typeof answer.error, "string", where);
          const key = `${made.method} ${path} ${status}`;
          statuses.set(key, (statuses.get(key) ?? 0) + 1);
        },
      ),
      { seed, numRuns: 2500 },
    );
    // Each route has been reached, and has done what it's for.
    for (const { method, path, responses } of operations) {
      const good = responses.find((status) => status.startsWith("2"));
      const key = `${method} ${path} ${good}`;
      // An order's id can't be guessed.
      if (path !== "/order/{id}") assert.ok(statuses.has(key), key);
    }
    for (const service of SERVICES) {
      const { status } = await ask("GET", `${shop.gateway.url}/${service}/health`);
      assert.equal(status, 200);
    }
  });

  it("of methods and paths that nobody knows are answered 404", async () => {
    const segment = fc.oneof(
      fc.constantFrom(...SERVICES, "health", "ann", "..", ".", "", "create", "user", "%2e%2e"),
      fc.string({ unit: "binary", maxLength: 20 }).map(encode),
    );
    const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...SERVICES),
        method,
        fc.array(segment, { maxLength: 6 }),
        async (service, method, segments) => {
          const base = shop.gateway.services[service] as string;
          const made = { method, target: `/${segments.join("/")}`, headers: {}, body: "" };
          const { status } = await send(base, made);
          assert.ok(status >= 200 && status < 500, `${method} ${made.target}: ${status}`);
        },
      ),
      { seed, numRuns: 500 },
    );
  });
});
