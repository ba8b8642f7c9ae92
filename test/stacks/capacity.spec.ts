import assert from "node:assert/strict";
import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { collect } from "../../micromesh/resources/collect.ts";
import { type Capacity, type Cluster, measureCapacity } from "../../stacks/capacity.ts";
import { capacityReport, type Instances, showCapacity } from "../../stacks/capacity-report.ts";

const MICRO = { name: "t3.micro", memoryMiB: 1024, cpuMillis: 2000 };
const on = { nodes: 1, k3s: false };

/** What is measured of a piece of program, in a preview unless told otherwise. */
async function measured(
  program: (provider: k8s.Provider, told: pulumi.Output<string>) => void,
  { preview = true, cluster = on }: { preview?: boolean; cluster?: Cluster } = {},
): Promise<Capacity> {
  let capacity: Promise<Capacity> | undefined;
  await collect(
    async () => {
      const measure = measureCapacity();
      const cluster0 = new command.local.Command("cluster", { create: "make" });
      const provider = new k8s.Provider("provider", { kubeconfig: cluster0.stdout });
      program(provider, cluster0.stdout);
      capacity = measure.on(cluster);
      await capacity;
      return {};
    },
    {
      project: "micromesh",
      stack: "test",
      config: {},
      preview,
      // In a preview what a resource gives beside its inputs is unknown, to mocks as to the engine.
      outputs: ({ type }) => (type.startsWith("command:") && !preview ? { stdout: "abc" } : {}),
    },
  );
  return (await capacity) as Capacity;
}

const containers = (resources?: pulumi.Input<object>) => [
  { name: "app", image: "app:1", resources: resources as object },
];
const small = { requests: { memory: "64Mi", cpu: "20m" } };
const labels = { app: "x" };
const deployment = (
  name: string,
  provider: k8s.Provider,
  {
    namespace = "n" as pulumi.Input<string>,
    replicas = 1 as pulumi.Input<number>,
    resources = small as pulumi.Input<object>,
    more = {},
  } = {},
) =>
  new k8s.apps.v1.Deployment(
    name,
    {
      metadata: { name, namespace },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels: { ...labels, ...more } },
          spec: { containers: containers(resources) },
        },
      },
    },
    { provider },
  );

describe("what a stack's capacity is measured from", () => {
  it("is known in the preview of a stack whose cluster isn't there", async () => {
    const { needs } = await measured((provider) => {
      const namespace = new k8s.core.v1.Namespace("ns", { metadata: { name: "n" } }, { provider });
      deployment("a", provider, { namespace: namespace.metadata.name, replicas: 3 });
      deployment("b", provider);
    });
    assert.deepEqual(needs.notes, []);
    assert.deepEqual(needs.rows, [{ what: "namespace n", pods: 4, memoryMiB: 256, cpuMillis: 80 }]);
  });

  it("is the same in an update, before any resource is there", async () => {
    const program = (provider: k8s.Provider, told: pulumi.Output<string>) => {
      const namespace = new k8s.core.v1.Namespace("ns", { metadata: { name: "n" } }, { provider });
      deployment("a", provider, {
        namespace: namespace.metadata.name,
        replicas: told.apply((text) => text.length),
      });
    };
    const [preview, update] = [
      await measured(program),
      await measured(program, { preview: false }),
    ];
    assert.deepEqual(update, preview);
    assert.deepEqual(update.needs.notes, [
      "Deployment a: spec.replicas isn't known before the update; it's counted as if it weren't said.",
    ]);
  });

  it("takes each value on its own: one that is unknown doesn't hide what stands beside it", async () => {
    const { needs } = await measured((provider, told) => {
      deployment("a", provider, {
        replicas: 2,
        resources: { requests: { memory: told, cpu: "20m" }, limits: { memory: "96Mi" } },
      });
      deployment("b", provider, { resources: told.apply(() => ({})) });
    });
    assert.deepEqual(needs.total, { memoryMiB: 2 * 96 + 200, cpuMillis: 2 * 20 + 100 });
    assert.deepEqual(needs.notes, [
      "Deployment a: spec.template.spec.containers[0].resources.requests.memory isn't known before the update; it's counted as if it weren't said.",
      "Deployment b: spec.template.spec.containers[0].resources isn't known before the update; it's counted as if it weren't said.",
    ]);
  });

  it("waits for values that come from no resource, secrets among them", async () => {
    const { needs } = await measured((provider) => {
      deployment("a", provider, {
        replicas: pulumi.secret(2),
        resources: pulumi.output(Promise.resolve({ requests: { memory: "10Mi", cpu: "1m" } })),
      });
    });
    assert.deepEqual([needs.total, needs.notes], [{ memoryMiB: 20, cpuMillis: 2 }, []]);
  });

  it("knows the labels of the Namespace that a namespace's name comes from", async () => {
    const { needs } = await measured((provider) => {
      new k8s.helm.v3.Release(
        "istiod-release",
        { chart: "istiod", name: "istiod", values: {}, namespace: "istio-system" },
        { provider },
      );
      const meshed = { "istio-injection": "enabled" };
      const named = new k8s.core.v1.Namespace(
        "one",
        { metadata: { name: "n", labels: meshed } },
        { provider },
      );
      const unnamed = new k8s.core.v1.Namespace(
        "two",
        { metadata: { labels: meshed } },
        { provider },
      );
      deployment("a", provider, { namespace: named.metadata.name });
      deployment("b", provider, { namespace: pulumi.interpolate`${unnamed.metadata.name}` });
      deployment("c", provider, { namespace: "elsewhere" });
    });
    assert.deepEqual(
      needs.rows.map(({ what, pods }) => [what, pods]),
      [
        ["Istio", 1],
        ["sidecars of 2 pods", undefined],
        ["namespace elsewhere", 1],
        ["namespace n", 1],
        ["namespace two", 1],
      ],
    );
    assert.deepEqual(needs.notes, []);
  });

  it("counts a namespace whose name something else tells as one without labels, and says so", async () => {
    const { needs } = await measured((provider, told) => {
      deployment("a", provider, { namespace: told });
    });
    assert.deepEqual(needs.rows, [
      { what: "namespace default", pods: 1, memoryMiB: 64, cpuMillis: 20 },
    ]);
    assert.deepEqual(needs.notes, [
      "Deployment a: metadata.namespace isn't known before the update; it's counted as if it weren't said.",
    ]);
  });

  it("is what was declared after it began to listen", async () => {
    const provider = () => new k8s.Provider("p", { kubeconfig: "k" });
    let capacity: Promise<Capacity> | undefined;
    await collect(
      async () => {
        const to = provider();
        deployment("before", to);
        const measure = measureCapacity();
        deployment("after", to);
        capacity = measure.on(on);
        return {};
      },
      { project: "micromesh", stack: "test", config: {} },
    );
    assert.equal((await capacity)?.needs.rows[0]?.pods, 1);
  });

  it("is compared with a machine, where one is known", async () => {
    const program = (provider: k8s.Provider) => {
      deployment("a", provider, { replicas: 20 });
    };
    const of = async (machine: Cluster["machine"]) =>
      (await measured(program, { cluster: { ...on, machine } })).on;
    assert.deepEqual(await of(pulumi.output(MICRO)), {
      machine: MICRO,
      verdict: {
        fits: false,
        usable: { memoryMiB: 847, cpuMillis: 2000 },
        short: { memoryMiB: 20 * 64 - 847, cpuMillis: 0 },
      },
    });
    assert.equal(await of(undefined), undefined);
    assert.equal(await of(pulumi.output(pulumi.unknown as never)), undefined);
    const unasked = { name: "t3.micro", memoryMiB: undefined as never, cpuMillis: Number.NaN };
    assert.equal(await of(unasked), undefined, "AWS wasn't asked");
  });
});

describe("the report of a stack's capacity", () => {
  const type = (name: string, memoryMiB: number, freeTierEligible = true) => ({
    name,
    memoryMiB,
    vcpus: 2,
    architecture: "x86_64" as const,
    freeTierEligible,
    burstable: false,
  });
  const instances = (chosen: Instances["chosen"]): Instances => ({
    chosen,
    region: "eu-central-1",
    freeTier: [type("t3.micro", 1024), type("m7i-flex.large", 8192)],
    cost: "A month costs about 80.00 USD.",
  });
  const capacity = (memoryMiB: number) =>
    measured(
      (provider) => {
        deployment("a", provider, { replicas: 20 });
      },
      { cluster: { ...on, machine: { ...MICRO, memoryMiB } } },
    );

  it("is the table and the cost, where all is well", async () => {
    const report = capacityReport(await capacity(8192), instances(type("m7i-flex.large", 8192)));
    assert.deepEqual([report.warning, report.problem], [undefined, undefined]);
    assert.match(report.text, /^┌.*│ namespace n .*│ left.*┘\nA month costs about 80.00 USD\.$/s);
  });

  it("is the table alone where nobody knows the machine", async () => {
    const { needs } = await capacity(8192);
    const report = capacityReport({ needs });
    assert.match(report.text, /│ in all [^\n]*\n└[─┴]*┘$/);
    assert.deepEqual([report.warning, report.problem], [undefined, undefined]);
  });

  it("names the type that is too small, and the command that mends it", async () => {
    const { problem, warning } = capacityReport(
      await capacity(1024),
      instances(type("t3.micro", 1024)),
    );
    assert.equal(warning, undefined);
    assert.equal(
      problem,
      "micromesh:cluster.instanceType is t3.micro; what the stack declares doesn't fit: it lacks 433 MiB " +
        'of memory, having 847 MiB to give: run "pulumi config set --path micromesh:cluster.instanceType ' +
        'm7i-flex.large", the smallest that fits in the free tier of eu-central-1',
    );
  });

  /** What the program logs or throws on showing a report. */
  const shown = async (report: ReturnType<typeof capacityReport>, preview: boolean) => {
    const { warnings } = await collect(
      async () => {
        const hosts = new pulumi.ComponentResource("micromesh:clusters:Hosts", "hosts");
        await showCapacity(hosts, report);
        return {};
      },
      { project: "micromesh", stack: "test", config: {}, preview },
    );
    return warnings;
  };

  it("ends the program with the problem first, then the table, in a preview as in an update", async () => {
    for (const preview of [true, false]) {
      await assert.rejects(
        shown({ text: "TABLE", warning: "WARNING", problem: "PROBLEM" }, preview),
        (error: pulumi.ResourceError) => {
          assert.ok(pulumi.ResourceError.isInstance(error));
          assert.equal(error.message, "PROBLEM\nWARNING\nTABLE");
          assert.equal(error.hideStack, true);
          return true;
        },
      );
    }
  });

  it("warns of a type outside of the free tier, and goes on", async () => {
    const report = capacityReport(await capacity(8192), instances(type("m5.large", 8192, false)));
    assert.equal(report.problem, undefined);
    assert.deepEqual(await shown(report, true), [report.warning]);
    assert.match(
      report.warning ?? "",
      /^micromesh:cluster\.instanceType is m5\.large, which isn't/,
    );
  });
});
