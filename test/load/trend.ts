/** Whether a series of measurements grows. Pure. */

/** A measurement: seconds, and what was measured then. */
export type Point = readonly [at: number, value: number];

/**
 * The slope that half of all pairs of points exceed (Theil and Sen's estimator): up to 29 % of the points may lie
 * anywhere, like a garbage collector's peaks, without moving it far.
 *
 * @returns per second; 0 for fewer than two points
 */
export function slope(points: readonly Point[]): number {
  const slopes = points.flatMap(([t, v], i) =>
    points.slice(i + 1).flatMap(([at, value]) => (at === t ? [] : [(value - v) / (at - t)])),
  );
  return median(slopes);
}

/** 0 for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** By how much the fitted line rises from the first point to the last. */
export function growth(points: readonly Point[]): number {
  const [first, last] = [points[0], points.at(-1)];
  return first && last ? slope(points) * (last[0] - first[0]) : 0;
}

/** The measurement nearest to a time; undefined if there's none within two seconds of it. */
export function valueAt(points: readonly Point[], time: number): number | undefined {
  const distance = ([at]: Point) => Math.abs(at - time);
  const nearest = [...points].sort((a, b) => distance(a) - distance(b))[0];
  return nearest && distance(nearest) <= 2 ? nearest[1] : undefined;
}
