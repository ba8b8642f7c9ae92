/**
 * What `render` writes, on a real cluster: it's accepted, it runs, and every probe sees there what it sees
 * in the simulator. Needs kubectl, and a cluster for tests that enforces NetworkPolicy; the namespaces of
 * the lab are deleted there, before and after.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Observation } from "../../micromesh/verify/client/observation.ts";
import { Bed, contentsOf, micromesh, type Ran } from "./bed.ts";

const kubeconfig = process.env.MICROMESH_TEST_KUBECONFIG;

const cluster = [
  "cluster.kind=existing",
  "cni.kind=existing",
  "cni.enforcesNetworkPolicy=true",
  "observability.kind=none",
];
/** Istio answers for an Ingress only where its class is there and names Istio's controller. */
const ingressClass = {
  apiVersion: "networking.k8s.io/v1",
  kind: "IngressClass",
  metadata: { name: "micromesh-test-istio" },
  spec: { controller: "istio.io/ingress-controller" },
};
const istioGateway = { namespace: "istio-ingress", name: "istio-ingressgateway" };
const platforms = [
  {
    title: "without a mesh",
    config: [...cluster, "mesh.kind=none", "ingress.kind=none"],
    scenarios: ["open", "isolated"],
    needs: [],
    besides: undefined,
  },
  {
    title: "with Istio",
    config: [...cluster, "mesh.kind=existing", "ingress.kind=none"],
    scenarios: ["open", "isolated", "isolated-mesh"],
    needs: ["istio-system/istiod"],
    besides: undefined,
  },
  {
    title: "with Istio and its ingress gateway",
    config: [
      ...cluster,
      "mesh.kind=existing",
      "ingress.kind=existing",
      `ingress.className=${ingressClass.metadata.name}`,
      `ingress.service.namespace=${istioGateway.namespace}`,
      `ingress.service.name=${istioGateway.name}`,
      "ingress.service.port=80",
      `ingress.workload.namespace=${istioGateway.namespace}`,
      `ingress.workload.workload=${istioGateway.name}`,
    ],
    scenarios: ["open", "isolated", "isolated-mesh"],
    needs: ["istio-system/istiod", `${istioGateway.namespace}/${istioGateway.name}`],
    besides: ingressClass,
  },
];

describe("the counter lab on a real cluster (MICROMESH_TEST_KUBECONFIG)", function () {
  this.timeout(300_000);
  let folder: string;
  let bed: Bed;

  before(async function () {
    if (!kubeconfig) this.skip();
    folder = await mkdtemp(path.join(tmpdir(), "micromesh-bed-"));
    bed = new Bed(kubeconfig, folder);
    await bed.clean();
  });

  after(async () => {
    await bed?.clean();
    if (folder) await rm(folder, { recursive: true });
  });

  for (const [index, { title, config, scenarios, needs, besides }] of platforms.entries()) {
    describe(title, () => {
      before(async function () {
        if (!(await bed.has(needs))) this.skip();
        if (besides) await bed.add(besides);
      });

      for (const scenario of scenarios) {
        it(`answers in scenario ${scenario} as the simulator does`, async () => {
          const lab = ["--lab", "counter", "--scenario", `counter=${scenario}`];
          const out = await bed.folder(`${index}-${scenario}`);
          const again = await bed.folder(`${index}-${scenario}-again`);
          const renders = [out, again].map((to) =>
            micromesh(["render", "--out", to, ...lab], config),
          );
          for (const rendered of await Promise.all(renders)) succeeded(rendered);
          assert.deepEqual(await contentsOf(again), await contentsOf(out));

          await bed.apply(out);
          const verify = ["verify", "--json", ...lab];
          const [live, simulated] = await Promise.all([
            micromesh([...verify, "--live", "--kubeconfig", bed.kubeconfig], config),
            micromesh([...verify, "--gateway-port", "0", "--control-port", "0"], config),
          ]);

          assert.deepEqual(outcomes(simulated), outcomes(live));
          succeeded(live);
          succeeded(simulated);
        });
      }
    });
  }
});

function succeeded({ code, stdout, stderr }: Ran): void {
  assert.equal(code, 0, stderr + stdout);
}

interface Result {
  name: string;
  verdict: string;
  observation: Observation | { error: string };
}

/** What each probe of `verify --json` saw, but for what no two runs have alike. */
function outcomes({ stdout, stderr }: Ran) {
  assert.notEqual(stdout, "", stderr);
  const { probes } = JSON.parse(stdout) as { probes: Result[] };
  assert.ok(probes.length > 0);
  return probes.map(({ name, verdict, observation }) => {
    if ("error" in observation) return { name, verdict, error: observation.error };
    const { failure, status, body, headers, addresses } = observation;
    const seen = { failure, status, body: body && withoutTimes(body) };
    const { location } = headers ?? {};
    return { name, verdict, ...seen, location, addresses: addresses?.length };
  });
}

function withoutTimes(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME");
}
