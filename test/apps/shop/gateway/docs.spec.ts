import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { guardBy } from "../../../../apps/shop/access/guard.ts";
import { accessSettings } from "../../../../apps/shop/access/settings.ts";
import type { Store } from "../../../../apps/shop/runtime/store.ts";
import { shopSettings } from "../../../../apps/shop/settings.ts";
import { gateway } from "../../../../apps/shop/workloads.ts";
import { Started, write } from "../../counter/servers.ts";
import { authApp, cartApp, catalogApp, orderApp, serve } from "../runtime/world.ts";
import { ask, type Front, silent, startFront, startReplica } from "./front.ts";
import { danglingIn } from "./references.ts";

describe("shop: the gateway's docs", () => {
  const packed = new Started();
  const started = new Started();
  let docs: string;
  let front: Front;

  before(() => {
    docs = packed.directory();
    const files = gateway(shopSettings.parse({})).files?.["/docs"]?.data ?? {};
    for (const [name, text] of Object.entries(files)) write(docs, name, text);
  });
  beforeEach(async () => {
    front = await startFront(started, { services: [{ name: "cart", path: "/basket" }] }, docs);
  });
  afterEach(() => started.stop());
  after(() => packed.stop());

  const asked = async () => JSON.parse((await ask(front.url, "/docs/openapi.json")).body);

  async function describeAll(): Promise<void> {
    // Nothing is asked of the store to describe oneself.
    const apps = {
      catalog: await catalogApp(),
      cart: await cartApp({} as Store, front.url),
      order: await orderApp({} as Store, front.url),
    };
    for (const [name, app] of Object.entries(apps)) {
      const url = await serve(started, app);
      front.replicas[name] = [{ id: `${name}-1`, url, version: "v1" }];
    }
  }

  it("are a page with files of its own server alone", async () => {
    const { status, headers, body } = await ask(front.url, "/docs");
    assert.deepEqual([status, headers["content-type"]], [200, "text/html; charset=utf-8"]);
    const links = [...body.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => link ?? "");
    assert.deepEqual(links, [
      "data:,",
      "/docs/swagger-ui.css",
      "/docs/openapi.json",
      "/docs/swagger-ui-bundle.js",
      "/docs/start.js",
    ]);
    const types = ["text/css", "application/json", "text/javascript", "text/javascript"];
    for (const [index, link] of links.slice(1).entries()) {
      const file = await fetch(front.url + link);
      assert.equal(file.status, 200, link);
      assert.equal(file.headers.get("content-type"), `${types[index]}; charset=utf-8`);
      await file.arrayBuffer();
    }
    const moved = await ask(front.url, "/docs/");
    assert.deepEqual([moved.status, moved.headers.location], [308, "/docs"]);
  });

  it("are Swagger UI, byte for byte, in gzip", async () => {
    const installed = createRequire(import.meta.url).resolve("@fastify/swagger-ui");
    for (const name of ["swagger-ui.css", "swagger-ui-bundle.js"]) {
      const response = await fetch(`${front.url}/docs/${name}`);
      assert.equal(response.headers.get("content-encoding"), "gzip");
      assert.equal(response.headers.get("cache-control"), "max-age=3600");
      const file = readFileSync(join(installed, "..", "static", name), "utf8");
      assert.ok((await response.text()) === file, name);
    }
  });

  it("start Swagger UI with the shop's document", async () => {
    const { body } = await ask(front.url, "/docs/start.js");
    const calls: { url?: string; dom_id?: string }[] = [];
    runInContext(
      body,
      createContext({ SwaggerUIBundle: (options: object) => calls.push(options) }),
    );
    assert.equal(calls.length, 1);
    assert.deepEqual([calls[0]?.url, calls[0]?.dom_id], ["/docs/openapi.json", "#swagger-ui"]);
    assert.match((await ask(front.url, "/docs")).body, /<div id="swagger-ui">/);
  });

  it("describe every path, where the gateway serves it, and refer to nothing that isn't there", async () => {
    await describeAll();
    const document = await asked();
    assert.match(document.openapi, /^3\.1\./);
    assert.deepEqual(Object.keys(document.paths).sort(), [
      "/basket/health",
      "/basket/{user}",
      "/basket/{user}/add",
      "/basket/{user}/clear",
      "/basket/{user}/remove/{product_id}",
      "/catalog/faults",
      "/catalog/health",
      "/catalog/products",
      "/catalog/products/{id}",
      "/catalog/search",
      "/mesh/reset/{service}",
      "/mesh/status",
      "/order/create",
      "/order/health",
      "/order/user/{user}",
      "/order/{id}",
    ]);
    assert.deepEqual(danglingIn(document), []);
    const operation = document.paths["/basket/{user}/add"].post;
    assert.deepEqual(
      operation.parameters.map(({ name, in: where }: Record<string, string>) => [where, name]),
      [
        ["query", "product_id"],
        ["query", "quantity"],
        ["path", "user"],
        ["header", "if-match"],
      ],
    );
  });

  it("say which paths take a token, where some do, and what else those may answer", async () => {
    front = await startFront(started, { auth: { required: true } }, docs);
    const guard = guardBy(accessSettings.parse({ required: true }), front.url);
    const apps = {
      catalog: await catalogApp(),
      cart: await cartApp({} as Store, front.url, guard),
      order: await orderApp({} as Store, front.url, "order-0", guard),
      auth: await authApp({} as Store),
    };
    for (const [name, app] of Object.entries(apps)) {
      front.replicas[name] = [{ id: name, url: await serve(started, app), version: "v1" }];
    }
    const { paths, components } = await asked();
    const { type, scheme, bearerFormat } = components.securitySchemes.token;
    assert.deepEqual([type, scheme, bearerFormat], ["http", "bearer", "JWT"]);
    const guarded = Object.entries<Record<string, { security?: object; responses: object }>>(paths)
      .filter(([, operations]) => Object.values(operations).some(({ security }) => security))
      .map(([path, operations]) => {
        for (const { security, responses } of Object.values(operations)) {
          assert.deepEqual(security, [{ token: [] }]);
          for (const status of ["400", "401", "403"]) assert.ok(status in responses, path);
        }
        return path;
      });
    assert.deepEqual(guarded.sort(), [
      "/cart/{user}",
      "/cart/{user}/add",
      "/cart/{user}/clear",
      "/cart/{user}/remove/{product_id}",
      "/order/create",
      "/order/user/{user}",
      "/order/{id}",
    ]);
    assert.ok("/auth/token" in paths);
  });

  it("speak of no token where nobody is asked for one", async () => {
    await describeAll();
    assert.equal(JSON.stringify(await asked()).includes("security"), false);
  });

  it("say which service is away, doesn't describe itself, or takes longer than 2 s for it", async () => {
    await describeAll();
    front.replicas.catalog = [];
    const cart = await startReplica(started, "cart-1");
    const order = await startReplica(started, "order-1");
    Object.assign(front.replicas, { cart: [cart], order: [order] });
    order.respond = silent;
    const { info, paths } = await asked();
    assert.match(info.description, /Not described now, since away: catalog, cart, order\.$/);
    assert.deepEqual(Object.keys(paths).sort(), ["/mesh/reset/{service}", "/mesh/status"]);
    assert.equal(order.got[0]?.url, "/order/openapi.json");
    cart.respond = (response) => response.writeHead(500).end("{}");
    order.respond = (response) => response.end('{"openapi":"3.1.0","paths":{"/order/x":{}}}');
    const later = await asked();
    assert.match(later.info.description, /since away: catalog, cart\.$/);
    assert.ok("/order/x" in later.paths);
  });
});
