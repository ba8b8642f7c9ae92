import type { Game } from "./game.ts";

/** What a step tells: the same as data and as text. */
export interface Told {
  data: object;
  text: string;
  /** Whether an answer was right. */
  right?: boolean;
}

/** A flag of `micromesh play`, and a word of its session. */
export interface Step {
  name: string;
  /** What it takes, as help shows it: `<from> <url>`; a part in brackets may be left out. */
  takes: string;
  what: string;
  /** @throws UsageError where the words are wrong, or nothing is there to tell */
  play(game: Game, words: string[]): Promise<Told>;
}
