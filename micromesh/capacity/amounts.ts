/** Memory and CPU, counted as the scheduler counts them: memory in MiB, CPU in thousandths of one. */
import { quantity } from "../resources/quantity.ts";

export interface Amounts {
  memoryMiB: number;
  cpuMillis: number;
}

export const NOTHING: Amounts = { memoryMiB: 0, cpuMillis: 0 };

const MIB = 2 ** 20;
/** What floating-point arithmetic may add to a whole number. */
const TINY = 1e-9;

export function plus(...amounts: Amounts[]): Amounts {
  return {
    memoryMiB: amounts.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0),
    cpuMillis: amounts.reduce((sum, { cpuMillis }) => sum + cpuMillis, 0),
  };
}

export function times(amounts: Amounts, count: number): Amounts {
  return { memoryMiB: amounts.memoryMiB * count, cpuMillis: amounts.cpuMillis * count };
}

export function minus(from: Amounts, taken: Amounts): Amounts {
  return plus(from, times(taken, -1));
}

/** The larger of each. */
export function larger(a: Amounts, b: Amounts): Amounts {
  return {
    memoryMiB: Math.max(a.memoryMiB, b.memoryMiB),
    cpuMillis: Math.max(a.cpuMillis, b.cpuMillis),
  };
}

/** `64Mi` in whole MiB, rounded up; undefined where it is no quantity, or isn't given. */
export function memoryOf(text: unknown): number | undefined {
  const bytes = amountOf(text);
  return bytes === undefined ? undefined : Math.ceil(bytes / MIB - TINY);
}

/** `20m` or `0.5` in whole thousandths, rounded up as Kubernetes does; undefined as with memory. */
export function cpuOf(text: unknown): number | undefined {
  const cores = amountOf(text);
  return cores === undefined ? undefined : Math.ceil(cores * 1000 - TINY);
}

/** YAML may have a bare number where Kubernetes has text. */
function amountOf(text: unknown): number | undefined {
  return typeof text === "string" || typeof text === "number" ? quantity(String(text)) : undefined;
}
