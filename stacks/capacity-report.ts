import * as pulumi from "@pulumi/pulumi";
import {
  type Choice,
  problemWithChoice,
  warningOfChoice,
} from "../components/clusters/ec2/choice.ts";
import { formatNeeds } from "../micromesh/capacity/table.ts";
import type { Capacity } from "./capacity.ts";

/** What a stack's instances are, and what they cost. */
export interface Instances extends Choice {
  /** One line. */
  cost: string;
}

export interface CapacityReport {
  /** The table, and the cost. */
  text: string;
  /** What would be wrong for some; one line. */
  warning?: string;
  /** Why the stack can't be deployed so; one line with its mend. */
  problem?: string;
}

/** What there is to say of a stack's size; without `instances` that is the table of its needs. */
export function capacityReport({ needs, on }: Capacity, instances?: Instances): CapacityReport {
  return {
    text: [formatNeeds(needs, on), ...(instances ? [instances.cost] : [])].join("\n"),
    warning: instances && warningOfChoice(instances, needs),
    problem: instances && on && problemWithChoice(instances, needs, on.verdict),
  };
}

/**
 * Shows the report at a resource, in a preview as in an update. Await it in the program: what is thrown after the program's
 * end Pulumi shows with its stack.
 * @throws ResourceError with the problem, the warning and the table, where there's a problem
 */
export async function showCapacity(
  resource: pulumi.Resource,
  { text, warning, problem }: CapacityReport,
): Promise<void> {
  if (problem !== undefined) {
    const lines = [problem, ...(warning === undefined ? [] : [warning]), text];
    throw new pulumi.ResourceError(lines.join("\n"), resource, true);
  }
  if (warning !== undefined) await pulumi.log.warn(warning, resource);
  await pulumi.log.info(`What the stack needs:\n${text}`, resource);
}
