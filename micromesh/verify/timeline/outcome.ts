import type { Failure, Request } from "../../../stacks/outputs.ts";
import type { Observation } from "../client/observation.ts";

/**
 * What became of one request, whatever a probe expects of it:
 * - `ok`: HTTP 1xx to 3xx, an open or answering TCP connection, a name that is found
 * - `error`: HTTP 4xx or 5xx; somebody answered, and said no
 * - the failure's name; an answer that began and broke off counts as its failure
 * - `unknown`: the request couldn't be put
 */
export type Outcome = "ok" | "error" | "unknown" | Failure;

/** From the best to the worst: silence last, since it alone tells nothing and takes time. */
export const outcomes: readonly Outcome[] = [
  "ok",
  "error",
  "unknown",
  "no-such-name",
  "closed",
  "refused",
  "reset",
  "timeout",
];

export function outcomeOf(kind: Request["kind"], { failure, status }: Observation): Outcome {
  if (failure !== undefined) return failure;
  return kind === "http" && (status ?? 0) >= 400 ? "error" : "ok";
}

/** The worse of two; one that isn't there is better than any. */
export function worse(one: Outcome | undefined, other: Outcome): Outcome {
  if (one === undefined) return other;
  return outcomes.indexOf(one) >= outcomes.indexOf(other) ? one : other;
}
