/** The shop's interface, for people and programs. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { send } from "../../runtime/http/send.ts";
import type { Service } from "../../runtime/http/service.ts";
import type { Directory } from "./directory.ts";
import { mergedOpenApi, type OpenApi, type Part } from "./openapi.ts";
import type { Upstream } from "./upstream.ts";

/** A service that takes longer to describe itself is left out. */
const TIMEOUT_MS = 2000;

/** Files of Swagger UI, packed as `docsFiles` of the workloads does. */
const ASSETS: Record<string, string> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
};

/** What the document says of the shop as a whole. */
const WHOLE: Pick<OpenApi, "info" | "tags"> = {
  info: {
    title: "The shop",
    version: "v1",
    description: "Its services, and the mesh that leads to them.",
  },
  tags: [{ name: "mesh", description: "The services' circuits and replicas." }],
};

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The shop's interface</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>The interface as OpenAPI: <a href="/docs/openapi.json">/docs/openapi.json</a></noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({
  url: "/docs/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
`;

/**
 * - `GET /docs`: Swagger UI
 * - `GET /docs/openapi.json`: what the gateway and its services answer to
 * @param assets directory of Swagger UI's files
 */
export function docsRoutes(
  app: Service,
  upstreams: Upstream[],
  directory: Directory,
  assets: string,
): void {
  const hidden = { schema: { hide: true } };
  app.get("/docs", hidden, async (_, reply) => reply.type("text/html; charset=utf-8").send(PAGE));
  app.get("/docs/", hidden, async (_, reply) => reply.redirect("/docs", 308));
  app.get("/docs/start.js", hidden, async (_, reply) =>
    reply.type("text/javascript; charset=utf-8").send(START),
  );
  for (const [name, type] of Object.entries(ASSETS)) {
    app.get(`/docs/${name}`, hidden, async (_, reply) => {
      const packed = await readFile(join(assets, `${name}.gz.base64`), "utf8");
      // Every browser, and whatever else reads scripts, takes gzip.
      return reply
        .headers({ "content-encoding": "gzip", "cache-control": "max-age=3600" })
        .type(type)
        .send(Buffer.from(packed, "base64"));
    });
  }
  app.get("/docs/openapi.json", hidden, async () => {
    const parts = await Promise.all(upstreams.map((upstream) => part(upstream, directory)));
    return mergedOpenApi({ ...(app.swagger() as OpenApi), ...WHOLE }, parts);
  });
}

async function part({ settings }: Upstream, directory: Directory): Promise<Part> {
  const { name, path } = settings;
  const [replica] = directory.replicas(name);
  if (!replica) return { name, path, document: undefined };
  const asked = { method: "GET", path: `/${name}/openapi.json`, headers: {}, body: undefined };
  try {
    const { status, body } = await send(replica.url, asked, AbortSignal.timeout(TIMEOUT_MS));
    const document = (await body.json()) as OpenApi;
    return { name, path, document: status === 200 ? document : undefined };
  } catch {
    return { name, path, document: undefined };
  }
}
