/** Results of probes as text for a terminal, and as data. Pure: results in, strings out. */
import { cut, pad, wrap } from "./columns.ts";
import type { Assessment } from "./drift/assess.ts";
import { driftData, formatDrift } from "./drift/report.ts";
import type { Verdict } from "./judge.ts";
import type { ProbeResult } from "./runner.ts";
import { originName } from "./transport.ts";
import { printable, requestWords, seenWords } from "./words.ts";

export interface ReportOptions {
  /** Columns of the terminal; default 80, at least 60. */
  width?: number;
  /** ANSI colours; default none. */
  colour?: boolean;
  /** How a real cluster differs from its declaration; default: it wasn't compared. */
  drift?: Assessment;
}

const marks: Record<Verdict, string> = { pass: "✓", fail: "✗", error: "!" };
const ansi: Record<Verdict, number> = { pass: 32, fail: 31, error: 33 };
const gap = "  ";

/** The whole report: the table, what went wrong, how the cluster differs, the summary. */
export function formatReport(results: ProbeResult[], options: ReportOptions = {}): string {
  return [
    formatTable(results, options),
    formatFailures(results, options),
    options.drift ? formatDrift(options.drift, options) : "",
    formatSummary(results, options),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/**
 * One row for each probe, under a heading for each lab: mark, name, what was expected and seen,
 * milliseconds. Names are wrapped, the other texts cut: `formatFailures` has them whole.
 */
export function formatTable(results: ProbeResult[], options: ReportOptions = {}): string {
  const rows = results.map((result) => ({
    verdict: result.verdict,
    heading: `${result.lab}, scenario ${result.scenario}`,
    name: printable(result.probe.name),
    expected: result.expected,
    seen: result.verdict === "error" ? "not run" : result.seen,
    ms: milliseconds(result),
  }));
  type Column = "name" | "expected" | "seen" | "ms";
  const longest = (column: Column) =>
    Math.max(column.length, ...rows.map((row) => [...row[column]].length));
  const ms = longest("ms");
  const room = Math.max(options.width ?? 80, 60) - 1 - ms - 4 * gap.length;
  const expected = Math.min(longest("expected"), Math.floor(room * 0.27));
  const seen = Math.min(longest("seen"), Math.floor(room * 0.27));
  const headings = Math.max(...rows.map(({ heading }) => [...heading].length - 3));
  const name = Math.min(Math.max(longest("name"), headings), room - expected - seen);
  const lines: string[] = [];
  let heading: string | undefined;
  for (const row of rows) {
    if (row.heading !== heading) {
      if (heading !== undefined) lines.push("");
      heading = row.heading;
      const title = pad(cut(heading, 1 + gap.length + name), 1 + gap.length + name);
      lines.push(
        [title, pad("expected", expected), pad("seen", seen), "ms".padStart(ms)].join(gap),
      );
    }
    const [first = "", ...more] = wrap(row.name, name);
    lines.push(
      [
        paint(marks[row.verdict], row.verdict, options),
        pad(first, name),
        pad(cut(row.expected, expected), expected),
        pad(cut(row.seen, seen), seen),
        row.ms.padStart(ms),
      ].join(gap),
      ...more.map((rest) => ` ${gap}${rest}`),
    );
  }
  return lines.map((line) => line.trimEnd()).join("\n");
}

/** What each probe that didn't pass asked, expected and saw, in full; empty if all passed. */
export function formatFailures(results: ProbeResult[], options: ReportOptions = {}): string {
  const width = Math.max(options.width ?? 80, 60);
  return results
    .filter(({ verdict }) => verdict !== "pass")
    .map((result) => {
      const title = `${result.lab} (${result.scenario}): ${printable(result.probe.name)}`;
      const [first, ...rest] = wrap(title, width - 2);
      const lines = [`${paint(marks[result.verdict], result.verdict, options)} ${first}`];
      lines.push(...rest.map((line) => `  ${line}`));
      for (const [label, text] of details(result, options.drift))
        for (const [index, line] of wrap(text, width - 13).entries())
          lines.push(`  ${pad(index === 0 ? label : "", 9)}  ${line}`);
      return lines.join("\n");
    })
    .join("\n\n");
}

/** E.g. `12 of 12 probes passed`, `9 of 12 probes passed, 2 failed, 1 couldn't be run`. */
export function formatSummary(results: ProbeResult[], options: ReportOptions = {}): string {
  const { total, passed, failed, errors } = count(results);
  const text = [
    `${passed} of ${total} ${total === 1 ? "probe" : "probes"} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(errors > 0 ? [`${errors} couldn't be run`] : []),
  ].join(", ");
  const verdict = failed > 0 ? "fail" : errors > 0 ? "error" : "pass";
  return total === 0 ? "no probes were run" : paint(text, verdict, options);
}

/** The results as JSON, with everything that was observed; stable field names, one object per probe. */
export function formatJson(results: ProbeResult[], drift?: Assessment): string {
  const probes = results.map(({ lab, scenario, probe, observation, ...judged }) => ({
    lab,
    scenario,
    name: probe.name,
    from: originName(probe.from),
    request: probe.request,
    expect: probe.expect,
    ...judged,
    observation,
    ...(drift && judged.verdict !== "pass" && { drift: drift.causes(probe) }),
  }));
  const compared = drift && { drift: driftData(drift) };
  return JSON.stringify({ summary: count(results), probes, ...compared }, null, 2);
}

/** Everything was run and passed; nothing run is nothing shown. */
export function allPassed(results: ProbeResult[]): boolean {
  return results.length > 0 && results.every(({ verdict }) => verdict === "pass");
}

function count(results: ProbeResult[]) {
  const of = (verdict: Verdict) => results.filter((result) => result.verdict === verdict).length;
  return { total: results.length, passed: of("pass"), failed: of("fail"), errors: of("error") };
}

function details(
  { probe, verdict, expected, seen, observation, attempts }: ProbeResult,
  drift: Assessment | undefined,
) {
  const causes = (drift?.causes(probe) ?? []).map((cause): [string, string] => [
    "drift",
    printable(cause),
  ]);
  const lines: [string, string][] = [
    ["from", originName(probe.from)],
    ["asked", requestWords(probe.request) + (attempts > 1 ? `, ${attempts} times` : "")],
    ["expected", expected],
  ];
  if (verdict === "error" || "error" in observation) lines.push(["error", printable(seen)]);
  if ("error" in observation) return [...lines, ...causes];
  lines.push(["seen", seenWords(observation, 1000)]);
  const wanted = "headers" in probe.expect ? Object.keys(probe.expect.headers ?? {}) : [];
  for (const name of wanted)
    lines.push([
      "header",
      `${name}: ${printable(observation.headers?.[name.toLowerCase()] ?? "(absent)")}`,
    ]);
  return [...lines, ...causes];
}

function milliseconds({ observation }: ProbeResult): string {
  return "error" in observation ? "" : String(Math.round(observation.ms));
}

function paint(text: string, verdict: Verdict, { colour = false }: ReportOptions): string {
  return colour ? `\u001b[${ansi[verdict]}m${text}\u001b[0m` : text;
}
