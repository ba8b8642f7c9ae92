import type { Change, Flow, Prediction, PredictionDiff } from "../prediction.ts";
import { needed } from "./pairs.ts";

/** Few large pieces are written faster than many small ones. */
const CHUNK_CHARACTERS = 1 << 16;

/**
 * A prediction as JSON, in pieces of some 64 Ki characters, which together are one document and end
 * with a newline: `{"of", "parties": [...], "mistakes": [...], "flows": [{"from", "to", "ports",
 * "verdict", "because", ...}]}`, with one flow to a line. Permitted flows are always there; denied and
 * broken ones where something needs them.
 *
 * @param options.all denied and broken flows that nothing needs, too; false by default
 */
export function json(
  prediction: Omit<Prediction, "flows"> & { flows: Iterable<Flow> },
  options: { all?: boolean } = {},
): Iterable<string> {
  const { flows, ...rest } = prediction;
  return document(rest, "flows", listed(flows, options.all ?? false));
}

/** The difference of two predictions as JSON, with one change to a line; in pieces like {@link json}. */
export function jsonDiff(diff: PredictionDiff): Iterable<string> {
  const { changes, ...rest } = diff;
  return document(rest, "changes", changes);
}

function* listed(flows: Iterable<Flow>, all: boolean): Iterable<Flow> {
  for (const flow of flows) {
    if (all || flow.verdict === "allow" || needed(flow)) yield flow;
  }
}

/** The long list comes last, so that whoever reads the beginning has seen everything else. */
function* document(
  rest: object,
  key: string,
  items: Iterable<Flow | Change>,
): Generator<string, void> {
  const members = Object.entries(rest).map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`);
  let chunk = `{${members.map((m) => `${m},\n`).join("")}${JSON.stringify(key)}:[`;
  let separator = "\n";
  for (const item of items) {
    chunk += separator + JSON.stringify(item);
    separator = ",\n";
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = "";
    }
  }
  yield `${chunk}\n]}\n`;
}
