/** Verdicts between ends, as flows. */
import { covers } from "../connectivity/address.ts";
import type { Peer, Protocol, Reason } from "../connectivity/model.ts";
import {
  difference,
  everyPort,
  hasPort,
  intersection,
  type PortSet,
  portRanges,
  portSet,
  portText,
  union,
} from "../connectivity/port-set.ts";
import type { Analysis } from "./analysis.ts";
import { type End, firstAddress } from "./ends.ts";
import { type Explain, FlowRow } from "./flow-row.ts";
import type { NeededFlow } from "./needs/routes.ts";
import { externalId, nameOf, Outside, outsideNames } from "./outside-flows.ts";
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
    const outside = new Outside(ends.list);
    for (const to of inside) {
      flows.into(to, inside);
      flows.fromOutside(to, outside);
      yield flows.take();
    }
    for (const from of inside) {
      for (const { id, part } of outside.ranges((i) => flows.relation(from, i))) {
        flows.pair(from, part, { to: id });
      }
    }
    flows.names(inside);
  } else flows.neededPairs(new Outside(ends.list));
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

/** Ids of ranges that the ends stand for, and the only ports to speak of. */
interface About {
  from?: string;
  to?: string;
  only?: PortSet;
  /** By default those between the two ids. */
  needs?: NeededFlow[];
}

const asTheyAre: About = {};
const noTexts: string[] = [];

class Flows {
  #list: Flow[] = [];
  readonly #analysis: Analysis;
  readonly #all: boolean;
  /** Needs between workloads, by source and destination. */
  readonly #needs = new Map<string, Map<string, NeededFlow[]>>();
  /** Needs of clients outside, by destination. */
  readonly #clientNeeds = new Map<string, NeededFlow[]>();
  /** The ids of all ends. */
  readonly #ids: string[];
  /** Numbers of relations to the outside: of verdicts that open all requests or none, and by their texts. */
  readonly #relations = new Map<PairVerdict, number>();
  readonly #relationTexts = new Map<string, number>();
  readonly #texts = new Map<PortSet, string>();

  constructor(analysis: Analysis, { all = false }: FlowOptions) {
    this.#analysis = analysis;
    this.#all = all;
    this.#ids = analysis.ends.list.map(idOf);
    for (const need of analysis.needed) {
      if (need.to.kind !== "workload") continue;
      const { id } = need.to.workload;
      if (need.clients) {
        this.#clientNeeds.set(id, [...(this.#clientNeeds.get(id) ?? []), need]);
        continue;
      }
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
  neededPairs(outside: Outside): void {
    const { ends } = this.#analysis;
    for (const to of this.#clientNeeds.keys()) this.fromOutside(ends.placeOf(to), outside);
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

  /** What a part of the outside may do to somebody, or the reverse, as a number: equal ones are the same. */
  relation(from: number, to: number): number {
    const verdict = this.#analysis.pairs.between(from, to);
    const known = this.#relations.get(verdict);
    if (known !== undefined) return known;
    const text = [verdict.open, verdict.http, verdict.reset].map(portText).join("|");
    if (verdict.http.length > 0) {
      return this.#relationNumber(text + this.#requestsOf(from, to, verdict).join());
    }
    const number = this.#relationNumber(text);
    this.#relations.set(verdict, number);
    return number;
  }

  #relationNumber(text: string): number {
    const number = this.#relationTexts.get(text) ?? this.#relationTexts.size;
    this.#relationTexts.set(text, number);
    return number;
  }

  /** The flows to one end from each of many. */
  into(to: number, sources: number[]): void {
    // There are very many pairs: an iterator would make an object for each until it's optimised.
    for (let i = 0; i < sources.length; i++) this.pair(sources[i] as number, to);
  }

  /** The flows from the parts of the outside to somebody inside. */
  fromOutside(to: number, outside: Outside): void {
    const needsOf = this.#clientNeedsOf(to);
    const relation = (part: number) => {
      const needs = needsOf(part);
      const bare = this.relation(part, to);
      if (needs.length === 0) return bare;
      return this.#relationNumber(`${bare} ${needs.map(({ need }) => need)}`);
    };
    for (const { id, part } of outside.ranges(relation)) {
      const needs = needsOf(part);
      this.pair(part, to, { from: id, ...(needs.length > 0 && { needs }) });
    }
  }

  /** Which needs a part of the outside has: where some part that a need speaks of is let in, those that are. */
  #clientNeedsOf(to: number): (part: number) => NeededFlow[] {
    const { ends, pairs } = this.#analysis;
    const all = this.#clientNeeds.get(this.#ids[to] as string) ?? [];
    if (all.length === 0) return () => [];
    const speaksOf = ({ clients = [] }: NeededFlow, end: End | undefined) =>
      end?.kind === "external" && clients.some((block) => covers(block, end.outside.range));
    const isLetIn = (need: NeededFlow, part: number) => {
      const { open, http } = pairs.between(part, to);
      return intersection(union(open, http), portsOf([need])).length > 0;
    };
    const parts = new Map(
      all.map((need) => {
        const spoken = ends.list.flatMap((end, part) => (speaksOf(need, end) ? [part] : []));
        const letIn = spoken.filter((part) => isLetIn(need, part));
        return [need, new Set(letIn.length > 0 ? letIn : spoken)];
      }),
    );
    return (part) => all.filter((need) => parts.get(need)?.has(part));
  }

  /** The flows between two ends. */
  pair(from: number, to: number, about: About = asTheyAre): void {
    const verdict = this.#analysis.pairs.verdict(from, to);
    if (!verdict) return;
    const { only = everyPort } = about;
    const fromId = about.from ?? (this.#ids[from] as string);
    const toId = about.to ?? (this.#ids[to] as string);
    const needs = about.needs ?? this.#needs.get(fromId)?.get(toId);
    const permitted = intersection(union(verdict.open, verdict.http), only);
    const quiet = !needs && !this.#all;
    if (quiet && permitted.length === 0) return;
    const between: Between = { from, to, fromId, toId, needs };
    if (quiet) {
      this.#add(between, verdict, "allow", permitted);
      return;
    }
    const lame = (needs ?? []).filter(({ broken }) => broken.length > 0);
    const dead = intersection(permitted, portsOf(lame));
    this.#add(between, verdict, "allow", difference(permitted, dead));
    this.#add(
      between,
      verdict,
      "broken",
      dead,
      lame.flatMap(({ broken }) => broken),
    );
    const wanted = this.#all ? only : portsOf(needs ?? []);
    this.#add(between, verdict, "broken", intersection(verdict.reset, wanted));
    this.#add(between, verdict, "deny", intersection(verdict.denied, wanted));
  }

  /** @param because absent: as policies have it */
  #add(
    between: Between,
    pair: PairVerdict,
    verdict: Verdict,
    set: PortSet,
    because?: string[],
  ): void {
    if (set.length === 0) return;
    const { from, to, fromId, toId, needs } = between;
    const asksRequests = verdict === "allow" && pair.http.length > 0;
    const flow = {
      from: fromId,
      to: toId,
      ports: this.#text(set),
      verdict,
      neededBy: needs ? needTexts(needs, set) : noTexts,
      reachesListener: reachesListener(set, this.#analysis.ends.list[to]),
      requests: asksRequests ? this.#requestsOf(from, to, pair) : undefined,
    };
    const grounds = { source: from, destination: to, set };
    this.#list.push(new FlowRow(flow, grounds, because ? [...new Set(because)] : this.#explain));
  }

  readonly #explain: Explain = (flow, { source, destination, set }) => {
    const { pairs, ends } = this.#analysis;
    const { port, protocol } = somePort(set, ends.list[destination]);
    // One address was asked about; what is said holds for the whole range.
    const ranges = [
      [ends.list[source], flow.from],
      [ends.list[destination], flow.to],
    ] as const;
    return sentences(pairs.because(source, destination, port, protocol)).map((line) =>
      ranges.reduce(
        (text, [end, id]) =>
          end?.kind === "external"
            ? text.replaceAll(`external ${firstAddress(end)}`, nameOf(id))
            : text,
        line,
      ),
    );
  };

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
  return to.pod.ports.some(({ protocol, containerPort }) => hasPort(set, protocol, containerPort));
}

function idOf(end: End): string {
  return end.kind === "external" ? externalId(end.outside.name) : end.party.id;
}
