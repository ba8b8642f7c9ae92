import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAddress } from "../../micromesh/connectivity/address.ts";
import { compile, problemLine, validate } from "../../micromesh/connectivity/index.ts";
import type { Pod, Protocol, World } from "../../micromesh/connectivity/model.ts";
import type { OutsideParty } from "../../micromesh/connectivity/outside.ts";
import type { Party } from "../../micromesh/connectivity/party.ts";
import { type PortSet, portRanges } from "../../micromesh/connectivity/port-set.ts";
import { ciliumPolicies, ciliumServices } from "./random-cilium.ts";
import {
  type Cluster,
  cluster,
  type End,
  type Flow,
  flowsOf,
  naively,
  seed,
} from "./random-clusters.ts";
import { tieredPolicies } from "./random-tiers.ts";
import { kubernetes } from "./world.ts";

type Extent = "open" | "http" | "closed";

/** What `reach` says of single flows. */
function reaching(world: World, pods: Pod[]): (flow: Flow) => Extent {
  const { classes, parties, accesses, access } = compile(world).reach(pods, { families: [4, 6] });
  const places = new Map<End, number>();
  const classOf = (end: End) => {
    const place =
      places.get(end) ??
      (end.naive.pod
        ? pods.indexOf(end.naive.pod)
        : parties.findIndex((party) => isAt(party, end)));
    places.set(end, place);
    return classes.of[place] as number;
  };
  return ({ from, to, port, protocol }) => {
    const { open, http } = accesses.get(access(classOf(from), classOf(to)));
    if (has(open, port, protocol)) return "open";
    return has(http, port, protocol) ? "http" : "closed";
  };
}

function isAt(party: Party, { naive }: End): boolean {
  const address = parseAddress(naive.ip as string);
  const { range } = party as OutsideParty;
  if (!address || range?.family !== address.family) return false;
  return range.first <= address.first && address.first <= range.last;
}

function has(set: PortSet, port: number, protocol: Protocol): boolean {
  return portRanges(set).some(
    (range) => range.protocol === protocol && range.first <= port && port <= range.last,
  );
}

/** Those that `reach` is asked about: not a pod's way to itself, and not the node's, which has no pod. */
function flowsBetween(of: Cluster): Flow[] {
  return flowsOf(of).filter(
    ({ from, to }) => from.name !== to.name && !from.naive.node && !to.naive.node,
  );
}

describe(`reach, on random clusters (MICROMESH_SEED=${seed})`, () => {
  it("is what the naive evaluator of NetworkPolicies says, on 10,000", () => {
    fc.assert(
      fc.property(cluster, (of) => {
        const { namespaces, policies } = of;
        const settings = { ...kubernetes, ...of.settings };
        const extent = reaching({ namespaces, policies, settings }, of.pods);
        for (const flow of flowsBetween(of)) {
          const expected = naively(of, flow) ? "open" : "closed";
          if (extent(flow) !== expected) assert.fail(`${flow.text} isn't ${expected}`);
        }
      }),
      { numRuns: 10_000, seed },
    );
  }).timeout(120_000);

  const mixed = fc.record({
    of: cluster,
    tiers: fc.oneof(tieredPolicies, fc.constant([])),
    cilium: ciliumPolicies,
    services: ciliumServices,
    enforced: fc.record({
      // Cilium reads ClusterNetworkPolicies only, so that the elders need some other enforcer.
      cilium: fc.oneof(
        { weight: 4, arbitrary: fc.constant(true) },
        { weight: 1, arbitrary: fc.constant(false) },
      ),
      clusterNetworkPolicy: fc.boolean(),
    }),
  });

  it("is what each single connection says, on 2,000 where policies of all kinds meet", () => {
    const met: Record<Extent, number> = { open: 0, http: 0, closed: 0 };
    fc.assert(
      fc.property(mixed, ({ of, tiers, cilium, services, enforced }) => {
        // Few NetworkPolicies, so that the other kinds have a say.
        const policies = [...of.policies.slice(0, 2), ...tiers, ...cilium];
        assert.deepEqual(validate(policies).map(problemLine), []);
        const settings = { ...kubernetes, ...of.settings, ...enforced };
        const world = { namespaces: of.namespaces, policies, services, settings };
        const extent = reaching(world, of.pods);
        const { connection } = compile(world);
        for (const flow of flowsBetween(of)) {
          const { allowed, http } = connection(
            flow.from.peer,
            flow.to.peer,
            flow.port,
            flow.protocol,
          );
          const expected = allowed ? (http ? "http" : "open") : "closed";
          met[expected]++;
          if (extent(flow) !== expected) {
            assert.fail(`${flow.text} is ${extent(flow)}, and as a single connection ${expected}`);
          }
        }
      }),
      { numRuns: 2000, seed },
    );
    // Agreement says little where one answer is nearly always right.
    const all = met.open + met.http + met.closed;
    assert.ok(
      met.open > all / 10 && met.closed > all / 10 && met.http > all / 500,
      JSON.stringify(met),
    );
  }).timeout(120_000);
});
