import { z } from "zod";
import { lab, stackOutputs } from "../../stacks/outputs.ts";
import { type Telling, telling, toldScenarios } from "../../stacks/telling.ts";
import type { Declaration } from "./declared.ts";

/** A lab as the stack's outputs have it, and how its scenarios are told. */
export const declaredLab = lab.extend({ scenarios: z.array(telling) });
export type DeclaredLab = z.infer<typeof declaredLab>;

/**
 * The labs that a program declares, by name: what can be seen of them is among its outputs, how their scenarios are
 * told among the inputs of each lab's component.
 * @throws Error where one of the outputs' labs has no component of its name
 */
export function declaredLabs({
  outputs,
  resources,
}: Pick<Declaration, "outputs" | "resources">): Record<string, DeclaredLab> {
  const labs = stackOutputs.shape.labs.parse(outputs.labs);
  return Object.fromEntries(
    Object.entries(labs).map(([name, lab]) => {
      const component = resources.find(
        (one) => one.type.startsWith("micromesh:labs:") && one.name === name,
      );
      if (!component) throw new Error(`the program puts out lab ${name}, and declares none`);
      return [name, { ...lab, scenarios: toldScenarios.parse(component.inputs).scenarios }];
    }),
  );
}

/** How the scenario that is declared is told. */
export function told({ scenario, scenarios }: DeclaredLab): Telling {
  const found = scenarios.find(({ name }) => name === scenario);
  if (!found) throw new Error(`the lab doesn't tell its scenario ${scenario}`);
  return found;
}

/** A scenario's title; its name where the lab, or this scenario of it, is deployed and no longer declared. */
export function titleIn(lab: Pick<DeclaredLab, "scenarios"> | undefined, scenario: string): string {
  return lab?.scenarios.find(({ name }) => name === scenario)?.title ?? scenario;
}
