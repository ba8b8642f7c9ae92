/** What a run has shown, for people, and whether it's as it must be. */
import { Table } from "console-table-printer";
import { MIB } from "./memory.ts";
import type { Ran } from "./run.ts";
import { growth, type Point, valueAt } from "./trend.ts";
import { type Asked, judge, type Kill, type Verdict } from "./verdict.ts";

export interface Report {
  text: string;
  /** What isn't as it must be, in a sentence each. */
  complaints: string[];
}

/** Seconds until programs are compiled, connections open and heaps as large as the load needs them. */
const WARM_UP = 20;
/** Seconds after it that make a trend; a shorter run says nothing of memory. */
const LEAST_TREND = 40;
/**
 * How far a process may seem to grow from the end of the warm-up to that of the run, in bytes. V8 grows its young
 * generation, up to 3 × 16 MiB, as long as objects survive it (`--max-semi-space-size`), and which collection comes
 * last before a measurement is chance: less than that is noise. Of 10,000 requests that a process has served in that
 * time, each leaving 5 KiB behind makes more.
 */
const MOST_GROWTH = 48 * MIB;
/** Carts and orders stay there: that the store grows is what it's for. */
const GROWS_BY_RIGHT = new Set(["store"]);

export function report(ran: Ran): Report {
  const { result, tally, killer, memory, circuits } = ran;
  const { p50, p97_5, p99, p99_9, max } = result.latency;
  const failures = classes(tally.failures, killer.kills);
  const perSecond = Math.round(tally.total / result.duration);
  const skipped = killer.skipped > 0 ? `, ${killer.skipped} more couldn't be: nobody to spare` : "";
  const text = [
    `${tally.total} requests in ${result.duration} s: ${perSecond} a second`,
    `latency in ms: p50 ${p50}, p97.5 ${p97_5}, p99 ${p99}, p99.9 ${p99_9}, at most ${max}`,
    `replicas killed: ${killer.kills.length}${skipped}; circuits in the end: ${list(circuits)}`,
    "",
    answersTable(tally.answers),
    failures.length > 0 ? failuresTable(failures) : "no request failed",
    memoryTable(memory.series),
  ].join("\n");
  return { text, complaints: [...aboutFailures(failures), ...aboutMemory(memory.series)] };
}

/** Failures that are alike. */
interface Class {
  verdict: Exclude<Verdict, "answered">;
  route: string;
  status: string;
  /** One of their messages. */
  example: string;
  count: number;
}

/** What failed, like with like; most of it first. */
export function classes(failures: readonly Asked[], kills: readonly Kill[]): Class[] {
  const found = new Map<string, Class>();
  for (const failure of failures) {
    const verdict = judge(failure, kills);
    if (verdict === "answered") continue;
    const { route, error, status = "no answer" } = failure;
    const key = `${verdict} ${route} ${status}`;
    const known = found.get(key) ?? {
      verdict,
      route,
      status: `${status}`,
      example: error,
      count: 0,
    };
    found.set(key, { ...known, count: known.count + 1 });
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}

/** Complaints about failures that needn't have been. */
export function aboutFailures(failures: readonly Class[]): string[] {
  const sum = (verdict: Verdict) =>
    failures.reduce((sum, one) => sum + (one.verdict === verdict ? one.count : 0), 0);
  return [
    ...(sum("savable") > 0 ? [`${sum("savable")} failed that a retry could have saved`] : []),
    ...(sum("unexplained") > 0 ? [`${sum("unexplained")} failed for no known reason`] : []),
  ];
}

/** Complaints about processes that grow; none of a run that was too short to say. */
export function aboutMemory(series: ReadonlyMap<string, readonly Point[]>): string[] {
  return [...series].flatMap(([name, points]) => {
    const grown = trend(points);
    if (GROWS_BY_RIGHT.has(name) || grown === undefined || grown <= MOST_GROWTH) return [];
    return [
      `the memory of ${name} grew by ${mib(grown)} MiB; at most ${mib(MOST_GROWTH)} is noise`,
    ];
  });
}

/** Bytes that the process has grown by since the warm-up; undefined if that's too short to say. */
function trend(points: readonly Point[]): number | undefined {
  const warm = points.filter(([at]) => at >= WARM_UP);
  const length = (warm.at(-1)?.[0] ?? 0) - (warm[0]?.[0] ?? 0);
  return length < LEAST_TREND ? undefined : growth(warm);
}

function answersTable(answers: ReadonlyMap<string, ReadonlyMap<string, number>>): string {
  const statuses = [...new Set([...answers.values()].flatMap((one) => [...one.keys()]))].sort();
  return table(
    ["answers", ...statuses],
    [...answers].map(([route, counts]) => [
      route,
      ...statuses.map((status) => `${counts.get(status) ?? ""}`),
    ]),
  );
}

function failuresTable(failures: readonly Class[]): string {
  return `${table(
    ["failures", "status", "count", "verdict"],
    failures.map(({ route, status, count, verdict }) => [route, status, `${count}`, verdict]),
  )}\n${failures.map(({ status, verdict, example }) => `${verdict}, e.g. ${status}: ${example}`).join("\n")}\n`;
}

function memoryTable(series: ReadonlyMap<string, readonly Point[]>): string {
  const shares = [0.25, 0.5, 0.75, 1];
  return table(
    ["resident MiB", ...shares.map((share) => `${share * 100} %`), "trend"],
    [...series].map(([name, points]) => {
      const end = points.at(-1)?.[0] ?? 0;
      const grown = trend(points);
      const values = shares.map((share) => valueAt(points, share * end));
      return [
        name,
        ...values.map((value) => (value === undefined ? "" : mib(value))),
        grown === undefined ? "too short" : mib(grown),
      ];
    }),
  );
}

function table(columns: string[], rows: string[][]): string {
  const drawn = new Table({
    shouldDisableColors: true,
    columns: columns.map((name, i) => ({ name, alignment: i === 0 ? "left" : "right" })),
  });
  for (const row of rows) {
    drawn.addRow(Object.fromEntries(columns.map((name, i) => [name, row[i] ?? ""])));
  }
  return drawn.render();
}

const mib = (bytes: number) => (bytes / MIB).toFixed(1);
const list = (named: Record<string, string>) =>
  Object.entries(named)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
