import assert from "node:assert/strict";
import { workloadsOf } from "../../../micromesh/prediction/cluster/workloads.ts";
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import { deployment, object, platform, predicted, withIstio, workload } from "../objects.ts";

function workloads(...objects: KubernetesObject[]) {
  return workloadsOf(objects, [], platform().settings);
}

function ids(...objects: KubernetesObject[]): string[] {
  return workloads(...objects).map(({ id, replicas }) => `${id} ${replicas}`);
}

/** A pod as a cluster has it, with the one who made it. */
function made(path: string, kind: string, owner: string, labels: Record<string, string>) {
  const pod = workload("Pod", path, { labels });
  const ownerReferences = [{ kind, name: owner, controller: true }];
  return { ...pod, metadata: { ...pod.metadata, ownerReferences } };
}

describe("workloads", () => {
  it("are of every kind that makes pods", () => {
    const kinds = ["Deployment", "StatefulSet", "ReplicaSet", "DaemonSet", "Job", "CronJob", "Pod"];
    const objects = kinds.map((kind) => workload(kind, `a/${kind.toLowerCase()}`, { ports: [80] }));
    const controller = object("v1", "ReplicationController", "a/rc", { spec: { template: {} } });
    const found = workloads(...objects, controller);
    assert.deepEqual(
      found.map(({ kind }) => kind).sort(),
      [...kinds, "ReplicationController"].sort(),
    );
    for (const { kind, pod } of found) {
      assert.equal(pod.ports.length, kind === "ReplicationController" ? 0 : 1, kind);
    }
    assert.deepEqual(ids(object("example.com/v1", "Deployment", "a/b", { spec: {} })), []);
  });

  it("are sorted by namespace and name", () => {
    assert.deepEqual(ids(deployment("b/a"), deployment("a/b"), deployment("a/a")), [
      "a/a[Deployment] 1",
      "a/b[Deployment] 1",
      "b/a[Deployment] 1",
    ]);
  });

  it("may have no replicas", () => {
    assert.deepEqual(ids(deployment("a/b", { replicas: 0 })), ["a/b[Deployment] 0"]);
    const suspended = (kind: string) => {
      const one = workload(kind, "a/b");
      return { ...one, spec: { ...one.spec, suspend: true } };
    };
    assert.deepEqual(ids(suspended("Job")), ["a/b[Job] 0"]);
    assert.deepEqual(ids(suspended("CronJob")), ["a/b[CronJob] 0"]);
  });

  it("have the ports of their containers, and of sidecars among those that run first", () => {
    const pod = {
      initContainers: [
        { name: "once", ports: [{ containerPort: 1 }] },
        { name: "proxy", restartPolicy: "Always", ports: [{ containerPort: 2, protocol: "UDP" }] },
      ],
    };
    const [found] = workloads(deployment("a/b", { ports: [80], pod }));
    assert.deepEqual(
      found?.pod.ports.map(({ protocol, containerPort }) => `${protocol} ${containerPort}`),
      ["TCP 80", "UDP 2"],
    );
  });

  it("are one for all pods of an owner with the same labels, in whatever order these stand", () => {
    const pods = [
      made("a/web-1", "ReplicaSet", "web", { app: "web", tier: "front" }),
      made("a/web-2", "ReplicaSet", "web", { tier: "front", app: "web" }),
    ];
    assert.deepEqual(ids(...pods), ["a/web[ReplicaSet] 2"]);
  });

  it("are told apart by numbers where an owner's pods have different labels", () => {
    const pods = ["1", "2", "2", "3"].map((version, i) =>
      made(`a/web-${i}`, "StatefulSet", "web", { app: "web", version }),
    );
    assert.deepEqual(ids(...pods), [
      "a/web#2[StatefulSet] 2",
      "a/web#3[StatefulSet] 1",
      "a/web[StatefulSet] 1",
    ]);
    const prediction = predicted([
      ...pods,
      deployment("a/client"),
      object("networking.k8s.io/v1", "NetworkPolicy", "a/second", {
        spec: { podSelector: { matchLabels: { version: "2" } } },
      }),
    ]);
    const to = prediction.flows.filter(({ from }) => from === "a/client[Deployment]");
    assert.deepEqual(
      to.filter(({ to }) => to.startsWith("a/web")).map(({ to }) => to),
      ["a/web#3[StatefulSet]", "a/web[StatefulSet]"],
    );
  });

  it("are those that are declared, not what a cluster made of them", () => {
    const replicaSet = workload("ReplicaSet", "a/web-5d", { labels: { app: "web", hash: "5d" } });
    const owned = {
      ...replicaSet,
      metadata: { ...replicaSet.metadata, ownerReferences: [{ kind: "Deployment", name: "web" }] },
    };
    const pod = made("a/web-5d-x", "ReplicaSet", "web-5d", { app: "web", hash: "5d" });
    assert.deepEqual(ids(deployment("a/web"), owned, pod), ["a/web[Deployment] 1"]);
    assert.deepEqual(ids(owned, pod), ["a/web-5d[ReplicaSet] 1"]);
    assert.deepEqual(ids(deployment("b/web"), pod), [
      "a/web-5d[ReplicaSet] 1",
      "b/web[Deployment] 1",
    ]);
  });

  it("have the addresses of pods that run already", () => {
    const pod = { ...workload("Pod", "a/b"), status: { podIP: "10.0.0.1" } };
    assert.deepEqual(workloads(pod)[0]?.pod.ips, ["10.0.0.1"]);
    const both = { ...pod, status: { podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }] } };
    assert.deepEqual(workloads(both)[0]?.pod.ips, ["10.0.0.1", "fd00::1"]);
    assert.deepEqual(workloads(workload("Pod", "a/b"))[0]?.pod.ips, []);
  });

  it("of one name and two kinds aren't taken for one", () => {
    const closed = object("networking.k8s.io/v1", "NetworkPolicy", "a/closed", {
      spec: { podSelector: {} },
    });
    const prediction = predicted(
      [deployment("a/web"), workload("CronJob", "a/web"), closed],
      platform(),
      { all: true },
    );
    const flow = prediction.flows.find(
      ({ from, to }) => from === "a/web[CronJob]" && to === "a/web[Deployment]",
    );
    assert.equal(flow?.verdict, "deny");
    assert.match(flow?.because.join() ?? "", /a\/web\[Deployment\] for ingress/);
  });

  it("have a sidecar where a mesh injects one", () => {
    const pods = (labels: Record<string, string>, inject: Record<string, string>) =>
      workloadsOf(
        [deployment("a/b", { labels: inject })],
        [{ name: "a", labels }],
        withIstio.settings,
      ).map(({ pod }) => pod.meshed);
    assert.deepEqual(pods({ "istio-injection": "enabled" }, {}), [true]);
    assert.deepEqual(
      pods({ "istio-injection": "enabled" }, { "sidecar.istio.io/inject": "false" }),
      [false],
    );
    assert.deepEqual(pods({}, {}), [false]);
  });
});
