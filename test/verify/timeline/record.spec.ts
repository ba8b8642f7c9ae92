import assert from "node:assert/strict";
import { record } from "../../../micromesh/verify/timeline/record.ts";
import type { Lab } from "../../../stacks/outputs.ts";
import { labOf, probeOf } from "../samples.ts";
import { FakeClock } from "./clock.ts";
import { FakeNetwork } from "./network.ts";
import { tellingOf } from "./tellings.ts";

const tcp = (host: string) =>
  probeOf({ name: host, request: { kind: "tcp", host, port: 1 }, expect: {} });
const stages = [
  tellingOf("open"),
  tellingOf("closed", { title: "All is shut" }),
  tellingOf("open"),
];

function recording(seconds: number, changeMs = 300) {
  const clock = new FakeClock();
  const played: string[] = [];
  const play = async (scenario: string): Promise<Lab> => {
    await clock.sleep(changeMs);
    played.push(scenario);
    return labOf(...(scenario === "open" ? [tcp("a")] : [tcp("a"), tcp("b")]));
  };
  const network = new FakeNetwork(clock, {
    a: () => (played.at(-1) === "closed" ? { failure: "timeout" } : {}),
  });
  const ending = new AbortController();
  const options = { seconds, everySeconds: 0.5, signal: ending.signal, clock };
  return { clock, played, network, ending, recorded: record(stages, play, network, options) };
}

describe("recording a timeline", () => {
  it("plays stages one after another, each from when it holds, and asks all the while", async () => {
    const { clock, played, recorded } = recording(3);
    await clock.pass(30_000);
    const timeline = await recorded;
    assert.deepEqual(played, ["open", "closed", "open"]);
    assert.deepEqual(timeline.stages, [
      { scenario: "open", title: "Title of open", from: 0, to: 3 },
      { scenario: "closed", title: "All is shut", from: 3.3, to: 6.3 },
      { scenario: "open", title: "Title of open", from: 6.6, to: 9.6 },
    ]);
    const [a, b] = timeline.paths;
    assert.deepEqual(
      a?.samples.map(({ at, outcome }) => [at, outcome]),
      [
        ...[0, 0.5, 1, 1.5, 2, 2.5, 3].map((at) => [at, "ok"]),
        ...[3.5, 6].map((at) => [at, "timeout"]),
        ...[8.5, 9, 9.5].map((at) => [at, "ok"]),
      ],
    );
    // The paths of a scenario are asked from then on, in later ones, too.
    assert.deepEqual([b?.samples[0]?.at, b?.samples.at(-1)?.at], [3.3, 9.3]);
  });

  it("ends early with what there is", async () => {
    const { clock, played, ending, recorded } = recording(3);
    await clock.pass(5000);
    ending.abort();
    await clock.pass(3000);
    const { stages, paths } = await recorded;
    assert.deepEqual(played, ["open", "closed"]);
    assert.deepEqual(stages.at(-1), {
      scenario: "closed",
      title: "All is shut",
      from: 3.3,
      to: 4.7,
    });
    assert.equal(paths[0]?.samples.at(-1)?.outcome, "timeout");
  });

  it("has nothing where it ends while the first change is under way", async () => {
    const { clock, ending, recorded } = recording(3);
    await clock.pass(100);
    ending.abort();
    await clock.pass(1000);
    assert.deepEqual(await recorded, { stages: [], paths: [], everySeconds: 0.5 });
  });

  it("asks nobody any more where a scenario can't be played", async () => {
    const clock = new FakeClock();
    const network = new FakeNetwork(clock, {});
    const play = async (scenario: string) => {
      if (scenario === "closed") throw new Error("the simulator has ended");
      return labOf(tcp("a"));
    };
    const { signal } = new AbortController();
    const recorded = record(stages, play, network, {
      seconds: 1,
      everySeconds: 0.5,
      signal,
      clock,
    });
    const failed = assert.rejects(recorded, /has ended/);
    await clock.pass(9000);
    await failed;
    assert.deepEqual(
      network.asked.a?.filter((at) => at > 1000),
      [],
    );
  });
});
