/** What other distributions have: OpenShift's Routes, KubeVirt's machines, pods that a node makes by itself. */
import assert from "node:assert/strict";
import { predict } from "../../micromesh/prediction/predict.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { commonSettings } from "../../micromesh/resources/settings.ts";
import { deployment, object, service } from "./objects.ts";

function flows(...objects: KubernetesObject[]) {
  const settings = {
    ...commonSettings,
    networkPolicy: true,
    cilium: false,
    ipBlockMatchesPods: false,
  };
  const parts = { cni: "kubernetes", mesh: "none", ingress: "none" };
  const platform = { settings, customGroups: [], parts };
  return predict(objects, platform, { of: "test" }).flows.map(
    ({ from, to, ports, verdict }) => `${from} => ${to} : ${ports} : ${verdict}`,
  );
}

const web = [
  deployment("shop/web", { ports: [{ name: "http", containerPort: 8080 }, 9090] }),
  service("shop/web", [
    { name: "plain", port: 80, targetPort: "http" },
    { name: "metrics", port: 9090 },
  ]),
];
const route = (spec: object) => object("route.openshift.io/v1", "Route", "shop/web", { spec });
const waysIn = (spec: object) =>
  flows(...web, route(spec)).filter((flow) => flow.startsWith("{ingress-controller}"));

describe("a Route of OpenShift", () => {
  const to = { kind: "Service", name: "web" };

  for (const [target, ports] of [
    ["http", "TCP 8080"],
    ["plain", "TCP 8080"],
    [9090, "TCP 9090"],
    [undefined, "TCP 8080,9090"],
  ] as const) {
    it(`leads to the port behind ${target ?? "every one"}`, () => {
      const spec = { to, ...(target && { port: { targetPort: target } }) };
      assert.deepEqual(waysIn(spec), [
        `{ingress-controller} => shop/web[Deployment] : ${ports} : allow`,
      ]);
    });
  }

  it("leads to its alternate backends too, and is broken where one isn't there", () => {
    const alternateBackends = [{ kind: "Service", name: "gone" }];
    assert.deepEqual(waysIn({ to, port: { targetPort: 9090 }, alternateBackends }), [
      "{ingress-controller} => shop/gone[Service] : All Connections : broken",
      "{ingress-controller} => shop/web[Deployment] : TCP 9090 : allow",
    ]);
  });
});

describe("a workload of another kind", () => {
  it("is a virtual machine of KubeVirt", () => {
    const template = { metadata: { labels: { app: "vm" } }, spec: {} };
    const machine = object("kubevirt.io/v1", "VirtualMachine", "shop/vm", { spec: { template } });
    assert.ok(
      flows(machine, ...web).includes(
        "shop/vm[VirtualMachine] => shop/web[Deployment] : All Connections : allow",
      ),
    );
  });

  it("is a pod itself, where a node made it or its owner's kind isn't told", () => {
    const pod = (name: string, owner: object) => {
      const made = object("v1", "Pod", `shop/${name}`, { spec: { containers: [] } });
      return { ...made, metadata: { ...made.metadata, ownerReferences: [owner] } };
    };
    const all = flows(pod("static", { kind: "Node", name: "n1" }), pod("made", { name: "maker" }));
    assert.ok(all.includes("shop/static[Pod] => shop/maker[Pod] : All Connections : allow"));
  });
});
