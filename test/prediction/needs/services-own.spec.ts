import assert from "node:assert/strict";
import { explain } from "../../../micromesh/prediction/explain/explain.ts";
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import type { DeclaredPlatform } from "../../../micromesh/resources/platform.ts";
import {
  ciliumPolicy,
  closed,
  deployment,
  mistakes,
  needed,
  networkPolicy,
  peerAuthentication,
  platform,
  predicted,
  service,
  withCilium,
  withIstio,
} from "../objects.ts";

const api = (spec: object) => [
  deployment("items/api", { ports: [{ name: "http", containerPort: 8080 }] }),
  service("items/api", [{ name: "http", port: 8090, targetPort: "http" }], spec),
];
const local = { type: "LoadBalancer", externalTrafficPolicy: "Local" };
const from = (...cidrs: string[]) =>
  networkPolicy("items/from", {
    podSelector: {},
    policyTypes: ["Ingress"],
    ingress: [{ from: cidrs.map((cidr) => ({ ipBlock: { cidr } })) }],
  });
const result = (objects: KubernetesObject[], on?: DeclaredPlatform) => {
  const prediction = predicted(objects, on);
  return { needed: needed(prediction), mistakes: mistakes(prediction) };
};
const anywhere = "0.0.0.0-255.255.255.255[External]";
const pod = "items/api[Deployment]";

describe("the way in by a Service of its own", () => {
  for (const type of ["LoadBalancer", "NodePort"]) {
    it(`of type ${type} leads clients themselves to its pods where the traffic policy is Local`, () => {
      const objects = api({ type, externalTrafficPolicy: "Local" });
      const told = { needed: [`${anywhere} -> ${pod} allow All Connections`], mistakes: [] };
      assert.deepEqual(result(objects), told);
      const flow = predicted(objects).flows.find(({ neededBy }) => neededBy.length > 0);
      assert.deepEqual(flow?.neededBy, [
        `Service items/api spec.ports[0] of type ${type} lets clients from outside in`,
      ]);
      assert.deepEqual(result([...objects, closed("items")]).needed, [
        `${anywhere} -> ${pod} deny TCP 8080`,
      ]);
    });

    it(`of type ${type} hides its clients behind their node otherwise, which no NetworkPolicy keeps out`, () => {
      for (const externalTrafficPolicy of [undefined, "Cluster"]) {
        const objects = [...api({ type, externalTrafficPolicy }), closed("items")];
        assert.deepEqual(result(objects), {
          needed: [`{node} -> ${pod} allow TCP 8080`],
          mistakes: [],
        });
      }
    });
  }

  it("isn't there for other types", () => {
    assert.deepEqual(result(api({})).needed, []);
    assert.deepEqual(result(api({ type: "ClusterIP" })).needed, []);
  });

  it("is cut at the node by Cilium's deny rules alone", () => {
    const deny = ciliumPolicy("items/deny", {
      endpointSelector: {},
      ingressDeny: [{ fromEntities: ["all"] }],
    });
    const objects = [...api({ type: "LoadBalancer" }), deny];
    assert.deepEqual(result(objects, withCilium).needed, [`{node} -> ${pod} deny TCP 8080`]);
  });

  it("is needed from where policies let clients in, if that's anywhere", () => {
    const told = (objects: KubernetesObject[]) => result(objects).needed;
    assert.deepEqual(told([...api(local), from("10.0.0.0/8")]), [
      `10.0.0.0-10.255.255.255[External] -> ${pod} allow All Connections`,
    ]);
    assert.deepEqual(told([...api(local), closed("items")]), [
      `${anywhere} -> ${pod} deny TCP 8080`,
    ]);
  });

  it("is for the clients in its source ranges", () => {
    const ranged = (...loadBalancerSourceRanges: string[]) =>
      api({ ...local, loadBalancerSourceRanges });
    assert.deepEqual(result(ranged("10.0.0.0/8")).needed, [
      `10.0.0.0-10.255.255.255[External] -> ${pod} allow All Connections`,
    ]);
    // The ranges and the policy don't meet: nobody gets in.
    assert.deepEqual(result([...ranged("10.0.0.0/8"), from("192.168.0.0/16")]).needed, [
      `10.0.0.0-10.255.255.255[External] -> ${pod} deny TCP 8080`,
    ]);
    assert.deepEqual(result([...ranged("10.0.0.0/8"), from("10.1.0.0/16")]).needed, [
      `10.1.0.0-10.1.255.255[External] -> ${pod} allow All Connections`,
    ]);
    assert.deepEqual(result(ranged("10.0.0.0/33")), {
      needed: [],
      mistakes: [
        "Service items/api spec.loadBalancerSourceRanges[0]: is 10.0.0.0/33, which is no block of addresses, so it admits nobody; write one like 203.0.113.0/24",
      ],
    });
  });

  it("may select nobody, which is told once", () => {
    for (const policy of [undefined, "Local"]) {
      const nobody = api({
        type: "LoadBalancer",
        externalTrafficPolicy: policy,
        selector: { app: "none" },
      });
      assert.deepEqual(result(nobody), {
        needed: [`${policy ? anywhere : "{node}"} -> items/api[Service] broken TCP 8090`],
        mistakes: [
          "Service items/api spec.selector: selects no pod: no workload of items has the labels app=none; connections to it are refused",
        ],
      });
    }
  });

  it("speaks plaintext, which strict mTLS resets", () => {
    const strict = peerAuthentication("items/strict", { mtls: { mode: "STRICT" } });
    const [app, ...rest] = api(local);
    const meshed = deployment("items/api", {
      ports: [{ name: "http", containerPort: 8080 }],
      annotations: { "sidecar.istio.io/inject": "true" },
    });
    assert.ok(app);
    const labelled = structuredClone(meshed);
    labelled.spec.template.metadata.labels["sidecar.istio.io/inject"] = "true";
    assert.deepEqual(result([labelled, ...rest, strict], withIstio).needed, [
      `${anywhere} -> ${pod} broken TCP 8080`,
    ]);
  });

  it("is explained: whom its source ranges drop, and whom a policy", () => {
    const objects = api({ ...local, loadBalancerSourceRanges: ["10.0.0.0/8"] });
    const ask = (source: string) => explain(objects, platform(), source, "items/api:8090");
    const dropped = ask("203.0.113.7");
    assert.equal(dropped.verdict, "deny");
    assert.match(
      dropped.steps.at(-1)?.because.join() ?? "",
      /^loadBalancerSourceRanges of Service items\/api don't have this client/,
    );
    assert.equal(ask("10.1.2.3").verdict, "allow");
    assert.throws(() => ask("outside"), /not all of its addresses fare alike.*10\.0\.0\.0/);
    const node = explain(
      [...api({ type: "LoadBalancer" }), closed("items")],
      platform(),
      "{node}",
      "items/api:8090",
    );
    assert.equal(node.verdict, "allow");
    assert.match(JSON.stringify(node.steps), /own node/);
  });
});
