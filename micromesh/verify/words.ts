/** Requests, expectations and observations in a few human words. */
import type { Expectation, Request } from "../../stacks/outputs.ts";
import type { Observation } from "./client/observation.ts";

/** E.g. `GET http://pippo.lan/count/get`, `tcp redis-svc:6379`, `dns redis-svc`, `dns SRV redis-svc`. */
export function requestWords(request: Request): string {
  if (request.kind === "http") {
    const times = request.tally ? `${request.tally.times} times ` : "";
    return `${times}${request.method ?? "GET"} ${request.url}`;
  }
  return request.kind === "tcp"
    ? `tcp ${request.host}:${request.port}`
    : `dns ${request.record === "SRV" ? "SRV " : ""}${printable(request.name)}`;
}

/** E.g. `timeout`, `200 with "time"`, `302 with location: /get`, `an address`. */
export function expectedWords(expect: Expectation, kind: Request["kind"]): string {
  if ("failure" in expect) return expect.failure;
  if ("shares" in expect) {
    return Object.entries(expect.shares)
      .map(([value, [least, most]]) => `${value}: ${least === most ? least : `${least}-${most}`}`)
      .join(", ");
  }
  if ("spread" in expect) {
    return `${expect.spread.values} values, ${expect.spread.least} or more each`;
  }
  const { status, contains, matches, headers = {} } = expect;
  const parts = [
    ...(contains === undefined ? [] : [JSON.stringify(contains)]),
    ...(matches === undefined ? [] : [`/${matches}/`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ].map(printable);
  const any = { http: "any answer", tcp: "a connection", dns: "an address" }[kind];
  const what = status === undefined ? (parts.length > 0 ? undefined : any) : String(status);
  return [what, parts.join(", ")].filter(Boolean).join(" with ");
}

/** E.g. `503`, `200 {"time":"12:00"}`, `timeout after 5 s`, `connected`, `10.0.0.1, 10.0.0.2`. */
export function seenWords(observation: Observation, bodyLength = 60): string {
  const { status, body, addresses, services, failure, tally, ms } = observation;
  if (tally) {
    const counts = Object.entries(tally).map(([value, count]) => `${printable(value)}: ${count}`);
    return counts.join(", ");
  }
  const said = printable(body ?? "");
  const answer = [
    status,
    said.length > bodyLength ? `${said.slice(0, bodyLength - 1)}…` : said,
    printable((addresses ?? services)?.join(", ") ?? ""),
  ]
    .filter((part) => part !== undefined && part !== "")
    .join(" ");
  if (failure === undefined) return answer || "connected";
  const failed = failure === "timeout" ? `timeout after ${seconds(ms)}` : failure;
  return answer ? `${answer}, then ${failed}` : failed;
}

/** One line, and nothing that a terminal would obey: an answer is the text of a stranger. */
export function printable(text: string): string {
  return (
    text
      .replace(/\s+/g, " ")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be printed
      .replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufffd]/g, "·")
      .trim()
  );
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
