import { admits } from "./access.ts";
import { type HttpdConfig, mergeMatching, type Scope, type Server } from "./config.ts";
import { applySetEnv, applySetEnvIf } from "./environment.ts";
import { type Backend, canonicalBackend, mapToBackend, type ProxyTarget } from "./proxy-mapping.ts";
import { redirectFor, type StatusAction } from "./redirects.ts";
import {
  answersTo,
  type ClientRequest,
  parseTarget,
  type SelfName,
  selectServer,
  selfName,
  selfUrl,
  type Target,
} from "./request.ts";
import { rewrite } from "./rewrite.ts";
import type { FileFacts, RewriteContext, RewriteState } from "./rewrite-state.ts";
import { isFilePath, onBase, settleRewrite, urlPathOf } from "./rewritten.ts";
import { escapePath, normalizePath, prefixLength, unescapePath } from "./uri.ts";
import { rewriteVariable } from "./variables.ts";

/** What the mapper asks of its surroundings. */
export interface MapperWorld {
  file(path: string): FileFacts | undefined;
  /** The name where the configuration gives none: the host's. */
  hostname: string;
  banner: string;
  now: Date;
}

/** What is to be done with a request. */
export type Action =
  | StatusAction
  | { kind: "proxy"; backend: Backend }
  | { kind: "file"; path: string }
  | { kind: "handler"; name: string };

export interface Mapped {
  action: Action;
  server: Server;
  scope: Scope;
  self: SelfName;
  /** The decoded URL-path, as logs and error pages name it. */
  uri: string;
  query: string | undefined;
  env: Map<string, string>;
}

/** An internal redirect: all phases once more. */
interface Again {
  kind: "again";
  uri: string;
  query: string | undefined;
}

type Placed = { kind: "proxy"; target: ProxyTarget } | { kind: "file"; filename: string };

/** LimitInternalRecursion's default. */
const MAX_INTERNAL_REDIRECTS = 10;

/**
 * Decides what becomes of a request, without doing it: httpd's phases in their order (virtual
 * host, path, translation by mod_rewrite, mod_proxy, mod_alias, then access, then fixups).
 */
export function mapRequest(
  config: HttpdConfig,
  request: ClientRequest,
  world: MapperWorld,
): Mapped {
  const target = parseTarget(request);
  const local = { address: request.localAddress, port: request.localPort };
  const server = selectServer(config, local, target.host);
  return new Mapping(config.modules, server, request, target, world).run();
}

class Mapping {
  private readonly modules: ReadonlySet<string>;
  private readonly server: Server;
  private readonly request: ClientRequest;
  private readonly target: Target;
  private readonly world: MapperWorld;
  private scope: Scope;
  private self: SelfName;
  private uri: string;
  private query: string | undefined;
  private env = new Map<string, string>();
  private rewritingEnded = false;

  constructor(
    modules: ReadonlySet<string>,
    server: Server,
    request: ClientRequest,
    target: Target,
    world: MapperWorld,
  ) {
    this.modules = modules;
    this.server = server;
    this.request = request;
    this.target = target;
    this.world = world;
    this.scope = server.defaults;
    this.self = selfName(server, target, this.scope.useCanonicalName === true, world.hostname);
    this.uri = target.path;
    this.query = target.query;
  }

  run(): Mapped {
    let action = this.pass(this.target.path);
    for (let count = 1; action.kind === "again"; count++) {
      if (count > MAX_INTERNAL_REDIRECTS) action = { kind: "status", status: 500 };
      else {
        this.env = new Map([...this.env].map(([name, value]) => [`REDIRECT_${name}`, value]));
        this.query = action.query;
        action = this.pass(action.uri);
      }
    }
    const { server, scope, self, uri, query, env } = this;
    return { action, server, scope, self, uri, query, env };
  }

  /** One trip through the phases. */
  private pass(path: string): Action | Again {
    const normal = normalizePath(path, this.server.mergeSlashes);
    if (normal === undefined) return { kind: "status", status: 400 };
    const { encodedSlashes } = mergeMatching(this.server.defaults, this.server.locations, normal);
    const decoded = unescapePath(normal, encodedSlashes ?? "off");
    if (typeof decoded === "number") return { kind: "status", status: decoded };
    this.locate(decoded);
    applySetEnvIf(this.scope.setEnvIf, this.env, this.request, this.uri);

    const placed = this.translate();
    if (placed.kind === "status") return placed;
    this.enter(placed);
    const visitor = {
      address: this.request.remoteAddress,
      localAddress: this.request.localAddress,
      method: this.request.method,
      env: this.env,
    };
    if (!admits(this.scope.require, visitor)) return { kind: "status", status: 403 };
    return this.fixup(placed);
  }

  private locate(uri: string): void {
    this.uri = uri;
    this.scope = mergeMatching(this.server.defaults, this.server.locations, uri);
    const canonical = this.scope.useCanonicalName === true;
    this.self = selfName(this.server, this.target, canonical, this.world.hostname);
  }

  /** Sections by what the request was mapped to, then Locations once more over them. */
  private enter(placed: Placed): void {
    const { server } = this;
    let scope = server.defaults;
    if (placed.kind === "proxy") scope = mergeMatching(scope, server.proxies, placed.target.url);
    else {
      scope = mergeMatching(scope, server.directories, placed.filename);
      scope = mergeMatching(scope, server.files, placed.filename.split("/").at(-1) ?? "");
    }
    this.scope = mergeMatching(scope, server.locations, this.uri);
  }

  private translate(): Placed | StatusAction {
    const rewritten = this.rewriteServer();
    if (rewritten) return rewritten;
    const { path, query } = this.target;
    const unparsed = path + (query === undefined ? "" : `?${query}`);
    const own = this.scope.pass ? [this.scope.pass] : [];
    const backend = mapToBackend([...own, ...this.server.passes], this.uri, unparsed);
    if (backend && backend !== "no") return { kind: "proxy", target: backend };
    const redirected = redirectFor(this.scope.redirectAll, this.server.redirects, this.subject());
    if (redirected) return redirected;
    for (const alias of this.server.pathAliases) {
      const length = prefixLength(this.uri, alias.prefix);
      if (length > 0) return { kind: "file", filename: alias.target + this.uri.slice(length) };
    }
    return { kind: "file", filename: this.server.documentRoot + this.uri };
  }

  private subject() {
    return { uri: this.uri, query: this.query, self: selfUrl(this.self) };
  }

  /** mod_rewrite in server context; undefined lets the others have their turn. */
  private rewriteServer(): Placed | StatusAction | undefined {
    const { server } = this;
    if (!this.scope.rewriteEngine || this.rewritingEnded || !this.uri.startsWith("/")) return;
    const before = this.query;
    const state = this.rewriteState(this.uri);
    const outcome = rewrite(server.rules, state, this.rewriteContext());
    this.rewritingEnded = state.ended;
    const settled = settleRewrite(outcome, state, before, this.modules.has("proxy_module"));
    if (settled?.kind === "status") return settled;
    if (outcome.kind === "unchanged") return undefined;
    this.query = state.query;
    if (settled) return settled;
    if (outcome.kind === "pass-through") {
      this.locate(state.filename);
      return undefined;
    }
    if (!state.filename.startsWith("/")) return { kind: "status", status: 400 };
    const exists = (path: string) => this.world.file(path) !== undefined;
    const verbatim = isFilePath(state, server.documentRoot, exists);
    return { kind: "file", filename: (verbatim ? "" : server.documentRoot) + state.filename };
  }

  private rewriteState(filename: string): RewriteState {
    return { filename, query: this.query, env: this.env, ended: false, reduced: false };
  }

  private rewriteContext(directory?: string): RewriteContext {
    const { request, target, server, self, uri } = this;
    const { banner, now } = this.world;
    return {
      directory,
      self: selfUrl(self),
      file: (path) => this.world.file(path),
      // ap_matches_request_vhost: a ServerName without a port answers to no port at all.
      isSelf: (host, port) => port === server.port && answersTo(server, host),
      variable: (name, state) =>
        rewriteVariable(name, state, { request, target, server, self, uri, banner, now }),
    };
  }

  private fixup(translated: Placed): Action | Again {
    const placed = this.rewriteSection(translated);
    if (placed.kind === "status" || placed.kind === "again") return placed;
    applySetEnv(this.scope.setEnv, this.env);
    const { redirectAll, redirects } = this.scope;
    const redirected = redirectFor(redirectAll, redirects, this.subject());
    if (redirected) return redirected;
    if (placed.kind === "proxy") {
      const backend = canonicalBackend(placed.target, this.query);
      if (typeof backend === "number") return { kind: "status", status: backend };
      return { kind: "proxy", backend };
    }
    if (this.scope.handler) return { kind: "handler", name: this.scope.handler };
    return this.directory(placed.filename);
  }

  /** mod_rewrite in a section: on the file's path, or on the `proxy:` URL. */
  private rewriteSection(placed: Placed): Placed | StatusAction | Again {
    const { rewrite: section, rewriteEngine } = this.scope;
    if (!section || section.rules.length === 0 || !rewriteEngine || this.rewritingEnded)
      return placed;
    const before = this.query;
    const filename = placed.kind === "proxy" ? `proxy:${placed.target.url}` : placed.filename;
    const state = this.rewriteState(filename);
    const outcome = rewrite(section.rules, state, this.rewriteContext(section.directory));
    this.rewritingEnded = state.ended;
    const settled = settleRewrite(outcome, state, before, this.modules.has("proxy_module"));
    if (settled?.kind === "status") return onBase(settled, section);
    if (outcome.kind !== "unchanged") this.query = state.query;
    if (settled) return settled;
    if (outcome.kind === "unchanged" || state.filename === filename) return placed;
    if (!state.filename.startsWith("/")) return { kind: "status", status: 400 };
    const uri = urlPathOf(state.filename, section, this.server.documentRoot);
    return { kind: "again", uri, query: state.query };
  }

  /** mod_dir: the slash behind a directory's name, and its index. */
  private directory(filename: string): Action | Again {
    const file: Action = { kind: "file", path: filename };
    if (!this.modules.has("dir_module")) return file;
    if (this.world.file(filename)?.kind !== "directory") return file;
    const path = escapePath(this.uri);
    if (!this.uri.endsWith("/")) {
      if (this.scope.directorySlash === false) return file;
      const query = this.query === undefined ? "" : `?${this.query}`;
      return { kind: "status", status: 301, location: `${selfUrl(this.self)}${path}/${query}` };
    }
    for (const index of this.scope.directoryIndex ?? ["index.html"]) {
      if (index.startsWith("/")) return { kind: "again", uri: index, query: this.query };
      if (this.world.file(filename + index)?.kind === "file")
        return { kind: "again", uri: path + index, query: this.query };
    }
    return file;
  }
}
