import { type Analysis, analyse } from "../../prediction/analysis.ts";
import { diff } from "../../prediction/diff.ts";
import { explain } from "../../prediction/explain/explain.ts";
import { flowPortions } from "../../prediction/flows.ts";
import { diffTable } from "../../prediction/formats/diff-table.ts";
import { dot } from "../../prediction/formats/dot.ts";
import { json, jsonDiff } from "../../prediction/formats/json.ts";
import { markdown } from "../../prediction/formats/markdown.ts";
import { markdownDiff } from "../../prediction/formats/markdown-diff.ts";
import { svg } from "../../prediction/formats/svg.ts";
import { svgDiff } from "../../prediction/formats/svg-diff.ts";
import { table } from "../../prediction/formats/table.ts";
import { predict as predicted, predictionOf } from "../../prediction/predict.ts";
import type { Flow, Prediction } from "../../prediction/prediction.ts";
import { suggest } from "../../prediction/suggest/suggest.ts";
import { UsageError } from "../../resources/usage-error.ts";
import { writeYaml } from "../../resources/write-yaml.ts";
import { explanationText } from "../predicting/explanation.ts";
import {
  otherSubject,
  type Subject,
  type SubjectOptions,
  subjectOf,
} from "../predicting/subject.ts";
import { type Terminal, terminal } from "../terminal.ts";

export const formats = ["table", "json", "markdown", "dot", "svg"] as const;
type Format = (typeof formats)[number];

export interface PredictOptions extends SubjectOptions {
  format: Format;
  json?: boolean;
  explain?: string[];
  diff?: string;
  suggest?: boolean;
  all?: boolean;
}

/** Tells who reaches whom before anything runs. Exit 1: a file or object couldn't be read. */
export async function predict(options: PredictOptions): Promise<number> {
  const format: Format = options.json ? "json" : options.format;
  const screen = terminal(format !== "table");
  checkTogether(options);
  const what =
    options.manifests === undefined ? `stack ${options.stack}` : `folder ${options.manifests}`;
  const subject = await screen.step(`Reading ${what}`, () => subjectOf(options));
  tell(subject, screen);
  if (options.explain) await explanation(subject, options.explain, format, screen);
  else if (options.suggest) await suggestion(subject, format, screen);
  else if (options.diff !== undefined) {
    const before = await screen.step(`Reading ${options.diff}`, () =>
      otherSubject(options.diff as string, options),
    );
    tell(before, screen);
    await difference(before, subject, format, screen);
    return before.problems.length + subject.problems.length > 0 ? 1 : 0;
  } else await whole(subject, format, options.all === true, screen);
  return subject.problems.length > 0 ? 1 : 0;
}

function checkTogether(options: PredictOptions): void {
  const { explain, diff, suggest, manifests, lab, scenario, all, json, format } = options;
  const chosen = Object.entries({ explain, diff, suggest })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => `--${name}`);
  const [only] = chosen;
  if (chosen.length > 1) {
    throw new UsageError(`${chosen.join(" and ")} exclude each other: give one of them`);
  }
  if (explain && explain.length !== 2) {
    throw new UsageError("--explain takes two ends: --explain SRC DST[:PORT]");
  }
  if (manifests !== undefined && (lab || scenario)) {
    throw new UsageError("--manifests has no labs or scenarios: leave --lab and --scenario out");
  }
  if (only && all) throw new UsageError(`--all has no effect on ${only}: leave it out`);
  if (json && format !== "table" && format !== "json") {
    throw new UsageError(`--json and --format ${format} exclude each other: give one of them`);
  }
  const forms = only && formsOf[only];
  if (forms && !forms.includes(format)) {
    throw new UsageError(`${only} has no ${format} form: take --format ${forms.join(" or ")}`);
  }
}

/** The forms of what isn't the whole prediction. `table` is what people read: text, or YAML. */
const formsOf: Record<string, readonly Format[]> = {
  "--explain": ["table", "json"],
  "--suggest": ["table", "json"],
  "--diff": ["table", "json", "markdown", "svg"],
};

/** Problems go to stderr, whatever the format. */
function tell({ problems, notes }: Subject, screen: Terminal): void {
  for (const note of notes) screen.note(note);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
}

async function whole(subject: Subject, format: Format, all: boolean, screen: Terminal) {
  const { objects, platform, title } = subject;
  const analysis = analyse(objects, platform);
  const prediction = predictionOf(analysis, { of: title, all });
  const { width, colours } = screen;
  if (prediction.unlisted !== undefined && format === "json") {
    // A program that asks gets all of them, one portion after another.
    const { unlisted: _, ...rest } = prediction;
    return screen.write(json({ ...rest, flows: everyFlow(analysis, all) }, { all }));
  }
  const writers: Record<Format, (of: Prediction) => Iterable<string>> = {
    table: (of) => [`${table(of, { width, colours, all })}\n`],
    json: (of) => json(of, { all }),
    markdown: (of) => [`${markdown(of)}\n`],
    dot: (of) => [dot(of)],
    svg: (of) => [svg(of)],
  };
  await screen.write(writers[format](prediction));
}

function* everyFlow(analysis: Analysis, all: boolean): Generator<Flow> {
  for (const portion of flowPortions(analysis, { all })) yield* portion;
}

async function difference(before: Subject, after: Subject, format: Format, screen: Terminal) {
  const [old, now] = [before, after].map(({ objects, platform, title }) =>
    predicted(objects, platform, { of: title, all: true }),
  ) as [Prediction, Prediction];
  const changes = diff(old, now);
  const { width, colours } = screen;
  switch (format) {
    case "table":
      return screen.write([`${diffTable(changes, { width, colours })}\n`]);
    case "json":
      return screen.write(jsonDiff(changes));
    case "markdown":
      return screen.write([`${markdownDiff(changes)}\n`]);
    case "svg":
      return screen.write([svgDiff(changes, predictedAgain(after))]);
  }
}

function predictedAgain({ objects, platform, title }: Subject): Prediction {
  return predicted(objects, platform, { of: title });
}

async function explanation(subject: Subject, ends: string[], format: Format, screen: Terminal) {
  const [source = "", destination = ""] = ends;
  const found = explain(subject.objects, subject.platform, source, destination);
  if (format === "json") return screen.write([`${JSON.stringify(found)}\n`]);
  return screen.write([`${explanationText(found, screen.width)}\n`]);
}

async function suggestion(subject: Subject, format: Format, screen: Terminal) {
  const { objects, platform } = subject;
  const policies = suggest(analyse(objects, platform));
  if (policies.length === 0)
    screen.note("There's no workload of its own here that needs a policy.");
  if (!platform.settings.networkPolicy) {
    screen.note(`Nothing enforces NetworkPolicies here (cni: ${platform.parts.cni}).`);
  }
  if (format === "json") return screen.write([`${JSON.stringify(policies)}\n`]);
  return screen.write(policies.map((policy) => `---\n${writeYaml(policy)}`));
}
