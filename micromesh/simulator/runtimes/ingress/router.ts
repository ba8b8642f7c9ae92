import type { KubernetesObject } from "../../../resources/declared.ts";

/** Where a route leads: a port of a Service, by number or by name. */
export interface RouteBackend {
  namespace: string;
  service: string;
  port: number | string;
}

/** One path of one Ingress, as Traefik's routers have it. */
export interface Route {
  /** `namespace/ingress`. */
  ingress: string;
  /** Lower case; `*.x` stands for one label before `.x`. Undefined for every host. */
  host?: string;
  path: string;
  match: "exact" | "prefix" | "elements";
  backend: RouteBackend;
  /** The higher goes first. */
  priority: number;
  /** The rule in Traefik's language; its length is the priority unless one is given. */
  rule: string;
}

export interface RouterOptions {
  /** Names of the IngressClasses whose controller this is; an Ingress of any other isn't its own. */
  classes?: readonly string[];
  /** The class that the API server puts into an Ingress without one (`is-default-class`). */
  defaultClass?: string;
  /**
   * How `Prefix` compares. Kubernetes says by path elements (`/v1` isn't a prefix of `/v12`);
   * Traefik does so only with `strictPrefixMatching`, which is off by default.
   */
  strictPrefixMatching?: boolean;
}

export interface CompiledRoutes {
  /** In the order in which they are tried. */
  routes: Route[];
  /** What was declared and isn't served, one line each. */
  notes: string[];
}

const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const OWN_ANNOTATIONS = "traefik.ingress.kubernetes.io/router.";
/** Class of an Ingress that names Traefik by annotation (pkg/provider/kubernetes/ingress). */
const ANNOTATION_CLASS = "traefik";

/**
 * The routes that Traefik v3 makes of `networking.k8s.io/v1` Ingress objects. Precedence is the
 * length of the rule as Traefik writes it (`Host("h") && PathPrefix("/p")`), so a host goes before
 * none and a longer path before a shorter one. It also means that of the same path `Prefix` goes
 * before `Exact`, whatever Kubernetes' reference says: `PathPrefix` is the longer word.
 */
export function compileRoutes(
  ingresses: readonly KubernetesObject[],
  options: RouterOptions = {},
): CompiledRoutes {
  const routes: Route[] = [];
  const notes: string[] = [];
  let fallback: string | undefined;
  for (const ingress of ingresses) {
    const name = `${ingress.metadata.namespace ?? "default"}/${ingress.metadata.name}`;
    if (!isOurs(ingress, options)) continue;
    for (const each of Object.keys(ingress.metadata.annotations ?? {}))
      if (each.startsWith(OWN_ANNOTATIONS) && !/\.(?:priority|pathmatcher)$/.test(each))
        notes.push(`Ingress ${name}: annotation ${each} is not honoured`);
    if (ingress.spec?.tls?.length)
      notes.push(`Ingress ${name}: tls is not honoured; it is served over HTTP`);
    const rules = ingress.spec?.rules ?? [];
    if (rules.length > 0) {
      if (ingress.spec.defaultBackend)
        notes.push(`Ingress ${name}: Traefik takes no defaultBackend beside rules`);
      for (const rule of rules) routes.push(...ruleRoutes(ingress, name, rule, options, notes));
    } else if (ingress.spec?.defaultBackend) {
      if (fallback) notes.push(`Ingress ${name}: ${fallback} is the default backend already`);
      else {
        const backend = backendOf(ingress, ingress.spec.defaultBackend, name, notes);
        if (!backend) continue;
        fallback = name;
        const rule = 'PathPrefix("/")';
        routes.push({
          ingress: name,
          path: "/",
          match: "prefix",
          backend,
          priority: -(2 ** 31),
          rule,
        });
      }
    }
  }
  // Traefik leaves the order of equals open; here it is the same each time.
  routes.sort(
    (a, b) => b.priority - a.priority || compare(a.rule, b.rule) || compare(a.ingress, b.ingress),
  );
  return { routes, notes };
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function isOurs(ingress: KubernetesObject, options: RouterOptions): boolean {
  const annotation = ingress.metadata.annotations?.[CLASS_ANNOTATION];
  const named: string | undefined =
    ingress.spec?.ingressClassName ?? (annotation === undefined ? options.defaultClass : undefined);
  if (named !== undefined) return (options.classes ?? []).includes(named);
  return annotation === undefined || annotation === "" || annotation === ANNOTATION_CLASS;
}

interface IngressRule {
  host?: string;
  http?: { paths?: { path?: string; pathType?: string; backend: unknown }[] };
}

function ruleRoutes(
  ingress: KubernetesObject,
  name: string,
  rule: IngressRule,
  options: RouterOptions,
  notes: string[],
): Route[] {
  const routes: Route[] = [];
  for (const each of rule.http?.paths ?? []) {
    const backend = backendOf(ingress, each.backend, name, notes);
    if (!backend) continue;
    const match = matchOf(ingress, each.pathType, options);
    const path = each.path ?? "";
    if (path !== "" && !path.startsWith("/")) {
      notes.push(`Ingress ${name}: path '${path}' must begin with /`);
      continue;
    }
    const host = rule.host?.toLowerCase();
    const text = ruleText(rule.host, path, match);
    const given = Number(ingress.metadata.annotations?.[`${OWN_ANNOTATIONS}priority`] ?? 0);
    const priority = given || text.length;
    routes.push({ ingress: name, host, path, match, backend, priority, rule: text });
  }
  return routes;
}

function matchOf(
  ingress: KubernetesObject,
  pathType: string | undefined,
  options: RouterOptions,
): Route["match"] {
  if (pathType === "Exact") return "exact";
  const chosen = ingress.metadata.annotations?.[`${OWN_ANNOTATIONS}pathmatcher`];
  if (pathType !== "Prefix" && chosen === "Path") return "exact";
  return options.strictPrefixMatching ? "elements" : "prefix";
}

function ruleText(host: string | undefined, path: string, match: Route["match"]): string {
  const parts = host ? [`Host("${host}")`] : [];
  const bare = path.replace(/\/$/, "");
  if (path !== "") {
    if (match === "exact") parts.push(`Path("${path}")`);
    else if (match === "elements" && path !== "/")
      parts.push(`(Path("${bare}") || PathPrefix("${bare}/"))`);
    else parts.push(`PathPrefix("${path}")`);
  }
  return parts.join(" && ");
}

interface IngressBackend {
  service?: { name: string; port?: { number?: number; name?: string } };
}

function backendOf(
  ingress: KubernetesObject,
  backend: unknown,
  name: string,
  notes: string[],
): RouteBackend | undefined {
  const service = (backend as IngressBackend | undefined)?.service;
  const port = service?.port?.number ?? service?.port?.name;
  if (!service || port === undefined) {
    notes.push(`Ingress ${name}: a backend that is no service and port is not served`);
    return undefined;
  }
  return { namespace: ingress.metadata.namespace ?? "default", service: service.name, port };
}

/** The routes a request matches, best first; `host` may carry a port. */
export function matchRoutes(
  routes: readonly Route[],
  host: string | undefined,
  path: string,
): Route[] {
  const name = (host ?? "").toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
  const routing = routingPath(path);
  return routes.filter((route) => hostMatches(route.host, name) && pathMatches(route, routing));
}

function hostMatches(wanted: string | undefined, host: string): boolean {
  if (wanted === undefined || wanted === "") return true;
  const expression = wanted.replace(/\.$/, "");
  if (!expression.startsWith("*")) return host === expression;
  return `*.${host.split(".").slice(1).join(".")}` === expression;
}

function pathMatches(route: Route, path: string): boolean {
  if (route.path === "") return true;
  if (route.match === "exact") return path === route.path;
  if (route.match === "prefix" || route.path === "/") return path.startsWith(route.path);
  const bare = route.path.replace(/\/$/, "");
  return path === bare || path.startsWith(`${bare}/`);
}

/** Percent-encoded characters that keep their meaning only when encoded (RFC 3986, 2.2, and `%`). */
const RESERVED = new Set(":/?#[]@!$&'()*+,;=%");

/** What rules are compared with: the path with all but reserved characters decoded. */
export function routingPath(path: string): string {
  return path.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    const kept = run.replace(/%[0-9a-fA-F]{2}/g, (one) =>
      RESERVED.has(String.fromCharCode(Number.parseInt(one.slice(1), 16)))
        ? one.replace("%", "%25")
        : one,
    );
    try {
      return decodeURIComponent(kept);
    } catch {
      return run;
    }
  });
}

/** Traefik's `sanitizePath`, on by default: slashes merged, `.` and `..` segments resolved. */
export function sanitizePath(path: string): string {
  const out: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") out.pop();
    else if (segment !== "" && segment !== ".") out.push(segment);
  }
  const slash = out.length > 0 && /\/\.{0,2}$/.test(path) ? "/" : "";
  return `/${out.join("/")}${slash}`;
}
