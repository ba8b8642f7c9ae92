import assert from "node:assert/strict";
import { mergedOpenApi, type OpenApi } from "../../../../apps/shop/gateway/openapi.ts";

const own: OpenApi = {
  openapi: "3.1.0",
  info: { title: "gateway", version: "v1", description: "The shop." },
  tags: [{ name: "gateway" }],
  paths: { "/mesh/status": { get: {} } },
  components: { schemas: { Error: { type: "string" } } },
};

const part = (name: string, paths: object, schemas?: Record<string, unknown>): OpenApi => ({
  openapi: "3.1.0",
  info: { title: name, version: "v1" },
  tags: [{ name }],
  paths: { ...paths },
  ...(schemas && { components: { schemas } }),
});

describe("shop: one OpenAPI document of several", () => {
  it("has the paths of all, where the gateway serves them", () => {
    const catalog = part("catalog", { "/catalog/products": { get: {} }, "/catalog": { get: {} } });
    const cart = part("cart", { "/cart/{user}": { get: {}, delete: {} } });
    const document = mergedOpenApi(own, [
      { name: "catalog", path: "/v1/things", document: catalog },
      { name: "cart", path: "/cart", document: cart },
    ]);
    assert.deepEqual(document.paths, {
      "/mesh/status": { get: {} },
      "/v1/things/products": { get: {} },
      "/v1/things": { get: {} },
      "/cart/{user}": { get: {}, delete: {} },
    });
    assert.deepEqual(document.tags, [{ name: "gateway" }, { name: "catalog" }, { name: "cart" }]);
    assert.deepEqual(document.info, own.info);
  });

  it("keeps apart what two services call alike, and each finds its own", () => {
    const uses = (pointer: string) => ({ get: { schema: { $ref: pointer } } });
    const catalog = part(
      "catalog",
      { "/catalog/a": uses("#/components/schemas/Error") },
      { Error: { type: "number" }, Pair: { items: { $ref: "#/components/schemas/Error" } } },
    );
    const cart = part(
      "cart",
      { "/cart/a": uses("#/components/schemas/Error/properties/why") },
      { Error: { properties: { why: { type: "boolean" } } } },
    );
    const { paths, components } = mergedOpenApi(own, [
      { name: "catalog", path: "/catalog", document: catalog },
      { name: "cart", path: "/cart", document: cart },
    ]);
    assert.deepEqual(components?.schemas, {
      Error: { type: "string" },
      "catalog.Error": { type: "number" },
      "catalog.Pair": { items: { $ref: "#/components/schemas/catalog.Error" } },
      "cart.Error": { properties: { why: { type: "boolean" } } },
    });
    assert.deepEqual(paths?.["/catalog/a"], uses("#/components/schemas/catalog.Error"));
    assert.deepEqual(paths?.["/cart/a"], uses("#/components/schemas/cart.Error/properties/why"));
  });

  it("has one way to show who one is, which the services share", () => {
    const scheme = { token: { type: "http", scheme: "bearer" } };
    const document = (name: string) => ({
      ...part(name, { [`/${name}/a`]: { get: { security: [{ token: [] }] } } }),
      components: { securitySchemes: scheme, schemas: { Error: {} } },
    });
    const { paths, components } = mergedOpenApi(own, [
      { name: "cart", path: "/cart", document: document("cart") },
      { name: "order", path: "/order", document: document("order") },
    ]);
    assert.deepEqual(components?.securitySchemes, scheme);
    assert.deepEqual(paths?.["/order/a"], { get: { security: [{ token: [] }] } });
    assert.deepEqual(Object.keys(components?.schemas ?? {}), [
      "Error",
      "cart.Error",
      "order.Error",
    ]);
  });

  it("says who couldn't be asked", () => {
    const { info, paths } = mergedOpenApi(own, [
      { name: "catalog", path: "/catalog", document: undefined },
      { name: "cart", path: "/cart", document: part("cart", { "/cart/health": {} }) },
      { name: "order", path: "/order", document: undefined },
    ]);
    assert.equal(info.description, "The shop.\n\nNot described now, since away: catalog, order.");
    assert.deepEqual(Object.keys(paths ?? {}), ["/mesh/status", "/cart/health"]);
  });

  it("changes none of the documents it's made of", () => {
    const catalog = part("catalog", { "/catalog/a": {} }, { Error: {} });
    const before = JSON.stringify([own, catalog]);
    mergedOpenApi(own, [{ name: "catalog", path: "/x", document: catalog }]);
    assert.equal(JSON.stringify([own, catalog]), before);
  });
});
