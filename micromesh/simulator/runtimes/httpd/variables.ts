import type { Server } from "./config.ts";
import type { ClientRequest, SelfName, Target } from "./request.ts";
import type { RewriteState } from "./rewrite-state.ts";

/** Where `%{VARIABLE}` gets its value from. */
export interface VariableSource {
  request: ClientRequest;
  target: Target;
  server: Server;
  self: SelfName;
  /** The decoded URL-path at this stage. */
  uri: string;
  banner: string;
  now: Date;
}

const two = (value: number) => String(value).padStart(2, "0");

/**
 * The value of `%{NAME}` in RewriteCond and RewriteRule, empty if unknown, as in mod_rewrite.
 * LA-U, LA-F and SSL variables have none here: there are no subrequests and no TLS.
 */
export function rewriteVariable(name: string, state: RewriteState, source: VariableSource): string {
  const { request, server, now } = source;
  if (name.startsWith("ENV:"))
    return state.env.get(name.slice(4)) ?? process.env[name.slice(4)] ?? "";
  if (name.startsWith("HTTP:")) return request.header(name.slice(5)) ?? "";
  switch (name) {
    case "HTTP_HOST":
      return request.header("host") ?? "";
    case "HTTP_ACCEPT":
    case "HTTP_COOKIE":
    case "HTTP_FORWARDED":
    case "HTTP_PROXY_CONNECTION":
    case "HTTP_REFERER":
    case "HTTP_USER_AGENT":
      return request.header(name.slice(5).replaceAll("_", "-")) ?? "";
    case "REQUEST_URI":
      return source.uri;
    case "REQUEST_FILENAME":
    case "SCRIPT_FILENAME":
      return state.filename;
    case "REQUEST_METHOD":
      return request.method;
    case "REQUEST_SCHEME":
      return "http";
    case "HTTPS":
      return "off";
    case "IPV6":
      return request.remoteAddress.includes(":") ? "on" : "off";
    case "QUERY_STRING":
      return state.query ?? "";
    case "REMOTE_ADDR":
    case "REMOTE_HOST":
    case "CONN_REMOTE_ADDR":
      return request.remoteAddress;
    case "REMOTE_PORT":
      return String(request.remotePort);
    case "SERVER_ADDR":
      return request.localAddress;
    case "SERVER_NAME":
      return source.self.name;
    case "SERVER_PORT":
      return String(source.self.port);
    case "SERVER_ADMIN":
      return server.admin;
    case "SERVER_PROTOCOL":
      return request.protocol;
    case "SERVER_SOFTWARE":
      return source.banner;
    case "DOCUMENT_ROOT":
    case "CONTEXT_DOCUMENT_ROOT":
      return server.documentRoot;
    case "THE_REQUEST":
      return `${request.method} ${request.target} ${request.protocol}`;
    case "IS_SUBREQ":
      return "false";
    case "TIME":
      return (
        `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}` +
        `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`
      );
    case "TIME_YEAR":
      return String(now.getFullYear());
    case "TIME_MON":
      return two(now.getMonth() + 1);
    case "TIME_DAY":
      return two(now.getDate());
    case "TIME_HOUR":
      return two(now.getHours());
    case "TIME_MIN":
      return two(now.getMinutes());
    case "TIME_SEC":
      return two(now.getSeconds());
    case "TIME_WDAY":
      return String(now.getDay());
  }
  return "";
}
