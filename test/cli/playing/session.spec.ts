import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { session, sessionHelp } from "../../../micromesh/cli/playing/session.ts";
import { steps } from "../../../micromesh/cli/playing/steps.ts";
import { SimulatorEnded } from "../../../micromesh/cli/running-simulator.ts";
import { gameWith, StubSimulator } from "./stub.ts";

describe("a session of a game", () => {
  let simulator: StubSimulator;
  let told: string[];
  beforeEach(() => {
    simulator = new StubSimulator();
    told = [];
  });
  const playing = (input: Readable, signal = new AbortController().signal) =>
    session(gameWith(simulator), {
      input,
      signal,
      tell: ({ name }, { text }) => told.push(`${name}: ${text}`),
      complain: (problem) => told.push(`problem: ${problem}`),
    });
  const piped = (...lines: string[]) => playing(Readable.from([lines.join("\n")]));

  it("plays lines until one leaves", async () => {
    assert.equal(await piped("break", "", "  symptom ", "quit", "mend"), undefined);
    assert.deepEqual(told, ["break: One is slow.", "symptom: One is slow."]);
    assert.equal(await piped("exit", "mend"), undefined);
    assert.deepEqual(simulator.changes, ["SECRET-one"]);
  });

  it("ends with its input, and tells whether the last answer was right", async () => {
    assert.equal(await piped("break", "answer SECRET-two"), false);
    assert.equal(await piped("answer SECRET-two", "answer SECRET-one", "pods"), true);
    assert.equal(await piped("answer SECRET-one", "answer SECRET-two"), false);
    assert.equal(await piped(""), undefined);
  });

  it("gives one hint after another, from the first again after a break", async () => {
    await piped("hint", "break", "hint", "hint", "hint", "hint", "hint 1", "hint", "break", "hint");
    const hints = told.flatMap((line) => (/^hint: (.*)$/.exec(line) ?? []).slice(1));
    const [first, second, third] = ["Look.", "Look there.", "Look here."];
    assert.deepEqual(hints, [first, second, third, third, first, second, first]);
  });

  it("goes on after a line that can't be played", async () => {
    await piped("brake", "hint 4", "answer", "pods now", "break", "hint 4", "logs nope", "symptom");
    assert.match(told[0] ?? "", /^problem: brake is no step; there are break, symptom, .*, quit$/);
    assert.match(told[1] ?? "", /^problem: nothing is broken/);
    assert.match(told[2] ?? "", /^problem: answer takes <scenario>/);
    assert.match(told[3] ?? "", /^problem: pods takes nothing/);
    assert.match(told[5] ?? "", /^problem: hint 4: there is no such hint/);
    assert.match(told[6] ?? "", /^problem: there is no workload nope/);
    assert.equal(told[7], "symptom: One is slow.");
  });

  it("ends where the simulator does, and says so", async () => {
    const lines = (async function* () {
      yield "break\n";
      while (told.length === 0) await turn();
      simulator.ended = true;
      yield "pods\nsymptom\n";
    })();
    await assert.rejects(playing(Readable.from(lines)), SimulatorEnded);
    assert.equal(told.length, 1);
  });

  it("ends by its signal when the step under way has been played, and plays no more", async () => {
    const ending = new AbortController();
    const input = new PassThrough();
    const change = simulator.change.bind(simulator);
    simulator.change = async (scenarios) => {
      ending.abort();
      await turn();
      await change(scenarios);
    };
    const ended = playing(input, ending.signal);
    input.write("break\nmend\n");
    assert.equal(await ended, undefined);
    assert.deepEqual(simulator.changes, ["SECRET-one"]);
    assert.equal(await playing(input, ending.signal), undefined);
  });

  it("prompts whom it hears, and takes Ctrl-C as leaving", async () => {
    const input = new PassThrough();
    const echo = new PassThrough();
    const { signal } = new AbortController();
    const game = gameWith(simulator);
    const tell = () => told.push("");
    const ended = session(game, { input, echo, signal, tell, complain: assert.fail });
    input.write("break\r");
    while (told.length === 0) await turn();
    input.write("\u0003");
    assert.equal(await ended, undefined);
    assert.match(String(echo.read()), /> .*break/s);
  });

  it("has a line of help for each step, in 80 columns", () => {
    const lines = sessionHelp(80).split("\n");
    for (const { name } of steps) assert.ok(lines.some((line) => line.startsWith(`  ${name} `)));
    for (const line of lines) assert.ok(line.length <= 80, line);
    assert.match(lines.at(-1) ?? "", /^ {2}quit +leave$/);
  });
});
