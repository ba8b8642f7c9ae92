import type { DirectoryRewrite, RewriteRule } from "./rewrite-model.ts";
import type { EncodedSlashes } from "./uri.ts";

/** What httpd knows after reading its configuration: plain data, patterns compiled. */
export interface HttpdConfig {
  serverRoot: string;
  listen: ListenAddress[];
  /** The main server: answers where no virtual host takes the address. */
  main: Server;
  /** In the order of the file; the first that takes an address is its default. */
  virtualHosts: VirtualHost[];
  modules: ReadonlySet<string>;
  /** `Server` header and signature: `Apache/2.4.x (Unix)` down to `Apache`. */
  tokens: "full" | "os" | "minimal" | "minor" | "major" | "prod";
  /** Silence on a keep-alive connection before it is closed. */
  keepAliveTimeoutMs: number;
  keepAlive: boolean;
  /** Requests on one connection; 0 means no limit. */
  maxKeepAliveRequests: number;
  /** Options and directives read and not acted upon, one line each. */
  notes: string[];
}

export interface ListenAddress {
  /** Undefined for every address. */
  host?: string;
  port: number;
}

export interface Server {
  name?: string;
  /** Port given with ServerName, else the virtual host's; undefined for the scheme's default. */
  port?: number;
  aliases: string[];
  admin: string;
  documentRoot: string;
  timeoutMs: number;
  mergeSlashes: boolean;
  passes: ProxyPass[];
  workers: Worker[];
  proxyTimeoutMs?: number;
  via: "off" | "on" | "full" | "block";
  rules: RewriteRule[];
  redirects: Redirect[];
  pathAliases: { prefix: string; target: string }[];
  /** Outside any section; what the sections are merged onto. */
  defaults: Scope;
  directories: Section[];
  files: Section[];
  proxies: Section[];
  locations: Section[];
  errorLog: string;
  accessLogs: AccessLog[];
  logLevel: string;
}

export interface VirtualHost extends Server {
  addresses: ListenAddress[];
}

/** `<Location>`, `<Directory>`, `<Proxy>`, `<Files>`. */
export interface Section {
  /** As written; a Location's or Directory's path for rewriting. */
  path: string;
  matches: (subject: string) => boolean;
  scope: Scope;
}

/** What can stand in a section; merged from the outside in, later sections winning. */
export interface Scope {
  pass?: ProxyPass;
  reverse: ReverseMapping[];
  cookiePaths: CookieMapping[];
  cookieDomains: CookieMapping[];
  preserveHost?: boolean;
  addHeaders?: boolean;
  /** Statuses whose bodies the proxy replaces. */
  errorOverride?: (status: number) => boolean;
  require?: Requirement;
  rewriteEngine?: boolean;
  rewrite?: DirectoryRewrite;
  responseHeaders: HeaderEdit[];
  alwaysHeaders: HeaderEdit[];
  requestHeaders: HeaderEdit[];
  redirects: Redirect[];
  redirectAll?: { status: number; target?: string };
  setEnv: [name: string, value: string | undefined][];
  setEnvIf: EnvCondition[];
  errorDocuments: Map<number, ErrorDocument>;
  handler?: string;
  directoryIndex?: string[];
  directorySlash?: boolean;
  indexes?: boolean;
  signature?: "on" | "off" | "email";
  useCanonicalName?: boolean;
  encodedSlashes?: EncodedSlashes;
  types: Map<string, string>;
  forceType?: string;
}

/** A scope in which nothing is set. */
export function emptyScope(): Scope {
  return {
    reverse: [],
    cookiePaths: [],
    cookieDomains: [],
    responseHeaders: [],
    alwaysHeaders: [],
    requestHeaders: [],
    redirects: [],
    setEnv: [],
    setEnvIf: [],
    errorDocuments: new Map(),
    types: new Map(),
  };
}

/** `inner` over `outer`, each module's way: single values override, lists append. */
export function mergeScopes(outer: Scope, inner: Scope): Scope {
  return {
    ...outer,
    ...Object.fromEntries(Object.entries(inner).filter(([, value]) => value !== undefined)),
    reverse: [...outer.reverse, ...inner.reverse],
    cookiePaths: [...outer.cookiePaths, ...inner.cookiePaths],
    cookieDomains: [...outer.cookieDomains, ...inner.cookieDomains],
    responseHeaders: [...outer.responseHeaders, ...inner.responseHeaders],
    alwaysHeaders: [...outer.alwaysHeaders, ...inner.alwaysHeaders],
    requestHeaders: [...outer.requestHeaders, ...inner.requestHeaders],
    // mod_alias looks at the innermost section first.
    redirects: [...inner.redirects, ...outer.redirects],
    setEnv: [...outer.setEnv, ...inner.setEnv],
    setEnvIf: [...outer.setEnvIf, ...inner.setEnvIf],
    errorDocuments: new Map([...outer.errorDocuments, ...inner.errorDocuments]),
    types: new Map([...outer.types, ...inner.types]),
  };
}

/** A backend with the parameters its requests run under. */
export interface Worker {
  /** URL prefix, scheme and host in lower case. */
  url: string;
  /** `timeout=`, else ProxyTimeout, else Timeout. */
  timeoutMs?: number;
  /** `connectiontimeout=`, else the above. */
  connectTimeoutMs?: number;
  reuse: boolean;
}

export interface ProxyPass {
  prefix?: string;
  pattern?: RegExp;
  /** Undefined for `!`: not proxied. */
  target?: string;
  noCanon: boolean;
}

export interface ReverseMapping {
  path: string;
  url: string;
}

export interface CookieMapping {
  from: string;
  to: string;
}

export interface Redirect {
  status: number;
  prefix?: string;
  pattern?: RegExp;
  target?: string;
}

export interface ErrorDocument {
  kind: "text" | "path" | "url";
  value: string;
}

export interface EnvCondition {
  attribute: string;
  pattern: RegExp;
  sets: [name: string, value: string | undefined][];
}

export interface AccessLog {
  target: string;
  format: string;
  /** `env=NAME` or `env=!NAME`. */
  condition?: { name: string; set: boolean };
}

export type HeaderAction =
  | "set"
  | "setifempty"
  | "add"
  | "append"
  | "merge"
  | "unset"
  | "edit"
  | "edit*"
  | "echo";

export interface HeaderEdit {
  action: HeaderAction;
  name: string;
  value: string;
  pattern?: RegExp;
  condition?: { name: string; set: boolean };
}

export type Requirement =
  | { kind: "all" | "any" | "none"; of: Requirement[] }
  | { kind: "granted" | "denied" }
  | { kind: "ip"; ranges: string[] }
  | { kind: "local" }
  | { kind: "method"; methods: string[] }
  | { kind: "env"; names: string[] }
  | { kind: "not"; of: Requirement };

/** The scopes of the sections that match, merged in their order onto `base`. */
export function mergeMatching(base: Scope, sections: readonly Section[], subject: string): Scope {
  let scope = base;
  for (const section of sections)
    if (section.matches(subject)) scope = mergeScopes(scope, section.scope);
  return scope;
}
