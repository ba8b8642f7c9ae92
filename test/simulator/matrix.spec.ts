/** Every pod to every pod and port, in every scenario of every lab: the simulated network is as predicted. */
import assert from "node:assert/strict";
import { labs } from "../../labs/index.ts";
import { declare } from "../../micromesh/cli/options.ts";
import { kubernetesObjects } from "../../micromesh/resources/kubernetes.ts";
import { declaredPlatform } from "../../micromesh/resources/platform.ts";
import { Simulator } from "../../micromesh/simulator/simulator.ts";
import { cellsOf } from "../prediction/matrix.ts";
import { type AddressOf, type Ask, differences } from "../prediction/matrix-probes.ts";

const READY_MS = 30_000;
/** Long beside what a connection between two processes takes. */
const SILENCE_MS = 1_500;

const platforms = [
  { title: "stack dev", config: [] },
  { title: "stack dev where nothing enforces", config: ["cni.kind=none", "mesh.kind=none"] },
];

describe("the simulated network, pod by pod and port by port", function () {
  this.timeout(60_000);
  let simulator: Simulator | undefined;

  after(async () => simulator?.stop());

  const ask: Ask = (from, requests) =>
    Promise.all(
      requests.map((request) => {
        if (request.kind === "udp") throw new Error("the simulator has no UDP between pods");
        const workload = from.pod.labels["app.kubernetes.io/name"] ?? "";
        const running = simulator as Simulator;
        return running.observe({ namespace: from.namespace, workload }, request, SILENCE_MS);
      }),
    );
  const addressOf: AddressOf = ({ kind, namespace, name, id }) => {
    const pod = simulator?.cluster.statuses.find(
      (one) => one.namespace === namespace && one.owner === `${kind} ${name}` && one.ready,
    );
    return pod?.ips[0] ?? assert.fail(`no pod of ${id} is ready`);
  };

  for (const { title, config } of platforms) {
    for (const [name, { scenarios }] of Object.entries(labs)) {
      for (const scenario of scenarios) {
        it(`is as predicted for lab ${name} in scenario ${scenario}, ${title}`, async () => {
          const stack = { stack: "dev", config, lab: [name] };
          const declaration = await declare(stack, { [name]: scenario });
          if (simulator) await simulator.apply(declaration);
          else simulator = await Simulator.start(declaration, { gatewayPort: 0 });
          await simulator.settled(READY_MS);
          const cells = cellsOf(kubernetesObjects(declaration), declaredPlatform(declaration));
          assert.ok(cells.length > 0);
          const differing = await differences(cells, ask, addressOf);
          if (differing.length > 0) assert.fail(`\n${differing.join("\n")}`);
        });
      }
    }
  }
});
