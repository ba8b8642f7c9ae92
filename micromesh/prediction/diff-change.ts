/** What became of the flows between two ends. */
import {
  difference,
  intersection,
  noPorts,
  type PortSet,
  portText,
  union,
} from "../connectivity/port-set.ts";
import { readPorts } from "./port-text.ts";
import type { Change, Flow } from "./prediction.ts";

/** None where the same requests work on the same ports. The order of flows plays no part. */
export function changeOf(old: Flow[], now: Flow[]): Change | undefined {
  const [before, after] = [old.filter(works), now.filter(works)];
  const [beforeText, afterText] = [textOf(before), textOf(after)];
  if (beforeText === afterText) return undefined;
  const { from, to } = (before[0] ?? after[0]) as Flow;
  return {
    from,
    to,
    before: beforeText,
    after: afterText,
    needed: isNeeded(old, now),
    because: reasons(before, now),
  };
}

function works({ verdict }: Flow): boolean {
  return verdict === "allow";
}

function portsOf(flows: Flow[]): PortSet {
  return flows.reduce((set, { ports }) => union(set, readPorts(ports)), noPorts);
}

/** Ports, and which requests on them; undefined where there are none. */
function textOf(flows: Flow[]): string | undefined {
  const [only, ...others] = flows;
  if (!only) return undefined;
  if (others.length === 0) return withRequests(only.ports, requestsOf(only));
  const byRequests = new Map<string, Flow[]>();
  for (const flow of flows) {
    const requests = requestsOf(flow);
    byRequests.set(requests, [...(byRequests.get(requests) ?? []), flow]);
  }
  return [...byRequests]
    .map(([requests, alike]) => withRequests(portText(portsOf(alike)), requests))
    .sort()
    .join("; ");
}

function requestsOf({ requests = [] }: Flow): string {
  return requests.join("; ");
}

function withRequests(ports: string, requests: string): string {
  return requests === "" ? ports : `${ports} (${requests})`;
}

/**
 * What decides now about the ports that were lost or gained; where there are none, about the requests. Where
 * ports that somebody listens on are among them, it's about those.
 */
function reasons(before: Flow[], now: Flow[]): string[] {
  const after = now.filter(works);
  const lost = difference(portsOf(before), portsOf(after));
  const gained = difference(portsOf(after), portsOf(before));
  const meets = (set: PortSet) => (flow: Flow) =>
    intersection(readPorts(flow.ports), set).length > 0;
  const opening = lost.length + gained.length === 0 ? after : after.filter(meets(gained));
  const closing = now.filter((flow) => !works(flow) && meets(lost)(flow));
  const deciding = [...closing.sort(byPorts), ...opening.sort(byPorts)];
  const listened = deciding.filter(({ reachesListener }) => reachesListener);
  const telling = listened.length > 0 ? listened : deciding;
  return [...new Set(telling.flatMap(({ because }) => because))];
}

function byPorts(a: Flow, b: Flow): number {
  const [first, second] = [a, b].map((flow) => textOf([flow]) as string) as [string, string];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Something that is needed fares otherwise than before, or is needed now only, or no longer. */
function isNeeded(old: Flow[], now: Flow[]): boolean {
  const needs = new Set([...old, ...now].flatMap(({ neededBy }) => neededBy));
  const fate = (need: string, flows: Flow[]) =>
    [
      ...new Set(
        flows
          .filter(({ neededBy }) => neededBy.includes(need))
          .map((flow) => (works(flow) ? `works ${requestsOf(flow)}` : "fails")),
      ),
    ]
      .sort()
      .join("\n");
  return [...needs].some((need) => fate(need, old) !== fate(need, now));
}
