import assert from "node:assert/strict";
import { KUBEADM_COREFILE } from "../../../micromesh/resources/corefile/defaults.ts";
import { noSuchNames, withRule } from "../../../micromesh/resources/corefile/rule.ts";
import { configMap, deployment, flows, mistakes, needed, predicted, server } from "../objects.ts";

describe("a name that CoreDNS doesn't answer", () => {
  const lab = (client: object = {}) => [
    deployment("items/api", { env: { DB: "db:5432" }, ...client }),
    ...server("items/db", 5432),
    ...server("items/cache", 6379),
  ];
  const corefile = (rule: string) =>
    configMap("kube-system/coredns", { Corefile: withRule(KUBEADM_COREFILE, rule) });
  const denied = corefile(noSuchNames(["db.items.svc.cluster.local"]));
  const ways = "items/api[Deployment] -> items/db[Deployment]";
  const open = [`${ways} allow All Connections`];
  const cut = [`${ways} broken TCP 5432`];
  const where = "ConfigMap kube-system/coredns data.Corefile line 3";
  const why = `CoreDNS answers NXDOMAIN for db.items.svc.cluster.local: ${where} (template)`;

  it("breaks what needs it, and nothing else", () => {
    assert.deepEqual(needed(predicted(lab())), open);
    const prediction = predicted([...lab(), denied]);
    assert.deepEqual(needed(prediction), cut);
    const [broken] = flows(prediction, "items/api", "items/db").filter(
      ({ verdict }) => verdict === "broken",
    );
    assert.deepEqual(broken?.because, [why]);
    assert.deepEqual(flows(prediction, "items/api", "items/cache").length, 1);
  });

  it("is a mistake of the ConfigMap's", () => {
    assert.deepEqual(mistakes(predicted([...lab(), denied])), [
      `ConfigMap kube-system/coredns data.Corefile line 3: ${why}`,
    ]);
  });

  it("may be one of K3s' own way", () => {
    const custom = configMap("kube-system/coredns-custom", {
      "micromesh.override": noSuchNames(["items.svc.cluster.local"]),
    });
    const [broken] = flows(predicted([...lab(), custom]), "items/api", "items/db").filter(
      ({ verdict }) => verdict === "broken",
    );
    assert.match(
      broken?.because.join() ?? "",
      /NXDOMAIN for db\.items\.svc\.cluster\.local: ConfigMap kube-system\/coredns-custom data\["micromesh\.override"\] line 1/,
    );
  });

  it("is no matter to a pod on the host's network", () => {
    const client = { pod: { hostNetwork: true } };
    assert.deepEqual(needed(predicted([...lab(client), denied])), open);
  });

  it("is none where the Corefile doesn't parse: CoreDNS keeps the one that it has", () => {
    const broken = configMap("kube-system/coredns", { Corefile: ".:53 {" });
    assert.deepEqual(needed(predicted([...lab(), broken])), open);
  });

  for (const [what, rule, expected] of [
    [
      "a failure",
      "template ANY ANY items.svc.cluster.local {\n rcode SERVFAIL\n}",
      /answers SERVFAIL/,
    ],
    ["hosts that know no other", "hosts {\n 10.0.0.1 x\n}", /answers SERVFAIL .*\(hosts\)$/],
    ["an answer without records", "template IN A items.svc.cluster.local", /answers no address/],
  ] as const) {
    it(`may be ${what}`, () => {
      const prediction = predicted([...lab(), corefile(rule)]);
      assert.deepEqual(needed(prediction), cut);
      const all = flows(prediction, "items/api", "items/db").flatMap(({ because }) => because);
      assert.ok(
        all.some((line) => expected.test(line)),
        all.join("\n"),
      );
    });
  }

  it("may be asked of name servers outside", () => {
    const without = configMap("kube-system/coredns", {
      Corefile: ".:53 {\n forward . /etc/resolv.conf\n}\n",
    });
    assert.deepEqual(needed(predicted([...lab(), without])), cut);
  });
});
