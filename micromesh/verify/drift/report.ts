/** Drift as text for a terminal, and as data. */
import { groupKind, objectTitle } from "../../resources/kubernetes.ts";
import { pad, wrap } from "../columns.ts";
import { printable } from "../words.ts";
import type { Assessment } from "./assess.ts";
import { type Drift, driftTitle, type FieldDrift, isNothingThere, subjectOf } from "./drift.ts";
import { byHand, puttingBack } from "./mend.ts";

export interface DriftOptions {
  /** Columns of the terminal; default 80, at least 60. */
  width?: number;
  /** ANSI colours; default none. */
  colour?: boolean;
}

/** Sentences and fields of one object, at most; and objects. */
const MOST = { effects: 3, fields: 5, objects: 30 };

/** Every drift with what it does, how to mend it, and what couldn't be compared. */
export function formatDrift(assessment: Assessment, options: DriftOptions = {}): string {
  const { drifts, notes, origin } = assessment;
  const width = Math.max(options.width ?? 80, 60);
  const told = isNothingThere(assessment) ? [] : drifts.slice(0, MOST.objects);
  const more = isNothingThere(assessment) ? 0 : drifts.length - told.length;
  const commands = puttingBack(origin, drifts);
  return [
    ...told.map((drift) => oneDrift(drift, assessment, width, options)),
    ...(more > 0 ? [`and ${more} more: --json lists them all`] : []),
    ...(commands.length > 0
      ? [["Put back what is declared:", ...commands.map((line) => `  ${line}`)].join("\n")]
      : []),
    ...notes.map((note) => wrap(`note: ${printable(note)}`, width).join("\n")),
    driftSummary(assessment, options),
  ].join("\n\n");
}

/** E.g. `20 objects compared: 1 missing, 1 not declared`. */
export function driftSummary(
  assessment: Assessment,
  { colour = false }: DriftOptions = {},
): string {
  const { compared, drifts } = assessment;
  const count = (kind: Drift["kind"]) => drifts.filter((drift) => drift.kind === kind);
  const missing = count("missing").reduce(
    (sum, drift) => sum + 1 + (drift.kind === "missing" ? drift.within.length : 0),
    0,
  );
  const parts = [
    [missing, "missing"],
    [count("changed").length, "changed"],
    [count("undeclared").length, "not declared"],
  ]
    .filter(([number]) => number !== 0)
    .map(([number, what]) => `${number} ${what}`);
  const objects = `${compared} declared ${compared === 1 ? "object" : "objects"} compared`;
  const text = isNothingThere(assessment)
    ? `${objects}: none of them is on the cluster; deploy them first`
    : `${objects}: ${parts.join(", ") || "the cluster is as declared"}`;
  return colour ? `\u001b[${drifts.length > 0 ? 31 : 32}m${text}\u001b[0m` : text;
}

function oneDrift(
  drift: Drift,
  assessment: Assessment,
  width: number,
  { colour = false }: DriftOptions,
): string {
  const mark = colour ? "\u001b[31m✗\u001b[0m" : "✗";
  const [title, ...rest] = wrap(driftTitle(drift), width - 2);
  const mend = byHand(assessment.origin, drift);
  const rows: [string, string][] = [
    ...(drift.kind === "changed" ? some(drift.fields.map(fieldText), MOST.fields, "field") : []),
    ...some(assessment.effects(drift), MOST.effects, "effect"),
    ...(mend ? [["mend", `${mend.command}, ${mend.why}`] as [string, string]] : []),
  ];
  return [
    `${mark} ${title}`,
    ...rest.map((line) => `  ${line}`),
    ...rows.flatMap(([label, text]) =>
      wrap(printable(text), width - 12).map(
        (line, i) => `  ${pad(i === 0 ? label : "", 8)}  ${line}`,
      ),
    ),
  ].join("\n");
}

function some(texts: string[], most: number, label: string): [string, string][] {
  const rows = texts.slice(0, most).map((text): [string, string] => [label, text]);
  return texts.length > most ? [...rows, ["", `and ${texts.length - most} more`]] : rows;
}

/** E.g. `spec.replicas: 1 declared, 3 found`. */
export function fieldText({ path, declared, found, secret }: FieldDrift): string {
  if (secret) return `${path} differs (a secret, and so not shown)`;
  return `${path}: ${declared === undefined ? "not declared" : `${declared} declared`}, ${found === undefined ? "none found" : `${found} found`}`;
}

/** The same as data. Nothing of a secret is in it. */
export function driftData(assessment: Assessment) {
  const { compared, drifts, notes, origin } = assessment;
  return {
    compared,
    objects: drifts.map((drift) => {
      const { namespace, name } = subjectOf(drift).metadata;
      return {
        drift: drift.kind,
        kind: groupKind(subjectOf(drift)),
        namespace,
        name,
        ...(drift.kind === "missing" &&
          drift.within.length > 0 && { within: drift.within.map(objectTitle) }),
        ...(drift.kind === "changed" && { fields: drift.fields }),
        effects: assessment.effects(drift),
        mend: [byHand(origin, drift)?.command ?? [], ...puttingBack(origin, [drift])].flat(),
      };
    }),
    notes,
  };
}
