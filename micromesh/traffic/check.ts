/** The longest delay that `setTimeout` keeps; it turns longer ones into 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @returns `value`; @throws RangeError if it isn't a finite number from `least` to `most` */
export function inRange(what: string, value: number, least: number, most?: number): number {
  if (Number.isFinite(value) && value >= least && value <= (most ?? value)) return value;
  const bounds = most === undefined ? `at least ${least}` : `${least} to ${most}`;
  throw new RangeError(`${what}: give a number of ${bounds} instead of ${value}`);
}

/** @returns `value`; @throws RangeError if it isn't a whole number from `least` on */
export function wholeNumber(what: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`${what}: give a whole number of at least ${least} instead of ${value}`);
}

/** @returns `ms`; @throws RangeError if no timer can wait that long */
export function duration(what: string, ms: number): number {
  return inRange(`${what} (milliseconds)`, ms, 0, LONGEST_TIMER_MS);
}
