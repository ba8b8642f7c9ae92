import assert from "node:assert/strict";
import fc from "fast-check";
import { gridOf, stageAt } from "../../../micromesh/verify/timeline/cells.ts";
import { timelineData } from "../../../micromesh/verify/timeline/data.ts";
import { type Outcome, outcomes, worse } from "../../../micromesh/verify/timeline/outcome.ts";
import { formatTimeline } from "../../../micromesh/verify/timeline/picture.ts";
import type { Timeline } from "../../../micromesh/verify/timeline/record.ts";
import { summaryOf } from "../../../micromesh/verify/timeline/summary.ts";

const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));

const sample = (at: number, outcome: Outcome = "ok", ms = 1) => ({ at, ms, outcome, seen: "" });
const watched = (name: string, samples: ReturnType<typeof sample>[], from = "n/w") => {
  const [namespace = "", workload = ""] = from.split("/");
  const request = { kind: "tcp" as const, host: name, port: 1 };
  const origin = from === "outside" ? ("outside" as const) : { namespace, workload };
  return { name, from: origin, request, samples };
};
const stage = (scenario: string, from: number, to: number) => ({
  scenario,
  title: `Title of ${scenario}`,
  from,
  to,
});

/** Up to eight stages with a change between each, and paths that were asked at any time of them. */
const timelines: fc.Arbitrary<Timeline> = fc
  .record({
    lengths: fc.array(
      fc.record({
        seconds: fc.integer({ min: 0, max: 40_000 }),
        change: fc.integer({ min: 0, max: 3000 }),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    everySeconds: fc.constantFrom(0.1, 0.5, 1, 7),
    paths: fc.array(
      fc.record({
        name: fc.string({ maxLength: 70 }),
        origin: fc.constantFrom("outside", "a/b", "items-client/client"),
        asked: fc.array(
          fc.record({
            at: fc.double({ min: 0, max: 1, noNaN: true }),
            ms: fc.integer({ min: 0, max: 5000 }),
            outcome: fc.constantFrom(...outcomes),
          }),
          { maxLength: 40 },
        ),
      }),
      { maxLength: 6 },
    ),
  })
  .map(({ lengths, everySeconds, paths }) => {
    let now = 0;
    const stages = lengths.map(({ seconds, change }, i) => {
      const from = now;
      now += seconds / 1000;
      const held = stage(`s${i}`, from, now);
      now += change / 1000;
      return held;
    });
    const last = stages.at(-1)?.to ?? 0;
    return {
      stages,
      everySeconds,
      paths: paths.map(({ name, origin, asked }) => {
        const samples = asked.map(({ at, ms, outcome }) => sample(at * last, outcome, ms));
        return watched(
          name,
          samples.sort((a, b) => a.at - b.at),
          origin,
        );
      }),
    };
  });

describe(`a timeline's columns (MICROMESH_SEED=${seed})`, () => {
  it("are as many in each row, and no more than there is room for", () => {
    fc.assert(
      fc.property(timelines, fc.integer({ min: 20, max: 200 }), (timeline, room) => {
        const { columns, rows } = gridOf(timeline, room);
        const taken = columns.reduce((sum, count) => sum + count + 1, -1);
        assert.ok(taken <= room, `${taken} of ${room}`);
        for (const row of rows)
          assert.deepEqual(
            row.map((cells) => cells.length),
            columns,
          );
      }),
      { seed },
    );
  });

  it("lose no sample: the column of its time is at least as bad", () => {
    fc.assert(
      fc.property(timelines, (timeline) => {
        const { slotSeconds, columns, rows } = gridOf(timeline, 60);
        for (const [i, { samples }] of timeline.paths.entries()) {
          for (const { at, outcome } of samples) {
            const k = stageAt(at, timeline.stages);
            const slot = Math.floor((at - (timeline.stages[k]?.from ?? 0)) / slotSeconds + 1e-9);
            const cell = rows[i]?.[k]?.[Math.min(slot, (columns[k] ?? 1) - 1)];
            assert.ok(cell !== undefined && worse(cell, outcome) === cell, `${cell} of ${outcome}`);
          }
        }
      }),
      { seed },
    );
  });

  it("show nothing that no sample of the path has", () => {
    fc.assert(
      fc.property(timelines, (timeline) => {
        for (const [i, row] of gridOf(timeline, 60).rows.entries()) {
          const had = new Set(timeline.paths[i]?.samples.map(({ outcome }) => outcome));
          for (const cell of row.flat()) assert.ok(cell === undefined || had.has(cell));
        }
      }),
      { seed },
    );
  });

  it("show silence for as long as it took, and an answer until the next is due", () => {
    const samples = [sample(0), sample(1, "timeout", 2000), sample(3), sample(7.5)];
    const timeline = {
      stages: [stage("a", 0, 10)],
      everySeconds: 1,
      paths: [watched("p", samples)],
    };
    const { slotSeconds, rows } = gridOf(timeline, 60);
    assert.equal(slotSeconds, 1);
    const [none, ok, silence] = [undefined, "ok", "timeout"];
    assert.deepEqual(rows[0]?.[0], [ok, silence, silence, ok, none, none, none, ok, ok, none]);
  });

  it("have an answer end with its stage, and a silence go on beyond it", () => {
    const stages = [stage("a", 0, 2), stage("b", 2.5, 4.5)];
    const refused = watched("refused", [sample(1.9, "refused"), sample(3)]);
    const silent = watched("silent", [sample(1.5, "timeout", 2000), sample(3.5)]);
    const { rows } = gridOf({ stages, everySeconds: 1, paths: [refused, silent] }, 60);
    assert.deepEqual(rows[0], [
      [undefined, "refused", "refused"],
      ["ok", "ok"],
    ]);
    assert.deepEqual(rows[1], [
      [undefined, "timeout", "timeout"],
      ["timeout", "ok"],
    ]);
  });
});

describe("a stage's summary", () => {
  const { asked, through, atTimes, others } = summaryOf(
    {
      paths: [
        watched("ok", [sample(1), sample(2)]),
        watched("at times", [sample(1), sample(2, "refused")]),
        watched("worst", [sample(1, "error"), sample(2, "timeout")]),
        watched("under way at its end", [sample(1), sample(2.9, "timeout", 2000)]),
        watched("under way all the time", [sample(1.5, "timeout", 2000)]),
        watched("of before and after", [sample(0.9, "error"), sample(3, "error")]),
      ],
    },
    stage("a", 1, 3),
  );

  it("counts paths by what they met in it, and by nothing else", () => {
    assert.deepEqual({ asked, through, atTimes }, { asked: 5, through: 2, atTimes: 1 });
    assert.deepEqual(others, { timeout: 2 });
  });
});

describe(`a timeline's picture (MICROMESH_SEED=${seed})`, () => {
  const timeline: Timeline = {
    stages: [stage("open", 0, 2), stage("closed", 2, 4)],
    everySeconds: 1,
    paths: [
      watched("a name that is much too long for the column that it stands in, so", [sample(0)]),
      watched(
        "refused",
        [sample(0), sample(1), sample(2, "refused"), sample(3, "error")],
        "outside",
      ),
      watched("late", [sample(2, "no-such-name"), sample(3, "unknown")]),
    ],
  };

  it("has stages' numbers above their columns, and paths by where they are from", () => {
    const name = "a name that is much too long for the column that it stands in, so";
    const indent = " ".repeat(name.length + 4);
    assert.deepEqual(formatTimeline(timeline).split("\n").slice(0, 8), [
      `${indent}1 │2`,
      "from n/w",
      `  ${name}  █ │`,
      `  ${"late".padEnd(name.length)}    │?!`,
      "from outside",
      `  ${"refused".padEnd(name.length)}  ██│x▒`,
      "",
      "█ ok; ▒ an error answer; · silence; x refused, reset or closed; ? no such name;",
    ]);
  });

  it("tells each stage with what got through", () => {
    assert.equal(
      formatTimeline(timeline).split("\n\n").at(-1),
      [
        "1 open: Title of open",
        "    through: 2 of 2 paths",
        "2 closed: Title of closed",
        "    through: 0 of 2 paths; refused: 1; no such name: 1",
      ].join("\n"),
    );
  });

  it("fits the terminal, each row's columns at the same place", () => {
    fc.assert(
      fc.property(timelines, fc.integer({ min: 60, max: 160 }), (timeline, width) => {
        const text = formatTimeline(timeline, { width });
        for (const line of text.split("\n")) assert.ok([...line].length <= width, line);
        const [head = "", ...rows] = (text.split("\n\n")[0] ?? "").split("\n");
        const changes = (line: string) =>
          [...line].flatMap((one, i) => (one === "│" ? [i] : [])).join();
        if (timeline.stages.length === 1 || timeline.paths.some(({ name }) => /│/.test(name)))
          return;
        const drawn = rows.filter((row) => row.includes("│"));
        assert.equal(drawn.length, timeline.paths.length);
        for (const row of drawn) assert.equal(changes(row), changes(head));
      }),
      { seed },
    );
  });

  it("is the same with colours, but for them", () => {
    fc.assert(
      fc.property(timelines, (timeline) => {
        const coloured = formatTimeline(timeline, { colour: true });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: it's what begins a colour
        const bare = coloured.replace(/\u001b\[\d+m/g, "").replace(/ +$/gm, "");
        assert.equal(bare, formatTimeline(timeline));
      }),
      { seed },
    );
  });

  it("of nothing says so", () => {
    const nothing = { stages: [], paths: [], everySeconds: 1 };
    assert.match(formatTimeline(nothing), /^Ended before/);
    assert.deepEqual(timelineData(nothing), { stages: [], paths: [] });
  });

  it("is data, too, with everything that was seen", () => {
    const { stages, paths } = timelineData(timeline);
    assert.deepEqual(stages, timeline.stages);
    assert.deepEqual(paths[1], {
      name: "refused",
      from: "outside",
      request: { kind: "tcp", host: "refused", port: 1 },
      samples: timeline.paths[1]?.samples,
    });
  });
});
