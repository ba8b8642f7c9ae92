import http from "node:http";
import type { Socket } from "node:net";
import type { Request } from "../../../stacks/outputs.ts";
import type { Answer } from "./answer.ts";
import { ClosedEarly } from "./failures.ts";
import type { Via } from "./observation.ts";

/**
 * Sends one HTTP/1.1 request on a connection of its own (no keep-alive, no redirect followed) and
 * reads the answer. With `via` it connects there and still names the URL's host.
 * @throws system errors of the connection, ClosedEarly; an Error in one line if the request can't be made
 */
export function askHttp(
  request: Extract<Request, { kind: "http" }>,
  via: Via | undefined,
  answer: Answer,
  signal: AbortSignal,
): Promise<void> {
  const url = absoluteUrl(request.url);
  return new Promise((resolve, reject) => {
    const asked = http.request({
      host: via?.host ?? url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: via?.port ?? (url.port || 80),
      method: request.method ?? "GET",
      path: url.pathname + url.search,
      headers: { host: url.host, ...lengthOf(request.body), ...request.headers },
      agent: false,
      signal,
    });
    const head = ({ statusCode, headers }: http.IncomingMessage) => {
      answer.status = statusCode;
      answer.headers = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, [value].flat().join(", ")]),
      );
      answer.open();
    };
    const tunnelled = (response: http.IncomingMessage, socket: Socket) => {
      head(response);
      socket.destroy();
      resolve();
    };
    asked.on("response", (response) => {
      head(response);
      response.on("data", (chunk: Buffer) => {
        answer.append(chunk);
        if (answer.full) resolve();
      });
      response.on("end", resolve);
      response.on("error", reject);
    });
    // Without these two Node would drop an answer that switches protocols.
    asked.on("upgrade", tunnelled);
    asked.on("connect", tunnelled);
    asked.on("error", reject);
    asked.on("close", () => reject(new ClosedEarly()));
    asked.end(request.body);
  });
}

/** Without it Node would send the body in chunks. */
function lengthOf(body: string | undefined): Record<string, number> {
  return body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
}

function absoluteUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:")
    throw new Error(`${text} can't be probed: write an absolute URL that begins with http://`);
  return url;
}
