import * as z from "zod";
import { Problem } from "../../runtime/http/problem.ts";
import { type Service, takesJson } from "../../runtime/http/service.ts";
import { health, id, page, problems } from "../runtime/schemas.ts";
import { type Faults, faultSettings } from "./faults.ts";
import { type Product, products, search } from "./products.ts";

/** The versions that there are; v2 shows ratings too. */
export const VERSIONS = ["v1", "v2"] as const;
export type Version = (typeof VERSIONS)[number];

const product = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  price: z.number().describe("In units of the currency, with at most two decimals"),
  category: z.string(),
  rating: z.number().optional().describe("Stars from 1 to 5; in v2 only"),
});

const listed = z.object({
  products: z.array(product),
  total: z.int().describe("How many there are, shown or not"),
});

const queryError = "it must be 1 to 100 characters to search for";
const query = z
  .string({ error: queryError })
  .trim()
  .min(1, { error: queryError })
  .max(100, { error: queryError });

/** The catalog's routes. Faults befall those that show products, and neither health nor themselves. */
export function catalogRoutes(app: Service, version: Version, faults: Faults): void {
  const tags = ["catalog"];
  const shown = ({ rating, ...rest }: Product) => (version === "v1" ? rest : { ...rest, rating });
  const cut = (list: readonly Product[], { limit, offset }: z.output<typeof page>) => ({
    products: list.slice(offset, offset + limit).map(shown),
    total: list.length,
  });

  app.register(async (plain) => {
    const scope: Service = plain.withTypeProvider();
    scope.addHook("preHandler", () => faults.onRequest());

    scope.get(
      "/catalog/products",
      {
        schema: {
          tags,
          summary: "The products",
          querystring: page,
          response: { 200: listed, ...problems(400) },
        },
      },
      async (request) => cut(products, request.query),
    );

    scope.get(
      "/catalog/products/:id",
      {
        schema: {
          tags,
          summary: "One product",
          params: z.object({ id }),
          response: { 200: product, ...problems(400, 404) },
        },
      },
      async ({ params }) => {
        faults.onProduct(params.id);
        const found = products.find((one) => one.id === params.id);
        if (!found) {
          throw new Problem(404, `no product "${params.id}"; /catalog/products lists them`);
        }
        return shown(found);
      },
    );

    scope.get(
      "/catalog/search",
      {
        schema: {
          tags,
          summary: "The products in which each word of a text is found",
          querystring: page.extend({ q: query.describe("Words, in either case") }),
          response: { 200: listed, ...problems(400) },
        },
      },
      async (request) => cut(search(request.query.q), request.query),
    );
  });

  app.get(
    "/catalog/health",
    { schema: { tags, summary: "Whether this replica is healthy", response: { 200: health } } },
    async () => ({ status: "healthy" as const }),
  );

  app.register(async (plain) => {
    const scope: Service = plain.withTypeProvider();
    takesJson(scope);
    const description =
      "Of the one replica that answers (X-Replica-ID); the others keep theirs. This is a lab: whoever reaches the catalog may set them.";

    scope.get(
      "/catalog/faults",
      {
        schema: {
          tags,
          summary: "The faults in effect",
          description,
          response: { 200: faultSettings },
        },
      },
      async () => faults.settings,
    );

    scope.put(
      "/catalog/faults",
      {
        schema: {
          tags,
          summary: "Sets all faults; {} ends them",
          description,
          body: faultSettings,
          response: { 200: faultSettings, ...problems(400, 413, 415) },
        },
      },
      async (request) => {
        faults.set(request.body);
        return faults.settings;
      },
    );
  });
}
