/** What is worked out of a cluster before anything is told of it. */
import type { KubernetesObject } from "../resources/declared.ts";
import type { DeclaredPlatform } from "../resources/platform.ts";
import { systemObjects } from "../resources/system.ts";
import { type Cluster, clusterOf } from "./cluster/cluster.ts";
import { type Ends, endsOf } from "./ends.ts";
import { nameCheck } from "./needs/name-server.ts";
import { needsOf } from "./needs/needs.ts";
import { type NeededFlow, routesIn, routesOf } from "./needs/routes.ts";
import { waysIn } from "./needs/ways-in.ts";
import { type Pairs, pairsOf } from "./pairs.ts";

/** Everything that was worked out on the way to a prediction. */
export interface Analysis {
  cluster: Cluster;
  ends: Ends;
  pairs: Pairs;
  needed: NeededFlow[];
}

/** Works out a cluster: what the ingress controller's chart brings is added to what is declared. */
export function analyse(objects: KubernetesObject[], platform: DeclaredPlatform): Analysis {
  const brought = platform.ingress
    ? systemObjects(platform).filter(
        ({ metadata, kind }) =>
          kind === "Namespace" || metadata.namespace === platform.ingress?.namespace,
      )
    : [];
  const known = new Set(objects.map(keyOf));
  const cluster = clusterOf(
    [...objects, ...brought.filter((one) => !known.has(keyOf(one)))],
    platform,
  );
  const ways = waysIn(cluster);
  const ends = endsOf(cluster, ways);
  const checkName = nameCheck(cluster.objects);
  const needed = [
    ...needsOf(cluster).flatMap((need) => routesOf(need, ends.connectivity, checkName)),
    ...ways.flatMap((way) => routesIn(way, cluster)),
  ];
  return { cluster, ends, pairs: pairsOf(cluster, ends), needed };
}

function keyOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}
