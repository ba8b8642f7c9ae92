import { answer, answers, breaking, hint, mend, symptom } from "./guessing.ts";
import { ask, connect, explaining, logs, lookup, pods, probes } from "./looking.ts";
import type { Step } from "./step.ts";

/**
 * The steps of a game, in the order in which flags are played. None names the scenario that is played, but for the
 * answer to it; what the cluster itself shows (a policy's name, say) is no secret.
 */
export const steps: [Step, ...Step[]] = [
  breaking,
  symptom,
  hint,
  pods,
  probes,
  logs,
  lookup,
  ask,
  connect,
  explaining,
  answers,
  answer,
  mend,
];
