import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { UsageError } from "../../resources/usage-error.ts";
import { SimulatorEnded } from "../running-simulator.ts";
import { wrap } from "../wrap.ts";
import type { Game } from "./game.ts";
import type { Step, Told } from "./step.ts";
import { steps } from "./steps.ts";

export interface SessionOptions {
  input: Readable;
  /** Where the prompt and what is typed go; undefined: nobody types, the lines come from a file or a pipe. */
  echo?: Writable;
  /** Ends the session, when the step that is being played has been. */
  signal: AbortSignal;
  tell(step: Step, told: Told): void;
  /** A line that can't be played: it's told, and the game goes on. */
  complain(problem: string): void;
}

const LEAVE = ["quit", "exit"];

/**
 * Plays steps that are typed, or piped in, a line each: their flags' names without dashes, and their words.
 * @returns whether the last answer was right; undefined where none was given
 * @throws SimulatorEnded
 */
export async function session(game: Game, options: SessionOptions): Promise<boolean | undefined> {
  const { input, echo, signal } = options;
  if (signal.aborted) return undefined;
  const lines = createInterface({ input, output: echo, terminal: echo !== undefined });
  let closed = false;
  lines.once("close", () => {
    closed = true;
  });
  let leaving = false;
  const leave = () => {
    leaving = true;
    lines.close();
  };
  // Ctrl-C where a person types; a signal where it comes from elsewhere. What is left to do is to put things right.
  lines.on("SIGINT", leave);
  signal.addEventListener("abort", leave, { once: true });
  const prompt = () => {
    if (echo && !closed) lines.prompt();
  };
  let right: boolean | undefined;
  let hints = 0;
  const playLine = async (word: string, words: string[]) => {
    if (word === "hint" && words.length === 0) words.push(String(Math.min(hints + 1, 3)));
    const step = stepCalled(word);
    const told = await playStep(game, step, words);
    options.tell(step, told);
    right = told.right ?? right;
    if (word === "hint") hints = Number(words[0]);
    if (word === "break") hints = 0;
  };
  lines.setPrompt("> ");
  prompt();
  try {
    for await (const line of lines) {
      const [word = "", ...words] = line.trim().split(/\s+/);
      // Lines that had come before it was left are still handed out.
      if (leaving || LEAVE.includes(word)) break;
      if (word !== "") await playLine(word, words).catch(complaining(options));
      prompt();
    }
  } finally {
    // Otherwise its input would keep the process.
    lines.close();
    signal.removeEventListener("abort", leave);
  }
  return right;
}

/** A mistake of the person's is told; whatever else goes wrong ends the session. */
function complaining({ complain }: SessionOptions) {
  return (error: unknown) => {
    if (!(error instanceof UsageError) || error instanceof SimulatorEnded) throw error;
    complain(error.message);
  };
}

/** @throws UsageError where the step takes other words */
export async function playStep(game: Game, step: Step, words: string[]): Promise<Told> {
  const takes = step.takes === "" ? [] : step.takes.split(" ");
  const least = takes.filter((word) => word.startsWith("<")).length;
  if (words.length < least || words.length > takes.length) {
    throw new UsageError(`${step.name} takes ${step.takes || "nothing"}: ${step.what}`);
  }
  return step.play(game, words);
}

function stepCalled(word: string): Step {
  const found = steps.find(({ name }) => name === word);
  if (found) return found;
  throw new UsageError(
    `${word} is no step; there are ${steps.map(({ name }) => name).join(", ")}, quit`,
  );
}

/** What can be typed. */
export function sessionHelp(width: number): string {
  const rows = [
    ...steps.map(({ name, takes, what }) => [`${name} ${takes}`, what]),
    ["quit", "leave"],
  ];
  const column = Math.max(...rows.map(([left = ""]) => left.length)) + 4;
  return rows
    .map(([left = "", what = ""]) => {
      return `  ${left.padEnd(column - 2)}${wrap(what, width, column).slice(column)}`;
    })
    .join("\n");
}
