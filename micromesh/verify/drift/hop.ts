/** One connection or look-up that something needs, and how it fares in a cluster. */
import { intersection, portSet } from "../../connectivity/port-set.ts";
import { names } from "../../prediction/formats/names.ts";
import type { NeededFlow } from "../../prediction/needs/routes.ts";
import { readPorts } from "../../prediction/port-text.ts";
import type { World } from "./worlds.ts";

/** How it fares; equal where nothing has changed. */
export interface Fate {
  works: boolean;
  /** Everything that it depends on, as text. */
  text: string;
}

export interface Hop {
  /** E.g. `b-apacherr/apache may reach d-redis/redis TCP 6379`, and the contrary. */
  can: string;
  cannot: string;
  fateIn(world: World): Fate;
}

/** How a hop turned between two clusters, in a sentence; undefined: it didn't, or works in neither. */
export function turnOf(hop: Hop, before: World, after: World): string | undefined {
  const [old, now] = [hop.fateIn(before), hop.fateIn(after)];
  if (old.text === now.text || !(old.works || now.works)) return undefined;
  if (!now.works) return `${hop.cannot} any more`;
  return old.works ? `${hop.can}, but otherwise than declared` : `${hop.can} now`;
}

/** What is needed, each once: a workload may need one thing for several reasons. */
export function neededHops(flows: NeededFlow[]): Hop[] {
  const byNeed = new Map(flows.map((flow) => [`${flow.from}\n${flow.need}`, flow]));
  return [...byNeed.values()].map((flow) => hopOf(flow));
}

/** What is needed for one reason; it may lead to several workloads. */
function hopOf(flow: NeededFlow): Hop {
  const { need } = flow;
  const from = shortName(flow.from);
  const end =
    flow.to.kind === "workload"
      ? `${shortName(flow.to.workload.id)} ${flow.to.protocol} ${flow.to.port}`
      : flow.to.kind === "service"
        ? `Service ${flow.to.namespace}/${flow.to.name}`
        : flow.to.name;
  return {
    can: `${from} may reach ${end}`,
    cannot: `${from} can't reach ${end}`,
    fateIn: (world) => {
      const fates = world.analysis.needed
        .filter((one) => one.from === flow.from && one.need === need)
        .map((one) => fateOf(one, world));
      return {
        works: fates.some(({ works }) => works),
        text: fates
          .map(({ text }) => text)
          .sort()
          .join("\n"),
      };
    },
  };
}

function fateOf({ from, to, broken }: NeededFlow, { prediction }: World): Fate {
  if (to.kind !== "workload" || broken.length > 0) return { works: false, text: "broken" };
  const { port, protocol } = to;
  const asked = portSet([{ protocol, first: port, last: port }]);
  const flow = prediction.flows.find(
    (one) =>
      one.from === from &&
      one.to === to.workload.id &&
      intersection(readPorts(one.ports), asked).length > 0,
  );
  const { verdict = "deny", requests = [] } = flow ?? {};
  return {
    works: verdict === "allow",
    text: `${to.workload.id} ${verdict} ${requests.join("; ")}`,
  };
}

/** An end as people call it: `d-redis/redis`. */
export function shortName(id: string): string {
  return names([id])(id);
}
