import type * as pulumi from "@pulumi/pulumi";
import { machineOf } from "../components/clusters/ec2/choice.ts";
import type { Offer } from "../components/clusters/ec2/offer.ts";
import type { Nodes } from "../micromesh/capacity/needs.ts";
import type { Measuring } from "./capacity.ts";
import { capacityReport, type Instances, showCapacity } from "./capacity-report.ts";
import { knownInputs } from "./known-inputs.ts";

/** How large a cluster is, where that is the stack's own affair. */
export interface Size extends Nodes {
  /** Where the table of needs is shown; it depends on nothing, for a message waits until it is there. */
  resource: pulumi.Resource;
  /** Undefined where nobody knows what the machines are. */
  offer?: Offer;
}

/**
 * Shows what the stack needs beside what its machines have and cost, and admits these. Await it in the program.
 * @throws ResourceError where the stack doesn't fit its machines; an update has made none then
 */
export async function checkSize(size: Size | undefined, measuring: Measuring): Promise<void> {
  if (size) {
    const { resource, offer, ...nodes } = size;
    const told = (await knownInputs(offer, true)) as Partial<Instances> | undefined;
    // Unknown in a preview where AWS has no such type, which has been said already.
    const instances = told?.chosen && (told as Instances);
    const machine = instances && machineOf(instances.chosen);
    const capacity = await measuring.on({ ...nodes, machine });
    await showCapacity(resource, capacityReport(capacity, instances));
  }
  measuring.admit();
}
