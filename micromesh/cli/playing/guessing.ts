/** The steps that are about what is broken: breaking it, being told of it, saying what it is, mending it. */
import { UsageError } from "../../resources/usage-error.ts";
import { wrap } from "../wrap.ts";
import { baselineOf, breakable, broken, labOf, scenarioCalled } from "./game.ts";
import type { Step } from "./step.ts";

export const breaking: Step = {
  name: "break",
  takes: "[scenario]",
  what: "break something, without saying what (or this)",
  async play(game, [name]) {
    const lab = await labOf(game);
    const candidates = breakable(lab);
    const chosen =
      name === undefined
        ? candidates[candidates.length && game.pick(candidates.length)]
        : scenarioCalled(name, lab.scenarios.slice(1));
    if (!chosen) throw new UsageError(`break: lab ${game.lab} has no scenario that breaks it`);
    await game.simulator.change({ [game.lab]: chosen.name });
    return { data: { symptom: chosen.symptom }, text: wrap(chosen.symptom, game.width) };
  },
};

export const symptom: Step = {
  name: "symptom",
  takes: "",
  what: "what the lab's users meet",
  async play(game) {
    const { symptom } = broken(await labOf(game));
    return { data: { symptom }, text: wrap(symptom, game.width) };
  },
};

export const hint: Step = {
  name: "hint",
  takes: "[number]",
  what: "where to look: 1, 2 or 3, each nearer to the cause",
  async play(game, [number = "1"]) {
    const { hints } = broken(await labOf(game));
    const hint = hints[Number(number) - 1];
    if (hint === undefined) {
      throw new UsageError(`hint ${number}: there is no such hint; there are 1, 2 and 3`);
    }
    return { data: { number: Number(number), hint }, text: wrap(hint, game.width) };
  },
};

export const answers: Step = {
  name: "answers",
  takes: "",
  what: "what it may be",
  async play(game) {
    const lab = await labOf(game);
    const answers = lab.scenarios.slice(1).map(({ name, title }) => ({ name, title }));
    const column = Math.max(0, ...answers.map(({ name }) => name.length)) + 2;
    const lines = answers.map(
      ({ name, title }) => name.padEnd(column) + wrap(title, game.width, column).slice(column),
    );
    return { data: { answers }, text: lines.join("\n") };
  },
};

export const answer: Step = {
  name: "answer",
  takes: "<scenario>",
  what: "say what it is",
  async play(game, [name = ""]) {
    const lab = await labOf(game);
    const { name: right, title, explanation, mend, teaches } = broken(lab);
    const guess = scenarioCalled(name, lab.scenarios.slice(1));
    if (guess.name !== right) {
      const text = `No. "${guess.title}" would be like this: ${guess.symptom}`;
      return { data: { right: false }, text: wrap(text, game.width), right: false };
    }
    const paragraphs = [`Yes: ${title}.`, explanation, `To mend it: ${mend}`, teaches];
    return {
      data: { right: true, scenario: right, title, explanation, mend, teaches },
      text: paragraphs.map((text) => wrap(text, game.width)).join("\n\n"),
      right: true,
    };
  },
};

export const mend: Step = {
  name: "mend",
  takes: "",
  what: "put it right",
  async play(game) {
    const lab = await labOf(game);
    const { name, title } = baselineOf(lab);
    await game.simulator.change({ [game.lab]: name });
    return { data: { mended: true }, text: wrap(`${title}.`, game.width) };
  },
};
