/**
 * What spans of HTTP requests say, as OpenTelemetry's semantic conventions have it
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/, stable). Header fields and queries
 * are left out, for they may hold secrets.
 */
import {
  type Attributes,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
} from "@opentelemetry/api";

/** A request that has come in. */
export interface ServerRequest {
  method: string;
  /** What all requests of its kind have in common: `/nginx`, `/items/:id`; undefined: no route matched. */
  route?: string | undefined;
  /** As it was asked for; a query is cut off. */
  path: string;
}

/** A request that is sent, once. */
export interface ClientRequest {
  method: string;
  /** As it is sent; a query is cut off. */
  path: string;
  /** Host name or IP address. */
  address: string;
  port: number;
  /** 1 for the first try; default 1. */
  attempt?: number;
}

/** How a request ended: with an answer, whatever its status, or without. */
export type Outcome = { status: number } | { error: unknown };

/** The methods that the conventions know; others are `_OTHER`, so that nobody can make up span names. */
const METHODS = new Set("GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH QUERY".split(" "));
const MAX_MESSAGE_LENGTH = 200;

export function serverSpan({ method, route, path }: ServerRequest): Named {
  return {
    name: nameOf(method, route),
    kind: SpanKind.SERVER,
    attributes: {
      "http.request.method": known(method),
      "url.path": withoutQuery(path),
      "url.scheme": "http",
      ...(route !== undefined && { "http.route": route }),
    },
  };
}

export function clientSpan(request: ClientRequest): Named {
  const { method, address, port, attempt = 1 } = request;
  const host = address.includes(":") ? `[${address}]` : address;
  return {
    name: nameOf(method),
    kind: SpanKind.CLIENT,
    attributes: {
      "http.request.method": known(method),
      "server.address": address,
      "server.port": port,
      "url.full": `http://${host}:${port}${withoutQuery(request.path)}`,
      ...(attempt > 1 && { "http.request.resend_count": attempt - 1 }),
    },
  };
}

export type Named = SpanOptions & { name: string };

/**
 * Ends a span; only the first time counts. To a server a 4xx is the client's mistake, to a client
 * it's an error.
 *
 * @param errorsFrom the least status that is an error: 500 of a server's span, 400 of a client's
 */
export function endSpan(span: Span, outcome: Outcome, errorsFrom: 400 | 500): void {
  const attributes: Attributes = {};
  if ("status" in outcome) {
    const { status } = outcome;
    attributes["http.response.status_code"] = status;
    if (status >= errorsFrom) {
      attributes["error.type"] = String(status);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
  } else {
    const { type, message } = described(outcome.error);
    attributes["error.type"] = type;
    span.setStatus({ code: SpanStatusCode.ERROR, message });
  }
  span.setAttributes(attributes);
  span.end();
}

/** `GET /nginx`; the method is `HTTP` if it's none. */
function nameOf(method: string, route?: string): string {
  const name = METHODS.has(method) ? method : "HTTP";
  return route === undefined ? name : `${name} ${route}`;
}

const known = (method: string) => (METHODS.has(method) ? method : "_OTHER");

const withoutQuery = (path: string) => path.split(/[?#]/, 1)[0] as string;

/** A name of few values, like `ECONNREFUSED` or `TimeoutExceeded`, and what it says. */
function described(error: unknown): { type: string; message: string } {
  if (!(error instanceof Error)) return { type: "_OTHER", message: "" };
  const { code } = error as NodeJS.ErrnoException;
  const type = typeof code === "string" ? code : error.name;
  return { type, message: error.message.slice(0, MAX_MESSAGE_LENGTH) };
}
