import assert from "node:assert/strict";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import type { Settings } from "../../micromesh/resources/settings.ts";
import { outside, web } from "./cast.ts";
import { allowed, problems, world } from "./world.ts";

/** A policy, and the line by which validation tells what is wrong with it. */
export type Mistake = [policy: KubernetesObject, problem: string];

/**
 * A test for each mistake, titled by its line: validation tells it, maybe beside others.
 * @param effect asserts what such a policy does all the same
 */
export function itTells(
  mistakes: Mistake[],
  effect: (policy: KubernetesObject, problem: string) => void,
): void {
  for (const [policy, problem] of mistakes) {
    it(problem, () => {
      assert.ok(problems(policy).includes(problem), `got ${problems(policy).join("\n")}`);
      effect(policy, problem);
    });
  }
}

/** An effect for `itTells`: none, as the outside still reaches `web` where `settings` hold. */
export const noEffect = (settings: Settings) => (policy: KubernetesObject) =>
  assert.equal(allowed(world(settings, policy), outside, web), true, "it has no effect");
