/** One OpenAPI document for the whole shop, made of those of its services. Pure. */

// biome-ignore lint/suspicious/noExplicitAny: OpenAPI documents are taken as they come
type Any = any;

export interface OpenApi {
  openapi: string;
  info: { title: string; version: string; description?: string };
  paths?: Record<string, Any>;
  components?: Record<string, Record<string, Any>>;
  tags?: { name: string; description?: string }[];
}

const SHARED = "securitySchemes";

export interface Part {
  /** The service, which its own paths begin with. */
  name: string;
  /** What they begin with at the gateway. */
  path: string;
  /** Undefined: it can't be had now. */
  document: OpenApi | undefined;
}

export function mergedOpenApi(own: OpenApi, parts: Part[]): OpenApi {
  const missing = parts.filter(({ document }) => !document).map(({ name }) => name);
  const present = parts.flatMap(({ document, ...part }) =>
    document ? [{ ...part, document: prefixed(document, part.name) }] : [],
  );
  const notice =
    missing.length > 0 ? `\n\nNot described now, since away: ${missing.join(", ")}.` : "";
  const kinds = new Set(
    [own, ...present.map(({ document }) => document)].flatMap(({ components = {} }) =>
      Object.keys(components),
    ),
  );
  return {
    ...own,
    info: { ...own.info, description: (own.info.description ?? "") + notice },
    tags: [...(own.tags ?? []), ...present.flatMap(({ document }) => document.tags ?? [])],
    paths: Object.assign(
      {},
      own.paths,
      ...present.map(({ name, path, document }) => atPath(document.paths ?? {}, name, path)),
    ),
    components: Object.fromEntries(
      [...kinds].map((kind) => [
        kind,
        Object.assign(
          {},
          own.components?.[kind],
          ...present.map((p) => p.document.components?.[kind]),
        ),
      ]),
    ),
  };
}

function atPath(paths: Record<string, Any>, name: string, path: string): Record<string, Any> {
  return Object.fromEntries(
    Object.entries(paths).map(([own, item]) => [
      own.startsWith(`/${name}`) ? path + own.slice(name.length + 1) : own,
      item,
    ]),
  );
}

/**
 * Two services may well call a schema alike: each one's are put behind its name. But ways to show who one is are the
 * whole shop's, and who has shown it once has shown it to all.
 */
function prefixed(document: OpenApi, name: string): OpenApi {
  const json = JSON.stringify(document).replaceAll(
    /"#\/components\/(\w+)\/([^"/]+)(?=["/])/g,
    (_all, kind, key) => `"#/components/${kind}/${name}.${key}`,
  );
  const copy = JSON.parse(json) as OpenApi;
  const components = Object.entries(copy.components ?? {}).map(([kind, members]) => [
    kind,
    kind === SHARED
      ? members
      : Object.fromEntries(
          Object.entries(members).map(([key, value]) => [`${name}.${key}`, value]),
        ),
  ]);
  return { ...copy, components: Object.fromEntries(components) };
}
