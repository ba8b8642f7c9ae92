/** What a prediction says of single ports. */
import type { Protocol } from "../../micromesh/connectivity/model.ts";
import type { Workload } from "../../micromesh/prediction/cluster/workloads.ts";
import { type Analysis, predictionOf } from "../../micromesh/prediction/predict.ts";
import type { Flow } from "../../micromesh/prediction/prediction.ts";

/** The one flow that has the port. @throws Error if there's none, or more */
export type Predicted = (from: Workload, to: Workload, port: number, protocol: Protocol) => Flow;

/** All flows of the prediction, to be found by a port of theirs. */
export function predictions(analysis: Analysis): Predicted {
  const flows = new Map<string, Flow[]>();
  for (const flow of predictionOf(analysis, { of: "the matrix", all: true }).flows) {
    const key = `${flow.from} ${flow.to}`;
    flows.set(key, [...(flows.get(key) ?? []), flow]);
  }
  return (from, to, port, protocol) => {
    const found = (flows.get(`${from.id} ${to.id}`) ?? []).filter((flow) =>
      covers(flow.ports, port, protocol),
    );
    const [flow] = found;
    if (flow && found.length === 1) return flow;
    throw new Error(
      `the prediction has ${found.length} flows from ${from.id} to ${to.id} on ${protocol} ${port}`,
    );
  };
}

/** Whether ports as flows write them, `TCP 80,8000-8085,UDP 53`, have this one. */
function covers(ports: string, port: number, protocol: Protocol): boolean {
  if (ports === "All Connections") return true;
  let of = "";
  return ports.split(",").some((part) => {
    const [range = "", named] = part.split(" ").reverse();
    of = named ?? of;
    const [first = 0, last = first] = range.split("-").map(Number);
    return of === protocol && first <= port && port <= last;
  });
}
