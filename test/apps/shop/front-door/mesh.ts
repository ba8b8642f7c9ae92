/** Every endpoint of the gateway itself, and of the registry. */
import assert from "node:assert/strict";
import { danglingIn } from "../gateway/references.ts";
import { ask } from "../runtime/world.ts";
import { type Customer, isTimedJson, SERVICES } from "./doors.ts";

/** What the shop answers to, as it's promised, and the toggle that makes its catalog fail. */
const INTERFACE = [
  "GET /catalog/products",
  "GET /catalog/products/{id}",
  "GET /catalog/search",
  "GET /catalog/health",
  "GET /cart/{user}",
  "POST /cart/{user}/add",
  "DELETE /cart/{user}/remove/{product_id}",
  "DELETE /cart/{user}/clear",
  "GET /cart/health",
  "POST /order/create",
  "GET /order/{id}",
  "GET /order/user/{user}",
  "GET /order/health",
  "GET /mesh/status",
  "POST /mesh/reset/{service}",
  "GET /catalog/faults",
  "PUT /catalog/faults",
];

/** Declares the tests. */
export function gatewayAnswers(customer: Customer): void {
  it("GET /mesh/status", async () => {
    const { status, headers, body } = await customer.get("/mesh/status");
    assert.equal(status, 200);
    isTimedJson(headers);
    const [gateway] = await customer.pods("gateway");
    assert.equal(headers.get("x-replica-id"), gateway?.name);
    assert.deepEqual(Object.keys(body.circuits), SERVICES);
    for (const service of SERVICES) {
      const { since, ...circuit } = body.circuits[service];
      assert.deepEqual(circuit, { state: "closed", failures: 0 });
      // Another machine's clock may be ahead of this one's.
      assert.ok(Date.parse(since) <= Date.now() + 60_000);
      assert.deepEqual(
        body.replicas[service],
        (await customer.pods(service)).map(({ name }) => ({ id: name, version: "v1" })),
      );
    }
  });

  it("POST /mesh/reset/{service}", async () => {
    for (const service of SERVICES) {
      const { status, headers, body } = await customer.post(`/mesh/reset/${service}`);
      isTimedJson(headers);
      assert.deepEqual([status, body.state, body.failures], [200, "closed", 0]);
    }
    const unknown = await customer.post("/mesh/reset/stock");
    assert.equal(unknown.status, 404);
    assert.match(unknown.body.error, /there is no service stock; there are catalog, cart, order/);
  });

  it("what the gateway doesn't serve: 404, with where its paths are listed", async () => {
    const { status, headers, body } = await customer.get("/stock");
    assert.equal(status, 404);
    isTimedJson(headers);
    assert.match(body.error, /no such path: GET \/stock; \/docs lists them/);
  });

  it("GET /docs: a page, with all that it's made of", async () => {
    const { gateway } = customer.doors;
    const page = await fetch(`${gateway}/docs`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
    assert.match(page.headers.get("x-response-time") ?? "", /^(?!0\.00)\d+\.\d\dms$/);
    const html = await page.text();
    const parts = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
    assert.deepEqual(parts.sort(), [
      "/docs/openapi.json",
      "/docs/start.js",
      "/docs/swagger-ui-bundle.js",
      "/docs/swagger-ui.css",
    ]);
    const contents = await Promise.all(
      parts.map(async (path) => {
        const file = await fetch(gateway + path);
        assert.equal(file.status, 200, path);
        return file.text();
      }),
    );
    for (const [i, kind] of [/"openapi"/, /SwaggerUIBundle\(/, /SwaggerUI/, /swagger/].entries()) {
      assert.match(contents[i] ?? "", kind, parts[i]);
    }
  });

  it("GET /docs/openapi.json: exactly the shop's interface", async () => {
    const { body } = await customer.get("/docs/openapi.json");
    assert.match(body.openapi, /^3\./);
    assert.deepEqual(danglingIn(body), []);
    const operations = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    assert.deepEqual(operations.sort(), [...INTERFACE].sort());
  });
}

/** Declares the tests. */
export function registryAnswers(customer: Customer): void {
  const askRegistry = (method: string, path: string, headers?: Record<string, string>) =>
    ask(method, customer.doors.registry + path, headers);

  it("GET /services", async () => {
    const { status, headers, body } = await askRegistry("GET", "/services");
    assert.equal(status, 200);
    const [registry] = await customer.pods("registry");
    assert.equal(headers.get("x-replica-id"), registry?.name);
    await areListed(customer, body.services);
  });

  it("GET /discovery", async () => {
    const { status, headers, body } = await askRegistry("GET", "/discovery");
    assert.deepEqual([status, body.complete, body.gone], [200, true, []]);
    assert.deepEqual(Object.keys(body.services), SERVICES);
    for (const service of SERVICES) {
      assert.deepEqual(
        body.services[service],
        (await customer.pods(service)).map(({ name, ip }) => ({
          id: name,
          url: `http://${ip}:8080`,
          version: "v1",
        })),
      );
    }
    const same = await fetch(`${customer.doors.registry}/discovery`, {
      headers: { "if-none-match": headers.get("etag") ?? "" },
    });
    assert.deepEqual([same.status, await same.text()], [304, ""]);
  });

  it("POST /health-check", async () => {
    const before = Date.now();
    const { status, body } = await askRegistry("POST", "/health-check");
    assert.deepEqual([status, body.checked], [200, 6]);
    await areListed(customer, body.services);
    const checks = body.services.flatMap(
      ({ replicas }: { replicas: { last_check: string }[] }) => replicas,
    );
    for (const { last_check } of checks) {
      assert.ok(Date.parse(last_check) > before - 1000, `checked at ${last_check}`);
    }
  });
}

interface Listed {
  replicas: Record<string, string>[];
}

/** That the registry knows the pods that the platform has, and finds all of them healthy. */
async function areListed(customer: Customer, services: Listed[]): Promise<void> {
  assert.equal(services.length, SERVICES.length);
  for (const [index, name] of SERVICES.entries()) {
    const { replicas, ...service } = services[index] as Listed;
    assert.deepEqual(service, {
      name,
      path: `/${name}`,
      health_check: `/${name}/health`,
      wanted_replicas: 2,
      status: "healthy",
    });
    assert.deepEqual(
      replicas.map(({ id, url, version, status, reason }) => [id, url, version, status, reason]),
      (await customer.pods(name)).map(({ name, ip }) => [
        name,
        `http://${ip}:8080`,
        "v1",
        "healthy",
        "200",
      ]),
    );
  }
}
