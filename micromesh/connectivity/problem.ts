import type { FieldProblem } from "../resources/checker.ts";

/** A mistake in a policy that its API server would reject: what, where, how to mend. */
export interface Problem extends FieldProblem {
  kind: string;
  namespace?: string;
  name: string;
}

/** `NetworkPolicy d-redis/isolate: spec.policyTypes[0] is "ingress"; write Ingress or Egress`. */
export function problemLine(problem: Problem): string {
  const name = problem.namespace ? `${problem.namespace}/${problem.name}` : problem.name;
  return `${problem.kind} ${name}: ${problem.field} ${problem.text}`;
}
