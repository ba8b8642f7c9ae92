import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { Endpoint, LabInput } from "../stacks/outputs.ts";
import type { Platform } from "../stacks/platform.ts";

/** A lab, as the registry knows it. */
export interface LabModule<Own = unknown> {
  title: string;
  /** Names of its scenarios; the first is the one to begin with. */
  scenarios: string[];
  /** What its config may hold beside the scenario; default: nothing. */
  settings?: z.ZodType<Own>;
  /** Declares the lab in one of its scenarios. */
  deploy(platform: Platform, settings: LabSettings<Own>): DeployedLab;
}

/** A lab whose own settings the config has checked by its schema. */
// biome-ignore lint/suspicious/noExplicitAny: labs with settings of any kind are in one list
export type AnyLab = LabModule<any>;

export interface LabSettings<Own = unknown> {
  /** By default the lab's first. */
  scenario?: string;
  /** References of the stock images that labs run on, with their versions. */
  images: { node: string; httpd: string; redis: string; postgres: string };
  /** What its schema made of its config. */
  own: Own;
}

export interface DeployedLab {
  lab: LabInput;
  /** The ways in from outside, by host name. */
  endpoints: Record<string, pulumi.Input<Endpoint>>;
}
