/** Comparisons to look at. */
import type {
  Change,
  Flow,
  Prediction,
  PredictionDiff,
} from "../../../micromesh/prediction/prediction.ts";

/** What differs, pair by pair: enough of a comparison for samples. */
export function difference(before: Prediction, after: Prediction): PredictionDiff {
  const changes: Change[] = [];
  const key = (flow: Flow) => `${flow.from} ${flow.to}`;
  const pairs = new Map([...before.flows, ...after.flows].map((flow) => [key(flow), flow]));
  const works = (prediction: Prediction) => {
    const ports = new Map<string, string>();
    for (const flow of prediction.flows) {
      if (flow.verdict === "allow") ports.set(key(flow), flow.ports);
    }
    return ports;
  };
  const [a, b] = [works(before), works(after)];
  const last = new Map(after.flows.map((flow) => [key(flow), flow]));
  const needs = new Set(
    [...before.flows, ...after.flows].filter((f) => f.neededBy.length > 0).map(key),
  );
  for (const [pair, flow] of pairs) {
    if (a.get(pair) === b.get(pair)) continue;
    const now = last.get(pair) ?? flow;
    changes.push({
      from: flow.from,
      to: flow.to,
      ...(a.has(pair) ? { before: a.get(pair) } : {}),
      ...(b.has(pair) ? { after: b.get(pair) } : {}),
      needed: needs.has(pair),
      because: now.because,
    });
  }
  const texts = (prediction: Prediction) => new Set(prediction.mistakes.map((m) => m.object));
  return {
    before: before.of,
    after: after.of,
    changes,
    newMistakes: after.mistakes.filter((m) => !texts(before).has(m.object)),
    mendedMistakes: before.mistakes.filter((m) => !texts(after).has(m.object)),
  };
}

/** The same cluster after a pull request: one namespace is closed but for some, another one opened. */
export function changed(prediction: Prediction): Prediction {
  const flows = prediction.flows.map((flow): Flow => {
    const closed = flow.to.startsWith("catalog/") && !/^(shop|catalog)\//.test(flow.from);
    if (closed && flow.verdict === "allow") {
      const because = ["NetworkPolicy catalog/shop-only: spec.ingress[0] allows pods of shop only"];
      return { ...flow, verdict: "deny", because };
    }
    if (flow.to.startsWith("data/postgres") && flow.verdict === "deny" && /^\w/.test(flow.from)) {
      const because = ["NetworkPolicy data/allow-all-to-postgres: spec.ingress[0]"];
      return { ...flow, verdict: "allow", because, ports: "TCP 5432" };
    }
    return flow;
  });
  const text = "selects no pod: nothing is isolated by it. Pods of catalog have app=search.";
  const mistakes = [{ object: "NetworkPolicy catalog/shop-only", field: "spec.podSelector", text }];
  return { ...prediction, of: `${prediction.of}, changed`, flows, mistakes };
}
