/** Traces as text for a terminal, at most 80 columns wide. */
import type { KeptSpan } from "./span.ts";
import { failedSpans, type Placed, servicesOf, type Tree } from "./tree.ts";

const WIDTH = 80;
const DURATION_WIDTH = 10;
const BAR_WIDTH = 22;
const LABEL_WIDTH = WIDTH - BAR_WIDTH - DURATION_WIDTH - 2;
/** Deeper spans are put no further to the right. */
const MOST_INDENT = 10;
const ID_WIDTH = 32;
const COUNT_WIDTH = 4;

/**
 * One line for each span: what it is, when it was under way, for how long. `!` marks what failed.
 *
 * ```text
 * trace 0af7651916cd43dd8448eb211c80319c: GET /nginx 200
 * 24.1 ms, 4 spans of router, a; 2 failed
 *
 *   router GET /nginx 200                        |####################|    24.1 ms
 * !   router GET 503 10.1.0.7:8080               |!!!!!!!             |     8.2 ms
 * ```
 */
export function waterfall(tree: Tree): string {
  const failed = failedSpans(tree);
  const { length } = tree.spans;
  const head = [
    `trace ${tree.id}: ${label(tree.root)}`,
    `${duration(tree.durationMs)}, ${length} span${length === 1 ? "" : "s"} of ${ascii(servicesOf(tree).join(", "))}; ${failed} failed`,
    ...(tree.dropped > 0
      ? [`${tree.dropped} more spans were dropped: the trace has too many`]
      : []),
    "",
  ];
  const lines = tree.spans.map((placed) => line(placed, tree.durationMs));
  return `${[...head.map((text) => cutTo(text, WIDTH).trimEnd()), ...lines].join("\n")}\n`;
}

function line({ span, depth, startMs, durationMs }: Placed, totalMs: number): string {
  const failed = span.status === "error";
  const indent = " ".repeat(Math.min(2 * depth, MOST_INDENT));
  const text = `${failed ? "!" : " "} ${indent}${ascii(span.service)} ${label(span)}`;
  const bar = `|${barOf(startMs, durationMs, totalMs, failed ? "!" : "#")}|`;
  return `${cutTo(text, LABEL_WIDTH)} ${bar} ${duration(durationMs).padStart(DURATION_WIDTH)}`;
}

/** At least one mark, however short the span. */
function barOf(startMs: number, durationMs: number, totalMs: number, mark: string): string {
  const width = BAR_WIDTH - 2;
  const scale = totalMs > 0 ? width / totalMs : 0;
  const from = Math.min(width - 1, Math.floor(startMs * scale));
  const length = Math.min(width - from, Math.max(1, Math.round(durationMs * scale)));
  return (" ".repeat(from) + mark.repeat(length)).padEnd(width);
}

/** The list: one line for each trace. */
export function overview(trees: readonly Tree[], total: number): string {
  const { length } = trees;
  const head = `${total} trace${total === 1 ? "" : "s"}${length < total ? `, the newest ${length} of them` : ""}; /traces/ID.txt draws one, ! marks failures`;
  const lines = trees.map((tree) => {
    const mark = tree.root.status === "error" ? "!" : " ";
    const spans = String(tree.spans.length).padStart(COUNT_WIDTH);
    const took = duration(tree.durationMs).padStart(DURATION_WIDTH);
    const text = `${tree.id.padEnd(ID_WIDTH)} ${took} ${spans} ${mark} ${label(tree.root)}: ${ascii(servicesOf(tree).join(", "))}`;
    return cutTo(text, WIDTH).trimEnd();
  });
  const columns = `${"trace".padEnd(ID_WIDTH)} ${"took".padStart(DURATION_WIDTH)} ${"span".padStart(COUNT_WIDTH)}`;
  return `${[head, "", ...(length > 0 ? [columns] : []), ...lines].join("\n")}\n`;
}

/** `GET /nginx 200`, `GET ECONNREFUSED retry 1 10.1.0.7:8080`: what matters most comes first, for the end may be cut. */
function label({ kind, name, attributes }: KeptSpan): string {
  const address = kind === "client" ? attributes["server.address"] : undefined;
  const retry = attributes["http.request.resend_count"];
  const parts = [
    name,
    attributes["http.response.status_code"] ?? attributes["error.type"],
    retry !== undefined && `retry ${retry}`,
    address !== undefined && `${address}:${attributes["server.port"] ?? "?"}`,
  ];
  return ascii(parts.filter((part) => part !== false && part !== undefined).join(" "));
}

/** At most {@link DURATION_WIDTH} characters wide. */
function duration(ms: number): string {
  // What is less is written with one decimal, and not rounded up to more digits.
  if (ms < 99_999.95) return `${ms.toFixed(1)} ms`;
  const seconds = ms / 1000;
  return seconds < 1e7 ? `${Math.round(seconds)} s` : `${seconds.toExponential(1)} s`;
}

/** Names come from anywhere: nothing in them may move a terminal's cursor, or be wider than it seems. */
function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, "?");
}

/** Exactly `width` wide. */
function cutTo(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 2)}..` : text.padEnd(width);
}
