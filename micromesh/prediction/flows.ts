/** Verdicts between ends, as flows. */
import type { Peer, Protocol, Reason } from "../connectivity/model.ts";
import {
  difference,
  everyPort,
  intersection,
  type PortSet,
  portRanges,
  portSet,
  portText,
  union,
} from "../connectivity/port-set.ts";
import type { Analysis } from "./analysis.ts";
import { type End, firstAddress } from "./ends.ts";
import { FlowRow } from "./flow-row.ts";
import type { NeededFlow } from "./needs/routes.ts";
import { externalId, nameOf, outsideNames, outsideParts, outsideRanges } from "./outside-flows.ts";
import { type PairVerdict, somePort } from "./pairs.ts";
import type { Flow, Verdict } from "./prediction.ts";
import { sentences } from "./sentence.ts";

export interface FlowOptions {
  /** What is denied or broken although nothing needs it, too. */
  all?: boolean;
  /** Only flows that something needs. */
  neededOnly?: boolean;
}

/** The flows of a cluster in portions, one for each destination: all at once may be very many. */
export function* flowPortions(analysis: Analysis, options: FlowOptions = {}): Generator<Flow[]> {
  const { ends, needed } = analysis;
  const flows = new Flows(analysis, options);
  // Of a controller whose pods aren't declared it's only known what it must reach.
  const inside = ends.list.flatMap((end, i) => (end.kind === "workload" ? [i] : []));
  flows.controllers();
  if (!options.neededOnly) {
    const parts = outsideParts(ends.list);
    for (const to of inside) {
      for (const from of inside) flows.pair(from, to);
      for (const { id, part } of outsideRanges(parts, (i) => flows.relation(i, to))) {
        flows.pair(part, to, { from: id });
      }
      yield flows.take();
    }
    for (const from of inside) {
      for (const { id, part } of outsideRanges(parts, (i) => flows.relation(from, i))) {
        flows.pair(from, part, { to: id });
      }
    }
    flows.names(inside);
  } else flows.neededPairs();
  for (const flow of needed) flows.needed(flow);
  yield flows.take();
}

/** Two ends, with what is needed between them. */
interface Between {
  from: number;
  to: number;
  fromId: string;
  toId: string;
  needs?: NeededFlow[];
}

const nothing: NeededFlow[] = [];
const noTexts: string[] = [];

class Flows {
  #list: Flow[] = [];
  readonly #analysis: Analysis;
  readonly #all: boolean;
  /** Needs between workloads, by source and destination. */
  readonly #needs = new Map<string, Map<string, NeededFlow[]>>();
  readonly #relations = new Map<PairVerdict, string>();
  readonly #texts = new Map<PortSet, string>();

  constructor(analysis: Analysis, { all = false }: FlowOptions) {
    this.#analysis = analysis;
    this.#all = all;
    for (const need of analysis.needed) {
      if (need.to.kind !== "workload") continue;
      const { id } = need.to.workload;
      const bySource = this.#needs.get(need.from) ?? new Map<string, NeededFlow[]>();
      this.#needs.set(need.from, bySource);
      bySource.set(id, [...(bySource.get(id) ?? []), need]);
    }
  }

  /** What was collected since the last time. */
  take(): Flow[] {
    const list = this.#list;
    this.#list = [];
    return list;
  }

  /** The flows between ends of which one needs the other. */
  neededPairs(): void {
    const { ends } = this.#analysis;
    for (const [from, destinations] of this.#needs) {
      if (ends.list[ends.placeOf(from)]?.kind !== "workload") continue;
      for (const to of destinations.keys()) this.pair(ends.placeOf(from), ends.placeOf(to));
    }
  }

  /** What the controllers must reach, and nothing else. */
  controllers(): void {
    const { ends } = this.#analysis;
    for (const [from, end] of ends.list.entries()) {
      if (end.kind !== "controller") continue;
      for (const [to, needs] of this.#needs.get(end.party.id) ?? []) {
        this.pair(from, ends.placeOf(to), { only: portsOf(needs) });
      }
    }
  }

  /** What a part of the outside may do to somebody, or the reverse, as text. */
  relation(from: number, to: number): string | undefined {
    const verdict = this.#analysis.pairs.verdict(from, to);
    if (!verdict) return undefined;
    let text = this.#relations.get(verdict);
    if (text === undefined) {
      text = [verdict.open, verdict.http, verdict.reset].map(portText).join("|");
      this.#relations.set(verdict, text);
    }
    return verdict.http.length === 0 ? text : text + this.#requestsOf(from, to, verdict).join();
  }

  /**
   * The flows between two ends.
   * @param about ids of ranges that the ends stand for, and the only ports to speak of
   */
  pair(from: number, to: number, about: { from?: string; to?: string; only?: PortSet } = {}): void {
    const { pairs, ends } = this.#analysis;
    const verdict = pairs.verdict(from, to);
    if (!verdict) return;
    const { only = everyPort } = about;
    const [fromId, toId] = [about.from ?? idOf(ends.list[from]), about.to ?? idOf(ends.list[to])];
    const between: Between = { from, to, fromId, toId, needs: this.#needs.get(fromId)?.get(toId) };
    const permitted = intersection(union(verdict.open, verdict.http), only);
    if (!between.needs && !this.#all) {
      this.#add(between, verdict, "allow", permitted);
      return;
    }
    const needs = between.needs ?? [];
    const lame = needs.filter(({ broken }) => broken.length > 0);
    const dead = intersection(permitted, portsOf(lame));
    this.#add(between, verdict, "allow", difference(permitted, dead));
    this.#add(between, verdict, "broken", dead, () => lame.flatMap(({ broken }) => broken));
    const wanted = this.#all ? only : portsOf(needs);
    this.#add(between, verdict, "broken", intersection(verdict.reset, wanted));
    this.#add(between, verdict, "deny", intersection(verdict.denied, wanted));
  }

  #add(
    between: Between,
    pair: PairVerdict,
    verdict: Verdict,
    set: PortSet,
    why: () => string[] = () => {
      const { from, to } = between;
      const { port, protocol } = somePort(set, this.#analysis.ends.list[to]);
      const because = sentences(this.#analysis.pairs.because(from, to, port, protocol));
      return because.map((line) => this.#aboutRange(line, between));
    },
  ): void {
    if (set.length === 0) return;
    const { from, to, fromId, toId, needs = nothing } = between;
    this.#list.push(
      new FlowRow(
        {
          from: fromId,
          to: toId,
          ports: this.#text(set),
          verdict,
          neededBy: needs === nothing ? noTexts : needTexts(needs, set),
          reachesListener: reachesListener(set, this.#analysis.ends.list[to]),
          requests:
            verdict === "allow" && pair.http.length > 0
              ? this.#requestsOf(from, to, pair)
              : undefined,
        },
        why,
      ),
    );
  }

  /** One address was asked about; what was said holds for the whole range. */
  #aboutRange(line: string, { from, to, fromId, toId }: Between): string {
    const { list } = this.#analysis.ends;
    const ranges = [
      [list[from], fromId],
      [list[to], toId],
    ] as const;
    return ranges.reduce(
      (text, [end, id]) =>
        end?.kind === "external"
          ? text.replaceAll(`external ${firstAddress(end)}`, nameOf(id))
          : text,
      line,
    );
  }

  /** Hosts outside that some rule permits by name. */
  names(inside: number[]): void {
    const { cluster, ends } = this.#analysis;
    for (const { pattern, example, ranges } of outsideNames(cluster.policies)) {
      const outside: Peer = { kind: "external", names: [example] };
      for (const from of inside) {
        const end = ends.list[from];
        if (end?.kind !== "workload") continue;
        const source: Peer = { kind: "pod", pod: end.pod };
        const open = ranges
          .map((range) => {
            const { first, protocol } = range;
            return {
              range,
              decision: ends.connectivity.connection(source, outside, first, protocol),
            };
          })
          .filter(
            ({ decision: { allowed, because } }) =>
              allowed && because.some(({ rule }) => rule?.includes("toFQDNs")),
          );
        if (open.length === 0) continue;
        this.#list.push({
          from: end.party.id,
          to: externalId(pattern),
          ports: portText(portSet(open.map(({ range }) => range))),
          verdict: "allow",
          because: sentences(open[0]?.decision.because ?? []),
          neededBy: [],
          reachesListener: true,
        });
      }
    }
  }

  /** A needed flow that leads to no workload: to a host outside, or to nobody. */
  needed({ from, to, need, broken }: NeededFlow): void {
    const { ends } = this.#analysis;
    if (to.kind === "workload") return;
    const add = (flow: Pick<Flow, "to" | "ports" | "verdict" | "because">) => {
      const same = this.#list.find(
        (other) =>
          other.from === from &&
          other.to === flow.to &&
          other.ports === flow.ports &&
          other.verdict === flow.verdict,
      );
      if (same) same.neededBy = [...new Set([...same.neededBy, need])];
      else this.#list.push({ from, neededBy: [need], reachesListener: true, ...flow });
    };
    if (to.kind === "service") {
      add({ to: to.id, ports: to.ports, verdict: "broken", because: broken });
      return;
    }
    const end = ends.list[ends.placeOf(from)];
    if (end?.kind !== "workload") return;
    const port = to.port ?? 443;
    const outside: Peer = { kind: "external", names: [to.name] };
    const source = { kind: "pod", pod: end.pod } as const;
    const way = ends.connectivity.connection(source, outside, port, "TCP");
    const lookup = ends.connectivity.lookup(end.pod, to.name);
    const blind: Reason[] = lookup.allowed ? [] : lookup.because;
    add({
      to: externalId(to.name),
      ports: portText(portSet([tcp(port)])),
      verdict: way.allowed ? (blind.length > 0 ? "broken" : "allow") : "deny",
      because:
        way.allowed && blind.length > 0
          ? sentences(blind).map((line) => `the name can't be looked up: ${line}`)
          : sentences(way.because),
    });
  }

  #requestsOf(from: number, to: number, verdict: PairVerdict): string[] {
    const ranges = portRanges(verdict.http);
    const texts = ranges.flatMap(({ first, protocol }) =>
      this.#analysis.pairs.requests(from, to, first, protocol),
    );
    return [...new Set(texts)];
  }

  #text(set: PortSet): string {
    let text = this.#texts.get(set);
    if (text === undefined) {
      text = portText(set);
      this.#texts.set(set, text);
    }
    return text;
  }
}

function tcp(port: number) {
  return { protocol: "TCP" as Protocol, first: port, last: port };
}

function portsOf(needs: NeededFlow[]): PortSet {
  return portSet(
    needs.flatMap(({ to }) =>
      to.kind === "workload" ? [{ protocol: to.protocol, first: to.port, last: to.port }] : [],
    ),
  );
}

/** What needs some of the ports, each setting once. */
function needTexts(needs: NeededFlow[], set: PortSet): string[] {
  const some = needs.filter((need) => intersection(portsOf([need]), set).length > 0);
  return [...new Set(some.map(({ need }) => need))];
}

function reachesListener(set: PortSet, to: End | undefined): boolean {
  if (!to || to.kind === "external" || to.pod.ports.length === 0 || set === everyPort) return true;
  return to.pod.ports.some(
    ({ protocol, containerPort }) =>
      intersection(set, portSet([{ protocol, first: containerPort, last: containerPort }])).length >
      0,
  );
}

function idOf(end: End | undefined): string {
  if (!end) return "";
  return end.kind === "external" ? externalId(end.outside.name) : end.party.id;
}
