import type { Lab, Probe, Request } from "../../../stacks/outputs.ts";
import { type Origin, originName } from "../transport.ts";

/** One request that is put from one place over and over. */
export interface Path {
  /** What the probe that asks it shows. */
  name: string;
  from: Origin;
  request: Request;
}

/**
 * The paths that a lab's probes ask, those of the scenario before included, each once: whose request changes nothing
 * and is one request, so that it can be put again and again.
 */
export function pathsOf({ before, probes }: Pick<Lab, "before" | "probes">): Path[] {
  const paths = [...before, ...probes].filter(repeatable);
  const unique = new Map<string, Path>();
  for (const { name, from, request } of paths) {
    const key = pathKey({ from, request });
    if (!unique.has(key)) unique.set(key, { name, from, request });
  }
  return [...unique.values()];
}

/** The same for the same request from the same place. */
export function pathKey({ from, request }: Pick<Path, "from" | "request">): string {
  return JSON.stringify([originName(from), Object.entries(request).sort()]);
}

/** RFC 9110 section 9.2.1 has more methods that are safe, but none that a lab asks with. */
function repeatable({ request }: Probe): boolean {
  if (request.kind !== "http") return true;
  return request.tally === undefined && ["GET", "HEAD"].includes(request.method);
}
