import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { type Endpoint, type LabInput, lab, type ProbeInput } from "../stacks/outputs.ts";
import type { Platform } from "../stacks/platform.ts";
import type { Telling, ToldScenarios } from "../stacks/telling.ts";
import type { LabModule, LabSettings } from "./lab.ts";
import { type Scenario, warnOfUnmetNeed } from "./scenario.ts";

/** What makes a lab: everything that labs have in common follows from it. */
export interface LabDefinition<Name extends string, Change, Own> {
  /** As stack config has it. */
  name: string;
  /** The question that it answers. */
  title: string;
  /** By name, in the order to play them; the first is what the others differ from. */
  scenarios: Record<Name, Scenario<Change>>;
  /** What its config may hold beside the scenario; default: nothing. */
  settings?: z.ZodType<Own>;
  /** The settings as a scenario wants them; default: as they are. */
  settingsFor?(scenario: Name, settings: Own): Own;
  /** Declares the apps, and what the scenario changes of them, as children of the lab. */
  declare(args: Declaring<Name, Change, Own>, options: pulumi.ComponentResourceOptions): void;
  /** What can be seen of a scenario, in the order to look at it. */
  probes(asked: Asked<Name, Own>): ProbeInput[];
  /** The ways in from outside, by host name. */
  endpoints(platform: Platform, settings: Own): Record<string, pulumi.Input<Endpoint>>;
  /** On a cluster, until a change has come to the lab's pods; default: as soon as it's applied. */
  settleSeconds?(scenario: Name): number | undefined;
}

export interface Asked<Name extends string, Own> {
  platform: Platform;
  scenario: Name;
  /** As the scenario wants them. */
  settings: Own;
}

export interface Declaring<Name extends string, Change, Own> extends Asked<Name, Own> {
  /** Of the lab, to name its resources after. */
  name: string;
  change: Change;
  images: LabSettings["images"];
}

/** Makes a lab of its definition. */
export function defineLab<Name extends string, Change, Own = Record<string, never>>(
  definition: LabDefinition<Name, Change, Own>,
): LabModule<Own> {
  const { name, title, scenarios, settings: schema } = definition;
  const names = Object.keys(scenarios) as Name[];
  const baseline = names[0] as Name;
  const settingsFor = definition.settingsFor ?? ((_: Name, settings: Own) => settings);
  const probesOf = (scenario: Name, platform: Platform, own: Own) =>
    definition.probes({ platform, scenario, settings: settingsFor(scenario, own) });
  return {
    title,
    scenarios: names,
    settings: schema,
    deploy(platform, { scenario: chosen, images, own }) {
      const scenario = (chosen ?? baseline) as Name;
      const { change, after } = scenarios[scenario];
      warnOfUnmetNeed(name, scenario, scenarios[scenario], platform);
      const settings = settingsFor(scenario, own);
      const told = { scenario, scenarios: names.map((one) => telling(one, scenarios[one])) };
      new Lab(name, told, platform.options, (options) =>
        definition.declare({ name, platform, scenario, change, images, settings }, options),
      );
      const before = (after ?? baseline) as Name;
      const output: LabInput = {
        title,
        scenario,
        scenarios: names,
        before: scenario === baseline ? undefined : probesOf(before, platform, own),
        probes: probesOf(scenario, platform, own),
        settleSeconds: definition.settleSeconds?.(scenario),
      };
      // Checked here, and put out as it is: whoever reads it fills the defaults in.
      lab.parse(output);
      return { lab: output, endpoints: definition.endpoints(platform, settings) };
    },
  };
}

/** What is for people to read. */
function telling(name: string, scenario: Scenario<unknown>): Telling {
  const { title, teaches, symptom, hints, explanation, mend, changes, after } = scenario;
  return { name, title, teaches, symptom, hints, explanation, mend, changes, after };
}

/** A lab in one of its scenarios: what its apps and rules belong to. */
class Lab extends pulumi.ComponentResource {
  constructor(
    name: string,
    told: ToldScenarios,
    opts: pulumi.ComponentResourceOptions,
    declare: (options: pulumi.ComponentResourceOptions) => void,
  ) {
    super(`micromesh:labs:${name[0]?.toUpperCase()}${name.slice(1)}Lab`, name, told, opts);
    declare({ parent: this, deletedWith: opts.deletedWith });
    this.registerOutputs();
  }
}
