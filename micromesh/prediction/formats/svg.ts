import type { Prediction } from "../prediction.ts";
import { document } from "./drawing/document.ts";
import { predicted } from "./drawing/predicted.ts";

/**
 * A prediction as an SVG document: a box to a workload, in its namespace's frame, and lines for who
 * may reach whom. Flows that something needs are prominent, each in the look of its verdict. What else
 * is permitted is folded into lines between frames, and into notes such as `open to everyone`.
 */
export function svg(prediction: Prediction): string {
  return document(predicted(prediction));
}
