import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidArgumentError } from "commander";
import { type CaptureOptions, capture } from "../resources/capture.ts";
import type { Declaration } from "../resources/declared.ts";
import type { ProgramProcess } from "../resources/program-process.ts";
import { readStackConfig } from "../resources/stack-config.ts";
import { UsageError } from "../resources/usage-error.ts";

/** Folder of the program, where Pulumi.yaml is. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Options that every command has. */
export interface StackOptions {
  stack: string;
  config: string[];
}

/** Options that choose labs and their scenarios. */
export interface LabOptions {
  lab?: string[];
  scenario?: string[];
}

/** commander collects a repeatable option with this. */
export function repeat(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

export function port(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 65535) {
    throw new InvalidArgumentError("a port is a number from 0 (any free one) to 65535.");
  }
  return number;
}

export function seconds(value: string): number {
  const number = Number(value);
  if (!(number >= 1 && number <= 3600)) {
    throw new InvalidArgumentError("write a number of seconds from 1 to 3600.");
  }
  return number;
}

/** @throws InvalidArgumentError: more often than that is load, and no look */
export function interval(value: string): number {
  const number = Number(value);
  if (!(number >= 0.1 && number <= 60)) {
    throw new InvalidArgumentError("write a number of seconds from 0.1 to 60.");
  }
  return number;
}

export function number(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError("it must be a whole number.");
  return Number(value);
}

/** `--scenario lab=name`, repeated, as a record. @throws UsageError */
export function scenariosOf(options: LabOptions): Record<string, string> {
  return Object.fromEntries(
    (options.scenario ?? []).map((text) => {
      const [, lab, name] = /^([^=]+)=(.+)$/.exec(text) ?? [];
      if (!lab || !name) {
        throw new UsageError(
          `--scenario ${text}: write LAB=NAME, e.g. --scenario counter=isolated`,
        );
      }
      return [lab, name];
    }),
  );
}

/**
 * Declares the stack with the labs and scenarios that were asked for.
 * @param options.root folder of the program; by default this one
 * @param program the process to run it in, for who declares again and again; default: one for this time only
 */
export async function declare(
  options: StackOptions & LabOptions & { root?: string },
  scenarios: Record<string, string> = scenariosOf(options),
  program?: ProgramProcess,
): Promise<Declaration> {
  const from = options.root ?? root;
  const request: CaptureOptions = { root: from, stack: options.stack, config: [...options.config] };
  if (options.lab) {
    const declared = (await readStackConfig(from, options.stack))["micromesh:labs"] ?? {};
    const labs = options.lab.map((lab) => [lab, (declared as Record<string, unknown>)[lab] ?? {}]);
    request.config?.unshift(`labs=${JSON.stringify(Object.fromEntries(labs))}`);
  }
  for (const [lab, name] of Object.entries(scenarios)) {
    request.config?.push(`labs.${lab}.scenario=${name}`);
  }
  return capture(request, program);
}
