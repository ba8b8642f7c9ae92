import assert from "node:assert/strict";
import fc from "fast-check";
import { contains, parseAddress } from "../../micromesh/connectivity/address.ts";
import { compile, declaredServices } from "../../micromesh/connectivity/index.ts";
import type { Pod, Protocol } from "../../micromesh/connectivity/model.ts";
import {
  everyPort,
  intersection,
  noPorts,
  type PortSet,
  portRanges,
  union,
} from "../../micromesh/connectivity/port-set.ts";
import { predict } from "../../micromesh/prediction/predict.ts";
import type { Flow, Prediction } from "../../micromesh/prediction/prediction.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { readPorts } from "../connectivity/port-text.ts";
import { ciliumPolicies } from "../connectivity/random-cilium.ts";
import { type Cluster, cluster, type End, flowsOf, seed } from "../connectivity/random-clusters.ts";
import { tieredPolicies } from "../connectivity/random-tiers.ts";
import { object, platform, service } from "./objects.ts";

/** The cluster as its objects: a pod with addresses is one that runs, others are still to be made. */
function objectsOf({ namespaces, pods }: Cluster): KubernetesObject[] {
  return [
    ...namespaces.map(({ name, labels }) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels },
    })),
    ...pods.map(podObject),
  ];
}

function podObject({ namespace, name, labels, ips, ports, hostNetwork }: Pod): KubernetesObject {
  const spec = { hostNetwork, containers: [{ name: "main", ports }] };
  if (ips.length === 0) {
    const template = { metadata: { labels }, spec };
    return object("apps/v1", "Deployment", `${namespace}/${name}`, { spec: { template } });
  }
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name, labels },
    spec,
    status: { podIPs: ips.map((ip) => ({ ip })) },
  };
}

/** Flows by the ends that they're between. */
class Read {
  readonly #between = new Map<string, Flow[]>();
  readonly #ranges: { id: string; first: string; last: string }[];

  constructor({ flows }: Prediction) {
    for (const flow of flows) {
      const key = `${flow.from} ${flow.to}`;
      this.#between.set(key, [...(this.#between.get(key) ?? []), flow]);
    }
    const ids = new Set(flows.flatMap(({ from, to }) => [from, to]));
    this.#ranges = [...ids].flatMap((id) => {
      const [, first, last] = /^([\da-f.:]+)-([\da-f.:]+)\[External\]$/.exec(id) ?? [];
      return first && last ? [{ id, first, last }] : [];
    });
  }

  /** The flows from one end to another; an address is in each of the ranges that it's in. */
  between(from: End, to: End): Flow[] {
    return this.#idsOf(from).flatMap((a) =>
      this.#idsOf(to).flatMap((b) => this.#between.get(`${a} ${b}`) ?? []),
    );
  }

  #idsOf({ naive }: End): string[] {
    if (naive.pod) {
      const { namespace, name, ips } = naive.pod;
      return [`${namespace}/${name}[${ips.length > 0 ? "Pod" : "Deployment"}]`];
    }
    const address = parseAddress(naive.ip as string);
    assert.ok(address);
    return this.#ranges
      .filter(({ first, last }) => {
        const [start, end] = [parseAddress(first), parseAddress(last)];
        assert.ok(start && end);
        return contains({ family: start.family, first: start.first, last: end.last }, address);
      })
      .map(({ id }) => id);
  }
}

function has(set: PortSet, port: number, protocol: Protocol): boolean {
  return portRanges(set).some(
    (range) => range.protocol === protocol && range.first <= port && port <= range.last,
  );
}

function portsOf(flows: Flow[]): PortSet {
  return flows.map(({ ports }) => readPorts(ports)).reduce(union, noPorts);
}

const predicted = fc
  .record({
    of: cluster,
    tiers: fc.oneof(fc.constant([]), fc.constant([]), tieredPolicies),
    cilium: fc.oneof(fc.constant([]), fc.constant([]), ciliumPolicies),
  })
  .map(({ of, tiers, cilium }) => {
    const policies = [...of.policies, ...tiers, ...cilium];
    const services = [service("x/web", 80, { selector: { app: "1" } })];
    // IPv6 is told of where somebody speaks it: here, always.
    const six = service("x/six", 80, { selector: { app: "1" }, ipFamilies: ["IPv6"] });
    const objects = [...objectsOf(of), ...policies, ...services, six];
    const settings = {
      ...of.settings,
      cilium: cilium.length > 0,
      clusterNetworkPolicy: tiers.length > 0,
    };
    return { of, policies, objects, on: platform(settings) };
  });

describe(`predictions of random clusters (MICROMESH_SEED=${seed})`, () => {
  it("allow what single connections do, and nothing else", () => {
    fc.assert(
      fc.property(predicted, ({ of, policies, objects, on }) => {
        const read = new Read(predict(objects, on, { of: "test" }));
        const { connection } = compile({
          namespaces: of.namespaces,
          policies,
          services: declaredServices(objects),
          settings: on.settings,
        });
        for (const { from, to, port, protocol, text } of flowsOf(of)) {
          if (from.name === to.name || from.naive.node || to.naive.node) continue;
          const flows = read.between(from, to);
          for (const { verdict } of flows) assert.equal(verdict, "allow");
          const { allowed } = connection(from.peer, to.peer, port, protocol);
          assert.equal(has(portsOf(flows), port, protocol), allowed, text);
        }
      }),
      { numRuns: 500, seed },
    );
  }).timeout(60_000);

  it("have one verdict for every port, and a reason for each, where all are asked for", () => {
    fc.assert(
      fc.property(predicted, ({ of, objects, on }) => {
        const read = new Read(predict(objects, on, { of: "test", all: true }));
        for (const { from, to, text } of flowsOf({ ...of, sockets: of.sockets.slice(0, 1) })) {
          if (from.name === to.name || from.naive.node || to.naive.node) continue;
          const flows = read.between(from, to);
          assert.deepEqual(portsOf(flows), everyPort, text);
          for (const [i, { ports, because, verdict }] of flows.entries()) {
            assert.ok(because.length > 0, text);
            if (verdict === "deny") assert.match(because.join(), /Policy/, text);
            const others = portsOf(flows.slice(i + 1));
            assert.deepEqual(intersection(readPorts(ports), others), noPorts, text);
          }
        }
      }),
      { numRuns: 300, seed },
    );
  }).timeout(60_000);

  it("don't depend on the order of the objects", () => {
    fc.assert(
      fc.property(predicted, ({ objects, on }) => {
        const plain = (list: KubernetesObject[]) =>
          JSON.parse(JSON.stringify(predict(list, on, { of: "test", all: true })));
        assert.deepEqual(plain([...objects].reverse()), plain(objects));
      }),
      { numRuns: 100, seed },
    );
  }).timeout(60_000);
});
