/** What the order service asks of the others, through the mesh. */
import * as z from "zod";
import { type Mesh, type MeshAnswer, Unavailable } from "../runtime/mesh-client.ts";
import type { Product } from "./order.ts";

const cart = z.object({
  version: z.int(),
  items: z.array(z.object({ product_id: z.string(), quantity: z.int().min(1) })),
});
export type CartSeen = z.output<typeof cart>;

const product = z.object({
  id: z.string(),
  name: z.string(),
  price: z
    .number()
    .min(0)
    .refine((price) => Math.abs(price * 100 - Math.round(price * 100)) < 1e-6),
});

/** Every method throws Unavailable if the service can't be asked, or answers what makes no sense. */
export interface Upstream {
  cart(user: string): Promise<CartSeen>;
  /** @returns undefined for a product that the catalog doesn't know */
  product(id: string): Promise<Product | undefined>;
  /** Takes the cart for an order. @returns false if it isn't at this version any more */
  take(user: string, version: number, order: string): Promise<boolean>;
}

export function upstreamBehind(mesh: Mesh): Upstream {
  return {
    async cart(user) {
      const answer = await mesh.call("GET", `/cart/${user}`);
      return read("cart", cart, answer);
    },
    async product(id) {
      const answer = await mesh.call("GET", `/catalog/products/${id}`);
      return answer.status === 404 ? undefined : read("catalog", product, answer);
    },
    async take(user, version, order) {
      const condition = { "if-match": `"${version}"` };
      const answer = await mesh.call("DELETE", `/cart/${user}/clear?order=${order}`, condition);
      if (answer.status === 412) return false;
      read("cart", cart, answer);
      return true;
    },
  };
}

function read<Schema extends z.ZodType>(
  service: string,
  schema: Schema,
  { status, body }: MeshAnswer,
): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (status === 200 && parsed.success) return parsed.data;
  const said = JSON.stringify(body).slice(0, 200);
  throw new Unavailable(
    service,
    `${service} answered ${status} ${said}, which makes no sense here`,
  );
}
