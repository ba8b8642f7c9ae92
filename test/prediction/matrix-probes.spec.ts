import assert from "node:assert/strict";
import type { Workload } from "../../micromesh/prediction/cluster/workloads.ts";
import type { Verdict } from "../../micromesh/prediction/prediction.ts";
import type { Observation } from "../../micromesh/verify/client/observation.ts";
import type { Cell } from "./matrix.ts";
import { differences, type MatrixRequest, settledDifferences } from "./matrix-probes.ts";

const from = { id: "a/client[Deployment]" } as Workload;

function toService(predicted: Verdict): Cell {
  return {
    from,
    to: { kind: "service", host: "web.a.svc.cluster.local", port: 80 },
    title: "Service a/web TCP 80",
    predicted: [predicted],
    because: [],
    speaks: "tcp",
    sidecars: { client: false, server: false },
  };
}

/** What differs once it has settled, of a network that answers so, look by look; in the end always as the last. */
async function settled(predicted: Verdict, ...seen: Observation["failure"][]) {
  const asked: MatrixRequest[] = [];
  let looks = 0;
  const ask = async (_: Workload, requests: MatrixRequest[]) => {
    asked.push(...requests);
    const failure = seen[Math.min(looks++, seen.length - 1)];
    // Time passes, though nobody waits for it.
    await new Promise(setImmediate);
    return requests.map(() => ({ ms: 1, failure }));
  };
  const look = (refused: Set<string>) =>
    differences([toService(predicted)], ask, () => "", refused);
  return { differing: await settledDifferences(look, 50), asked };
}

describe("what the matrix' answers mean", () => {
  it("is that a Service refuses which did so once, though the kernel keeps silent then", async () => {
    const { differing, asked } = await settled("broken", "timeout", "refused", "timeout");
    assert.deepEqual(differing, []);
    assert.ok(asked.every(({ patienceMs = 0 }) => patienceMs > 7_000));
  });

  it("isn't that where it never did", async () => {
    const { differing } = await settled("broken", "timeout");
    assert.match(differing.join(), /predicted broken, seen deny/);
  });

  it("is a denial where one is predicted, and nobody waits for long", async () => {
    const { differing, asked } = await settled("deny", "timeout");
    assert.deepEqual(differing, []);
    assert.ok(asked.every(({ patienceMs }) => patienceMs === undefined));
  });

  it("is silence where an answer is predicted, whoever refused before", async () => {
    const { differing } = await settled("allow", "refused", "timeout");
    assert.match(differing.join(), /predicted allow, seen deny/);
  });
});
