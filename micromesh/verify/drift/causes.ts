/** Which drifts explain why a probe didn't see what it should. */
import type { Endpoint, Probe } from "../../../stacks/outputs.ts";
import { groupKind, objectTitle } from "../../resources/kubernetes.ts";
import { type Drift, subjectOf } from "./drift.ts";
import { type Hop, turnOf } from "./hop.ts";
import { type Way, wayOf } from "./way.ts";
import type { World, Worlds } from "./worlds.ts";

/** Sentences for one cause, at most. */
const MOST = 2;

/**
 * A sentence for each drift that turns what the probe asks for, as predicted:
 * `NetworkPolicy d-redis/isolate is missing: b-apacherr/apache may reach d-redis/redis TCP 6379 now`; where none
 * does, for each that turns what is needed further on; else for those that stand on the way, of which nothing is
 * predicted.
 * @param endpoints ways in from outside, by host name
 */
export function causesOf(
  probe: Probe,
  endpoints: Record<string, Endpoint>,
  drifts: Drift[],
  worlds: Worlds,
): string[] {
  const way = wayOf(probe, endpoints, worlds.declared);
  for (const hops of [way.own ? [way.own] : [], way.onward]) {
    const causes = worlds.drifted.flatMap(({ drift, ...world }) => {
      const turned = turnsOf(hops, worlds.declared, world);
      return turned.length > 0 ? [`${stateOf(drift)}: ${turned.join("; ")}`] : [];
    });
    if (causes.length > 0) return causes;
    const together = worlds.together ? turnsOf(hops, worlds.declared, worlds.together) : [];
    if (together.length > 0) return [`all that differs, together: ${together.join("; ")}`];
  }
  return drifts
    .filter((drift) => standsOn(way, drift, worlds.declared))
    .map((drift) => `${stateOf(drift)}: it's on the way, and may be why`);
}

function turnsOf(hops: Hop[], declared: World, drifted: World): string[] {
  const turns = hops.flatMap((hop) => turnOf(hop, declared, drifted) ?? []);
  return [...new Set(turns)].slice(0, MOST);
}

function stateOf(drift: Drift): string {
  const title = objectTitle(subjectOf(drift));
  if (drift.kind === "missing") return `${title} is missing`;
  if (drift.kind === "undeclared") return `${title} isn't declared`;
  const [first, ...others] = drift.fields.map(({ path }) => path);
  return `${title} isn't as declared (${first}${others.length > 0 ? ", …" : ""})`;
}

/** It's a workload or a Service of the way, or is named by one, or names one. */
function standsOn({ workloads }: Way, drift: Drift, { analysis }: World): boolean {
  const { cluster } = analysis;
  const own = cluster.workloads.filter(({ id }) => workloads.has(id));
  const services = cluster.services.filter(({ backends }) =>
    backends.some(({ id }) => workloads.has(id)),
  );
  const subject = subjectOf(drift);
  const { namespace, name } = subject.metadata;
  const kind = groupKind(subject);
  if (kind === "Service") return services.some(({ key }) => key === `${namespace}/${name}`);
  if (["ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim"].includes(kind)) {
    return own.some(
      (one) => one.namespace === namespace && JSON.stringify(one.spec).includes(`"${name}"`),
    );
  }
  if (cluster.workloads.some(({ kind }) => kind === subject.kind)) {
    return own.some(({ id }) => id === `${namespace}/${name}[${subject.kind}]`);
  }
  const text = JSON.stringify(subject.spec ?? {});
  return services.some((service) =>
    [`"${service.name}"`, `"${service.name}.${service.namespace}`].some((word) =>
      text.includes(word),
    ),
  );
}
