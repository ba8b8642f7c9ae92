/** A prediction of namespaces, for clusters with more workloads than a picture has room for. */
import type { Flow, Party, Prediction } from "../../prediction.ts";
import { needed } from "../pairs.ts";
import { ALL } from "../ports.ts";

/** Each namespace is one party, which listens on nothing in particular. */
export function byNamespace(prediction: Prediction): Prediction {
  const parties = standIns(prediction.parties);
  const flows = new Map<string, Flow>();
  for (const flow of prediction.flows) {
    const [from, to] = [parties.get(flow.from)?.id, parties.get(flow.to)?.id];
    if (from === undefined || to === undefined || from === to) continue;
    if (!flow.reachesListener && !needed(flow)) continue;
    const key = JSON.stringify([from, to, flow.verdict, needed(flow)]);
    const merged = flows.get(key);
    if (!merged) flows.set(key, between(from, to, flow));
  }
  return {
    ...prediction,
    parties: [...new Map([...parties.values()].map((p) => [p.id, p])).values()],
    flows: [...flows.values()].map(whole(flows)),
  };
}

/** As one of their workloads' flows; its reasons are asked for only if they are shown. */
function between(from: string, to: string, like: Flow, ports = "in part"): Flow {
  const { verdict, neededBy, reachesListener } = like;
  return {
    from,
    to,
    ports,
    verdict,
    neededBy,
    reachesListener,
    get because() {
      return like.because;
    },
  };
}

/** Where nothing between two namespaces is denied, all is meant. */
function whole(flows: ReadonlyMap<string, Flow>): (flow: Flow) => Flow {
  const partly = new Set<string>();
  for (const flow of flows.values()) {
    if (flow.verdict === "deny") partly.add(`${flow.from} ${flow.to}`);
  }
  return (flow) => (partly.has(`${flow.from} ${flow.to}`) ? flow : { ...flow, ports: ALL });
}

/** The party that stands for each: its namespace, or itself where it has none. */
export function standIns(parties: readonly Party[]): Map<string, Party> {
  const sizes = new Map<string, number>();
  for (const { namespace, kind } of parties) {
    if (namespace !== undefined) {
      sizes.set(namespace, (sizes.get(namespace) ?? 0) + Number(kind === "workload"));
    }
  }
  return new Map(parties.map((party) => [party.id, standIn(party, sizes)]));
}

function standIn(party: Party, sizes: ReadonlyMap<string, number>): Party {
  const { namespace } = party;
  if (namespace === undefined) return party;
  const size = sizes.get(namespace) ?? 0;
  return {
    id: `namespace ${namespace}`,
    kind: "workload",
    name: namespace,
    listens: `${size} workload${size === 1 ? "" : "s"}`,
  };
}
