import { originName } from "../transport.ts";
import type { Timeline } from "./record.ts";

/** A timeline as data, with stable field names; times are in seconds since its begin, `ms` in milliseconds. */
export function timelineData({ stages, paths }: Timeline) {
  return {
    stages,
    paths: paths.map(({ name, from, request, samples }) => ({
      name,
      from: originName(from),
      request,
      samples,
    })),
  };
}
