import assert from "node:assert/strict";
import fc from "fast-check";
import { Started } from "../../counter/servers.ts";
import { described, fuzz } from "../../shop/fuzz.ts";
import { ask, seed } from "../../shop/runtime/world.ts";
import { hasPostgres, Postgres } from "../postgres.ts";
import { type Api, JSON_TYPE, ready, startApi } from "../world.ts";

describe(`items: requests of all kinds (MICROMESH_SEED=${seed})`, function () {
  this.timeout(60_000);
  const started = new Started();
  let api: Api;

  before(async function () {
    if (!hasPostgres) this.skip();
    const postgres = await Postgres.start(started);
    api = await startApi(started, postgres.port);
    await ready(api);
  });
  after(() => started.stop());

  it("made of the API's description are answered in JSON, never by a 5xx", async () => {
    const { body } = await ask("GET", `${api.url}/items/openapi.json`);
    const statuses = await fuzz(api.url, described(body), { seed, numRuns: 2000 });
    for (const route of ["GET /items", "GET /", "GET /version", "GET /healthz", "GET /readyz"]) {
      assert.ok(statuses.get(route)?.has(200), route);
    }
    assert.equal((await ask("GET", `${api.url}/readyz`)).status, 200);
  });

  it("with any text for a name come back as they were, or are refused", async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 250 }),
      fc.string({
        unit: fc.constantFrom("'", '"', "\\", ";", "-", "$", "\0", "\ud83d", "\ude00", "a"),
      }),
    );
    const note = fc.option(text);
    const quantity = fc.oneof(fc.nat(), fc.double(), fc.constantFrom(-1, 2 ** 31, 2 ** 31 - 1));
    await fc.assert(
      fc.asyncProperty(text, note, quantity, async (name, note, quantity) => {
        const item = { name, note, quantity };
        const made = await ask("POST", `${api.url}/items`, JSON_TYPE, JSON.stringify(item));
        const holds = (value: string | null) => value === null || !/[\0\p{Surrogate}]/u.test(value);
        const good =
          holds(name) &&
          holds(note) &&
          name.length > 0 &&
          name.length <= 200 &&
          Number.isInteger(quantity) &&
          quantity >= 0 &&
          quantity < 2 ** 31;
        assert.equal(made.status, good ? 201 : 400, JSON.stringify(made.body));
        if (!good) return;
        const { body } = await ask("GET", `${api.url}/items/${made.body.id}`);
        assert.deepEqual({ name: body.name, note: body.note, quantity: body.quantity }, item);
      }),
      { seed, numRuns: 300 },
    );
  });
});
