import type { Observation } from "../../micromesh/verify/client/observation.ts";
import { judge, type NotObserved } from "../../micromesh/verify/judge.ts";
import type { ProbeResult } from "../../micromesh/verify/runner.ts";
import { type Lab, type Probe, type ProbeInput, probe } from "../../stacks/outputs.ts";

/** A probe with the contract's defaults. */
export function probeOf(input: Partial<ProbeInput>): Probe {
  return probe.parse({
    name: "answers",
    from: "outside",
    request: { kind: "http", url: "http://pippo.lan/count/get" },
    expect: {},
    ...input,
  });
}

export function labOf(...probes: Probe[]): Lab {
  return {
    title: "A lab",
    scenario: "open",
    scenarios: [],
    before: [],
    probes,
  };
}

export function resultOf(
  input: Partial<ProbeInput>,
  observation: Observation | NotObserved,
  more: Partial<ProbeResult> = {},
): ProbeResult {
  const probe = probeOf(input);
  const judged = judge(probe, observation);
  return {
    lab: "counter",
    scenario: "isolated",
    probe,
    observation,
    attempts: 1,
    ...judged,
    ...more,
  };
}
