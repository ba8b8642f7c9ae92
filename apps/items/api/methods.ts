/** What is asked of a path by a method that it hasn't. */
import { Problem } from "../../runtime/http/problem.ts";
import type { Service } from "../../runtime/http/service.ts";

interface Known {
  pattern: RegExp;
  methods: Set<string>;
}

/**
 * For the routes that follow: `OPTIONS` says which methods a path has, and others that it hasn't are answered by 405.
 */
export function tellsMethods(app: Service): void {
  const paths = new Map<string, Known>();
  app.addHook("onRoute", ({ url, method }) => {
    const pattern = new RegExp(`^${url.replaceAll(".", "\\.").replace(/:\w+/g, "[^/]*")}$`);
    const known = paths.get(url) ?? { pattern, methods: new Set(["OPTIONS"]) };
    for (const each of [method].flat()) known.methods.add(each);
    paths.set(url, known);
  });
  app.addHook("onRequest", async (request, reply) => {
    if (!request.is404) return undefined;
    const [path = ""] = request.url.split("?", 1);
    const known = [...paths.values()].filter(({ pattern }) => pattern.test(path));
    if (known.length === 0) return undefined;
    const methods = [...new Set(known.flatMap(({ methods }) => [...methods]))].sort().join(", ");
    // What comes with the request isn't read.
    reply.header("allow", methods).header("connection", "close");
    if (request.method === "OPTIONS") return reply.code(204).send();
    throw new Problem(405, `${request.method} ${path}: no such method here; use ${methods}`);
  });
}
