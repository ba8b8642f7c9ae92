import assert from "node:assert/strict";
import { objectKey } from "../../micromesh/resources/kubernetes.ts";
import { INGRESS_POD_PORT, systemObjects } from "../../micromesh/resources/system.ts";
import { backendsOf } from "../../micromesh/simulator/cluster/services.ts";
import { DNS_POD, WELL_KNOWN } from "../../micromesh/simulator/cluster/system.ts";
import { workloadOf } from "../../micromesh/simulator/cluster/workloads.ts";
import { BARE, podStatus } from "../simulator/cluster/objects.ts";

const ingress = { namespace: "edge", name: "traefik", className: "web", isDefaultClass: false };

describe("systemObjects", () => {
  it("are the API's and the DNS' Services, where no ingress is declared", () => {
    const keys = systemObjects(BARE).map(objectKey);
    assert.deepEqual(keys, ["Service default/kubernetes", "Service kube-system/kube-dns"]);
    assert.deepEqual(
      keys.map((key) => key.replace("Service ", "")),
      Object.keys(WELL_KNOWN),
    );
  });

  it("have the DNS pod behind kube-dns", () => {
    const dns = systemObjects(BARE).find((o) => o.metadata.name === "kube-dns");
    assert.ok(dns);
    assert.deepEqual(backendsOf(dns, [DNS_POD]), [DNS_POD]);
  });

  it("have an ingress controller in its own namespace, where one is declared", () => {
    const keys = systemObjects({ ...BARE, ingress }).map(objectKey);
    assert.deepEqual(keys.slice(2), [
      "Namespace edge",
      "Service edge/traefik",
      "apps/Deployment edge/traefik",
    ]);
  });

  it("tell the controller its class, and whether that's the default", () => {
    const args = (isDefaultClass: boolean) => {
      const ours = { ...ingress, isDefaultClass };
      const deployment = systemObjects({ ...BARE, ingress: ours }).at(-1);
      return deployment && workloadOf(deployment)?.spec.containers[0]?.args;
    };
    const always = [`--port=${INGRESS_POD_PORT}`, "--ingress-class=web"];
    assert.deepEqual(args(false), always);
    assert.deepEqual(args(true), [...always, "--is-default"]);
  });

  it("have the controller's pods behind its Service", () => {
    const objects = systemObjects({ ...BARE, ingress });
    const deployment = objects.at(-1);
    assert.ok(deployment);
    const { labels = {} } = workloadOf(deployment) ?? {};
    assert.equal(labels["app.kubernetes.io/name"], "traefik");
    const service = objects.find((o) => o.kind === "Service" && o.metadata.namespace === "edge");
    assert.ok(service);
    const pod = podStatus("t", { namespace: "edge", labels });
    assert.deepEqual(backendsOf(service, [pod]), [pod]);
  });
});
