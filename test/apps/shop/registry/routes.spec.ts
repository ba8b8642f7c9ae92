import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { createService } from "../../../../apps/runtime/http/service.ts";
import { Replicas } from "../../../../apps/shop/registry/replicas.ts";
import { registryRoutes } from "../../../../apps/shop/registry/routes.ts";
import { servicesIn, shopSettings } from "../../../../apps/shop/settings.ts";
import { freePort, Started } from "../../counter/servers.ts";
import { ask, seed, serve } from "../runtime/world.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** A registry of its own, with nobody in it. */
async function startRegistry(started: Started, age = 0): Promise<string> {
  const services = servicesIn(
    shopSettings.parse({
      services: [{ name: "cart", path: "/basket", health_check: "/up", replicas: 3 }],
    }),
  );
  const app = await createService({
    name: "registry",
    description: "",
    replica: "registry-0",
    version: "v1",
  });
  registryRoutes(app, new Replicas(services, Date.now() - age), services);
  return serve(started, app);
}

/** A replica that answers as it's told. */
async function startReplica(started: Started) {
  const replica = { status: 200, url: "", asked: [] as string[] };
  const server = createServer((request, response) => {
    replica.asked.push(request.url ?? "");
    response.writeHead(replica.status).end();
  });
  replica.url = `http://127.0.0.1:${await started.listen(server)}`;
  return replica;
}

describe("shop: the registry's interface", () => {
  const started = new Started();
  let registry: string;
  beforeEach(async () => {
    registry = await startRegistry(started);
  });
  afterEach(() => started.stop());

  const put = (service: string, id: string, body: object) =>
    ask("PUT", `${registry}/services/${service}/replicas/${id}`, JSON_TYPE, JSON.stringify(body));
  const remove = (service: string, id: string) =>
    fetch(`${registry}/services/${service}/replicas/${id}`, { method: "DELETE" });
  const discovery = async () => (await ask("GET", `${registry}/discovery`)).body;

  it("tells of every service at GET /services, with what the settings say", async () => {
    const { status, headers, body } = await ask("GET", `${registry}/services`);
    assert.equal(status, 200);
    assert.equal(headers.get("x-replica-id"), "registry-0");
    const absent = { status: "down", replicas: [] };
    assert.deepEqual(body, {
      services: [
        {
          name: "catalog",
          path: "/catalog",
          health_check: "/catalog/health",
          wanted_replicas: 2,
          ...absent,
        },
        { name: "cart", path: "/basket", health_check: "/up", wanted_replicas: 3, ...absent },
        {
          name: "order",
          path: "/order",
          health_check: "/order/health",
          wanted_replicas: 2,
          ...absent,
        },
      ],
    });
  });

  it("checks a replica that says it's there, and tells of it at once if it is healthy", async () => {
    const { url, asked } = await startReplica(started);
    const before = Date.now();
    const { status, body } = await put("cart", "cart-1", {
      url,
      version: "v2",
      health_check: "/x",
    });
    assert.equal(status, 200);
    const { since, last_check, last_heard, ...rest } = body;
    assert.deepEqual(rest, { id: "cart-1", url, version: "v2", status: "healthy", reason: "200" });
    for (const time of [since, last_check, last_heard]) {
      assert.ok(Date.parse(time) >= before && Date.parse(time) <= Date.now(), time);
      assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
    // Where it's checked is the settings' word, not its own.
    assert.deepEqual(asked, ["/up"]);
    assert.deepEqual((await discovery()).services, {
      catalog: [],
      cart: [{ id: "cart-1", url, version: "v2" }],
      order: [],
    });
    const { body: overview } = await ask("GET", `${registry}/services`);
    assert.deepEqual(overview.services[1].replicas, [body]);
    assert.equal(overview.services[1].status, "healthy");
    // A beat of a healthy one is no reason to check.
    await put("cart", "cart-1", { url, version: "v2" });
    assert.equal(asked.length, 1);
  });

  it("tells how a service is by the best of its replicas", async () => {
    const replica = await startReplica(started);
    const statusOf = async () => (await ask("GET", `${registry}/services`)).body.services[0].status;
    await put("catalog", "catalog-1", {
      url: `http://127.0.0.1:${await freePort()}`,
      version: "v1",
    });
    assert.equal(await statusOf(), "down");
    replica.status = 503;
    const { body } = await put("catalog", "catalog-2", { url: replica.url, version: "v1" });
    assert.deepEqual([body.status, body.reason], ["unhealthy", "503"]);
    assert.equal(await statusOf(), "unhealthy");
    assert.deepEqual((await discovery()).services.catalog, []);
    replica.status = 200;
    await put("catalog", "catalog-2", { url: replica.url, version: "v1" });
    assert.equal(await statusOf(), "healthy");
  });

  it("forgets who says goodbye", async () => {
    const { url } = await startReplica(started);
    await put("cart", "cart-1", { url, version: "v1" });
    const gone = await remove("cart", "cart-1");
    assert.deepEqual([gone.status, await gone.text()], [204, ""]);
    const { services, gone: told } = await discovery();
    assert.deepEqual([services.cart, told], [[], ["cart-1"]]);
    // Once more is no error: the answer to the first may have been lost.
    assert.equal((await remove("cart", "cart-1")).status, 204);
  });

  it("doesn't take back by a check who has said goodbye meanwhile", async () => {
    let checking: (() => void) | undefined;
    const isChecking = new Promise<void>((resolve) => {
      checking = resolve;
    });
    let answer = () => {};
    const server = createServer((_, response) => {
      answer = () => response.end();
      checking?.();
    });
    const url = `http://127.0.0.1:${await started.listen(server)}`;
    const registering = put("cart", "cart-1", { url, version: "v1" });
    await isChecking;
    await remove("cart", "cart-1");
    answer();
    const { status, body } = await registering;
    assert.equal(status, 404);
    assert.deepEqual(body, { error: "replica cart-1 said goodbye meanwhile" });
    assert.deepEqual((await discovery()).services.cart, []);
  });

  it("answers GET /discovery with 304 to whom has it already, until it changes", async () => {
    const { url } = await startReplica(started);
    const first = await ask("GET", `${registry}/discovery`);
    const etag = first.headers.get("etag") ?? "";
    assert.match(etag, /^"[^"]+"$/);
    assert.equal(first.headers.get("cache-control"), "no-cache");
    const ifChanged = () => fetch(`${registry}/discovery`, { headers: { "if-none-match": etag } });
    const same = await ifChanged();
    assert.deepEqual([same.status, await same.text(), same.headers.get("etag")], [304, "", etag]);
    await put("catalog", "catalog-1", { url, version: "v1" });
    const changed = await ifChanged();
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get("etag"), etag);
    await changed.text();
  });

  it("doesn't answer 304 for what another registry has said, nor once it knows everyone", async () => {
    const [other, old] = await Promise.all([
      startRegistry(started),
      startRegistry(started, 10_000),
    ]);
    const { headers, body } = await ask("GET", `${registry}/discovery`);
    assert.equal(body.complete, false);
    const etag = headers.get("etag") ?? "";
    assert.equal((await ask("GET", `${other}/discovery`, { "if-none-match": etag })).status, 200);
    const late = await ask("GET", `${old}/discovery`);
    assert.equal(late.body.complete, true);
    // Nobody has come or gone while it grew old, and yet there is news.
    const services = servicesIn(shopSettings.parse({}));
    const app = await createService({
      name: "registry",
      description: "",
      replica: "",
      version: "",
    });
    const born = Date.now() - 2400;
    registryRoutes(app, new Replicas(services, born), services);
    const growing = await serve(started, app);
    const young = await ask("GET", `${growing}/discovery`);
    assert.equal(young.body.complete, false);
    await new Promise((resolve) => setTimeout(resolve, 2520 - (Date.now() - born)));
    const grown = await ask("GET", `${growing}/discovery`, {
      "if-none-match": young.headers.get("etag") ?? "",
    });
    assert.deepEqual([grown.status, grown.body.complete], [200, true]);
  });

  it("checks every replica at POST /health-check, and says what came of it", async () => {
    const [one, two] = await Promise.all([startReplica(started), startReplica(started)]);
    await put("catalog", "catalog-1", { url: one.url, version: "v1" });
    await put("order", "order-1", { url: two.url, version: "v1" });
    two.status = 500;
    const { status, body } = await ask("POST", `${registry}/health-check`);
    assert.deepEqual([status, body.checked], [200, 2]);
    const statuses = body.services.map((one: { status: string }) => one.status);
    assert.deepEqual(statuses, ["healthy", "down", "unhealthy"]);
    assert.deepEqual((await discovery()).services.order, []);
    // A body is none of its business.
    const again = await ask("POST", `${registry}/health-check`, JSON_TYPE, "{");
    assert.equal(again.status, 200);
  });

  it("is healthy itself", async () => {
    const { status, body } = await ask("GET", `${registry}/health`);
    assert.deepEqual([status, body], [200, { status: "healthy" }]);
  });

  it("answers 404 to services that there aren't", async () => {
    const error = "there is no service stock; there are catalog, cart, order";
    const { status, body } = await put("stock", "stock-1", {
      url: "http://127.0.0.1:1",
      version: "v1",
    });
    assert.deepEqual([status, body], [404, { error }]);
    const gone = await remove("stock", "stock-1");
    assert.deepEqual([gone.status, await gone.json()], [404, { error }]);
    const lost = await ask("GET", `${registry}/service`);
    assert.equal(lost.status, 404);
    assert.match(
      lost.body.error,
      /^no such path: GET \/service; \/registry\/openapi\.json lists them$/,
    );
  });

  const good = { url: "http://10.0.0.1:8080", version: "v1" };
  const wrong: [string, string, number, RegExp][] = [
    ["no body", "", 400, /./],
    ["JSON that is none", "{", 400, /./],
    ["a body that is no object", "[]", 400, /^body: /],
    ["no URL", '{"version":"v1"}', 400, /^body url: /],
    [
      "a URL with a path",
      JSON.stringify({ ...good, url: "http://a/b" }),
      400,
      /^body url: it must be/,
    ],
    [
      "a URL of another scheme",
      JSON.stringify({ ...good, url: "ftp://a" }),
      400,
      /^body url: it must/,
    ],
    [
      "a URL that is none",
      JSON.stringify({ ...good, url: "http://a:x" }),
      400,
      /^body url: it must be/,
    ],
    [
      "a version that is none",
      JSON.stringify({ ...good, version: "2" }),
      400,
      /^body version: it must be v/,
    ],
    ["a __proto__", '{"__proto__":{"url":"http://a","version":"v1"}}', 400, /./],
  ];
  for (const [what, body, expected, message] of wrong) {
    it(`answers ${expected} to ${what}`, async () => {
      const url = `${registry}/services/cart/replicas/cart-1`;
      const answer = await ask("PUT", url, JSON_TYPE, body);
      assert.equal(answer.status, expected);
      assert.match(answer.body.error, message);
    });
  }

  it("answers 415 to what isn't JSON, and 400 to an id that no pod has", async () => {
    const url = `${registry}/services/cart/replicas`;
    const body = JSON.stringify(good);
    assert.equal(
      (await ask("PUT", `${url}/cart-1`, { "content-type": "text/plain" }, body)).status,
      415,
    );
    for (const id of ["-a", "a%20b", "a%2Fb", "a".repeat(300)]) {
      const answer = await ask("PUT", `${url}/${id}`, JSON_TYPE, body);
      assert.deepEqual(
        [answer.status, /^path id: it must be/.test(answer.body.error)],
        [400, true],
      );
    }
  });

  it(`never answers 5xx, whatever comes (MICROMESH_SEED=${seed})`, async () => {
    const { port } = new URL(registry);
    const segment = fc.oneof(
      fc.constantFrom("services", "discovery", "replicas", "cart", "health-check", "health"),
      fc.constantFrom("%", "%00", "..", ".", "", "__proto__", "cart-1", "a".repeat(2000)),
      fc.webSegment(),
    );
    const bodies = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constant(JSON.stringify({ ...good, url: "http://127.0.0.1:1" })),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"),
        fc.oneof(
          fc.array(segment, { maxLength: 5 }),
          segment.map((id) => ["services", "cart", "replicas", id]),
        ),
        fc.constantFrom("application/json", "text/plain", "", "a/b;"),
        bodies,
        async (method, segments, type, body) => {
          const sent = request({
            port,
            method,
            path: `/${segments.join("/")}`,
            headers: {
              "content-type": type,
              "content-length": Buffer.byteLength(body),
              connection: "close",
            },
          });
          const status = await new Promise<number>((resolve, reject) => {
            sent.on("error", reject).on("response", async (response) => {
              await text(response);
              resolve(response.statusCode ?? 0);
            });
            sent.end(body);
          });
          assert.ok(status >= 200 && status < 500, `${status}`);
        },
      ),
      { seed, numRuns: 300 },
    );
    assert.equal((await ask("GET", `${registry}/services`)).status, 200);
  });
});
