import type { HeaderLines } from "../reverse-proxy.ts";
import { reasonOf } from "./error-page.ts";
import type { Exchange } from "./exchange.ts";
import type { FailureAnswer } from "./gateway.ts";
import { fileFacts, notModified, type StaticFile, staticFile } from "./static-files.ts";

/** What the default handler takes. */
const ALLOWED = "OPTIONS,HEAD,GET,POST,TRACE";

/**
 * The default handler: sends a file, with `status` where it stands for an error's page. A failure
 * is still to be answered.
 */
export function sendFile(
  exchange: Exchange,
  path: string,
  modules: ReadonlySet<string>,
  status = 200,
): FailureAnswer | undefined {
  const { request, mapped } = exchange;
  const file = staticFile(path, mapped.scope.types, {
    mime: modules.has("mime_module"),
    forceType: mapped.scope.forceType,
  });
  if (request.method === "OPTIONS") {
    const type = typeof file === "number" ? [] : file.headers.filter(isType);
    return sendHead(exchange, 200, [["Allow", ALLOWED], ["Content-Length", "0"], ...type]);
  }
  if (typeof file === "number") {
    // Without an index and without leave to list it, a directory is forbidden.
    const listing = modules.has("autoindex_module") && fileFacts(path)?.kind === "directory";
    return { status: listing ? 403 : file };
  }
  if (!["GET", "HEAD", "POST"].includes(request.method)) return { status: 405, allow: ALLOWED };
  // A 304 has no body whose type could be told.
  if (status === 200 && notModified(file, request.header))
    return sendHead(
      exchange,
      304,
      file.headers.filter((line) => !isType(line)),
    );
  const headers: HeaderLines = [...file.headers, ["Content-Length", String(file.size)]];
  if (request.method === "HEAD") return sendHead(exchange, status, headers);
  writeHead(exchange, status, headers);
  stream(exchange, file);
  return undefined;
}

const isType = ([name]: [string, string]) => name === "Content-Type";

function writeHead(exchange: Exchange, status: number, headers: HeaderLines): void {
  const head = exchange.regularHead(status, headers);
  exchange.outgoing.writeHead(status, reasonOf(status), head.flat());
}

function sendHead(exchange: Exchange, status: number, headers: HeaderLines): undefined {
  writeHead(exchange, status, headers);
  exchange.outgoing.end();
}

function stream(exchange: Exchange, file: StaticFile): void {
  let sent = 0;
  const source = file.open();
  source.on("error", () => exchange.cut());
  source.on("data", (chunk) => {
    sent += chunk.length;
    exchange.bytes = sent;
    exchange.complete = sent === file.size;
  });
  source.pipe(exchange.outgoing);
}

/** mod_status, as little of it as says that the server is up. */
export function sendStatus(exchange: Exchange, banner: string): undefined {
  const { self } = exchange.mapped;
  const uptime = Math.floor(process.uptime());
  const text = `Apache Server Status for ${self.name}\nServer Version: ${banner}\nServer uptime: ${uptime} seconds\n`;
  writeHead(exchange, 200, [
    ["Content-Length", String(text.length)],
    ["Content-Type", "text/plain; charset=ISO-8859-1"],
  ]);
  exchange.bytes = text.length;
  exchange.outgoing.end(text);
}
