/** Requests of all kinds, made of an OpenAPI document. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import fc from "fast-check";

/** As much of a document as is needed to make requests of it. */
interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  schema: { type?: string };
}

export interface Operation {
  method: string;
  path: string;
  parameters: Parameter[];
}

interface Made {
  method: string;
  target: string;
  headers: Record<string, string>;
  body: string;
}

export function described(document: {
  paths: Record<string, Record<string, { parameters?: Parameter[] }>>;
}): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [] }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
    })),
  );
}

/**
 * Sends requests of each operation, right and wrong ones.
 *
 * @param common headers of all of them
 * @returns the statuses that each `METHOD /path` has been answered with
 * @throws if one is answered with a 5xx, an error isn't in JSON, or there is no answer
 */
export async function fuzz(
  base: string,
  operations: Operation[],
  run: { seed: number; numRuns: number },
  common: Record<string, string> = {},
): Promise<Map<string, Set<number>>> {
  const statuses = new Map<string, Set<number>>();
  const cases = fc
    .constantFrom(...operations)
    .chain((operation) => requestOf(operation).map((made) => ({ operation, made })));
  await fc.assert(
    fc.asyncProperty(cases, async ({ operation, made }) => {
      const { status, body } = await send(base, {
        ...made,
        headers: { ...common, ...made.headers },
      });
      const where = `${made.method} ${made.target}: ${status} ${body}`;
      assert.ok(status >= 200 && status < 500, where);
      if (status >= 400) assert.equal(typeof JSON.parse(body).error, "string", where);
      const key = `${operation.method} ${operation.path}`;
      statuses.set(key, (statuses.get(key) ?? new Set()).add(status));
    }),
    run,
  );
  return statuses;
}

const good = fc.constantFrom("ann", "bob", "p-1", "p-2", "o-1", "catalog");
const anything = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom("", ".", "..", "../..", "%00", "%", "%ff", "\0", "\r\nx: y", "health", "user"),
  fc.constantFrom("__proto__", "constructor", "null", "-0", "1e999", "0x10", "NaN", "*", "/"),
  fc.constantFrom('"1"', 'W/"1"', "1,2", '"', "ü", "💥", "a".repeat(3000)),
);

const valueFor = ({ schema }: Parameter) =>
  schema.type === "integer"
    ? fc.oneof(fc.integer({ min: -2, max: 200 }).map(String), anything)
    : fc.oneof({ weight: 2, arbitrary: good }, { weight: 1, arbitrary: anything });

function requestOf({ method, path, parameters }: Operation): fc.Arbitrary<Made> {
  const values = fc.tuple(
    ...parameters.map((parameter) =>
      fc.tuple(
        fc.constant(parameter),
        fc.option(valueFor(parameter), { freq: parameter.required ? 12 : 3, nil: undefined }),
        fc.boolean(),
      ),
    ),
  );
  const body = fc.oneof(
    fc.constant(""),
    // The one that is good for something.
    fc.constant("{}"),
    fc.constantFrom("{", "[]", "null", '"x"', "a=1"),
    fc.json({ maxDepth: 2 }),
  );
  const type = fc.constantFrom("application/json", "text/plain", "a/b;", "", undefined);
  return fc.tuple(values, body, type).map(([given, body, type]) => {
    let target = path;
    const query: string[] = [];
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    for (const [{ name, in: where }, value, isRaw] of given) {
      const text = value ?? "";
      const written = isRaw ? text.replace(/[^\x21-\x7e]|[#?]/g, "") : encode(text);
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
export const encode = (text: string) => encodeURIComponent(Buffer.from(text).toString());

/** Sends a path as it is, which fetch doesn't. */
export function send(base: string, { method, target, headers, body }: Made) {
  const { hostname, port } = new URL(base);
  const length = String(Buffer.byteLength(body));
  const all = { ...headers, "content-length": length };
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const sent = request({ hostname, port, method, path: target, headers: all }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
