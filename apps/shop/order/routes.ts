import type { IncomingHttpHeaders } from "node:http";
import * as z from "zod";
import { Problem } from "../../runtime/http/problem.ts";
import type { Service } from "../../runtime/http/service.ts";
import { type Guard, guarded, isOwn, mustBe } from "../access/guard.ts";
import { type Mesh, Unavailable } from "../runtime/mesh-client.ts";
import { health, id, page, problems, userName } from "../runtime/schemas.ts";
import type { Store } from "../runtime/store.ts";
import { idempotencyIn } from "./idempotency.ts";
import { readIdempotencyKey } from "./idempotency-key.ts";
import { ledgerIn } from "./ledger.ts";
import { orderCart, type Placing, settle } from "./placing.ts";
import type { Claim, Outcome } from "./records.ts";
import { upstreamBehind } from "./upstream.ts";

const money = z.number().describe("In units of the currency, with at most two decimals");
const view = z.object({
  id: z.string(),
  user: z.string(),
  status: z
    .enum(["pending", "placed"])
    .describe("pending: the cart can't be asked just now whether this order has got it"),
  items: z.array(
    z.object({
      product_id: z.string(),
      name: z.string(),
      quantity: z.int(),
      price: money,
      total: money,
    }),
  ),
  total: money,
  created_at: z.string().describe("RFC 3339"),
});

const listed = z.object({
  user: z.string(),
  orders: z.array(view).describe("The newest first"),
  total: z.int().describe("How many placed ones there are, shown or not"),
});

export interface OrderParts {
  store: Store;
  /** The mesh, as asked on behalf of a request with these headers. */
  mesh(headers: IncomingHttpHeaders): Mesh;
  /** Default: everybody may do everything. */
  guard?: Guard;
}

/** The orders' routes. */
export function orderRoutes(app: Service, { store, mesh, guard }: OrderParts): void {
  const tags = ["order"];
  const ledger = ledgerIn(store);
  const idempotency = idempotencyIn(store);
  const placingFor = (headers: IncomingHttpHeaders): Placing => ({
    ledger,
    upstream: upstreamBehind(mesh(headers)),
  });

  /** An order that can't be settled just now is shown as it is. */
  const settledIfPossible = async (placing: Placing, order: string) => {
    try {
      return await settle(placing, order);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return ledger.get(order);
    }
  };

  app.get(
    "/order/health",
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

    scope.post(
      "/order/create",
      {
        schema: {
          tags,
          summary: "Orders what is in the user's cart, and empties it",
          description:
            "409 if the cart is empty. With an Idempotency-Key a repeat is answered as the first request was, for 24 hours.",
          querystring: z.object({ user_id: userName }),
          headers: z.looseObject({
            "idempotency-key": z
              .string()
              .optional()
              .describe('Unique to this order, in quotes: "8e03978e-40d5-43dd-bc93-6894a57f9324"'),
          }),
          response: { 201: view.describe("The order"), ...problems(400, 409, 422, 503) },
        },
      },
      async ({ query: { user_id: user }, headers, caller }, reply) => {
        mustBe(caller, user, `an order of ${user}`);
        const key = readIdempotencyKey(headers["idempotency-key"]);
        const placing = placingFor(headers);
        const work = async (claim: Claim, unsettled?: string): Promise<Outcome> => {
          const earlier = unsettled && (await settle(placing, unsettled));
          return earlier ? { status: 201, order: earlier } : orderCart(placing, user, claim);
        };
        // Users who are told apart can't know each other's keys, and may well have the same.
        const scoped = caller && key ? `${user}/${key}` : key;
        const outcome = scoped
          ? await idempotency.once(scoped, user, work)
          : await orderCart(placing, user);
        if (outcome.status !== 201) throw new Problem(outcome.status, outcome.error);
        return reply.code(201).header("location", `/order/${outcome.order.id}`).send(outcome.order);
      },
    );

    scope.get(
      "/order/user/:user",
      {
        schema: {
          tags,
          summary: "A user's orders",
          params: z.object({ user: userName }),
          querystring: page,
          response: { 200: listed, ...problems(400, 503) },
        },
      },
      async ({ params: { user }, query: { limit, offset }, headers, caller }) => {
        mustBe(caller, user, `what ${user} has ordered`);
        const pending = await ledger.pendingOf(user);
        const latest = pending ? await settledIfPossible(placingFor(headers), pending) : undefined;
        const { orders, total } = await ledger.placedBy(user, offset, limit);
        // It may have been settled since, by somebody else.
        const isUnsettled =
          latest?.status === "pending" && !orders.some(({ id }) => id === latest.id);
        return { user, orders: isUnsettled ? [latest, ...orders] : orders, total };
      },
    );

    scope.get(
      "/order/:id",
      {
        schema: {
          tags,
          summary: "One order",
          params: z.object({ id }),
          response: { 200: view.describe("The order"), ...problems(400, 404, 503) },
        },
      },
      async ({ params, headers, caller }) => {
        const found = await ledger.get(params.id);
        // Somebody else's isn't there, so that nobody learns which ones are.
        const isShown = found !== undefined && isOwn(caller, found.user);
        const order = isShown && (await settledIfPossible(placingFor(headers), params.id));
        if (!order) throw new Problem(404, `no order "${params.id}"`);
        return order;
      },
    );
  });
}
