import assert from "node:assert/strict";
import fc from "fast-check";
import {
  machineOf,
  problemWithChoice,
  smallestFitting,
  warningOfChoice,
} from "../../../../components/clusters/ec2/choice.ts";
import { freeTierTypes } from "../../../../components/clusters/ec2/free-tier.ts";
import type { InstanceType } from "../../../../components/clusters/ec2/instance-types.ts";
import { judgeFit } from "../../../../micromesh/capacity/fit.ts";
import type { Needs } from "../../../../micromesh/capacity/needs.ts";
import { collect } from "../../../../micromesh/resources/collect.ts";

const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));

const type = (name: string, memoryMiB: number, more: Partial<InstanceType> = {}): InstanceType => ({
  name,
  memoryMiB,
  vcpus: 2,
  architecture: "x86_64",
  freeTierEligible: true,
  burstable: false,
  ...more,
});
const freeTier = [
  type("m7i-flex.large", 8192),
  type("t4g.small", 2048, { architecture: "arm64" }),
  type("t3.small", 2048),
  type("c7i-flex.large", 4096),
  type("t3.micro", 1024),
];
const nothing = { memoryMiB: 0, cpuMillis: 0 };
const needs = (memoryMiB: number, cpuMillis = 100, nodes = 1): Needs => ({
  nodes,
  rows: [],
  total: { memoryMiB, cpuMillis },
  everyNode: { server: nothing, agent: nothing },
  notes: [],
});
const region = "eu-central-1";

describe("the smallest type that fits", () => {
  it("is the first that is large enough, by memory, CPUs and name", () => {
    const chosen = (memoryMiB: number, cpuMillis?: number) =>
      smallestFitting(freeTier, needs(memoryMiB, cpuMillis))?.name;
    assert.equal(chosen(800), "t3.micro");
    assert.equal(chosen(1000), "t3.small", "t4g.small is as large, and comes after it");
    assert.equal(chosen(3688), "c7i-flex.large");
    assert.equal(chosen(3689), "m7i-flex.large");
    assert.equal(chosen(7478), undefined);
    assert.equal(chosen(800, 2001), undefined);
    const fewer = [type("b", 2048, { vcpus: 4 }), type("c", 2048)];
    assert.equal(smallestFitting(fewer, needs(100))?.name, "c");
    assert.equal(smallestFitting(fewer, needs(100, 3000))?.name, "b");
  });

  it("gives every CPU as a thousand thousandths", () => {
    const machine = { name: "t3.small", memoryMiB: 2048, cpuMillis: 2000 };
    assert.deepEqual(machineOf(type("t3.small", 2048)), machine);
  });

  it(`fits, doesn't depend on the order, and none with less memory does (MICROMESH_SEED=${seed})`, () => {
    const types = fc.uniqueArray(
      fc.record({
        name: fc.string({ minLength: 1, maxLength: 3 }),
        memoryMiB: fc.integer({ min: 1, max: 8 }).map((gib) => gib * 1024),
        vcpus: fc.integer({ min: 1, max: 4 }),
      }),
      { selector: ({ name }) => name },
    );
    fc.assert(
      fc.property(types, fc.nat(8000), fc.nat(4000), (some, memoryMiB, cpuMillis) => {
        const all = some.map(({ name, ...more }) => type(name, 0, more));
        const wanted = needs(memoryMiB, cpuMillis);
        const found = smallestFitting(all, wanted);
        assert.deepEqual(smallestFitting(all.toReversed(), wanted), found);
        const fitting = all.filter((one) => judgeFit(wanted, machineOf(one)).fits);
        assert.equal(found === undefined, fitting.length === 0);
        if (found) {
          assert.ok(fitting.includes(found));
          assert.equal(found.memoryMiB, Math.min(...fitting.map((one) => one.memoryMiB)));
        }
      }),
      { seed },
    );
  });
});

describe("what is said of a chosen type", () => {
  const problem = (chosen: InstanceType, wanted: Needs, types = freeTier) =>
    problemWithChoice(
      { chosen, region, freeTier: types },
      wanted,
      judgeFit(wanted, machineOf(chosen)),
    );

  it("is nothing where it fits and is in the free tier", () => {
    const chosen = type("m7i-flex.large", 8192);
    assert.equal(problem(chosen, needs(7477, 2000)), undefined);
    assert.equal(warningOfChoice({ chosen, region, freeTier }, needs(100)), undefined);
  });

  it("is what it lacks, and the command that chooses one that doesn't", () => {
    assert.equal(
      problem(type("t3.micro", 1024), needs(4120, 970)),
      "micromesh:cluster.instanceType is t3.micro; what the stack declares doesn't fit: it lacks 3273 MiB of " +
        'memory, having 847 MiB to give: run "pulumi config set --path micromesh:cluster.instanceType ' +
        'm7i-flex.large", the smallest that fits in the free tier of eu-central-1',
    );
    assert.equal(
      problem(type("t3.micro", 1024), needs(2000, 4500, 2)),
      "micromesh:cluster.instanceType is t3.micro, 2 of them; what the stack declares doesn't fit: it lacks " +
        "306 MiB of memory, having 1694 MiB to give, and 500m of CPU, having 4000m: nothing in the free tier " +
        "of eu-central-1 is large enough: deploy fewer labs or replicas, or pay for a larger type",
    );
    const server = { memoryMiB: 900, cpuMillis: 100 };
    assert.equal(
      problem(type("t3.micro", 1024), { ...needs(1500, 300, 3), everyNode: { server } }),
      "micromesh:cluster.instanceType is t3.micro, 3 of them; what the stack declares doesn't fit: one node with " +
        'what each runs and its largest pod lacks 53 MiB of memory, having 847 MiB to give: run "pulumi config set ' +
        '--path micromesh:cluster.instanceType t3.small", the smallest that fits in the free tier of eu-central-1',
    );
  });

  it("is a warning where the type isn't in the free tier", () => {
    const chosen = type("m5.large", 8192, { freeTierEligible: false });
    assert.equal(
      warningOfChoice({ chosen, region, freeTier }, needs(3000)),
      "micromesh:cluster.instanceType is m5.large, which isn't in the free tier of eu-central-1: accounts on the " +
        "free plan can't launch it, others pay for it; run \"pulumi config set --path " +
        'micromesh:cluster.instanceType c7i-flex.large", the smallest that fits in the free tier of eu-central-1',
    );
  });
});

describe("the types of the free tier", () => {
  it("are asked of AWS, each with its size, in a preview too", async () => {
    const asked: unknown[] = [];
    const { outputs } = await collect(async () => ({ types: freeTierTypes({}) }), {
      project: "micromesh",
      stack: "test",
      config: {},
      preview: true,
      call: ({ token, inputs }) => {
        asked.push([token, inputs.instanceType ?? inputs.filters]);
        if (token === "aws:ec2/getInstanceTypes:getInstanceTypes") {
          return { instanceTypes: ["t4g.micro", "m7i-flex.large"] };
        }
        const arm = inputs.instanceType === "t4g.micro";
        return {
          memorySize: arm ? 1024 : 8192,
          defaultVcpus: 2,
          supportedArchitectures: [arm ? "arm64" : "x86_64"],
          freeTierEligible: true,
          burstablePerformanceSupported: arm,
        };
      },
    });
    assert.deepEqual(asked, [
      [
        "aws:ec2/getInstanceTypes:getInstanceTypes",
        [{ name: "free-tier-eligible", values: ["true"] }],
      ],
      ["aws:ec2/getInstanceType:getInstanceType", "m7i-flex.large"],
      ["aws:ec2/getInstanceType:getInstanceType", "t4g.micro"],
    ]);
    assert.deepEqual(outputs.types, [
      type("m7i-flex.large", 8192),
      type("t4g.micro", 1024, { architecture: "arm64", burstable: true }),
    ]);
  });
});
