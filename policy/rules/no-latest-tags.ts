import { hasDigest, isLatest, tagOf } from "../images.ts";
import { isChart } from "../kinds.ts";
import { UNKNOWN } from "../plain.ts";
import { containersOf } from "../pods.ts";
import type { ResourceRule } from "../rule.ts";

export const noLatestTags: ResourceRule = {
  of: "resource",
  name: "no-latest-tags",
  description:
    "Images and charts have a version: what latest is today isn't what a pod gets that starts tomorrow, and nobody can " +
    "go back to it. Name a version or a digest; an image without a tag is latest too.",
  violations(resource) {
    return [
      ...containersOf(resource).flatMap(({ title, container: { image } }) => {
        const problem = image === undefined ? undefined : problemWith(image);
        return problem === undefined ? [] : [`${title}: image ${image} ${problem}`];
      }),
      ...(isChart(resource) ? chartProblems(resource.inputs) : []),
    ];
  },
};

const MEND = "name a version or a digest";

function problemWith(reference: string): string | undefined {
  if (reference.includes(UNKNOWN) || hasDigest(reference)) return undefined;
  const tag = tagOf(reference);
  if (tag === undefined) return `has no tag, which means latest; ${MEND}`;
  return isLatest(tag) ? `changes under its tag; ${MEND}` : undefined;
}

function chartProblems({ chart, version, repositoryOpts, values }: Record<string, unknown>) {
  // A folder or a file is one chart; by name or from a registry it's the newest unless a version is named.
  const repo = (repositoryOpts as { repo?: unknown } | undefined)?.repo;
  const named = repo !== undefined || String(chart).startsWith("oci://");
  return [...(named ? versionProblems(chart, version) : []), ...latestValues(values, "values")];
}

/** Helm takes ranges too, such as `1.x`, `^1.2.0` or `1.2`, and installs the newest that is in it. */
function versionProblems(chart: unknown, version: unknown): string[] {
  if (version === undefined || version === "") {
    return [`chart ${chart} has no version, which means the newest; set version`];
  }
  return version === UNKNOWN || /^v?\d+\.\d+\.\d+([-+][\w.+-]+)?$/.test(String(version))
    ? []
    : [
        `chart ${chart} has the version ${version}, which means the newest of these; set one version`,
      ];
}

/** Values that name a tag, as charts do: `image.tag`, `imageTag`; or a whole reference, as `image`. */
function latestValues(node: unknown, path: string): string[] {
  if (typeof node === "string") {
    const key = path.slice(path.lastIndexOf(".") + 1);
    const tag = /tag$/i.test(key) ? node : /image$/i.test(key) ? tagOf(node) : undefined;
    return tag !== undefined && isLatest(tag) && !hasDigest(node)
      ? [`${path} is ${node}; ${MEND}`]
      : [];
  }
  if (node === null || typeof node !== "object") return [];
  return Object.entries(node).flatMap(([key, item]) =>
    latestValues(item, Array.isArray(node) ? `${path}[${key}]` : `${path}.${key}`),
  );
}
