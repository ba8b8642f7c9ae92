/** What is declared and can't do what it's there for. */
import type { Cluster } from "../cluster/cluster.ts";
import type { Ends } from "../ends.ts";
import type { NeededFlow } from "../needs/routes.ts";
import type { Mistake } from "../prediction.ts";
import { withoutNames } from "./names.ts";
import { policyMistakes } from "./policies.ts";
import { serviceMistakes } from "./services.ts";

export function mistakesOf(cluster: Cluster, needed: NeededFlow[], ends: Ends): Mistake[] {
  const leads = needed.flatMap(({ blame, broken }) =>
    blame ? broken.map((text) => ({ ...blame, text })) : [],
  );
  const all = [
    ...policyMistakes(cluster),
    ...withoutNames(cluster, ends),
    ...serviceMistakes(cluster),
    ...leads,
  ];
  const once = new Map(all.map((mistake) => [JSON.stringify(mistake), mistake]));
  return [...once.values()].sort((a, b) =>
    a.object < b.object ? -1 : a.object > b.object ? 1 : 0,
  );
}
