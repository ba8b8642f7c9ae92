const names = (text: string) => text.trim().split(/\s+/);

const PROCESS_MODEL = names(`
  StartServers MinSpareThreads MaxSpareThreads MinSpareServers MaxSpareServers ThreadsPerChild
  ThreadLimit MaxRequestWorkers ServerLimit MaxConnectionsPerChild AsyncRequestWorkerFactor
  GracefulShutdownTimeout ListenBacklog PidFile Listen CoreDumpDirectory`);

/** Modules that can be loaded, and the directives each brings. */
const MODULES: Record<string, string[]> = {
  mpm_event: PROCESS_MODEL,
  mpm_worker: PROCESS_MODEL,
  mpm_prefork: PROCESS_MODEL,
  unixd: names("User Group"),
  authz_core: names("Require AuthMerging"),
  authz_host: [],
  access_compat: [],
  authn_core: [],
  log_config: names("LogFormat CustomLog TransferLog"),
  logio: [],
  proxy: names(`
    ProxyRequests ProxyPreserveHost ProxyPass ProxyPassMatch ProxyPassReverse
    ProxyPassReverseCookiePath ProxyPassReverseCookieDomain ProxyErrorOverride ProxySet
    ProxyTimeout ProxyAddHeaders ProxyVia ProxyBadHeader ProxyIOBufferSize
    ProxyReceiveBufferSize ProxyStatus`),
  proxy_http: [],
  rewrite: names("RewriteEngine RewriteCond RewriteRule RewriteBase RewriteOptions"),
  headers: names("Header RequestHeader"),
  alias: names("Alias Redirect RedirectMatch RedirectPermanent RedirectTemp"),
  env: names("SetEnv UnsetEnv PassEnv"),
  setenvif: names("SetEnvIf SetEnvIfNoCase BrowserMatch BrowserMatchNoCase"),
  dir: names("DirectoryIndex DirectorySlash"),
  mime: names("TypesConfig AddType AddEncoding AddCharset AddLanguage AddHandler"),
  autoindex: names("IndexOptions IndexIgnore AddIcon AddIconByEncoding DefaultIcon"),
  negotiation: names("LanguagePriority ForceLanguagePriority"),
  status: names("ExtendedStatus"),
  version: [],
  filter: [],
  reqtimeout: names("RequestReadTimeout"),
  watchdog: [],
  slotmem_shm: [],
  slotmem_plain: [],
};

/** Directives of the core, which is always there. */
const CORE = names(`
  ServerName ServerAlias ServerAdmin ServerTokens ServerSignature Timeout KeepAlive
  KeepAliveTimeout MaxKeepAliveRequests DocumentRoot LogLevel ErrorLog ErrorLogFormat ErrorDocument
  AllowOverride Options SetHandler UseCanonicalName AllowEncodedSlashes MergeSlashes
  HostnameLookups EnableMMAP EnableSendfile AddDefaultCharset FileETag TraceEnable LimitRequestBody
  LimitRequestFields LimitRequestFieldSize LimitRequestLine Mutex DefaultRuntimeDir
  HttpProtocolOptions Protocols AcceptFilter AccessFileName ForceType`);

/** Taken without a word: they tune processes and files that aren't there. */
const SILENT = lowerCased(`
  ${PROCESS_MODEL.filter((name) => name !== "Listen").join(" ")} User Group AllowOverride
  HostnameLookups EnableMMAP EnableSendfile Mutex DefaultRuntimeDir AccessFileName AcceptFilter
  TypesConfig IndexOptions IndexIgnore AddIcon AddIconByEncoding DefaultIcon ExtendedStatus
  AuthMerging ProxyBadHeader ProxyIOBufferSize ProxyReceiveBufferSize ProxyStatus`);

/** Taken, and told at start: someone may rely on what they'd do. */
const TOLD = lowerCased(`
  AddEncoding AddCharset AddLanguage AddHandler LanguagePriority ForceLanguagePriority
  RequestReadTimeout ErrorLogFormat AddDefaultCharset FileETag TraceEnable LimitRequestBody
  LimitRequestFields LimitRequestFieldSize LimitRequestLine HttpProtocolOptions Protocols
  RewriteOptions`);

function lowerCased(text: string): ReadonlySet<string> {
  return new Set(names(text).map((name) => name.toLowerCase()));
}

const OWNERS = new Map<string, string[]>();
for (const [module, directives] of Object.entries({ core: CORE, ...MODULES }))
  for (const directive of directives) {
    const key = directive.toLowerCase();
    OWNERS.set(key, [...(OWNERS.get(key) ?? []), module]);
  }

/** Whether a module can be loaded here, by identifier (`rewrite_module`). */
export function isModule(identifier: string): boolean {
  return identifier.endsWith("_module") && Object.hasOwn(MODULES, identifier.slice(0, -7));
}

/** Whether a directive is known, given the identifiers of the modules loaded. */
export function isDirective(name: string, loaded: ReadonlySet<string>): boolean {
  const owners = OWNERS.get(name.toLowerCase()) ?? [];
  return owners.some((owner) => owner === "core" || loaded.has(`${owner}_module`));
}

/** Whether a directive changes nothing here, and whether that deserves a word. */
export function inertness(name: string): "silent" | "told" | undefined {
  const key = name.toLowerCase();
  return SILENT.has(key) ? "silent" : TOLD.has(key) ? "told" : undefined;
}

/** Whether `<IfModule NAME>` holds: by identifier, or by source file (`mod_rewrite.c`). */
export function isLoaded(name: string, loaded: ReadonlySet<string>): boolean {
  if (["core.c", "mod_so.c", "so_module", "http_core.c", "core_module"].includes(name)) return true;
  const byFile = /^(?:mod_)?([a-z0-9_]+)\.c$/.exec(name);
  return loaded.has(byFile ? `${byFile[1]}_module` : name);
}
