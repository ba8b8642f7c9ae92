/** What a drift does to who reaches whom, in sentences. */
import { diff } from "../../prediction/diff.ts";
import { names } from "../../prediction/formats/names.ts";
import { plural } from "../../prediction/formats/summary.ts";
import type { Change, Prediction } from "../../prediction/prediction.ts";
import type { Drift } from "./drift.ts";
import { neededHops, turnOf } from "./hop.ts";
import type { Worlds } from "./worlds.ts";

/**
 * Sentences for each drift that changes something: first what is needed, then what opens besides, in the cluster
 * before outside: `b-apacherr/apache may reach d-redis/redis TCP 6379 now`. What nobody needs and is cut is counted.
 */
export function effectsOf({ declared, drifted }: Worlds): Map<Drift, string[]> {
  const hops = neededHops(declared.analysis.needed);
  return new Map(
    drifted.map(({ drift, ...world }) => {
      const turned = hops.flatMap((hop) => turnOf(hop, declared, world) ?? []);
      const others = changesBetween(declared.prediction, world.prediction);
      return [drift, [...new Set([...turned, ...others])]];
    }),
  );
}

/** What isn't needed. */
function changesBetween(before: Prediction, after: Prediction): string[] {
  const parties = [...before.parties, ...after.parties];
  const nameOf = names(parties.map(({ id }) => id));
  const listens = new Map(parties.map(({ id, listens }) => [id, listens]));
  const told = (change: Change) => inWords(change, nameOf, listens.get(change.to) ?? "");
  const changes = diff(before, after).changes.filter(({ needed }) => !needed);
  const opened = changes.filter((change) => told(change) !== undefined);
  const cut = changes.filter(({ after }) => after === undefined).length;
  const others = changes.length - opened.length - cut;
  return [
    ...[...opened.filter(isInside), ...opened.filter((change) => !isInside(change))].flatMap(
      (change) => told(change) ?? [],
    ),
    ...(cut > 0 ? [`${plural(cut, "connection")} cut that nothing needs`] : []),
    ...(others > 0
      ? [`${plural(others, "connection")} changed on ports that nobody listens on`]
      : []),
  ];
}

function isInside({ from, to }: Change): boolean {
  return !from.endsWith("[External]") && !to.endsWith("[External]");
}

/** Undefined where nothing opens or closes that anybody listens on. */
function inWords(
  { from, to, before, after }: Change,
  nameOf: (id: string) => string,
  listens: string,
): string | undefined {
  const ports = (text: string) => (text === "All Connections" ? listens || text : text);
  if (after === undefined) return undefined;
  const opened = `${nameOf(from)} may reach ${nameOf(to)} ${ports(after)} now`;
  if (before === undefined) return opened;
  return ports(before) === ports(after) ? undefined : `${opened}, no longer ${ports(before)}`;
}
