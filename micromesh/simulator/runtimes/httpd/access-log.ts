import type { HeaderLines } from "../reverse-proxy.ts";
import { headerValue } from "../reverse-proxy.ts";

/** What an access log line can tell. */
export interface LogEntry {
  method: string;
  target: string;
  protocol: string;
  uri: string;
  query: string | undefined;
  remoteAddress: string;
  remotePort: number;
  localAddress: string;
  localPort: number;
  serverName: string;
  /** The host asked for. */
  hostname: string;
  serverPort: number;
  requestHeaders: HeaderLines;
  responseHeaders: HeaderLines;
  env: ReadonlyMap<string, string>;
  status: number;
  /** Of the body. */
  bytes: number;
  started: Date;
  elapsedMicros: number;
  /** Requests served on this connection before. */
  keepAlives: number;
  /** How the connection goes on: X broken, + may serve more, - to be closed. */
  connection: "X" | "+" | "-";
  handler: string;
  pid: number;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const DAYS = "Sun Mon Tue Wed Thu Fri Sat".split(" ");
const two = (value: number) => String(value).padStart(2, "0");

/**
 * One line in a LogFormat (mod_log_config). Directives it doesn't know stay as written.
 * `%{...}t` takes strftime's common letters and sec, msec, usec, msec_frac, usec_frac.
 */
export function formatEntry(format: string, entry: LogEntry): string {
  // One pass: what a request brought in must not be read as part of the format.
  return format.replace(
    /\\([nt])|%(!?[\d,]*)[<>]?(?:\{([^}]*)\})?([a-zA-Z%])/g,
    (whole, escaped: string | undefined, statuses: string, argument: string | undefined, key) => {
      if (escaped !== undefined) return escaped === "n" ? "\n" : "\t";
      if (key === "%") return "%";
      if (statuses && !statusApplies(statuses, entry.status)) return "-";
      return item(key, argument, entry) ?? whole;
    },
  );
}

function statusApplies(statuses: string, status: number): boolean {
  const negated = statuses.startsWith("!");
  const listed = statuses.replace("!", "").split(",").map(Number).includes(status);
  return listed !== negated;
}

function item(key: string, argument: string | undefined, entry: LogEntry): string | undefined {
  const orDash = (text: string | undefined) => (text ? escapeItem(text) : "-");
  switch (key) {
    case "h":
    case "a":
      return entry.remoteAddress;
    case "l":
    case "u":
      return "-";
    case "t":
      return time(argument, entry.started);
    case "r":
      return escapeItem(`${entry.method} ${entry.target} ${entry.protocol}`);
    case "s":
      return String(entry.status);
    case "b":
      return entry.bytes === 0 ? "-" : String(entry.bytes);
    case "B":
      return String(entry.bytes);
    case "i":
      return orDash(headerValue(entry.requestHeaders, argument ?? ""));
    case "o":
      return orDash(shownHeader(entry.responseHeaders, argument ?? ""));
    case "e":
      return orDash(entry.env.get(argument ?? ""));
    case "C":
      return orDash(cookie(entry, argument ?? ""));
    case "n":
    case "L":
      return "-";
    case "m":
      return entry.method;
    case "U":
      return escapeItem(entry.uri);
    case "q":
      return entry.query === undefined ? "" : escapeItem(`?${entry.query}`);
    case "H":
      return entry.protocol;
    case "f":
      return escapeItem(entry.uri);
    case "v":
      return entry.serverName;
    case "V":
      return entry.hostname;
    case "A":
      return entry.localAddress;
    case "p":
      if (argument === "remote") return String(entry.remotePort);
      return String(argument === "local" ? entry.localPort : entry.serverPort);
    case "P":
      return String(entry.pid);
    case "D":
      return String(entry.elapsedMicros);
    case "T":
      if (argument === "ms") return String(Math.floor(entry.elapsedMicros / 1000));
      if (argument === "us") return String(entry.elapsedMicros);
      return String(Math.floor(entry.elapsedMicros / 1_000_000));
    case "k":
      return String(entry.keepAlives);
    case "X":
      return entry.connection;
    case "R":
      return entry.handler;
  }
  return undefined;
}

/** Of Content-Type only the type, as mod_log_config has it. */
function shownHeader(lines: HeaderLines, name: string): string | undefined {
  const value = headerValue(lines, name);
  return /^content-type$/i.test(name) ? value?.replace(/\s*;.*$/, "") : value;
}

/** ap_escape_logitem: quotes, backslashes and control characters can't forge another field. */
function escapeItem(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  return text.replace(/["\\]|[\x00-\x1f\x7f-\xff]/g, (char) => {
    const named: Record<string, string> = {
      '"': '\\"',
      "\\": "\\\\",
      "\n": "\\n",
      "\t": "\\t",
      "\r": "\\r",
    };
    return named[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

function cookie(entry: LogEntry, name: string): string | undefined {
  const found = (headerValue(entry.requestHeaders, "cookie") ?? "")
    .split(";")
    .map((each) => each.trim())
    .find((each) => each.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

function time(format: string | undefined, at: Date): string {
  const bare = format?.replace(/^(?:begin|end):/, "");
  if (!bare) return `[${strftime("%d/%b/%Y:%H:%M:%S %z", at)}]`;
  const millis = at.getTime();
  const fraction = String(millis % 1000).padStart(3, "0");
  const special: Record<string, string> = {
    sec: String(Math.floor(millis / 1000)),
    msec: String(millis),
    usec: `${millis}000`,
    msec_frac: fraction,
    usec_frac: `${fraction}000`,
  };
  return special[bare] ?? strftime(bare, at);
}

/** The letters of strftime(3) that formats use. */
export function strftime(format: string, at: Date): string {
  const offset = -at.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const values: Record<string, () => string> = {
    a: () => DAYS[at.getDay()] as string,
    b: () => MONTHS[at.getMonth()] as string,
    d: () => two(at.getDate()),
    e: () => String(at.getDate()).padStart(2, " "),
    m: () => two(at.getMonth() + 1),
    Y: () => String(at.getFullYear()),
    y: () => two(at.getFullYear() % 100),
    H: () => two(at.getHours()),
    M: () => two(at.getMinutes()),
    S: () => two(at.getSeconds()),
    F: () => strftime("%Y-%m-%d", at),
    T: () => strftime("%H:%M:%S", at),
    z: () => zone,
    "%": () => "%",
  };
  return format.replace(/%([a-zA-Z%])/g, (whole, key: string) => values[key]?.() ?? whole);
}
