import { logDirective } from "./compile-logs.ts";
import { proxyServerDirective } from "./compile-proxy.ts";
import { scopeDirective } from "./compile-scope.ts";
import { openSection } from "./compile-sections.ts";
import { address, type Compiler, serverDirective } from "./compile-server.ts";
import type { HttpdConfig, Section, Server, VirtualHost } from "./config.ts";
import { emptyScope, mergeScopes } from "./config.ts";
import { inertness } from "./modules.ts";
import { RewriteError } from "./rewrite-flags.ts";
import { parseCondition, parseRule } from "./rewrite-syntax.ts";
import { ConfigError } from "./source.ts";
import type { ConfigSource, Directive } from "./syntax.ts";
import { fail } from "./values.ts";

/** Directives that hold for the whole process and can't stand in a virtual host. */
const GLOBAL = new Set([
  "listen",
  "servertokens",
  "keepalive",
  "keepalivetimeout",
  "maxkeepaliverequests",
]);

/** Directives of a server that can't stand in a section. */
const NOT_IN_SECTION = new Set([
  ...GLOBAL,
  "servername",
  "serveralias",
  "serveradmin",
  "documentroot",
  "timeout",
  "errorlog",
  "customlog",
  "logformat",
  "transferlog",
  "loglevel",
  "proxytimeout",
  "proxyrequests",
  "proxyvia",
  "alias",
  "mergeslashes",
]);

/**
 * Compiles a configuration that was read into what the server runs on.
 *
 * @throws ConfigError in httpd's words, with file and line.
 */
export function compileConfig(source: ConfigSource): HttpdConfig {
  const config: HttpdConfig = {
    serverRoot: source.serverRoot,
    listen: [],
    main: emptyServer(),
    virtualHosts: [],
    modules: source.modules,
    tokens: "full",
    keepAlive: true,
    keepAliveTimeoutMs: 5000,
    maxKeepAliveRequests: 100,
    notes: [...source.warnings],
  };
  config.main.documentRoot = `${source.serverRoot}/htdocs`;
  const formats = new Map<string, string>([["CLF", '%h %l %u %t "%r" %>s %b']]);
  const compiler: Compiler = { config, formats, root: source.serverRoot };
  compileServer(source.directives, config.main, compiler, false);
  const hosts = source.directives.filter((each) => isVirtualHost(each));
  config.virtualHosts = hosts.map((each) => compileVirtualHost(each, compiler));
  if (![...source.modules].some((module) => module.startsWith("mpm_")))
    throw new ConfigError("AH00534: httpd: Configuration error: No MPM loaded.", "", 0);
  if (config.listen.length === 0)
    throw new ConfigError("no listening sockets available, shutting down", "", 0);
  config.main.directories = outermostFirst(config.main.directories);
  return config;
}

/** `<Directory>` sections apply from the shortest path to the longest, whatever their order. */
function outermostFirst(sections: Section[]): Section[] {
  const depth = (section: Section) => section.path.split("/").filter((part) => part !== "").length;
  return [...sections].sort((a, b) => depth(a) - depth(b));
}

const isVirtualHost = (each: Directive) =>
  each.children && each.name.toLowerCase() === "virtualhost";

function emptyServer(): Server {
  return {
    aliases: [],
    admin: "you@example.com",
    documentRoot: "",
    timeoutMs: 60_000,
    mergeSlashes: true,
    passes: [],
    workers: [],
    via: "off",
    rules: [],
    redirects: [],
    pathAliases: [],
    defaults: emptyScope(),
    directories: [],
    files: [],
    proxies: [],
    locations: [],
    errorLog: "logs/error_log",
    accessLogs: [],
    logLevel: "warn",
  };
}

/** A virtual host starts from the main server and keeps what it doesn't set itself. */
function compileVirtualHost(section: Directive, compiler: Compiler): VirtualHost {
  if (section.args.length === 0)
    fail(section, "<VirtualHost> directive requires additional arguments");
  const main = compiler.config.main;
  const own: VirtualHost = {
    ...emptyServer(),
    addresses: section.args.map(
      (text) => address(text) ?? fail(section, `cannot parse VirtualHost address '${text}'`),
    ),
    admin: main.admin,
    documentRoot: main.documentRoot,
    timeoutMs: main.timeoutMs,
    mergeSlashes: main.mergeSlashes,
    via: main.via,
    proxyTimeoutMs: main.proxyTimeoutMs,
    errorLog: main.errorLog,
    logLevel: main.logLevel,
    name: main.name,
  };
  own.port = own.addresses.find((each) => each.port !== 0)?.port;
  compileServer(section.children ?? [], own, compiler, true);
  return {
    ...own,
    defaults: mergeScopes(main.defaults, own.defaults),
    // The main server's sections and mappings apply too; its own come first where the first wins.
    passes: [...own.passes, ...main.passes],
    workers: [...own.workers, ...main.workers],
    redirects: [...own.redirects, ...main.redirects],
    pathAliases: [...own.pathAliases, ...main.pathAliases],
    directories: outermostFirst([...main.directories, ...own.directories]),
    files: [...main.files, ...own.files],
    proxies: [...main.proxies, ...own.proxies],
    locations: [...main.locations, ...own.locations],
    accessLogs: own.accessLogs.length > 0 ? own.accessLogs : main.accessLogs,
  };
}

function compileServer(
  directives: Directive[],
  server: Server,
  compiler: Compiler,
  virtual: boolean,
): void {
  let conditions: ReturnType<typeof parseCondition>[] = [];
  for (const directive of directives) {
    if (isVirtualHost(directive)) {
      if (virtual) fail(directive, "<VirtualHost> cannot occur within <VirtualHost> section");
      continue;
    }
    if (directive.children) {
      openSection(directive, server, (each, scope, path) => {
        if (NOT_IN_SECTION.has(each.name.toLowerCase()))
          fail(each, `${each.name} not allowed in <${directive.name}> context`);
        inside(each, scope, path, compiler, server);
      });
      continue;
    }
    const key = directive.name.toLowerCase();
    if (virtual && GLOBAL.has(key))
      fail(directive, `${directive.name} cannot occur within <VirtualHost> section`);
    if (key === "rewritecond")
      conditions.push(rewriting(directive, () => parseCondition(directive.raw)));
    else if (key === "rewriterule") {
      server.rules.push(rewriting(directive, () => parseRule(directive.raw, conditions)));
      conditions = [];
    } else if (
      !serverDirective(directive, server, compiler) &&
      !logDirective(directive, server, compiler.formats) &&
      !proxyServerDirective(directive, server)
    )
      inside(directive, server.defaults, undefined, compiler, server);
  }
}

function inside(
  directive: Directive,
  scope: Server["defaults"],
  path: string | undefined,
  compiler: Compiler,
  server: Server,
): void {
  if (scopeDirective(directive, scope, path, server)) return;
  const inert = inertness(directive.name);
  if (inert === undefined) fail(directive, `${directive.name} not allowed here`);
  if (inert === "told")
    compiler.config.notes.push(
      `${directive.name} (line ${directive.line} of ${directive.file}) has no effect in this httpd`,
    );
}

/** Runs a mod_rewrite parser and puts the place to its error. */
export function rewriting<T>(directive: Directive, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RewriteError) fail(directive, error.message);
    throw error;
  }
}
