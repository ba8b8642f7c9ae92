/** Who reaches whom, from declared objects alone. */
import type { KubernetesObject } from "../resources/declared.ts";
import type { DeclaredPlatform } from "../resources/platform.ts";
import { type Analysis, analyse } from "./analysis.ts";
import type { End } from "./ends.ts";
import { flowPortions } from "./flows.ts";
import { mistakesOf } from "./mistakes/mistakes.ts";
import type { NeededFlow } from "./needs/routes.ts";
import { nameOf } from "./outside-flows.ts";
import type { Flow, Party, Prediction } from "./prediction.ts";

export { type Analysis, analyse } from "./analysis.ts";

export interface PredictOptions {
  /** What is predicted, as its readers call it: `stack dev`. */
  of: string;
  /** List what is denied although nothing needs it, too. */
  all?: boolean;
}

export function predict(
  objects: KubernetesObject[],
  platform: DeclaredPlatform,
  options: PredictOptions,
): Prediction {
  return predictionOf(analyse(objects, platform), options);
}

export function predictionOf(analysis: Analysis, { of, all = false }: PredictOptions): Prediction {
  const { ends, needed, cluster } = analysis;
  const neededOnly = cluster.workloads.length > mostListed;
  const flows: Flow[] = [];
  for (const portion of flowPortions(analysis, { all, neededOnly })) {
    for (const flow of portion) flows.push(flow);
  }
  flows.sort(byEnds);
  return {
    of,
    parties: partiesOf(flows, ends.list, needed),
    flows,
    mistakes: mistakesOf(cluster, needed, ends),
    ...(neededOnly && { unlisted: permittedPairs(analysis) }),
  };
}

/** Of more workloads than this, flows that nothing needs are counted and not listed. */
const mostListed = 1500;

function byEnds(a: Flow, b: Flow): number {
  return compare(a.to, b.to) || compare(a.from, b.from) || compare(a.verdict, b.verdict);
}

/** How many pairs of workloads may talk, if only on some port. */
export function permittedPairs({ ends, pairs }: Analysis): number {
  const { classes, parties } = ends.reach;
  const inside = classes.members
    .map((members) => members.filter((i) => parties[i]?.kind !== "external"))
    .filter((members) => members.length > 0);
  let count = 0;
  for (const sources of inside) {
    for (const destinations of inside) {
      const verdict = pairs.between(sources[0] as number, destinations[0] as number);
      if (verdict.open.length + verdict.http.length === 0) continue;
      const itself = sources === destinations ? sources.length : 0;
      count += sources.length * destinations.length - itself;
    }
  }
  return count;
}

/** Those inside, all of them; of the outside those that some flow names. */
function partiesOf(flows: Flow[], list: End[], needed: NeededFlow[]): Party[] {
  const inside = list.flatMap((end) => (end.kind === "external" ? [] : [end.party]));
  const known = new Set(inside.map(({ id }) => id));
  const others = new Map<string, Party>();
  for (const { to } of needed) {
    if (to.kind !== "service") continue;
    const { id, namespace, name } = to;
    others.set(id, { id, kind: "service", namespace, name, listens: "" });
  }
  const add = (id: string) => {
    if (known.has(id) || others.has(id)) return;
    others.set(id, { id, kind: "external", name: nameOf(id), listens: "" });
  };
  for (const { from, to } of flows) {
    add(from);
    add(to);
  }
  return [...inside, ...[...others.values()].sort((a, b) => compare(a.id, b.id))];
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
