import { escapeHtml } from "./uri.ts";

/** Status lines as httpd writes them (they are not always Node's). */
const REASONS: Record<number, string> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non-Authoritative Information",
  204: "No Content",
  205: "Reset Content",
  206: "Partial Content",
  207: "Multi-Status",
  208: "Already Reported",
  226: "IM Used",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  305: "Use Proxy",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Request Entity Too Large",
  414: "Request-URI Too Long",
  415: "Unsupported Media Type",
  416: "Requested Range Not Satisfiable",
  417: "Expectation Failed",
  421: "Misdirected Request",
  422: "Unprocessable Entity",
  423: "Locked",
  424: "Failed Dependency",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  506: "Variant Also Negotiates",
  507: "Insufficient Storage",
  508: "Loop Detected",
  510: "Not Extended",
  511: "Network Authentication Required",
};

export function reasonOf(status: number): string {
  return REASONS[status] ?? "Internal Server Error";
}

/** What an error page says besides its status. */
export interface PageFacts {
  status: number;
  /** Instead of the status's own: mod_proxy's failures are titled `Proxy Error`. */
  reason?: string;
  method: string;
  location?: string;
  admin: string;
  /** HTML of mod_proxy's reason. */
  notes?: string;
  /** The signature below the rule; empty without ServerSignature. */
  signature: string;
}

/** The page that httpd makes itself for an error or a redirect: ap_send_error_response. */
export function errorPage(facts: PageFacts): string {
  const reason = facts.reason ?? reasonOf(facts.status);
  return (
    `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n` +
    `<html><head>\n<title>${facts.status} ${reason}</title>\n</head><body>\n<h1>${reason}</h1>\n` +
    `${cannedText(facts)}${facts.signature && `<hr>\n${facts.signature}`}</body></html>\n`
  );
}

/** `<address>Apache/2.4.65 (Unix) Server at NAME Port N</address>`. */
export function signature(
  kind: "on" | "off" | "email" | undefined,
  banner: string,
  name: string,
  port: number,
  admin: string,
): string {
  if (kind !== "on" && kind !== "email") return "";
  const shown =
    kind === "email"
      ? `<a href="mailto:${escapeHtml(admin)}">${escapeHtml(name)}</a>`
      : escapeHtml(name);
  return `<address>${banner} Server at ${shown} Port ${port}</address>\n`;
}

/** mod_proxy's words for a backend that failed. */
export function proxyNotes(message: string): string {
  return `The proxy server could not handle the request<p>Reason: <strong>${escapeHtml(message)}</strong></p>`;
}

/** get_canned_error_string(). */
function cannedText(facts: PageFacts): string {
  const notes = facts.notes ?? "";
  const location = escapeHtml(facts.location ?? "");
  switch (facts.status) {
    case 301:
    case 302:
    case 307:
    case 308:
      return `<p>The document has moved <a href="${location}">here</a>.</p>\n`;
    case 303:
      return `<p>The answer to your request is located <a href="${location}">here</a>.</p>\n`;
    case 300:
      return "";
    case 400:
      return `<p>Your browser sent a request that this server could not understand.<br />\n${notes}</p>\n`;
    case 401:
      return "<p>This server could not verify that you\nare authorized to access the document\nrequested.  Either you supplied the wrong\ncredentials (e.g., bad password), or your\nbrowser doesn't understand how to supply\nthe credentials required.</p>\n";
    case 403:
      return `<p>You don't have permission to access this resource.${notes}</p>\n`;
    case 404:
      return "<p>The requested URL was not found on this server.</p>\n";
    case 405:
      return `<p>The requested method ${escapeHtml(facts.method)} is not allowed for this URL.</p>\n`;
    case 410:
      return "<p>The requested resource is no longer available on this server and there is no forwarding address.\nPlease remove all references to this resource.</p>\n";
    case 429:
      return "<p>The user has sent too many requests\nin a given amount of time.</p>\n";
    case 501:
      return `<p>${escapeHtml(facts.method)} not supported for current URL.<br />\n${notes}</p>\n`;
    case 502:
      return `<p>The proxy server received an invalid\r\nresponse from an upstream server.<br />\r\n${notes}</p>\n`;
    case 503:
      return "<p>The server is temporarily unable to service your\nrequest due to maintenance downtime or capacity\nproblems. Please try again later.</p>\n";
    case 504:
      return "<p>The gateway did not receive a timely response\nfrom the upstream server or application.</p>\n";
  }
  if (notes) return `${notes}<p />\n`;
  return (
    "<p>The server encountered an internal error or\nmisconfiguration and was unable to complete\nyour request.</p>\n" +
    `<p>Please contact the server administrator at \n ${escapeHtml(facts.admin)} to inform them of the time this error occurred,\n and the actions you performed just before this error.</p>\n` +
    "<p>More information about this error may be available\nin the server error log.</p>\n"
  );
}
