import type { Telling } from "../../../stacks/telling.ts";
import { type DeclaredLab, declaredLabs } from "../../resources/labs.ts";
import { UsageError } from "../../resources/usage-error.ts";
import { declare, type StackOptions } from "../options.ts";
import { terminal } from "../terminal.ts";
import { wrap } from "../wrap.ts";

export interface LabsOptions extends StackOptions {
  json?: boolean;
}

/**
 * Tells the labs of the stack and their scenarios; of a single lab everything, hints and mends included.
 * @param name the lab to tell in full; by default all in short
 */
export async function labs(name: string | undefined, options: LabsOptions): Promise<number> {
  const screen = terminal(options.json);
  const declaration = await screen.step(`Declaring stack ${options.stack}`, () => declare(options));
  const declared = Object.entries(declaredLabs(declaration));
  const chosen = name === undefined ? declared : declared.filter(([lab]) => lab === name);
  if (name !== undefined && chosen.length === 0) {
    throw new UsageError(
      `labs ${name}: stack ${options.stack} has no such lab; it has ${declared.map(([lab]) => lab).join(", ")}`,
    );
  }
  if (options.json) {
    const data = chosen.map(([lab, { title, scenario, scenarios }]) => ({
      name: lab,
      title,
      scenario,
      scenarios: Object.fromEntries(scenarios.map(({ name: played, ...told }) => [played, told])),
    }));
    screen.out(JSON.stringify({ labs: data }));
    return 0;
  }
  const tell = name === undefined ? inShort : inFull;
  screen.out(chosen.map(([lab, content]) => tell(lab, content, screen.width)).join("\n\n"));
  return 0;
}

function inShort(name: string, lab: DeclaredLab, width: number): string {
  const column = Math.max(...lab.scenarios.map((scenario) => scenario.name.length)) + 4;
  return [
    `${name}: ${lab.title}`,
    ...lab.scenarios.map((scenario) => {
      const text = wrap(scenario.title, width, column).slice(column);
      return `${mark(lab, scenario)} ${scenario.name.padEnd(column - 2)}${text}`;
    }),
    `  Tell it all: npx micromesh labs ${name}`,
  ].join("\n");
}

function inFull(name: string, lab: DeclaredLab, width: number): string {
  return [
    `${name}: ${lab.title}`,
    ...lab.scenarios.map((scenario) =>
      [
        `\n${mark(lab, scenario)} ${scenario.name}: ${scenario.title}`,
        ...paragraphs(scenario).map(([label, text]) => labelled(label, text, width)),
      ].join("\n"),
    ),
    "",
    "* is declared now. Play another one, or guess which one is played:",
    `    npm start -- --scenario ${name}=NAME`,
    `    npx micromesh play ${name}`,
  ].join("\n");
}

function paragraphs({ teaches, symptom, hints, explanation, mend, changes, after }: Telling) {
  const all: [string, string][] = [
    ["symptom", symptom],
    ...hints.map((hint, i): [string, string] => [`hint ${i + 1}`, hint]),
    ["why", explanation],
    ["mend", mend],
    ["teaches", teaches],
    ["changes", changes.join(", ") || "nothing: the others differ from this one"],
  ];
  return after === undefined ? all : [...all, ["after", after] as [string, string]];
}

/** Its label in a column of its own, the text wrapped beside it. */
function labelled(label: string, text: string, width: number): string {
  const column = 13;
  return `    ${label.padEnd(column - 4)}${wrap(text, width, column).slice(column)}`;
}

function mark(lab: DeclaredLab, { name }: Telling): string {
  return name === lab.scenario ? "*" : " ";
}
