/** The pods that declared Helm releases bring. */
import type { Declaration } from "../resources/declared.ts";
import { ChartValues } from "./chart-values.ts";
import { type Chart, charts } from "./charts.ts";
import type { PodGroup } from "./pod-group.ts";
import { podRequest } from "./pod-request.ts";

export interface Release {
  /** The chart's name, without its repository. */
  chart: string;
  /** The release's name. */
  name: string;
  values: unknown;
}

export function releasesOf({ resources }: Declaration): Release[] {
  return resources
    .filter(({ type }) => /^kubernetes:helm\.sh\/v[34]:(Release|Chart)$/.test(type))
    .map(({ name, inputs }) => ({
      chart: String(inputs.chart).split("/").at(-1) as string,
      name: String(inputs.name ?? name),
      values: inputs.values,
    }));
}

/**
 * The pods of all declared releases. A chart that isn't known counts as one pod that says nothing of itself;
 * `unknown` names those.
 */
export function releasePods(declaration: Declaration): { groups: PodGroup[]; unknown: string[] } {
  const releases = releasesOf(declaration);
  const groups = releases.flatMap(({ chart, name, values }) => {
    const known = chartOf(chart);
    const made = known
      ? known.pods(new ChartValues(values))
      : [{ name, count: 1, spec: { containers: [{}] } }];
    return made.map((pods) => ({
      owner: known?.owner ?? `chart ${chart}`,
      title: known ? `${known.owner}'s ${pods.name}` : `release ${name}`,
      count: pods.count,
      request: podRequest(pods.spec),
    }));
  });
  const unknown = releases.flatMap(({ chart }) => (chartOf(chart) ? [] : [chart]));
  return { groups, unknown: [...new Set(unknown)] };
}

function chartOf(name: string): Chart | undefined {
  return Object.hasOwn(charts, name) ? charts[name] : undefined;
}
