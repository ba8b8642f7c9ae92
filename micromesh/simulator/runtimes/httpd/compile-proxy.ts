import type { ProxyPass, Scope, Server, Worker } from "./config.ts";
import type { Directive } from "./syntax.ts";
import { duration, fail, oneOf, onOff, pattern, takes } from "./values.ts";

/** mod_proxy's server-wide directives. True if the directive was one of them. */
export function proxyServerDirective(directive: Directive, server: Server): boolean {
  switch (directive.name.toLowerCase()) {
    case "proxyrequests":
      if (onOff(directive))
        fail(directive, "ProxyRequests On: a forward proxy is not supported here; use ProxyPass");
      return true;
    case "proxytimeout":
      server.proxyTimeoutMs =
        duration(takes(directive, 1, 1, "")[0] ?? "") ||
        fail(directive, "Proxy Timeout must be at least 1 second.");
      return true;
    case "proxyvia":
      server.via = oneOf(directive, ["off", "on", "full", "block"]);
      return true;
    case "proxypass":
    case "proxypassmatch": {
      const pass = proxyPass(directive, undefined, server);
      server.passes.push(pass);
      return true;
    }
  }
  return false;
}

/** mod_proxy's directives that may stand in a section; `path` is a Location's, if it's in one. */
export function proxyScopeDirective(
  directive: Directive,
  scope: Scope,
  path: string | undefined,
  server: Server,
): boolean {
  switch (directive.name.toLowerCase()) {
    case "proxypass":
    case "proxypassmatch":
      scope.pass = proxyPass(directive, path ?? "/", server);
      return true;
    case "proxypassreverse": {
      const args = takes(directive, 1, 3, "").filter((each) => !/^interpolate$/i.test(each));
      if (path === undefined && args.length < 2)
        fail(directive, "ProxyPassReverse needs a path when not defined in a location");
      if (path !== undefined && args.length > 1)
        fail(directive, "ProxyPassReverse can not have a path when defined in a location");
      const [from, url] = path === undefined ? args : [path, args[0]];
      scope.reverse.push({ path: from as string, url: url as string });
      return true;
    }
    case "proxypassreversecookiepath":
    case "proxypassreversecookiedomain": {
      const [from, to] = takes(directive, 2, 3, "");
      const list = /path$/i.test(directive.name) ? scope.cookiePaths : scope.cookieDomains;
      list.push({ from: from as string, to: to as string });
      return true;
    }
    case "proxypreservehost":
      scope.preserveHost = onOff(directive);
      return true;
    case "proxyaddheaders":
      scope.addHeaders = onOff(directive);
      return true;
    case "proxyerroroverride":
      scope.errorOverride = errorOverride(directive);
      return true;
    case "proxyset":
      proxySet(directive, path, server);
      return true;
  }
  return false;
}

function errorOverride(directive: Directive): (status: number) => boolean {
  const [switched, ...codes] = takes(directive, 1, Number.POSITIVE_INFINITY, "");
  if (/^off$/i.test(switched ?? "")) return () => false;
  if (!/^on$/i.test(switched ?? "")) fail(directive, "first parameter must be On or Off");
  if (codes.length === 0) return (status) => status >= 400;
  const chosen = new Set(codes.map(Number));
  return (status) => chosen.has(status);
}

function proxyPass(directive: Directive, location: string | undefined, server: Server): ProxyPass {
  const matched = /match$/i.test(directive.name);
  const words = [...directive.args];
  const from = location ?? words.shift();
  const target = words.shift();
  if (from === undefined || target === undefined)
    fail(directive, "ProxyPass|ProxyPassMatch needs a path when not defined in a location");
  const pass: ProxyPass = { noCanon: false };
  // A LocationMatch is a pattern whatever the directive's name.
  if (matched || location?.startsWith("~")) {
    pass.pattern = pattern(directive, (from as string).replace(/^~\s*/, ""));
  } else pass.prefix = from as string;
  const parameters: [string, string][] = [];
  for (const word of words) {
    const key = word.toLowerCase();
    if (key === "nocanon") pass.noCanon = true;
    // Of no effect on http in 2.4, whatever the manual says.
    else if (key === "noquery") continue;
    else if (key === "interpolate") {
      const message = "ProxyPass: interpolate is not supported here; write the URL out";
      fail(directive, message);
    } else {
      const equals = word.indexOf("=");
      if (equals < 0)
        fail(
          directive,
          "Invalid ProxyPass|ProxyPassMatch parameter. Parameter must be in the form 'key=value'.",
        );
      parameters.push([word.slice(0, equals), word.slice(equals + 1)]);
    }
  }
  if (target === "!") return pass;
  if (!/^https?:\/\//i.test(target))
    fail(
      directive,
      /^[a-z0-9]+:/i.test(target)
        ? `ProxyPass URL '${target}': only http:// is supported here`
        : `ProxyPass Unable to parse URL: ${target}`,
    );
  if (/^https:/i.test(target))
    fail(directive, `ProxyPass URL '${target}': only http:// is supported here (no mod_ssl)`);
  pass.target = target;
  const worker = defineWorker(target, server);
  for (const [key, value] of parameters) setParameter(directive, worker, key, value);
  return pass;
}

/** The worker of a URL: an earlier one that covers it is shared, with its parameters. */
function defineWorker(url: string, server: Server): Worker {
  const known = findWorker(server.workers, url);
  if (known) return { ...known };
  // With a substitution in it, connections are kept only where enablereuse=on asks for it.
  const worker: Worker = { url: workerName(url), reuse: !/\$\d/.test(url) };
  server.workers.push(worker);
  return worker;
}

/** Scheme and host are compared without case, and `$1` ends the part that is known. */
export function workerName(url: string): string {
  const found = /^([^:]+:\/\/[^/?]*)([^$]*)/.exec(url);
  return found ? (found[1] as string).toLowerCase() + found[2] : url;
}

/** ap_proxy_get_worker: the longest worker whose URL begins this one, host and port complete. */
export function findWorker(workers: readonly Worker[], url: string): Worker | undefined {
  const name = workerName(url);
  const authority = /^[^:]+:\/\/[^/?]*/.exec(name)?.[0].length ?? name.length;
  let best: Worker | undefined;
  for (const worker of workers)
    if (
      worker.url.length >= authority &&
      name.startsWith(worker.url) &&
      worker.url.length > (best?.url.length ?? 0)
    )
      best = worker;
  return best;
}

/** Parameters of balancers and of protocols that aren't here: read, of no consequence. */
const IDLE_PARAMETERS = new Set(
  (
    "loadfactor retry ttl min max smax acquire iobuffersize receivebuffersize keepalive " +
    "addressttl flushpackets flushwait ping responsefieldsize lbset"
  ).split(" "),
);

function setParameter(directive: Directive, worker: Worker, key: string, value: string): void {
  const switched = () =>
    /^on$/i.test(value)
      ? true
      : /^off$/i.test(value)
        ? false
        : fail(directive, `ProxyPass ${key} must be On|Off`);
  switch (key.toLowerCase()) {
    case "timeout":
      worker.timeoutMs =
        duration(value) || fail(directive, "ProxyPass Timeout must be at least one second");
      return;
    case "connectiontimeout":
      worker.connectTimeoutMs =
        duration(value) ?? fail(directive, "ProxyPass Connectiontimeout has wrong format");
      return;
    case "disablereuse":
      worker.reuse = !switched();
      return;
    case "enablereuse":
      worker.reuse = switched();
      return;
  }
  if (!IDLE_PARAMETERS.has(key.toLowerCase()))
    fail(directive, "ProxyPass unknown Worker parameter");
}

/** `<Proxy URL> ProxySet key=value`, or `ProxySet URL key=value`. */
function proxySet(directive: Directive, path: string | undefined, server: Server): void {
  const args = [...directive.args];
  const url = args[0]?.includes("://") && !args[0].includes("=") ? args.shift() : path;
  if (!url) fail(directive, "ProxySet needs a URL when not defined in a Proxy section");
  let worker = server.workers.find((each) => each.url === workerName(url));
  if (!worker) {
    worker = { url: workerName(url), reuse: true };
    server.workers.push(worker);
  }
  for (const each of args) {
    const equals = each.indexOf("=");
    if (equals < 0)
      fail(directive, "Invalid ProxySet parameter. Parameter must be in the form 'key=value'.");
    setParameter(directive, worker, each.slice(0, equals), each.slice(equals + 1));
  }
}
