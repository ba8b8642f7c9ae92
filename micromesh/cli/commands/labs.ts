import type { Lab } from "../../../stacks/outputs.ts";
import { stackOutputs } from "../../../stacks/outputs.ts";
import { declare, type StackOptions } from "../options.ts";
import { terminal } from "../terminal.ts";
import { wrap } from "../wrap.ts";

export interface LabsOptions extends StackOptions {
  json?: boolean;
}

/** Tells the labs of the stack and their scenarios. */
export async function labs(options: LabsOptions): Promise<number> {
  const screen = terminal(options.json);
  const declaration = await screen.step(`Declaring stack ${options.stack}`, () => declare(options));
  const declared = stackOutputs.parse(declaration.outputs).labs;
  if (options.json) {
    const data = Object.entries(declared).map(([name, { title, scenario, scenarios }]) => ({
      name,
      title,
      scenario,
      scenarios,
    }));
    screen.out(JSON.stringify({ labs: data }));
    return 0;
  }
  for (const [name, lab] of Object.entries(declared)) screen.out(describe(name, lab, screen.width));
  return 0;
}

function describe(name: string, lab: Lab, width: number): string {
  const lines = [`${name}: ${lab.title}`];
  for (const [scenario, { title, teaches }] of Object.entries(lab.scenarios)) {
    const mark = scenario === lab.scenario ? "*" : " ";
    lines.push("", `${mark} ${scenario}: ${title}`, wrap(teaches, width, 4));
  }
  lines.push(
    "",
    "* is declared now. Play another one:",
    `    npm start -- --scenario ${name}=NAME`,
  );
  return lines.join("\n");
}
