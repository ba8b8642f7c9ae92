/** How a cell of the matrix is asked of a network, and what an answer means. */

import type { Workload } from "../../micromesh/prediction/cluster/workloads.ts";
import type { Verdict } from "../../micromesh/prediction/prediction.ts";
import type { Observation } from "../../micromesh/verify/client/observation.ts";
import { seenWords } from "../../micromesh/verify/words.ts";
import type { Request } from "../../stacks/outputs.ts";
import { type Cell, KNOWN_NAME } from "./matrix.ts";

/** As probes are; besides, a datagram that is to be answered. */
export type MatrixRequest = (Request | { kind: "udp"; host: string; port: number }) & {
  /** How long an answer is waited for at least, in milliseconds. */
  patienceMs?: number;
};

/** Puts requests to the network from a pod of the workload, all at once. */
export type Ask = (from: Workload, requests: MatrixRequest[]) => Promise<Observation[]>;

/** Of a pod of the workload. */
export type AddressOf = (workload: Workload) => string;

/**
 * Cells that have been refused by a Service without endpoints. It refuses by ICMP, and Linux sends a peer six
 * such messages at once, then one a second (net.ipv4.icmp_ratelimit), which the peer's own program may use
 * up: the others' attempts are silent then.
 */
export type Refused = Set<string>;

/** For attempts after 1, 3 and 7 s (tcp_syn_retries), one of which is refused if the first isn't. */
const REFUSAL_MS = 8_000;

/** Redis answers it, and an HTTP server complains: a sidecar that denies TCP waits for the first bytes. */
const PING = "PING\r\n";

function requestOf(cell: Cell, addressOf: AddressOf): MatrixRequest {
  const { to, speaks } = cell;
  if (to.kind === "names") return { kind: "dns", name: KNOWN_NAME };
  const host = to.kind === "pod" ? addressOf(to.workload) : to.host;
  const { port } = to;
  if (to.kind === "pod" && to.protocol === "UDP") return { kind: "udp", host, port };
  const patienceMs = to.kind === "service" && isRefused(cell) ? REFUSAL_MS : undefined;
  if (speaks === "tcp") return { kind: "tcp", host, port, send: PING, patienceMs };
  return { kind: "http", url: `http://${host}:${port}/`, method: "GET", headers: {}, patienceMs };
}

function isRefused({ predicted }: Cell): boolean {
  return predicted.every((verdict) => verdict === "broken");
}

/**
 * What an observation shows of the network. Without a sidecar on the way, only silence is a denial: a
 * refusal has come from the other side too. Behind sidecars what counts is who answers, and how.
 */
export function verdictOf({ to, sidecars }: Cell, seen: Observation): Verdict {
  const { failure, status, body = "" } = seen;
  if (failure === "no-such-name") return "broken";
  if (status === 403 && body.startsWith("RBAC: access denied")) return "deny";
  // Envoy's words for an endpoint that isn't there, and for one that resets plaintext.
  if (status === 503 && /no healthy upstream|connection termination/.test(body)) return "broken";
  if (status !== undefined || body !== "" || seen.addresses) return "allow";
  if (failure === "timeout") return "deny";
  if (failure === "refused") return to.kind === "service" ? "broken" : "allow";
  if (!sidecars.client && !sidecars.server) return "allow";
  return failure === "reset" ? "broken" : "deny";
}

/**
 * Asks all cells, and tells those that aren't as predicted, some lines for each; none: the network is as
 * predicted.
 * @param refused of the same network before; grows
 */
export async function differences(
  cells: Cell[],
  ask: Ask,
  addressOf: AddressOf,
  refused: Refused = new Set(),
): Promise<string[]> {
  const sources = [...new Set(cells.map(({ from }) => from))];
  const found = await Promise.all(
    sources.map(async (from) => {
      const own = cells.filter((cell) => cell.from === from);
      const seen = await ask(
        from,
        own.map((cell) => requestOf(cell, addressOf)),
      );
      return own.flatMap((cell, i) => differenceOf(cell, seen[i] as Observation, refused));
    }),
  );
  return found.flat();
}

function differenceOf(cell: Cell, seen: Observation, refused: Refused): string[] {
  const { from, title, predicted, because } = cell;
  const path = `${from.id} -> ${title}`;
  if (cell.to.kind === "service" && seen.failure === "refused") refused.add(path);
  const silenced = seen.failure === "timeout" && refused.has(path) && isRefused(cell);
  const verdict = silenced ? "broken" : verdictOf(cell, seen);
  if (predicted.includes(verdict)) return [];
  const line = `${path}: predicted ${predicted.join(" or ")}, seen ${verdict} (${seenWords(seen)})`;
  return [[line, ...because.map((reason) => `    ${reason}`)].join("\n")];
}

/**
 * Looks until nothing differs, twice in a row: a network that was just changed takes a while, and may
 * for a moment look like another.
 * @returns what differed in the last look
 */
export async function settledDifferences(
  look: (refused: Refused) => Promise<string[]>,
  patienceMs: number,
): Promise<string[]> {
  const end = performance.now() + patienceMs;
  const refused: Refused = new Set();
  for (let alike = 0; ; ) {
    const differing = await look(refused);
    alike = differing.length === 0 ? alike + 1 : 0;
    if (alike === 2 || (alike === 0 && performance.now() > end)) return differing;
  }
}
