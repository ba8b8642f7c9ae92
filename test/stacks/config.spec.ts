import assert from "node:assert/strict";
import * as fc from "fast-check";
import { z } from "zod";
import { collect } from "../../micromesh/resources/collect.ts";
import { ConfigError, loadConfig, parseConfig } from "../../stacks/config.ts";

const labs = {
  counter: { scenarios: ["open", "isolated", "isolated-mesh"] },
  shop: {
    scenarios: ["open"],
    settings: z.strictObject({
      replicas: z.int({ error: "it must be a number" }).default(2),
      open: z.boolean().default(true),
    }),
  },
};

function problems(raw: Record<string, unknown>, known = labs as Parameters<typeof parseConfig>[1]) {
  try {
    parseConfig(raw, known);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
  return [];
}
const set = (path: string, value: string) =>
  `run "pulumi config set --path micromesh:${path} ${value}"`;

describe("parseConfig", () => {
  it("gives a stack that says nothing a minikube with all that labs use", () => {
    assert.deepEqual(parseConfig({}, labs), {
      cluster: {
        kind: "minikube",
        memoryMiB: 6144,
        cpus: 2,
        kubernetesVersion: "v1.35.1",
        containerRuntime: "containerd",
        addons: [],
        keep: false,
      },
      cni: { kind: "cilium", hubble: { ui: false } },
      mesh: { kind: "istio" },
      ingress: { kind: "traefik", namespace: "a-ingress-traefik" },
      observability: { kind: "none" },
      mirror: {},
      labs: {},
    });
  });

  it("installs nothing unasked on a cluster that was there before", () => {
    const { cni, mesh, ingress, observability } = parseConfig(
      { cluster: { kind: "existing" } },
      labs,
    );
    assert.deepEqual(
      [cni, mesh, ingress, observability],
      [{ kind: "none" }, { kind: "none" }, { kind: "none" }, { kind: "none" }],
    );
  });

  it("fills in the defaults of existing parts", () => {
    const config = parseConfig(
      {
        cluster: { kind: "existing", context: "bed" },
        cni: { kind: "existing", enforcesNetworkPolicy: true },
        mesh: { kind: "existing" },
        ingress: { kind: "existing", className: "nginx" },
        observability: { kind: "existing", prometheusUrl: "http://127.0.0.1:9090" },
      },
      labs,
    );
    assert.deepEqual(config.cni, {
      kind: "existing",
      enforcesNetworkPolicy: true,
      ciliumPolicies: false,
    });
    assert.deepEqual(config.mesh, {
      kind: "existing",
      namespace: "istio-system",
      trustDomain: "cluster.local",
    });
  });

  it("takes a part without its kind for the default kind", () => {
    assert.deepEqual(parseConfig({ cni: { hubble: { ui: true } } }, labs).cni, {
      kind: "cilium",
      hubble: { ui: true },
    });
  });

  it("hands a lab its own settings, with the defaults of its schema", () => {
    const config = parseConfig(
      { labs: { shop: { replicas: 3 }, counter: { scenario: "isolated" } } },
      labs,
    );
    assert.deepEqual(config.labs, {
      shop: { scenario: undefined, settings: { replicas: 3, open: true } },
      counter: { scenario: "isolated", settings: {} },
    });
  });

  const cases: [string, Record<string, unknown>, string[]][] = [
    [
      "too little memory for Cilium and Istio",
      { cluster: { memoryMiB: 512 } },
      [
        `micromesh:cluster.memoryMiB is 512; Cilium and Istio need at least 4096: ${set("cluster.memoryMiB", "6144")}`,
      ],
    ],
    [
      "too little memory for Istio alone",
      { cluster: { memoryMiB: 4000 }, cni: { kind: "none" } },
      [
        `micromesh:cluster.memoryMiB is 4000; Istio needs at least 4096: ${set("cluster.memoryMiB", "6144")}`,
      ],
    ],
    [
      "too little memory for minikube itself",
      { cluster: { memoryMiB: 1799 }, cni: { kind: "none" }, mesh: { kind: "none" } },
      [
        `micromesh:cluster.memoryMiB is 1799; minikube needs at least 1800: ${set("cluster.memoryMiB", "2048")}`,
      ],
    ],
    [
      "too few CPUs",
      { cluster: { cpus: 1 } },
      [`micromesh:cluster.cpus is 1; minikube needs at least 2: ${set("cluster.cpus", "2")}`],
    ],
    [
      "values of the wrong type",
      { cluster: { cpus: "two", keep: "yes", addons: "ingress" } },
      [
        `micromesh:cluster.addons is "ingress"; it must be a list of names: ${set("cluster.addons", `'["metrics-server"]'`)}`,
        `micromesh:cluster.cpus is "two"; it must be a whole number: ${set("cluster.cpus", "2")}`,
        `micromesh:cluster.keep is "yes"; it must be true or false: ${set("cluster.keep", "true")}`,
      ],
    ],
    [
      "a value in a list",
      { cluster: { addons: ["ingress", "Dash Board"] } },
      [
        'micromesh:cluster.addons[1] is "Dash Board"; it must be the name of an addon, as minikube ' +
          `lists them: ${set("cluster.addons[1]", "VALUE")}`,
      ],
    ],
    [
      "a Kubernetes version of the wrong form",
      { cluster: { kubernetesVersion: "1.35" } },
      [
        `micromesh:cluster.kubernetesVersion is "1.35"; it must be of the form v1.35.1: ${set("cluster.kubernetesVersion", "v1.35.1")}`,
      ],
    ],
    [
      "a Kubernetes too old for Istio",
      { cluster: { kubernetesVersion: "v1.31.9" } },
      [
        `micromesh:cluster.kubernetesVersion is "v1.31.9"; Istio needs at least v1.32.0: ${set("cluster.kubernetesVersion", "v1.35.1")}`,
      ],
    ],
    [
      "a profile name that minikube refuses",
      { cluster: { profile: "my_lab" } },
      [
        `micromesh:cluster.profile is "my_lab"; it must be two or more letters, digits, - or .: ${set("cluster.profile", "micromesh-dev")}`,
      ],
    ],
    [
      "a misspelt kind",
      { cni: { kind: "cillium" } },
      [
        `micromesh:cni.kind is "cillium"; it must be cilium, none or existing (did you mean cilium?): ${set("cni.kind", "cilium")}`,
      ],
    ],
    [
      "a kind that is no text",
      { mesh: { kind: 3 } },
      [
        `micromesh:mesh.kind is 3; it must be istio, none or existing: ${set("mesh.kind", "istio")}`,
      ],
    ],
    [
      "a kind in place of the object",
      { cni: "none", mesh: null },
      [
        `micromesh:cni is "none"; it must be an object with a kind: ${set("cni.kind", "none")}`,
        `micromesh:mesh is null; it must be an object with a kind: ${set("mesh.kind", "istio")}`,
      ],
    ],
    [
      "misspelt settings",
      { cni: { kindd: "none" }, mesh: { kind: "existing", trustDomian: "x" }, meshh: {} },
      [
        "micromesh:cni.kindd is not a setting; did you mean kind?",
        "micromesh:mesh.trustDomian is not a setting; did you mean trustDomain?",
        "micromesh:meshh is not a setting; did you mean mesh?",
      ],
    ],
    [
      "a misspelt setting of a setting",
      { cni: { kind: "cilium", hubble: { uii: true } } },
      ["micromesh:cni.hubble.uii is not a setting; did you mean ui?"],
    ],
    [
      "a setting of another kind",
      { cni: { kind: "none", hubble: { ui: true } } },
      [
        `micromesh:cni.hubble is not a setting of kind none: run "pulumi config rm --path micromesh:cni.hubble"`,
      ],
    ],
    [
      "a part that doesn't exist",
      { database: {} },
      [
        "micromesh:database is not a setting; there are cluster, cni, mesh, ingress, observability, " +
          'mirror, labs: run "pulumi config rm micromesh:database"',
      ],
    ],
    [
      "what an existing part needs",
      {
        cni: { kind: "existing" },
        ingress: { kind: "existing", service: { namespace: "x", name: "y" } },
      },
      [
        `micromesh:cni.enforcesNetworkPolicy is missing; it must be true or false: ${set("cni.enforcesNetworkPolicy", "true")}`,
        `micromesh:ingress.className is missing; it must be text: ${set("ingress.className", "traefik")}`,
        `micromesh:ingress.service.port is missing; it must be a port, 1 to 65535: ${set("ingress.service.port", "80")}`,
      ],
    ],
    [
      "claims that contradict each other",
      { cni: { kind: "existing", enforcesNetworkPolicy: false, ciliumPolicies: true } },
      [
        "micromesh:cni.enforcesNetworkPolicy is false; with ciliumPolicies it must be true, for " +
          `Cilium enforces both: ${set("cni.enforcesNetworkPolicy", "true")}`,
      ],
    ],
    [
      "ports and URLs",
      {
        ingress: { nodePort: 80 },
        observability: { kind: "existing", prometheusUrl: "prom:9090" },
      },
      [
        `micromesh:ingress.nodePort is 80; it must be a port, 30000 to 32767: ${set("ingress.nodePort", "30080")}`,
        `micromesh:observability.prometheusUrl is "prom:9090"; it must be an http or https URL: ${set("observability.prometheusUrl", "http://127.0.0.1:9090")}`,
      ],
    ],
    [
      "mirrors of the wrong form",
      { mirror: { charts: "charts.lan", images: "https://registry.lan" } },
      [
        'micromesh:mirror.charts is "charts.lan"; it must be a Helm repository (https://…) or an OCI ' +
          `prefix (oci://…): ${set("mirror.charts", "https://charts.example.com")}`,
        'micromesh:mirror.images is "https://registry.lan"; it must be a registry with or without a ' +
          `path, e.g. registry.lan:5000/mirror: ${set("mirror.images", "registry.example.com/mirror")}`,
      ],
    ],
    [
      "settings that a lab doesn't take",
      { labs: { shop: { replicas: "3", opn: false } } },
      [
        `micromesh:labs.shop.replicas is "3"; it must be a number: ${set("labs.shop.replicas", "VALUE")}`,
        "micromesh:labs.shop.opn is not a setting; did you mean open?",
      ].sort(),
    ],
    [
      "labs and scenarios",
      {
        labs: {
          conter: {},
          bank: {},
          shop: { scenario: 1 },
          counter: { scenario: "isolatd", colour: "red" },
        },
      },
      [
        'micromesh:labs.bank is not a lab; there are counter, shop: run "pulumi config rm --path micromesh:labs.bank"',
        "micromesh:labs.conter is not a lab; did you mean counter?",
        'micromesh:labs.counter.colour is not a setting: run "pulumi config rm --path micromesh:labs.counter.colour"',
        'micromesh:labs.counter.scenario is "isolatd"; it must be open, isolated or isolated-mesh ' +
          `(did you mean isolated?): ${set("labs.counter.scenario", "isolated")}`,
        `micromesh:labs.shop.scenario is 1; it must be text: ${set("labs.shop.scenario", "VALUE")}`,
      ],
    ],
  ];
  for (const [name, raw, expected] of cases) {
    it(`refuses ${name}`, () => assert.deepEqual(problems(raw), expected));
  }

  it("never shows a kubeconfig", () => {
    const [problem] = problems({ cluster: { kind: "existing", kubeconfig: { token: "s3cret" } } });
    assert.equal(
      problem,
      `micromesh:cluster.kubeconfig is a value of the wrong form; it must be text: ${set("cluster.kubeconfig", "VALUE")}`,
    );
  });

  it("says everything at once, sorted, one line each, and what it was told is its message", () => {
    const raw = { zoo: {}, cluster: { cpus: 1, memoryMiB: 1 }, cni: { kind: "x" } };
    const found = problems(raw);
    assert.equal(found.length, 4);
    assert.deepEqual(found, [...found].sort());
    assert.throws(() => parseConfig(raw, labs), { name: "ConfigError", message: found.join("\n") });
  });

  it("answers anything at all with a configuration or with lines", () => {
    const names = ["cluster", "cni", "mesh", "ingress", "observability", "mirror", "labs"];
    const part = fc.oneof(
      fc.jsonValue(),
      fc.record({
        kind: fc.oneof(fc.constantFrom("minikube", "existing", "none", "istio"), fc.jsonValue()),
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), part), (raw) => {
        for (const line of problems(raw)) assert.match(line, /^micromesh:[^\n]+$/);
      }),
      { numRuns: 300 },
    );
  });
});

describe("loadConfig", () => {
  const load = async (config: Record<string, unknown>) => {
    const { outputs } = await collect(async () => ({ config: loadConfig(labs) }), {
      project: "micromesh",
      stack: "dev",
      config,
    });
    return outputs.config as ReturnType<typeof parseConfig>;
  };

  it("reads what Pulumi hands over, and only what stands under micromesh:", async () => {
    const { cni, labs: configured } = await load({
      "micromesh:cni": { kind: "none" },
      "micromesh:labs": { counter: { scenario: "isolated" } },
      "aws:region": "eu-central-1",
    });
    assert.deepEqual(cni, { kind: "none" });
    assert.deepEqual(configured, { counter: { scenario: "isolated", settings: {} } });
  });

  it("shows a setting that is plain text as it is", async () => {
    await assert.rejects(load({ "micromesh:cni": "none" }), {
      name: "ConfigError",
      message: `micromesh:cni is "none"; it must be an object with a kind: ${set("cni.kind", "none")}`,
    });
  });
});
