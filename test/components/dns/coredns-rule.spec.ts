import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { problemWith } from "../../../components/dns/args.ts";
import { CoreDnsRule } from "../../../components/dns/coredns-rule.ts";
import { collect } from "../../../micromesh/resources/collect.ts";
import { KUBEADM_COREFILE } from "../../../micromesh/resources/corefile/defaults.ts";
import { noSuchNames, withRule } from "../../../micromesh/resources/corefile/rule.ts";
import { kubernetesObjects } from "../../../micromesh/resources/kubernetes.ts";
import { renderFiles } from "../../../micromesh/resources/render.ts";

const rule = noSuchNames(["db.lab.svc.cluster.local"]);

/** @param live the cluster's Corefile; undefined: nothing is read */
async function declared(distribution: "kubernetes" | "k3s", live?: string) {
  const declaration = await collect(
    async () => {
      const provider = new k8s.Provider("provider", { kubeconfig: "k" });
      const kubeconfig = pulumi.output("the kubeconfig");
      new CoreDnsRule("rule", { cluster: { distribution, kubeconfig }, rule }, { provider });
      return undefined;
    },
    {
      project: "micromesh",
      stack: "dev",
      config: {},
      outputs: ({ type }) =>
        type === "kubernetes:core/v1:ConfigMap" && live !== undefined
          ? { data: { Corefile: live } }
          : {},
    },
  );
  const resources = declaration.resources.filter(({ type }) => type !== "pulumi:pulumi:Stack");
  const the = (name: string) => {
    const found = resources.find((resource) => resource.name === name);
    assert.ok(found, `there is no ${name}`);
    return found;
  };
  return { declaration, names: resources.map(({ name }) => name).sort(), the };
}

describe("CoreDnsRule", () => {
  it("changes the Corefile itself, and takes the change back by a command", async () => {
    const { names, the, declaration } = await declared("kubernetes");
    assert.deepEqual(names, ["provider", "rule", "rule-patch", "rule-undo"]);
    const patch = the("rule-patch");
    assert.equal(patch.type, "kubernetes:core/v1:ConfigMapPatch");
    assert.equal(patch.options.retainOnDelete, true);
    assert.ok(patch.provider?.startsWith(the("provider").urn));
    assert.deepEqual(kubernetesObjects(declaration), [
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "coredns", namespace: "kube-system", annotations: undefined },
        data: { Corefile: withRule(KUBEADM_COREFILE, rule) },
      },
    ]);
    const metadata = patch.inputs.metadata as { annotations: object };
    assert.deepEqual(metadata.annotations, { "pulumi.com/patchForce": "true" });
    const undo = the("rule-undo");
    assert.deepEqual(undo.inputs, {
      interpreter: ["node", "--import=tsx", "components/dns/undo.ts"],
      delete: "undo",
      environment: { MICROMESH_COREDNS_KUBECONFIG: "the kubeconfig" },
    });
    assert.deepEqual(undo.secrets, ["environment.MICROMESH_COREDNS_KUBECONFIG"]);
    assert.equal(undo.options.retainOnDelete, false);
    assert.ok(undo.dependencies.includes(patch.urn), "it must be deleted before the patch");
  });

  it("begins with the cluster's own Corefile, without what an earlier rule has left", async () => {
    const own = ".:53 {\n    log\n    forward . 192.0.2.1\n}\n";
    const earlier = withRule(own, noSuchNames(["other.lab.svc.cluster.local"]));
    const { the } = await declared("kubernetes", earlier);
    assert.deepEqual(the("rule-patch").inputs.data, { Corefile: withRule(own, rule) });
  });

  it("gives K3s a file to import, and leaves the rest alone", async () => {
    const { names, the } = await declared("k3s");
    assert.deepEqual(names, ["provider", "rule", "rule-custom"]);
    const { metadata, data } = the("rule-custom").inputs;
    assert.deepEqual(metadata, { name: "coredns-custom", namespace: "kube-system" });
    assert.deepEqual(data, { "micromesh.override": `${rule}\n` });
  });

  it("is rendered apart from what kubectl applies with the rest", async () => {
    const { declaration } = await declared("kubernetes");
    const [file, ...others] = renderFiles(declaration);
    assert.deepEqual(others, []);
    assert.equal(file?.path, "1-configmap/kube-system.coredns.yaml.patch");
    assert.match(file?.text ?? "", /^# .*\n# kubectl apply --server-side --force-conflicts -f /);
  });
});

describe("a CoreDNS rule", () => {
  const cases: [rule: string, problem: RegExp | undefined][] = [
    [rule, undefined],
    ["import /etc/coredns/own/*.conf\nlog", undefined],
    ["  \n", /^the CoreDNS rule is empty: write/],
    ["# only a comment", /^the CoreDNS rule has no directive: write/],
    ["log\n# micromesh: end", /which marks where rules begin and end: leave it out$/],
    ["template ANY ANY a {\n rcode NXDOMAIN", /^the CoreDNS rule, line \d: a } is missing.*write/],
    ["log\n}", /^the CoreDNS rule, line 3: this } has no|^the CoreDNS rule ends its server block/],
    ["log\n}\nexample.org {\nlog", /^the CoreDNS rule ends its server block/],
  ];
  for (const [text, problem] of cases) {
    it(`${JSON.stringify(text)} is ${problem ? "refused" : "taken"}`, () => {
      if (problem) assert.match(problemWith(text) ?? "", problem);
      else assert.equal(problemWith(text), undefined);
    });
  }
});
