import assert from "node:assert/strict";
import { counter } from "../../../labs/counter/lab.ts";
import type { Declaration, KubernetesObject } from "../../../micromesh/resources/declared.ts";
import { kubernetesObjects, objectKey } from "../../../micromesh/resources/kubernetes.ts";
import { declaredLabs, told } from "../../../micromesh/resources/labs.ts";
import { declareOn, images, type Wish } from "../platforms.ts";

const everything: Wish = { networkPolicy: true, ciliumPolicies: true, mesh: true, ingress: true };

const deploy = (scenario: string | undefined, wish = everything): Promise<Declaration> =>
  declareOn(wish, (platform) => ({ ...counter.deploy(platform, { scenario, images, own: {} }) }));

const byKey = (declaration: Declaration): Record<string, KubernetesObject> =>
  Object.fromEntries(kubernetesObjects(declaration).map((object) => [objectKey(object), object]));

const meta = {
  name: "isolate-namespace",
  namespace: "d-redis",
  labels: { "app.kubernetes.io/part-of": "counter" },
};

describe("the counter lab", () => {
  it("begins with the open scenario", async () => {
    const { outputs } = await deploy(undefined);
    assert.equal((outputs.lab as { scenario: string }).scenario, "open");
    assert.deepEqual(outputs, (await deploy("open")).outputs);
  });

  it("tells of all its scenarios, whichever it's in", async () => {
    const { outputs, resources } = await deploy("isolated");
    const { counter: declared } = declaredLabs({
      outputs: { labs: { counter: outputs.lab } },
      resources,
    });
    assert.deepEqual(
      declared?.scenarios.map(({ name }) => name),
      counter.scenarios,
    );
    assert.match(told(declared ?? assert.fail()).title, /by NetworkPolicy/);
  });

  it("has a Service that selects no pod", async () => {
    const objects = byKey(await deploy("open"));
    const { spec } = objects["Service c-app-count/app-next"] as KubernetesObject;
    const labels = Object.values(objects)
      .filter(({ kind }) => kind === "Deployment")
      .map((object) => object.spec.template.metadata.labels["app.kubernetes.io/name"]);
    assert.equal(labels.includes(spec.selector["app.kubernetes.io/name"]), false);
  });

  it("isolated adds a NetworkPolicy, and changes nothing else", async () => {
    const { "networking.k8s.io/NetworkPolicy d-redis/isolate-namespace": policy, ...rest } = byKey(
      await deploy("isolated"),
    );
    assert.deepEqual(rest, byKey(await deploy("open")));
    assert.deepEqual(policy?.spec, {
      podSelector: {},
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: [
            { podSelector: {} },
            {
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "c-app-count" } },
              podSelector: { matchLabels: { "app.kubernetes.io/name": "counter" } },
            },
          ],
        },
      ],
    });
    assert.deepEqual(JSON.parse(JSON.stringify(policy?.metadata)), meta);
  });

  it("isolated-cilium adds a CiliumNetworkPolicy, and changes nothing else", async () => {
    const { "cilium.io/CiliumNetworkPolicy d-redis/isolate-namespace": policy, ...rest } = byKey(
      await deploy("isolated-cilium"),
    );
    assert.deepEqual(rest, byKey(await deploy("open")));
    assert.deepEqual(policy?.spec, {
      endpointSelector: {},
      ingress: [
        {
          fromEndpoints: [
            {},
            {
              matchLabels: {
                "k8s:io.kubernetes.pod.namespace": "c-app-count",
                "k8s:app.kubernetes.io/name": "counter",
              },
            },
          ],
        },
      ],
    });
  });

  it("isolated-mesh adds its two rules and a sidecar for each pod, and changes nothing else", async () => {
    const {
      "security.istio.io/PeerAuthentication d-redis/isolate-namespace": strict,
      "security.istio.io/AuthorizationPolicy d-redis/isolate-namespace": authorization,
      ...rest
    } = byKey(await deploy("isolated-mesh"));
    assert.deepEqual(strict?.spec, { mtls: { mode: "STRICT" } });
    assert.deepEqual(authorization?.spec, {
      action: "ALLOW",
      rules: [
        {
          from: [
            {
              source: {
                principals: [
                  "cluster.local/ns/c-app-count/sa/counter",
                  "cluster.local/ns/d-redis/sa/*",
                ],
              },
            },
          ],
        },
      ],
    });
    const withoutSidecars = Object.entries(rest).map(([key, object]) => {
      if (object.kind !== "Deployment") return [key, object];
      const copy = structuredClone(object);
      const { metadata } = copy.spec.template;
      assert.equal(metadata.labels["sidecar.istio.io/inject"], "true", key);
      delete metadata.labels["sidecar.istio.io/inject"];
      delete metadata.annotations;
      return [key, copy];
    });
    assert.deepEqual(Object.fromEntries(withoutSidecars), byKey(await deploy("open")));
  });

  it("puts the mesh's rules after mesh and pods, and the network's before", async () => {
    const mesh = (await deploy("isolated-mesh")).resources;
    const urns = mesh.filter(({ inputs }) => inputs.kind === "Deployment").map(({ urn }) => urn);
    const ready = mesh.find(({ name }) => name === "mesh")?.urn as string;
    for (const kind of ["PeerAuthentication", "AuthorizationPolicy"]) {
      const rule = mesh.find(({ inputs }) => inputs.kind === kind);
      for (const urn of [...urns, ready]) assert.ok(rule?.dependencies.includes(urn), kind);
      assert.equal(rule?.options.deleteBeforeReplace, true);
    }
    const network = (await deploy("isolated")).resources;
    const policy = network.find(({ inputs }) => inputs.kind === "NetworkPolicy");
    const namespace = network.find(({ name }) => name === "counter-redis")?.urn;
    assert.deepEqual(policy?.dependencies, [namespace]);
  });

  it("is reached through the ingress, or where there's none by Apache's Service", async () => {
    assert.deepEqual((await deploy("open")).outputs.endpoints, {
      "pippo.lan": { via: "url", url: "http://192.0.2.1:30080" },
    });
    assert.deepEqual((await deploy("open", {})).outputs.endpoints, {
      "pippo.lan": { via: "service", namespace: "b-apacherr", service: "apache", port: 80 },
    });
  });

  const warnings: [string, Wish, string[]][] = [
    ["open", {}, []],
    ["isolated", everything, []],
    ["isolated-cilium", everything, []],
    ["isolated-mesh", everything, []],
    [
      "isolated",
      {},
      [
        "labs.counter: scenario isolated needs a CNI that enforces NetworkPolicy, and cni.kind is none: nothing will enforce it",
      ],
    ],
    [
      "isolated-cilium",
      { networkPolicy: true },
      [
        "labs.counter: scenario isolated-cilium needs a CNI that enforces CiliumNetworkPolicy, and cni.kind is cilium: nothing will enforce it",
      ],
    ],
    [
      "isolated-mesh",
      { networkPolicy: true, ciliumPolicies: true },
      [
        "labs.counter: scenario isolated-mesh needs a mesh, and mesh.kind is none: nothing will enforce it",
      ],
    ],
  ];
  for (const [scenario, wish, expected] of warnings) {
    const has = Object.keys(wish).join(", ") || "nothing";
    const warns = expected.length > 0 ? "warns, and declares its rules all the same" : "is content";
    it(`${scenario} on a platform with ${has} ${warns}`, async () => {
      const declaration = await deploy(scenario, wish);
      assert.deepEqual(declaration.warnings, expected);
      const rules = kubernetesObjects(declaration).filter(
        ({ metadata }) => metadata.name === "isolate-namespace",
      );
      assert.equal(rules.length, { open: 0, "isolated-mesh": 2 }[scenario] ?? 1);
    });
  }
});
