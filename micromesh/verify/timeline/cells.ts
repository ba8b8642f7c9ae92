/** A timeline in columns of time: each stage has its own, since a change in mid-column could not be seen. */
import { type Outcome, worse } from "./outcome.ts";
import type { Stage, Timeline } from "./record.ts";
import type { Sample } from "./sampler.ts";

/** What stands in one column: the worst of its time; undefined where nothing was asked. */
export type Cell = Outcome | undefined;

export interface Grid {
  /** Seconds that a column stands for; the last one of a stage may stand for less. */
  slotSeconds: number;
  /** Columns of each stage, at least 1. */
  columns: number[];
  /** For each path, for each stage: its cells. */
  rows: Cell[][][];
}

/**
 * Lays a timeline out.
 * @param room columns that there are, those between stages included; more are taken only where the stages alone need them
 */
export function gridOf({ stages, paths, everySeconds }: Timeline, room: number): Grid {
  const latest = Math.max(0, ...paths.flatMap(({ samples }) => samples.map(({ at }) => at)));
  const ends = stages.map(({ to }, i) => stages[i + 1]?.from ?? Math.max(to, latest));
  const lengths = stages.map(({ from }, i) => (ends[i] as number) - from);
  const columnsOf = (slot: number) =>
    lengths.map((length) => Math.max(1, Math.ceil(length / slot - 1e-9)));
  // A column shorter than the interval would have nothing to show.
  let slotSeconds = everySeconds;
  while (!fits(columnsOf(slotSeconds), room)) slotSeconds += everySeconds;
  const columns = columnsOf(slotSeconds);
  const rows = paths.map(({ samples }) => {
    const cells: Cell[][] = columns.map((count) => new Array<Cell>(count).fill(undefined));
    for (const sample of samples) {
      const until = end(sample, stages, ends, everySeconds);
      paint(cells, sample.outcome, sample.at, until, stages, slotSeconds);
    }
    return cells;
  });
  return { slotSeconds, columns, rows };
}

function fits(columns: number[], room: number): boolean {
  const taken = columns.reduce((sum, count) => sum + count + 1, -1);
  return taken <= room || columns.every((count) => count === 1);
}

/**
 * Until when a sample stands: it took its time, which may reach into the next stage, and what it saw holds until the
 * path is to be asked again, but not beyond its stage.
 */
function end({ at, ms }: Sample, stages: Stage[], ends: number[], everySeconds: number): number {
  const stageEnd = ends[stageAt(at, stages)] ?? at;
  return Math.max(at + ms / 1000, Math.min(at + everySeconds, stageEnd));
}

/** Marks every column between two times, those of both included. */
function paint(
  cells: Cell[][],
  outcome: Outcome,
  from: number,
  until: number,
  stages: Stage[],
  slotSeconds: number,
): void {
  // What ends where a column begins isn't in it.
  const last = Math.max(from, until - 1e-6);
  for (let stage = stageAt(from, stages); stage <= stageAt(last, stages); stage++) {
    const row = cells[stage] as Cell[];
    const column = (time: number) =>
      Math.min(
        Math.max(Math.floor((time - (stages[stage] as Stage).from) / slotSeconds + 1e-9), 0),
        row.length - 1,
      );
    for (let i = column(from); i <= column(last); i++) row[i] = worse(row[i], outcome);
  }
}

/** The stage that a time belongs to: the last that has begun; the change to the next one is its end. */
export function stageAt(time: number, stages: Stage[]): number {
  return Math.max(
    0,
    stages.findLastIndex(({ from }) => from <= time),
  );
}
