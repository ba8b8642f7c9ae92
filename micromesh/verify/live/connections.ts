import type { V1Pod } from "@kubernetes/client-node";
import type { PodUsage } from "../../usage/pod-usage.ts";
import type { Cluster } from "./cluster.ts";
import { firstLineOf } from "./exec.ts";

const TIMEOUT_MS = 10_000;
/** All of both tables in one line, in any shell. */
const COMMAND = [
  "sh",
  "-c",
  'cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | tr "\\n" ";"; echo ""',
];

/** `st` of a line, in hexadecimal (include/net/tcp_states.h). */
const ESTABLISHED = "01";
const LISTEN = "0A";

/**
 * Counts the open connections of a pod, by its kernel's tables.
 * @throws Error if no command can be run in its first container
 */
export async function podConnections(
  cluster: Cluster,
  { metadata = {}, spec }: V1Pod,
): Promise<NonNullable<PodUsage["connections"]>> {
  const { namespace = "", name = "", uid = "" } = metadata;
  const container = spec?.containers[0]?.name ?? "";
  const chosen = { namespace, name, uid, pod: { metadata, spec } };
  return connectionsIn(await firstLineOf(cluster, chosen, container, COMMAND, TIMEOUT_MS));
}

/**
 * @param table lines of `/proc/net/tcp` and `/proc/net/tcp6`, with `;` between them. Whoever connected to a port
 *   that's listened on came in; the other connections lead out. Those on loopback aren't counted.
 */
export function connectionsIn(table: string): NonNullable<PodUsage["connections"]> {
  const rows = table.split(";").flatMap((line) => {
    const [, local, remote, state] =
      /^\s*\d+:\s+([0-9A-F]+:[0-9A-F]{4})\s+([0-9A-F]+:[0-9A-F]{4})\s+([0-9A-F]{2})\b/.exec(line) ??
      [];
    const port = local?.split(":")[1];
    return port === undefined ? [] : [{ port, remote: remote as string, state }];
  });
  const listened = new Set(rows.filter(({ state }) => state === LISTEN).map(({ port }) => port));
  const open = rows.filter(({ state, remote }) => state === ESTABLISHED && !isLoopback(remote));
  const coming = open.filter(({ port }) => listened.has(port)).length;
  return { in: coming, out: open.length - coming };
}

/** Addresses are written in groups of four bytes, each in the order of the machine (proc_pid_net(5)). */
function isLoopback(end: string): boolean {
  const [address = ""] = end.split(":");
  if (address.length === 8) return address.endsWith("7F");
  const mapped = address.startsWith("0000000000000000FFFF0000");
  return mapped ? address.endsWith("7F") : address === "00000000000000000000000001000000";
}
