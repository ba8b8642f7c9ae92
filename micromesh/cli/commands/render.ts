import { join } from "node:path";
import { stackOutputs } from "../../../stacks/outputs.ts";
import { ProgramProcess } from "../../resources/program-process.ts";
import {
  type RenderedFile,
  releasesOf,
  renderFiles,
  writeRendered,
} from "../../resources/render.ts";
import { standInsIn } from "../../resources/stand-ins.ts";
import { declare, type LabOptions, root, type StackOptions } from "../options.ts";
import { type Terminal, terminal } from "../terminal.ts";

export interface RenderOptions extends StackOptions, LabOptions {
  out: string;
  allScenarios?: boolean;
  json?: boolean;
}

/** Writes the manifests that the stack declares. */
export async function render(options: RenderOptions): Promise<number> {
  const screen = terminal(options.json);
  if (options.allScenarios) return renderEveryScenario(options, screen);
  const declaration = await screen.step(`Declaring stack ${options.stack}`, () => declare(options));
  const files = renderFiles(declaration);
  await writeRendered(options.out, files);
  const releases = releasesOf(declaration);
  const standIns = standInsIn(declaration);
  if (options.json) {
    const paths = files.map((f) => f.path);
    screen.out(JSON.stringify({ out: options.out, files: paths, releases, standIns }));
    return 0;
  }
  const patches = files.filter(({ path }) => path.endsWith(".patch"));
  screen.out(`${files.length - patches.length} manifests in ${options.out}; apply them with`);
  screen.out(`  kubectl apply --server-side -f ${options.out} -R`);
  if (patches.length > 0) {
    screen.out("That leaves out changes of what the cluster brings; each says how to apply it:");
    for (const { path } of patches) screen.out(`  ${join(options.out, path)}`);
  }
  if (files.some((file) => file.secret)) screen.out("Secrets among them are in plain text.");
  for (const { object, command } of standIns) {
    screen.out(
      `${object} holds a stand-in, the same for everybody, for what the command ${command}`,
    );
    screen.out("prints when Pulumi runs it: put your own in its place.");
  }
  if (releases.length > 0) {
    screen.out("Not rendered, to be installed by Helm first:");
    for (const release of releases) screen.out(`  ${release}`);
  }
  return 0;
}

/** Writes what the stack declares with each scenario of each lab, in a folder `LAB/SCENARIO` for each. */
async function renderEveryScenario(options: RenderOptions, screen: Terminal): Promise<number> {
  const program = new ProgramProcess(root);
  try {
    const { outputs } = await screen.step(`Declaring stack ${options.stack}`, () =>
      declare(options, undefined, program),
    );
    const { labs } = stackOutputs.parse(outputs);
    const files: RenderedFile[] = [];
    for (const [lab, { scenarios }] of Object.entries(labs)) {
      for (const name of scenarios) {
        const declaration = await screen.step(`Declaring ${lab}=${name}`, () =>
          declare({ ...options, lab: [lab] }, { [lab]: name }, program),
        );
        files.push(
          ...renderFiles(declaration).map((file) => ({
            ...file,
            path: `${lab}/${name}/${file.path}`,
          })),
        );
      }
    }
    await writeRendered(options.out, files);
    const paths = files.map(({ path }) => path);
    if (options.json) screen.out(JSON.stringify({ out: options.out, files: paths }));
    else screen.out(`${files.length} files below ${options.out}, in LAB/SCENARIO`);
    return 0;
  } finally {
    program.close();
  }
}
