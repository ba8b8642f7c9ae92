import assert from "node:assert/strict";
import { declare } from "../../../micromesh/cli/options.ts";
import { validate } from "../../../micromesh/connectivity/index.ts";
import { analyse } from "../../../micromesh/prediction/analysis.ts";
import { predict } from "../../../micromesh/prediction/predict.ts";
import type { Flow } from "../../../micromesh/prediction/prediction.ts";
import { suggest } from "../../../micromesh/prediction/suggest/suggest.ts";
import type { Declaration, KubernetesObject } from "../../../micromesh/resources/declared.ts";
import { kubernetesObjects } from "../../../micromesh/resources/kubernetes.ts";
import { declaredPlatform } from "../../../micromesh/resources/platform.ts";
import { Simulator } from "../../../micromesh/simulator/simulator.ts";
import { runProbes } from "../../../micromesh/verify/runner.ts";
import type { Probe } from "../../../stacks/outputs.ts";
import { cellsOf } from "../matrix.ts";
import { type Ask, differences } from "../matrix-probes.ts";

const READY_MS = 30_000;
const SILENCE_MS = 1_500;

describe("the policies that are suggested for the counter lab", function () {
  this.timeout(60_000);
  let declaration: Declaration;
  let objects: KubernetesObject[];
  let policies: KubernetesObject[];

  const predicted = (all: KubernetesObject[]) =>
    predict(all, declaredPlatform(declaration), { of: "test", all: true }).flows;
  /** Between workloads; what isn't permitted on every port that is needed is missing. */
  const missing = (flows: Flow[]) =>
    flows.filter(({ verdict, neededBy }) => verdict !== "allow" && neededBy.length > 0);

  before(async () => {
    declaration = await declare({ stack: "dev", config: [], lab: ["counter"] });
    objects = kubernetesObjects(declaration);
    policies = suggest(analyse(objects, declaredPlatform(declaration)));
  });

  it("are valid, one for each of its workloads", () => {
    assert.deepEqual(validate(policies), []);
    const names = policies.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    assert.deepEqual(names, [
      "b-apacherr/only-needed-apache",
      "c-app-count/only-needed-counter",
      "d-redis/only-needed-redis-http",
      "d-redis/only-needed-redis",
    ]);
  });

  it("keep every needed flow, and permit no other between workloads", () => {
    const flows = predicted([...objects, ...policies]);
    assert.deepEqual(missing(flows), []);
    const open = flows.filter(
      ({ from, to, verdict }) => verdict === "allow" && ![from, to].join().includes("[External]"),
    );
    const brought = "a-ingress-traefik/traefik[Deployment]";
    assert.ok(open.every(({ neededBy }) => neededBy.length > 0));
    assert.equal(open.length, 5);
    assert.ok(open.every(({ to }) => to !== brought));
  });

  it("have no rule too many", () => {
    for (const [i, policy] of policies.entries()) {
      for (const side of ["ingress", "egress"]) {
        for (const j of (policy.spec[side] as object[]).keys()) {
          const less = {
            ...policy,
            spec: { ...policy.spec, [side]: policy.spec[side].toSpliced(j, 1) },
          };
          const flows = predicted([...objects, ...policies.with(i, less)]);
          assert.notDeepEqual(missing(flows), [], `${policy.metadata.name} spec.${side}[${j}]`);
        }
      }
    }
  });

  describe("in the simulator", () => {
    let simulator: Simulator;
    let protectedLab: Declaration;

    before(async () => {
      protectedLab = {
        ...declaration,
        resources: [...declaration.resources, ...policies.map(asResource)],
      };
      simulator = await Simulator.start(protectedLab, { gatewayPort: 0 });
      await simulator.settled(READY_MS);
    });
    after(async () => simulator?.stop());

    it("let every probe pass whose flow is needed, and cut the others", async () => {
      const { labs } = simulator.declaredOutputs;
      const counter = labs.counter ?? assert.fail("the lab isn't declared");
      const transport = {
        observe: (from: Probe["from"], request: Probe["request"], ms: number) =>
          simulator.observe(from, request, ms),
        close: async () => {},
      };
      const short = counter.probes.map((probe) => ({ ...probe, timeoutSeconds: 3 }));
      const results = await runProbes({ counter: { ...counter, probes: short } }, transport);
      const of = (verdict: string) =>
        results.filter((result) => result.verdict === verdict).map(({ probe }) => probe.name);
      // Nobody is told that Apache or the ingress controller are to talk to Redis itself.
      assert.deepEqual(of("fail"), [
        "Apache's pod talks to Redis",
        "the ingress controller talks to Redis",
      ]);
      assert.deepEqual(of("error"), []);
      for (const { probe, seen } of results.filter(({ verdict }) => verdict === "fail")) {
        assert.match(seen, /timeout|silence|no answer/i, probe.name);
      }
    });

    it("do what is predicted, pod by pod and port by port", async () => {
      const all = cellsOf(kubernetesObjects(protectedLab), declaredPlatform(protectedLab));
      // Who may look up no name never gets to ask a Service.
      const nameless = new Set(
        all.flatMap(({ from, to, predicted }) =>
          to.kind === "names" && predicted.includes("deny") ? [from] : [],
        ),
      );
      assert.deepEqual(
        [...nameless].map(({ name }) => name),
        ["redis"],
      );
      const cells = all.filter(({ from, to }) => to.kind !== "service" || !nameless.has(from));
      const ask: Ask = (from, requests) =>
        Promise.all(
          requests.map((request) => {
            if (request.kind === "udp") throw new Error("the simulator has no UDP between pods");
            const workload = from.pod.labels["app.kubernetes.io/name"] ?? "";
            return simulator.observe({ namespace: from.namespace, workload }, request, SILENCE_MS);
          }),
        );
      const differing = await differences(cells, ask, ({ kind, namespace, name, id }) => {
        const pod = simulator.cluster.statuses.find(
          (one) => one.namespace === namespace && one.owner === `${kind} ${name}` && one.ready,
        );
        return pod?.ips[0] ?? assert.fail(`no pod of ${id} is ready`);
      });
      assert.deepEqual(differing, []);
    });
  });
});

for (const lab of ["router", "shop"]) {
  describe(`the policies that are suggested for the ${lab} lab`, function () {
    this.timeout(90_000);
    let simulator: Simulator;

    before(async () => {
      const declaration = await declare({ stack: "dev", config: [], lab: [lab] });
      const platform = declaredPlatform(declaration);
      const policies = suggest(analyse(kubernetesObjects(declaration), platform));
      const resources = [...declaration.resources, ...policies.map(asResource)];
      simulator = await Simulator.start({ ...declaration, resources }, { gatewayPort: 0 });
      await simulator.settled(READY_MS);
    });
    after(async () => simulator?.stop());

    it("let everything through that comes from outside, and what it leads to", async () => {
      const declared = simulator.declaredOutputs.labs[lab] ?? assert.fail("it isn't declared");
      const probes = declared.probes.filter(({ from }) => from === "outside");
      const transport = {
        observe: (from: Probe["from"], request: Probe["request"], ms: number) =>
          simulator.observe(from, request, ms),
        close: async () => {},
      };
      const results = await runProbes({ [lab]: { ...declared, probes } }, transport, {
        settleSeconds: 5,
      });
      assert.deepEqual(
        results.filter(({ verdict }) => verdict !== "pass").map(({ probe }) => probe.name),
        [],
      );
      assert.ok(results.length >= 5);
    });
  });
}

/** As the program would declare it. */
function asResource(object: KubernetesObject): Declaration["resources"][number] {
  const { namespace, name } = object.metadata;
  const type = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
  return {
    urn: `urn:pulumi:dev::micromesh::${type}::${namespace}-${name}`,
    type,
    name,
    custom: true,
    dependencies: [],
    inputs: object,
    secrets: [],
    options: {
      deleteBeforeReplace: false,
      protect: false,
      retainOnDelete: false,
      ignoreChanges: [],
      replaceOnChanges: [],
      additionalSecretOutputs: [],
      aliases: [],
    },
  };
}
