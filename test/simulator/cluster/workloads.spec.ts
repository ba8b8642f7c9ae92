import assert from "node:assert/strict";
import fc from "fast-check";
import {
  nextSteps,
  podName,
  type UpdateStrategy,
  type Workload,
  workloadOf,
} from "../../../micromesh/simulator/cluster/workloads.ts";
import { object } from "./objects.ts";

const template = { metadata: { labels: { app: "web" } }, spec: { containers: [] } };
const load = (kind: string, spec: Record<string, unknown> = {}): Workload => {
  const workload = workloadOf(object("apps/v1", kind, "web", { spec: { template, ...spec } }));
  assert.ok(workload);
  return workload;
};

describe("workloadOf", () => {
  it("is undefined for what isn't a workload", () => {
    assert.equal(workloadOf(object("v1", "Service", "web")), undefined);
    assert.equal(workloadOf(object("batch/v1", "Job", "web", { spec: { template } })), undefined);
    assert.equal(workloadOf(object("example.com/v1", "Deployment", "web")), undefined);
  });

  it("wants one pod unless it says otherwise, and none when it says none", () => {
    for (const kind of ["Deployment", "ReplicaSet", "StatefulSet"]) {
      assert.equal(load(kind).replicas, 1, kind);
      assert.equal(load(kind, { replicas: 0 }).replicas, 0, kind);
    }
  });

  it("wants one pod of a DaemonSet, for there is one node", () => {
    assert.equal(load("DaemonSet", { replicas: 3 }).replicas, 1);
  });

  it("takes labels and spec from the template", () => {
    const { labels, spec, annotations } = load("Deployment");
    assert.deepEqual([labels, spec, annotations], [template.metadata.labels, template.spec, {}]);
  });

  it("takes a bare pod for its own template", () => {
    const spec = { containers: [] };
    const pod = workloadOf({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "lab", labels: { a: "b" } },
      spec,
    });
    assert.deepEqual([pod?.replicas, pod?.labels, pod?.spec], [1, { a: "b" }, spec]);
  });

  it("has another hash exactly when its template differs", () => {
    const changed = { ...template, spec: { containers: [{ name: "c", image: "node" }] } };
    assert.equal(load("Deployment", { replicas: 5 }).hash, load("Deployment").hash);
    assert.notEqual(load("Deployment", { template: changed }).hash, load("Deployment").hash);
  });

  describe("the update of a Deployment", () => {
    const rolling = (replicas: number, rollingUpdate?: object) =>
      load("Deployment", { replicas, strategy: { type: "RollingUpdate", rollingUpdate } }).update;

    it("is a quarter more and a quarter less by default, rounded up and down", () => {
      assert.deepEqual(load("Deployment", { replicas: 10 }).update, {
        kind: "rolling",
        surge: 3,
        unavailable: 2,
      });
      assert.deepEqual(rolling(1), { kind: "rolling", surge: 1, unavailable: 0 });
    });

    it("takes numbers as they stand", () => {
      assert.deepEqual(rolling(4, { maxSurge: 0, maxUnavailable: 2 }), {
        kind: "rolling",
        surge: 0,
        unavailable: 2,
      });
    });

    it("rounds percentages of whole pods to themselves", () => {
      // In floating point 7% of 100 is a little more than 7, and 29% a little less than 29.
      assert.deepEqual(rolling(100, { maxSurge: "7%", maxUnavailable: "29%" }), {
        kind: "rolling",
        surge: 7,
        unavailable: 29,
      });
    });

    it("gives up one pod where it could neither add nor remove any", () => {
      assert.deepEqual(rolling(3, { maxSurge: 0, maxUnavailable: "10%" }), {
        kind: "rolling",
        surge: 0,
        unavailable: 1,
      });
    });

    it("is Recreate when it says so", () => {
      const { update } = load("Deployment", { strategy: { type: "Recreate" } });
      assert.deepEqual(update, { kind: "recreate" });
    });
  });

  it("updates StatefulSets and DaemonSets in place", () => {
    assert.deepEqual(load("StatefulSet").update, { kind: "inPlace" });
    assert.deepEqual(load("DaemonSet").update, { kind: "inPlace" });
  });
});

describe("podName", () => {
  it("of a StatefulSet is its ordinal's", () => {
    assert.equal(podName(load("StatefulSet"), 2), "web-2");
  });

  it("of a Deployment is its ReplicaSet's with five letters more", () => {
    const web = load("Deployment");
    assert.match(podName(web, 0), new RegExp(`^web-${web.hash}-[bcdfghjklmnpqrstvwxz2456789]{5}$`));
  });

  it("of a DaemonSet and a ReplicaSet is its own with five letters more", () => {
    for (const kind of ["DaemonSet", "ReplicaSet"]) {
      assert.match(podName(load(kind), 0), /^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    }
  });

  it("of a bare pod is its own", () => {
    const pod = workloadOf(object("v1", "Pod", "p", { spec: { containers: [] } }));
    assert.equal(pod && podName(pod, 7), "p");
  });

  it("is the same for the same history, and another for each pod", () => {
    const web = load("Deployment");
    assert.equal(podName(web, 3), podName(web, 3));
    assert.equal(new Set(Array.from({ length: 100 }, (_, i) => podName(web, i))).size, 100);
  });
});

interface FakePod {
  hash: string;
  ready: boolean;
  terminating: boolean;
}

const NEW = "new";
const workload = (replicas: number, update: UpdateStrategy): Workload => ({
  ...load("Deployment", { replicas }),
  hash: NEW,
  update,
});
const alive = (pods: FakePod[]) => pods.filter((pod) => !pod.terminating);
const available = (pods: FakePod[]) => alive(pods).filter((pod) => pod.ready).length;

/**
 * Runs a rollout to its end. Between two passes, pods become ready and terminating ones go, in an
 * order that `choices` decides; old pods that never were ready stay so.
 * @returns every state after a pass, the first one before any
 */
function simulate(goal: Workload, start: FakePod[], choices: Iterator<number>): FakePod[][] {
  let pods = start.map((pod) => ({ ...pod }));
  const states = [structuredClone(pods)];
  for (let passes = 0; passes < 400; passes++) {
    const { create, remove } = nextSteps(goal, pods);
    for (const pod of remove) {
      assert.ok(pods.includes(pod) && !pod.terminating, "removes only what is alive");
      pod.terminating = true;
    }
    assert.ok(create >= 0 && Number.isInteger(create), `creates ${create}`);
    for (let i = 0; i < create; i++) pods.push({ hash: NEW, ready: false, terminating: false });
    states.push(structuredClone(pods));
    const going = pods.filter((pod) => pod.terminating);
    const starting = pods.filter((pod) => !pod.terminating && pod.hash === NEW && !pod.ready);
    const moves = [...going, ...starting];
    const move = moves[(choices.next().value ?? 0) % moves.length];
    if (move?.terminating) pods = pods.filter((pod) => pod !== move);
    else if (move) move.ready = true;
    else if (create === 0 && remove.length === 0) return states;
  }
  assert.fail("it never comes to an end");
}

const anyPod = fc.record({
  hash: fc.constantFrom(NEW, "old", "older"),
  ready: fc.boolean(),
  terminating: fc.boolean(),
});
const anyStart = fc.array(anyPod, { maxLength: 8 });
const anyChoices = fc.infiniteStream(fc.nat());
const anyReplicas = fc.integer({ min: 0, max: 6 });
const anyRolling = fc
  .record({ surge: fc.nat(3), unavailable: fc.nat(3) })
  .filter(({ surge, unavailable }) => surge + unavailable > 0);

function assertDone(states: FakePod[][], replicas: number): void {
  const end = states.at(-1) as FakePod[];
  assert.deepEqual(
    end,
    Array.from({ length: replicas }, () => ({ hash: NEW, ready: true, terminating: false })),
  );
}

describe("nextSteps", () => {
  const oldPods = (count: number): FakePod[] =>
    Array.from({ length: count }, () => ({ hash: "old", ready: true, terminating: false }));

  describe("rolling", () => {
    const rolling = (replicas: number, surge: number, unavailable: number) =>
      workload(replicas, { kind: "rolling", surge, unavailable });

    it("ends with the wanted number of new, ready pods, from any state", () => {
      fc.assert(
        fc.property(anyReplicas, anyRolling, anyStart, anyChoices, (n, u, start, choices) => {
          assertDone(simulate(rolling(n, u.surge, u.unavailable), start, choices), n);
        }),
        { numRuns: 300 },
      );
    });

    it("never has fewer available than it may, once it has enough", () => {
      fc.assert(
        fc.property(anyReplicas, anyRolling, anyStart, anyChoices, (n, u, start, choices) => {
          const least = n - u.unavailable;
          let enough = false;
          for (const pods of simulate(rolling(n, u.surge, u.unavailable), start, choices)) {
            if (available(pods) >= least) enough = true;
            else assert.equal(enough, false, `${available(pods)} of ${least} available`);
          }
        }),
        { numRuns: 300 },
      );
    });

    it("never takes what is available below the least, even from less than that", () => {
      fc.assert(
        fc.property(anyReplicas, anyRolling, anyStart, (n, u, pods) => {
          const before = available(pods);
          const { remove } = nextSteps(rolling(n, u.surge, u.unavailable), pods);
          const after = before - available(remove);
          assert.ok(after >= Math.min(before, n - u.unavailable), `${before} to ${after}`);
        }),
        { numRuns: 500 },
      );
    });

    it("never has more alive than it may, unless it began with more", () => {
      fc.assert(
        fc.property(anyReplicas, anyRolling, anyStart, anyChoices, (n, u, start, choices) => {
          const most = Math.max(n + u.surge, alive(start).length);
          for (const pods of simulate(rolling(n, u.surge, u.unavailable), start, choices)) {
            assert.ok(alive(pods).length <= most, `${alive(pods).length} of ${most} alive`);
          }
        }),
        { numRuns: 300 },
      );
    });

    it("creates the surge first", () => {
      assert.deepEqual(nextSteps(rolling(4, 1, 0), oldPods(4)), { create: 1, remove: [] });
    });

    it("removes an old pod for each new one that is ready", () => {
      const pods = [...oldPods(4), { hash: NEW, ready: true, terminating: false }];
      assert.deepEqual(nextSteps(rolling(4, 1, 0), pods), { create: 0, remove: [pods[0]] });
    });

    it("waits for a new pod that isn't ready", () => {
      const pods = [...oldPods(4), { hash: NEW, ready: false, terminating: false }];
      assert.deepEqual(nextSteps(rolling(4, 1, 0), pods), { create: 0, remove: [] });
    });

    it("removes old pods that serve nobody at once", () => {
      const broken = { hash: "old", ready: false, terminating: false };
      assert.deepEqual(nextSteps(rolling(1, 1, 0), [broken]).remove, [broken]);
    });

    it("removes the youngest when there are too many", () => {
      const pods = [1, 2, 3].map((id) => ({ id, hash: NEW, ready: true, terminating: false }));
      assert.deepEqual(nextSteps(rolling(2, 1, 0), pods).remove, [pods[2]]);
    });

    it("removes one that isn't ready before the youngest", () => {
      const pods = [false, true, true].map((ready) => ({ hash: NEW, ready, terminating: false }));
      assert.deepEqual(nextSteps(rolling(2, 1, 0), pods).remove, [pods[0]]);
    });

    it("does nothing where all is as wanted", () => {
      const pods = [1, 2].map(() => ({ hash: NEW, ready: true, terminating: false }));
      assert.deepEqual(nextSteps(rolling(2, 1, 0), pods), { create: 0, remove: [] });
    });
  });

  describe("recreate", () => {
    const recreate = (replicas: number) => workload(replicas, { kind: "recreate" });

    it("ends with the wanted number of new, ready pods, from any state", () => {
      fc.assert(
        fc.property(anyReplicas, anyStart, anyChoices, (n, start, choices) => {
          assertDone(simulate(recreate(n), start, choices), n);
        }),
        { numRuns: 200 },
      );
    });

    it("creates no pod while an old one is there, even one that is going", () => {
      fc.assert(
        fc.property(anyReplicas, anyStart, (n, pods) => {
          const { create } = nextSteps(recreate(n), pods);
          assert.ok(create === 0 || pods.every((pod) => pod.hash === NEW));
        }),
      );
    });

    it("never has old and new pods together, where it didn't begin so", () => {
      fc.assert(
        fc.property(
          anyReplicas,
          fc.array(anyPod.map((p) => ({ ...p, hash: "old" }))),
          anyChoices,
          (n, start, choices) => {
            for (const pods of simulate(recreate(n), start, choices)) {
              assert.ok(new Set(pods.map((pod) => pod.hash)).size <= 1);
            }
          },
        ),
        { numRuns: 200 },
      );
    });
  });

  describe("inPlace", () => {
    const inPlace = (replicas: number) => workload(replicas, { kind: "inPlace" });

    it("ends with the wanted number of new, ready pods, from any state", () => {
      fc.assert(
        fc.property(anyReplicas, anyStart, anyChoices, (n, start, choices) => {
          assertDone(simulate(inPlace(n), start, choices), n);
        }),
        { numRuns: 300 },
      );
    });

    it("misses at most one pod at a time", () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 6 }), anyChoices, (n, choices) => {
          for (const pods of simulate(inPlace(n), oldPods(n), choices)) {
            assert.ok(available(pods) >= n - 1, `${available(pods)} of ${n} available`);
            assert.ok(pods.length <= n, `${pods.length} of ${n} there`);
          }
        }),
        { numRuns: 200 },
      );
    });

    it("begins with the youngest", () => {
      const pods = oldPods(3);
      assert.deepEqual(nextSteps(inPlace(3), pods), { create: 0, remove: [pods[2]] });
    });

    it("creates the successor when the old pod is gone, not before", () => {
      const pods = oldPods(3);
      (pods[2] as FakePod).terminating = true;
      assert.deepEqual(nextSteps(inPlace(3), pods), { create: 0, remove: [] });
      assert.deepEqual(nextSteps(inPlace(3), pods.slice(0, 2)), { create: 1, remove: [] });
    });

    it("waits until the successor is ready", () => {
      const pods = [...oldPods(2), { hash: NEW, ready: false, terminating: false }];
      assert.deepEqual(nextSteps(inPlace(3), pods), { create: 0, remove: [] });
    });

    it("starts pods one after another", () => {
      assert.deepEqual(nextSteps(inPlace(3), []), { create: 1, remove: [] });
    });
  });
});
