import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { capture } from "../../../micromesh/resources/capture.ts";
import type { Declaration, KubernetesObject } from "../../../micromesh/resources/declared.ts";
import { assess } from "../../../micromesh/verify/drift/assess.ts";
import { type Declared, declaredIn } from "../../../micromesh/verify/drift/declared.ts";
import { driftTitle } from "../../../micromesh/verify/drift/drift.ts";
import { type StackOutputs, stackOutputs } from "../../../stacks/outputs.ts";
import { cluster, stored } from "./objects.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

const policy = (name: string, namespace: string, spec: object): KubernetesObject => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { namespace, name },
  spec,
});

describe("what drift does to the counter lab, isolated", function () {
  this.timeout(30_000);
  let declaration: Declaration;
  let declared: Declared;
  let outputs: StackOutputs;
  let objects: KubernetesObject[];

  before(async () => {
    declaration = await capture({
      root,
      stack: "dev",
      config: ['labs={"counter":{"scenario":"isolated"}}', "mesh.kind=none", "ingress.kind=none"],
    });
    declared = declaredIn(declaration);
    outputs = stackOutputs.parse(declaration.outputs);
    objects = declared.objects.map(({ object }) => object);
  });

  /** How a cluster is judged that has these objects. */
  function judged(found: KubernetesObject[]) {
    const origin = { by: "manifests" } as const;
    const there = cluster(found, objects);
    const assessment = assess(declaration, declared, there, outputs.endpoints, origin);
    const { drifts, notes } = assessment;
    return {
      notes,
      drifts: drifts.map((drift) => ({
        title: driftTitle(drift),
        effects: assessment.effects(drift),
      })),
      causes: (name: string) => {
        const probe = outputs.labs.counter?.probes.find((one) => one.name === name);
        assert.ok(probe, name);
        return assessment.causes(probe);
      },
    };
  }

  const without = (kind: string, name: string) =>
    objects.filter((one) => one.kind !== kind || one.metadata.name !== name);
  const withSpec = (kind: string, name: string, spec: object) =>
    objects.map((one) =>
      one.kind === kind && one.metadata.name === name
        ? { ...one, spec: { ...one.spec, ...spec } }
        : one,
    );

  it("is nothing where the cluster is as declared, and has its API server's defaults", () => {
    const plain = objects.filter(({ kind }) => kind !== "Deployment").map(stored);
    const deployments = objects.filter(({ kind }) => kind === "Deployment");
    const { drifts, causes } = judged([...plain, ...deployments]);
    assert.deepEqual(drifts, []);
    assert.deepEqual(causes("Apache's pod talks to Redis"), []);
  });

  it("opens what a missing policy has closed, and explains the probes that see it", () => {
    const { drifts, causes } = judged(without("NetworkPolicy", "isolate-namespace"));
    assert.deepEqual(drifts, [
      {
        title: "NetworkPolicy d-redis/isolate-namespace is declared, but not on the cluster",
        effects: [
          "b-apacherr/apache may reach d-redis/redis-http TCP 7379 now",
          "b-apacherr/apache may reach d-redis/redis TCP 6379 now",
          "outside may reach d-redis/redis-http TCP 7379 now",
          "outside may reach d-redis/redis TCP 6379 now",
        ],
      },
    ]);
    const missing = "NetworkPolicy d-redis/isolate-namespace is missing";
    assert.deepEqual(causes("Apache's pod talks to Redis"), [
      `${missing}: b-apacherr/apache may reach d-redis/redis TCP 6379 now`,
    ]);
    // Apache is on the way: it forwards to the HTTP front.
    assert.deepEqual(causes("case 2: the time from Redis without the app"), [
      `${missing}: b-apacherr/apache may reach d-redis/redis-http TCP 7379 now`,
    ]);
    assert.deepEqual(causes("the app talks to Redis"), []);
  });

  it("cuts what an undeclared policy doesn't let through", () => {
    const oops = policy("oops", "c-app-count", { podSelector: {}, policyTypes: ["Egress"] });
    const { drifts, causes } = judged([...objects, oops]);
    assert.deepEqual(drifts, [
      {
        title: "NetworkPolicy c-app-count/oops is on the cluster, but not declared",
        effects: [
          "c-app-count/counter can't reach d-redis/redis TCP 6379 any more",
          "3 connections cut that nothing needs",
        ],
      },
    ]);
    const undeclared = "NetworkPolicy c-app-count/oops isn't declared";
    const cut = `${undeclared}: c-app-count/counter can't reach d-redis/redis TCP 6379 any more`;
    assert.deepEqual(causes("the app talks to Redis"), [cut]);
    assert.deepEqual(causes("case 1: the app stores the time in Redis"), [cut]);
    assert.deepEqual(causes("the HTTP front talks to Redis"), []);
  });

  it("is nothing of a policy that changes nothing, which is told all the same", () => {
    const selector = { matchLabels: { "app.kubernetes.io/name": "redis" } };
    const oops = policy("oops", "d-redis", { podSelector: selector, policyTypes: ["Ingress"] });
    const { drifts, causes } = judged([...objects, oops]);
    assert.deepEqual(drifts, [
      { title: "NetworkPolicy d-redis/oops is on the cluster, but not declared", effects: [] },
    ]);
    assert.deepEqual(causes("the HTTP front talks to Redis"), []);
  });

  it("of a rule for the whole cluster that changes nothing here is a note", () => {
    const wide: KubernetesObject = {
      apiVersion: "cilium.io/v2",
      kind: "CiliumClusterwideNetworkPolicy",
      metadata: { name: "wide" },
      spec: { endpointSelector: { matchLabels: { app: "other" } }, ingress: [{}] },
    };
    const { drifts, notes } = judged([...objects, wide]);
    assert.deepEqual(drifts, []);
    assert.deepEqual(notes, [
      "CiliumClusterwideNetworkPolicy wide isn't declared, and changes nothing of who reaches whom here",
    ]);
    const all = judged([...objects, { ...wide, spec: { endpointSelector: {}, ingress: [{}] } }]);
    assert.deepEqual(
      all.drifts.map(({ title }) => title),
      ["CiliumClusterwideNetworkPolicy wide is on the cluster, but not declared"],
    );
  });

  it("cuts what leads to a workload without pods, and what its own pods ask for", () => {
    const { causes } = judged(withSpec("Deployment", "counter", { replicas: 0 }));
    const changed = "Deployment c-app-count/counter isn't as declared (spec.replicas)";
    assert.deepEqual(causes("the app's redirect reaches the client under /count/"), [
      `${changed}: b-apacherr/apache can't reach c-app-count/counter TCP 8080 any more`,
    ]);
    assert.deepEqual(causes("the app talks to Redis"), [
      `${changed}: c-app-count/counter can't reach d-redis/redis TCP 6379 any more`,
    ]);
  });

  it("takes a name away with its Service", () => {
    const { causes } = judged(without("Service", "redis-svc"));
    const missing = "Service d-redis/redis-svc is missing";
    assert.deepEqual(causes("the app talks to Redis"), [
      `${missing}: c-app-count/counter can't reach d-redis/redis TCP 6379 any more`,
    ]);
    const app = judged(without("Service", "app-svc"));
    assert.deepEqual(app.causes("a Service is found by its short name from another namespace"), [
      "Service c-app-count/app-svc is missing: b-apacherr/apache can't look app-svc.c-app-count up any more",
    ]);
  });

  it("closes the way in with its Service", () => {
    const { causes } = judged(withSpec("Service", "apache", { selector: { app: "other" } }));
    assert.deepEqual(causes("the app answers without Redis"), [
      "Service b-apacherr/apache isn't as declared (spec.selector[app.kubernetes.io/name], …): requests from outside can't come in by Service b-apacherr/apache any more",
    ]);
  });

  it("of several objects may only count together", () => {
    const selector = { podSelector: {}, policyTypes: ["Ingress"], ingress: [] };
    // Each leaves the other's way closed: no policy and no Service.
    const found = [
      ...without("NetworkPolicy", "isolate-namespace"),
      policy("oops", "d-redis", selector),
    ];
    const { causes } = judged(found);
    assert.deepEqual(causes("the app talks to Redis"), [
      "all that differs, together: c-app-count/counter can't reach d-redis/redis TCP 6379 any more",
    ]);
  });

  it("that can't be predicted is named where it stands on the way", () => {
    const [source] = objects.filter(
      ({ kind, metadata }) => kind === "ConfigMap" && metadata.namespace === "c-app-count",
    );
    assert.ok(source);
    const { causes } = judged(objects.filter((one) => one !== source));
    const { name } = source.metadata;
    assert.deepEqual(causes("the app answers without Redis"), [
      `ConfigMap c-app-count/${name} is missing: it's on the way, and may be why`,
    ]);
    assert.deepEqual(causes("the HTTP front talks to Redis"), []);
  });
});
