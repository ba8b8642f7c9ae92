import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Container,
  containerRequest,
  podRequest,
  UNSAID,
} from "../../micromesh/capacity/pod-request.ts";

const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));

const asking = (memory: string, cpu: string, restartPolicy?: string): Container => ({
  resources: { requests: { memory, cpu } },
  ...(restartPolicy && { restartPolicy }),
});

describe("what a container requests", () => {
  it("is what it says, rounded up to whole MiB and thousandths of a CPU", () => {
    const requests = (memory: unknown, cpu: unknown) =>
      containerRequest({ requests: { memory, cpu } });
    assert.deepEqual(requests("64Mi", "20m"), { memoryMiB: 64, cpuMillis: 20 });
    assert.deepEqual(requests("1Gi", "0.5"), { memoryMiB: 1024, cpuMillis: 500 });
    assert.deepEqual(requests("1M", "100500u"), { memoryMiB: 1, cpuMillis: 101 });
    assert.deepEqual(requests(2 ** 20 + 1, 2), { memoryMiB: 2, cpuMillis: 2000 });
    for (const millis of [1, 57, 290, 1005, 1100]) {
      assert.equal(requests("1Mi", `${millis}m`).cpuMillis, millis);
    }
  });

  it("is its limit, resource by resource, where it requests none", () => {
    assert.deepEqual(
      containerRequest({ requests: { cpu: "20m" }, limits: { memory: "96Mi", cpu: "1" } }),
      { memoryMiB: 96, cpuMillis: 20 },
    );
  });

  it("is what the scheduler assumes, where it says nothing, or nothing that can be read", () => {
    assert.deepEqual(containerRequest(), UNSAID);
    assert.deepEqual(containerRequest({ requests: { memory: "much", cpu: "some" } }), UNSAID);
    assert.ok(UNSAID.memoryMiB > 0 && UNSAID.cpuMillis > 0);
  });
});

describe("what a pod requests", () => {
  it("is the sum of its containers", () => {
    assert.deepEqual(podRequest({ containers: [asking("64Mi", "20m"), asking("48Mi", "10m")] }), {
      memoryMiB: 112,
      cpuMillis: 30,
    });
  });

  it("is an init container's, where that is larger; resource by resource", () => {
    assert.deepEqual(
      podRequest({
        containers: [asking("64Mi", "20m")],
        initContainers: [asking("32Mi", "100m"), asking("100Mi", "5m")],
      }),
      { memoryMiB: 100, cpuMillis: 100 },
    );
  });

  it("counts what starts before and stays beside containers, and beside later init containers", () => {
    const stays = asking("50Mi", "10m", "Always");
    const containers = [asking("64Mi", "20m")];
    const before = podRequest({ containers, initContainers: [asking("100Mi", "1m"), stays] });
    assert.deepEqual(before, { memoryMiB: 114, cpuMillis: 30 });
    const after = podRequest({ containers, initContainers: [stays, asking("100Mi", "1m")] });
    assert.deepEqual(after, { memoryMiB: 150, cpuMillis: 30 });
  });

  it("is what the pod as a whole requests, and the runtime's overhead", () => {
    const containers = [asking("64Mi", "20m")];
    const resources = { requests: { memory: "200Mi" } };
    assert.deepEqual(podRequest({ containers, resources }), { memoryMiB: 200, cpuMillis: 20 });
    const overhead = { memory: "120Mi", cpu: "250m" };
    assert.deepEqual(podRequest({ containers, overhead }), { memoryMiB: 184, cpuMillis: 270 });
  });

  it(`is never less than any of its moments needs (MICROMESH_SEED=${seed})`, () => {
    const container = fc
      .record({ memory: fc.nat(512), cpu: fc.nat(2000), stays: fc.boolean() })
      .map(({ memory, cpu, stays }) => ({ memory, cpu, stays }));
    fc.assert(
      fc.property(
        fc.array(container, { maxLength: 4 }),
        fc.array(container, { maxLength: 4 }),
        (init, main) => {
          const spec = {
            initContainers: init.map(({ memory, cpu, stays }) =>
              asking(`${memory}Mi`, `${cpu}m`, stays ? "Always" : undefined),
            ),
            containers: main.map(({ memory, cpu }) => asking(`${memory}Mi`, `${cpu}m`)),
          };
          // Each moment of the pod's life: the init containers that stay, and the one that runs, or all the others.
          const moments = [
            ...init.map((one, i) => [...init.slice(0, i).filter(({ stays }) => stays), one]),
            [...init.filter(({ stays }) => stays), ...main],
          ];
          const most = (of: (one: { memory: number; cpu: number }) => number) =>
            Math.max(...moments.map((all) => all.reduce((sum, one) => sum + of(one), 0)));
          assert.deepEqual(podRequest(spec), {
            memoryMiB: most(({ memory }) => memory),
            cpuMillis: most(({ cpu }) => cpu),
          });
        },
      ),
      { seed },
    );
  });
});
