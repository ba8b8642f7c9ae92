import type { IncomingHttpHeaders } from "node:http";
import type { FastifyReply } from "fastify";
import * as z from "zod";
import { Problem } from "../../runtime/http/problem.ts";
import type { Service } from "../../runtime/http/service.ts";
import { type Guard, guarded, mayAs, mustBe } from "../access/guard.ts";
import { type Caller, TAKE_CARTS } from "../access/tokens.ts";
import { type Mesh, Unavailable } from "../runtime/mesh-client.ts";
import { health, id, problems, userName, wholeNumber } from "../runtime/schemas.ts";
import type { Store } from "../runtime/store.ts";
import { add, type Cart, clear, remove, take } from "./cart.ts";
import { cartsIn } from "./carts.ts";
import { type EntityTags, entityTag, matches, readIfMatch } from "./entity-tags.ts";

const view = z
  .object({
    user: z.string(),
    items: z.array(z.object({ product_id: z.string(), quantity: z.int() })),
    version: z.int().describe("Rises with each change; also the answer's ETag"),
  })
  .describe("The cart as it is now");

const ofUser = z.object({ user: userName });
const conditional = z.looseObject({
  "if-match": z.string().optional().describe("Change the cart only if it's at this version"),
});

export interface CartParts {
  store: Store;
  /** The mesh, as asked on behalf of a request with these headers. */
  mesh(headers: IncomingHttpHeaders): Mesh;
  /** Default: everybody may do everything. */
  guard?: Guard;
}

/** The carts' routes. */
export function cartRoutes(app: Service, { store, mesh, guard }: CartParts): void {
  const tags = ["cart"];
  const carts = cartsIn(store);
  const show = (reply: FastifyReply, user: string, { items, version }: Cart) => {
    reply.header("etag", entityTag(version));
    return { user, items: [...items], version };
  };

  app.get(
    "/cart/health",
    {
      schema: {
        tags,
        summary: "Whether this replica is healthy: it reaches the store",
        response: { 200: health, ...problems(503) },
      },
    },
    async () => {
      await store.run("PING");
      return { status: "healthy" as const };
    },
  );

  app.register(async (plain) => {
    const scope: Service = plain.withTypeProvider();
    guarded(scope, guard);

    scope.get(
      "/cart/:user",
      {
        schema: {
          tags,
          summary: "What is in a user's cart",
          params: ofUser,
          response: { 200: view, ...problems(400, 503) },
        },
      },
      async ({ params: { user }, caller }, reply) => {
        mustOwn(caller, user);
        return show(reply, user, await carts.read(user));
      },
    );

    scope.post(
      "/cart/:user/add",
      {
        schema: {
          tags,
          summary: "Adds a product that the catalog knows",
          params: ofUser,
          querystring: z.object({
            product_id: id,
            quantity: wholeNumber(1, 100).default(1),
          }),
          headers: conditional,
          response: { 200: view, ...problems(400, 404, 409, 412, 503) },
        },
      },
      async ({ params: { user }, query: { product_id, quantity }, headers, caller }, reply) => {
        mustOwn(caller, user);
        const seen = readIfMatch(headers["if-match"]);
        await mustExist(mesh(headers), product_id);
        const cart = await carts.change(user, (before) =>
          add(mustMatch(user, before, seen), product_id, quantity),
        );
        return show(reply, user, cart);
      },
    );

    scope.delete(
      "/cart/:user/remove/:product_id",
      {
        schema: {
          tags,
          summary: "Takes a product out, however many of it; a cart without it stays as it is",
          params: ofUser.extend({ product_id: id }),
          headers: conditional,
          response: { 200: view, ...problems(400, 412, 503) },
        },
      },
      async ({ params: { user, product_id }, headers, caller }, reply) => {
        mustOwn(caller, user);
        const seen = readIfMatch(headers["if-match"]);
        const cart = await carts.change(user, (before) =>
          remove(mustMatch(user, before, seen), product_id),
        );
        return show(reply, user, cart);
      },
    );

    scope.delete(
      "/cart/:user/clear",
      {
        schema: {
          tags,
          summary: "Empties the cart",
          description:
            "With If-Match only if it is at that version; a repeat of a clear that was done is done. With `order`, which needs If-Match, what was in the cart is that order's: it succeeds again for the same order whatever has come into the cart since, and for no other.",
          params: ofUser,
          querystring: z.object({ order: id.optional().describe("The order that takes the cart") }),
          headers: conditional,
          response: { 200: view, ...problems(400, 412, 428, 503) },
        },
      },
      async ({ params: { user }, query: { order }, headers, caller }, reply) => {
        // The order service settles what nobody asks about any more; it may do that, and nothing else.
        if (order === undefined || !mayAs(caller, TAKE_CARTS)) mustOwn(caller, user);
        const seen = readIfMatch(headers["if-match"]);
        if (order && !seen) {
          throw new Problem(428, "header If-Match: an order must say which version it takes");
        }
        const cart = await carts.change(user, (before) => {
          const after = order && seen ? take(before, order, seen) : clear(before, seen);
          return after ?? changed(user, before);
        });
        return show(reply, user, cart);
      },
    );
  });
}

function mustOwn(caller: Caller | undefined, user: string): void {
  mustBe(caller, user, `the cart of ${user}`);
}

async function mustExist(mesh: Mesh, product: string): Promise<void> {
  const { status, body } = await mesh.call("GET", `/catalog/products/${product}`);
  if (status === 200) return;
  if (status === 404) {
    throw new Problem(404, `no product "${product}"; /catalog/products lists them`);
  }
  const said = (body as { error?: unknown } | null)?.error ?? "";
  throw new Unavailable(
    "catalog",
    `catalog answered ${status} about product "${product}": ${said}`,
  );
}

function mustMatch(user: string, cart: Cart, seen: EntityTags | undefined): Cart {
  return !seen || matches(seen, cart.version) ? cart : changed(user, cart);
}

function changed(user: string, { version }: Cart): never {
  throw new Problem(
    412,
    `the cart of ${user} is at version ${version}, not at the one in If-Match; read it again`,
    { etag: entityTag(version) },
  );
}
