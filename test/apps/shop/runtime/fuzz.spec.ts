import assert from "node:assert/strict";
import fc from "fast-check";
import { Started } from "../../counter/servers.ts";
import { described, encode, fuzz, send } from "../fuzz.ts";
import { ask, type Shop, seed, startShop } from "./world.ts";

const SERVICES = ["catalog", "cart", "order"];

describe(`shop: requests of all kinds, made of the services' descriptions (MICROMESH_SEED=${seed})`, function () {
  this.timeout(60_000);
  const started = new Started();
  let shop: Shop;

  before(async () => {
    shop = await startShop(started);
  });
  after(() => started.stop());

  for (const service of SERVICES) {
    it(`are answered by ${service} in JSON, never by a 5xx`, async () => {
      const base = shop.gateway.services[service] as string;
      // An order is made of a cart that isn't empty, and requests to the cart may have emptied it.
      const cart = `${shop.gateway.services.cart}/cart/ann`;
      const added = await ask("POST", `${cart}/add?product_id=p-1&quantity=1`);
      assert.equal(added.status, 200, JSON.stringify(added.body));
      const { body } = await ask("GET", `${base}/${service}/openapi.json`);
      const operations = described(body);
      const statuses = await fuzz(base, operations, { seed, numRuns: 2000 });
      // Each route has been reached, and has done what it's for; but an order's id can't be guessed.
      for (const { method, path } of operations.filter(({ path }) => path !== "/order/{id}")) {
        const seen = [...(statuses.get(`${method} ${path}`) ?? [])];
        assert.ok(
          seen.some((status) => status < 300),
          `${method} ${path}: ${seen}`,
        );
      }
      assert.equal((await ask("GET", `${base}/${service}/health`)).status, 200);
    });
  }

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
