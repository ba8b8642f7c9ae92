import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { compact } from "../micromesh/prediction/compact.ts";
import { predict } from "../micromesh/prediction/predict.ts";
import { capture } from "../micromesh/resources/capture.ts";
import { collect } from "../micromesh/resources/collect.ts";
import type { Declaration } from "../micromesh/resources/declared.ts";
import { kubernetesObjects } from "../micromesh/resources/kubernetes.ts";
import { declaredLabs } from "../micromesh/resources/labs.ts";
import { declaredPlatform } from "../micromesh/resources/platform.ts";
import { stackOutputs } from "../stacks/outputs.ts";

const KUBECONFIG = JSON.stringify({
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "c", cluster: { server: "https://192.0.2.1:6443" } }],
  contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
  "current-context": "c",
  users: [{ name: "u", user: { token: "t" } }],
});

let runs = 0;

/** Runs `index.ts` with a stack's configuration, by the keys below `micromesh:`. */
function run(config: Record<string, unknown>): Promise<Declaration> {
  runs += 1;
  // A module runs once for each address that it's imported by.
  const program = `../index.ts?run=${runs}`;
  return collect(async () => ({ ...(await import(program)) }), {
    project: "micromesh",
    stack: "test",
    // The kubeconfig's contents are a secret.
    secretKeys: ["micromesh:cluster"],
    config: Object.fromEntries(
      Object.entries(config).map(([key, value]) => [`micromesh:${key}`, value]),
    ),
  });
}

const cluster = { kind: "existing", kubeconfig: KUBECONFIG };
const choices = {
  cni: [{ kind: "none" }, { kind: "existing", enforcesNetworkPolicy: true, ciliumPolicies: true }],
  mesh: [{ kind: "none" }, { kind: "existing" }],
  ingress: [
    { kind: "none" },
    {
      kind: "existing",
      className: "nginx",
      url: "http://192.0.2.1",
      workload: { namespace: "ingress", workload: "nginx" },
    },
  ],
};

describe("the program", () => {
  for (const cni of choices.cni) {
    for (const mesh of choices.mesh) {
      for (const ingress of choices.ingress) {
        it(`runs with cni ${cni.kind}, mesh ${mesh.kind} and ingress ${ingress.kind}`, async () => {
          const scenario = mesh.kind === "none" ? "isolated" : "isolated-mesh";
          const labs = { counter: { scenario } };
          const declaration = await run({ cluster, cni, mesh, ingress, labs });
          const outputs = stackOutputs.parse(declaration.outputs);
          assert.equal(outputs.labs.counter?.scenario, scenario);
          assert.equal(outputs.labs.counter?.probes.length, ingress.kind === "none" ? 13 : 14);
          assert.deepEqual(Object.keys(outputs.endpoints), ["pippo.lan"]);
          assert.equal(
            outputs.endpoints["pippo.lan"]?.via,
            ingress.kind === "none" ? "service" : "url",
          );
          const kinds = kubernetesObjects(declaration).map(({ kind }) => kind);
          assert.equal(kinds.filter((kind) => kind === "Deployment").length, 4);
          assert.equal(kinds.includes("Ingress"), ingress.kind !== "none");
          const unmet = scenario === "isolated" && cni.kind === "none";
          assert.equal(declaration.warnings.length, unmet ? 1 : 0);
        });
      }
    }
  }

  it("keeps the kubeconfig secret, and nothing else", async () => {
    const declaration = await run({ cluster, labs: { counter: {} } });
    assert.deepEqual(declaration.secretOutputs, ["kubeconfig"]);
    assert.deepEqual(JSON.parse(String(declaration.outputs.kubeconfig)), JSON.parse(KUBECONFIG));
    assert.deepEqual(Object.keys(declaration.outputs).sort(), [
      "cluster",
      "connectivity",
      "endpoints",
      "kubeconfig",
      "labs",
    ]);
  });

  it("tells who reaches whom, as a prediction of what was declared does", async () => {
    for (const { cni, scenario, ingress } of [
      { cni: choices.cni[1], scenario: "isolated", ingress: choices.ingress[1] },
      { cni: choices.cni[0], scenario: "open", ingress: choices.ingress[0] },
    ]) {
      const declaration = await run({ cluster, cni, ingress, labs: { counter: { scenario } } });
      const { connectivity } = stackOutputs.parse(declaration.outputs);
      const objects = kubernetesObjects(declaration);
      const predicted = predict(objects, declaredPlatform(declaration), { of: "stack test" });
      assert.deepEqual(connectivity, compact(predicted));
      const redis = Object.keys(connectivity["d-redis/redis[Deployment]"] ?? {});
      assert.equal(redis.includes("b-apacherr/apache[Deployment]"), scenario === "open");
      assert.equal(redis.includes("c-app-count/counter[Deployment]"), true);
    }
  });

  it("deploys the labs that the configuration names: none, if none", async () => {
    const declaration = await run({ cluster });
    assert.deepEqual(declaration.outputs.labs, {});
    assert.deepEqual(kubernetesObjects(declaration), []);
  });

  it("takes its images from the mirror", async () => {
    const mirror = { images: "registry.example.com/m" };
    const declaration = await run({ cluster, mirror, labs: { counter: {} } });
    const images = kubernetesObjects(declaration)
      .filter(({ kind }) => kind === "Deployment")
      .map(({ spec }) => spec.template.spec.containers[0].image);
    assert.equal(images.length, 4);
    for (const image of images) assert.match(image, /^registry\.example\.com\/m\/library\//);
  });

  it("says what's wrong with its configuration", async () => {
    await assert.rejects(run({ cluster, labs: { counter: { scenario: "isolatd" } } }), {
      name: "ConfigError",
      message: /^micromesh:labs\.counter\.scenario is .*isolatd.*did you mean isolated\?/,
    });
  });

  it("puts out what machines ask for, and leaves what people read to the labs' components", async () => {
    const root = fileURLToPath(new URL("../", import.meta.url));
    const declaration = await capture({ root, stack: "dev" });
    const printed = JSON.stringify(declaration.outputs, null, 2);
    const tellings = Object.values(declaredLabs(declaration)).flatMap((lab) => lab.scenarios);
    assert.ok(tellings.length > 0);
    for (const { name, symptom, explanation } of tellings) {
      for (const text of [symptom, explanation]) {
        assert.ok(!printed.includes(JSON.stringify(text).slice(1, -1)), `${name}: ${text}`);
      }
    }
    // Pulumi prints all of it at every preview.
    const lines = printed.split("\n").length;
    assert.ok(lines < 1300, `${lines} lines`);
  });

  it("declares the dev stack: each object once, each under the lab", async () => {
    const root = fileURLToPath(new URL("../", import.meta.url));
    const declaration = await capture({ root, stack: "dev" });
    const urns = declaration.resources.map(({ urn }) => urn);
    assert.equal(new Set(urns).size, urns.length);
    const lab = declaration.resources.find(({ type }) => type === "micromesh:labs:CounterLab");
    assert.equal(lab?.inputs.scenario, "open");
    assert.ok(lab?.dependencies.some((urn) => urn.includes("cilium")));
  });
});
