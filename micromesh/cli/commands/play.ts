import { randomInt } from "node:crypto";
import { UsageError } from "../../resources/usage-error.ts";
import { declare } from "../options.ts";
import { baselineOf, type Game, labOf } from "../playing/game.ts";
import { playStep, session, sessionHelp } from "../playing/session.ts";
import type { Step, Told } from "../playing/step.ts";
import { steps } from "../playing/steps.ts";
import type { RunningOptions } from "../running.ts";
import { type RunningSimulator, runningSimulator, SimulatorEnded } from "../running-simulator.ts";
import { stopSignal } from "../signals.ts";
import { simulatorToPlay } from "../simulator-to-play.ts";
import { type Terminal, terminal } from "../terminal.ts";
import { wrap } from "../wrap.ts";

export interface PlayOptions extends RunningOptions {
  json?: boolean;
  /** Chooses what is broken; by default chance does. */
  seed?: number;
  /** The steps that were asked for, by name: the words given with each. */
  [step: string]: unknown;
}

/**
 * The guided way through a lab: something is broken, and whoever plays finds out what. Steps that are given as flags
 * are played in the simulator that runs, in the order of `steps`; without any they are typed, in the one that runs or
 * in one of its own. Exit 1: the last answer was wrong.
 */
export async function play(lab: string, options: PlayOptions): Promise<number> {
  const screen = terminal(options.json);
  const asked = steps.flatMap((step) => {
    const words = options[step.name];
    return words === undefined ? [] : [{ step, words: wordsOf(words) }];
  });
  const gameOf = (simulator: RunningSimulator): Game => ({
    lab,
    simulator,
    pick: (count) => (options.seed === undefined ? randomInt(count) : options.seed % count),
    // Of the stack that is simulated, whichever was named here.
    declare: async (scenario) =>
      declare({ ...options, stack: await simulator.stack() }, { [lab]: scenario }),
    width: screen.width,
  });
  if (asked.length > 0) {
    const simulator = await runningSimulator(options.controlPort, options.config);
    if (simulator) return stepByStep(gameOf(simulator), asked, options, screen);
    throw new UsageError(
      `play: no simulator answers on port ${options.controlPort}, and a step needs one that stays: run "npm start" in another terminal`,
    );
  }
  const ended = stopSignal();
  const { simulator, borrowed, end } = await simulatorToPlay(lab, options, screen, ended);
  const ending = new AbortController();
  ended.then(() => ending.abort());
  const game = gameOf(simulator);
  try {
    await labOf(game);
    try {
      return await whole(game, options, screen, ending.signal);
    } finally {
      if (borrowed) await mend(game, screen);
    }
  } finally {
    await end();
  }
}

async function stepByStep(
  game: Game,
  asked: { step: Step; words: string[] }[],
  { json }: PlayOptions,
  screen: Terminal,
): Promise<number> {
  let right: boolean | undefined;
  await labOf(game);
  for (const { step, words } of asked) {
    const told = await playStep(game, step, words);
    tell(screen, json, step, told);
    right = told.right ?? right;
  }
  return right === false ? 1 : 0;
}

/** From the break on, until the person leaves. */
async function whole(
  game: Game,
  { json }: PlayOptions,
  screen: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const { title } = await labOf(game);
  const [first] = steps;
  const told = await screen.step("Breaking something", () => playStep(game, first, []));
  if (!json) {
    screen.out(`${wrap(`${game.lab}: ${title}`, screen.width)}\n`);
    screen.out(wrap("Something has been broken. What its users say:", screen.width));
  }
  tell(screen, json, first, told);
  if (!json) screen.out(`\nFind out what it is:\n${sessionHelp(screen.width)}`);
  const typed = process.stdin.isTTY === true && process.stdout.isTTY === true && !json;
  const right = await session(game, {
    input: process.stdin,
    echo: typed ? process.stdout : undefined,
    signal,
    tell: (step, told) => tell(screen, json, step, told),
    complain: (problem) =>
      screen.out(json ? JSON.stringify({ error: problem }) : wrap(problem, screen.width)),
  });
  return right === false ? 1 : 0;
}

/** What a game leaves is a lab in which nothing is broken, however it ended. */
async function mend(game: Game, screen: Terminal): Promise<void> {
  try {
    const { name } = baselineOf(await labOf(game));
    await screen.step("Mending", () => game.simulator.change({ [game.lab]: name }));
  } catch (error) {
    // With the simulator all that was broken has gone.
    if (!(error instanceof SimulatorEnded)) {
      screen.note(`${game.lab} is still broken: ${(error as Error).message}`);
    }
  }
}

function tell(screen: Terminal, json: boolean | undefined, step: Step, told: Told): void {
  screen.out(json ? JSON.stringify({ step: step.name, ...told.data }) : told.text);
}

/** Commander gives `true` for a flag without words. */
function wordsOf(value: unknown): string[] {
  return value === true ? [] : [value].flat().map(String);
}
