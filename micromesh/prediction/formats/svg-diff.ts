import type { Prediction, PredictionDiff } from "../prediction.ts";
import { compared } from "./drawing/compared.ts";
import { document } from "./drawing/document.ts";

/**
 * What differs between two predictions as an SVG document: what was added, removed or changed, and,
 * faintly, the needed flows that stay as they are.
 *
 * @param after the second of the two predictions
 */
export function svgDiff(diff: PredictionDiff, after: Prediction): string {
  return document(compared(diff, after));
}
