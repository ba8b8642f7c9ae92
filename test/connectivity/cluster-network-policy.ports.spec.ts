/** The ports of rules of ClusterNetworkPolicy and its elders. */
import assert from "node:assert/strict";
import type { Pod } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { client, web } from "./cast.ts";
import { adminPolicy, all, baselineAdminPolicy, clusterPolicy, from, of, to } from "./tiered.ts";
import { allowed, pod } from "./world.ts";

describe("the ports of a tiered policy's rules", () => {
  const flows = [
    [80, "TCP"],
    [80, "UDP"],
    [80, "SCTP"],
    [85, "TCP"],
    [90, "TCP"],
    [91, "TCP"],
    [8080, "TCP"],
  ] as const;
  const denied = (rule: KubernetesObject) =>
    flows
      .filter(([port, protocol]) => !allowed(of(rule), client, web, port, protocol))
      .map(([port, protocol]) => `${protocol} ${port}`);

  it("of a ClusterNetworkPolicy are numbers, ranges and names", () => {
    const on = (...protocols: object[]) =>
      denied(clusterPolicy("p", from("Deny", [all], { protocols })));
    assert.deepEqual(on({ tcp: { destinationPort: { number: 80 } } }), ["TCP 80"]);
    assert.deepEqual(on({ udp: { destinationPort: { number: 80 } } }), ["UDP 80"]);
    assert.deepEqual(on({ sctp: { destinationPort: { range: { start: 1, end: 80 } } } }), [
      "SCTP 80",
    ]);
    assert.deepEqual(on({ tcp: { destinationPort: { range: { start: 81, end: 90 } } } }), [
      "TCP 85",
      "TCP 90",
    ]);
    assert.deepEqual(on({ destinationNamedPort: "http" }), ["TCP 8080"]);
    assert.deepEqual(on({ destinationNamedPort: "other" }), []);
    assert.deepEqual(
      on({ destinationNamedPort: "http" }, { udp: { destinationPort: { number: 80 } } }),
      ["UDP 80", "TCP 8080"],
    );
    const everything = denied(clusterPolicy("p", from("Deny")));
    assert.equal(everything.length, flows.length);
  });
  for (const make of [
    (spec: object) => adminPolicy("p", spec),
    (spec: object) => baselineAdminPolicy(spec),
  ]) {
    it(`of ${make({}).kind} too, with TCP for the default`, () => {
      const on = (...ports: object[]) => denied(make(from("Deny", [all], { ports })));
      assert.deepEqual(on({ portNumber: { port: 80 } }), ["TCP 80"]);
      assert.deepEqual(on({ portNumber: { protocol: "UDP", port: 80 } }), ["UDP 80"]);
      assert.deepEqual(on({ portRange: { start: 80, end: 85 } }), ["TCP 80", "TCP 85"]);
      assert.deepEqual(on({ portRange: { protocol: "SCTP", start: 80, end: 80 } }), ["SCTP 80"]);
      assert.deepEqual(on({ namedPort: "http" }, { portNumber: { port: 91 } }), [
        "TCP 91",
        "TCP 8080",
      ]);
    });
  }
  it("are those of the destination: a name means the port of each pod that is reached", () => {
    const other = pod(
      "b/web",
      {},
      { ports: [{ name: "http", containerPort: 80, protocol: "TCP" }] },
    );
    const rule = to("Deny", [all], { protocols: [{ destinationNamedPort: "http" }] });
    const under = of(clusterPolicy("p", rule));
    const open = (target: Pod) => [80, 8080].filter((port) => allowed(under, client, target, port));
    assert.deepEqual([open(web), open(other)], [[80], [8080]]);
  });
});
