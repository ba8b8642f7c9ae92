import { Command, CommanderError, Option } from "commander";
import { UsageError } from "../resources/usage-error.ts";
import { doctor } from "./commands/doctor.ts";
import { labs } from "./commands/labs.ts";
import { play } from "./commands/play.ts";
import { formats, predict } from "./commands/predict.ts";
import { render } from "./commands/render.ts";
import { simulate } from "./commands/simulate.ts";
import { timeline } from "./commands/timeline.ts";
import { top } from "./commands/top.ts";
import { verify } from "./commands/verify.ts";
import { interval, number, port, repeat, seconds } from "./options.ts";
import { steps } from "./playing/steps.ts";

const program = new Command("micromesh")
  .description(
    "Service mesh labs from one Pulumi program: predict, simulate, verify and render them.",
  )
  .exitOverride()
  .showSuggestionAfterError()
  .configureHelp({ showGlobalOptions: true });

/** A command with the options that all have. */
function command(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option("--stack <name>", "stack, whose settings are in Pulumi.<name>.yaml", "dev")
    .addOption(
      new Option(
        "--config <key=value>",
        "a setting for this run only, e.g. cni.kind=none (repeatable)",
      )
        .argParser(repeat)
        .default([], "none"),
    )
    .option("--json", "print data as JSON");
}

function withLabs(target: Command): Command {
  return target
    .option("--lab <name>", "only this lab (repeatable)", repeat)
    .option("--scenario <lab=name>", "play this scenario (repeatable)", repeat);
}

function withPorts(target: Command): Command {
  return target
    .option("--gateway-port <port>", "front door on 127.0.0.1", port, 8080)
    .option("--control-port <port>", "API and metrics on 127.0.0.1", port, 8081);
}

let exitCode = 0;
function run<Options>(action: (options: Options) => Promise<number>) {
  return async (options: Options) => {
    exitCode = await action(options);
  };
}

withPorts(command("doctor", "look for what each depth needs on this machine")).action(run(doctor));
command("labs", "list labs and their scenarios; of one lab everything, hints and mends included")
  .argument("[lab]", "the one to tell in full")
  .action(async (name: string | undefined, options) => {
    exitCode = await labs(name, options);
  });
withPorts(withLabs(command("simulate", "run the labs on this machine, with Node alone")))
  .option("--once", "start, verify, stop, and exit with the result")
  .action(run(simulate));
withPorts(withLabs(command("verify", "run the labs' probes")))
  .option("--all-scenarios", "in every scenario, one after another")
  .option("--live", "against the real cluster instead of a simulator")
  .option("--kubeconfig <file>", "the cluster of --live; default: the one in the stack's outputs")
  .action(run(verify));
withPorts(command("top", "show what each pod uses, and what of it the network stops"))
  .option("--lab <name>", "only this lab (repeatable)", repeat)
  .option("--live", "of the real cluster instead of a simulator")
  .option("--kubeconfig <file>", "the cluster of --live; default: the one in the stack's outputs")
  .option("--metrics", "as Prometheus metrics")
  .option("--watch <seconds>", "over and over, until Ctrl-C", seconds)
  .action(run(top));
const game = withPorts(
  command("play", "something in a lab is broken: look, ask, and find out what it is"),
)
  .argument("<lab>", "the lab to play in")
  .option("--seed <number>", "choose what is broken by a number instead of by chance", number)
  .action(async (lab: string, options) => {
    exitCode = await play(lab, options);
  });
for (const { name, takes, what } of steps) {
  const several = takes.includes(" ");
  game.option(
    `--${name} ${several ? "<words...>" : takes}`.trim(),
    several ? `${takes}: ${what}` : what,
  );
}
command("timeline", "show what gets through while a lab's scenarios come and go")
  .argument("<lab>", "the lab to watch")
  .option("--scenario <name>", "the one to begin with; default: the one that most go on from")
  .option("--seconds <number>", "of each scenario; default: 6, of a cluster 60", seconds)
  .option("--every <seconds>", "from one request of a path to its next", interval, 0.5)
  .option("--live", "of the real cluster, as it is, instead of a simulator")
  .option("--kubeconfig <file>", "the cluster of --live; default: the one in the stack's outputs")
  .option("--control-port <port>", "API and metrics on 127.0.0.1", port, 8081)
  .action(async (lab: string, options) => {
    exitCode = await timeline(lab, options);
  });
withLabs(command("predict", "tell who reaches whom, and why not, before anything runs"))
  .option("--manifests <dir>", "of a folder of Kubernetes YAML instead of a stack")
  .addOption(new Option("--format <form>", "how to show it").choices(formats).default("table"))
  .option(
    "--explain <ends...>",
    "SRC DST[:PORT[/udp]]: why that is as it is, and what would turn it",
  )
  .option("--diff <other>", "what changes from a stack, folder, LAB=SCENARIO or commit to this")
  .option("--suggest", "write the least NetworkPolicies that keep what is needed")
  .option("--all", "list what is denied although nothing needs it, too")
  .action(run(predict));
withLabs(command("render", "write the Kubernetes manifests that the stack declares"))
  .requiredOption("--out <dir>", "folder to write to: empty, or of an earlier render")
  .option("--all-scenarios", "every scenario of every lab, in a folder LAB/SCENARIO for each")
  .action(run(render));

try {
  await program.parseAsync();
  process.exitCode = exitCode;
} catch (error) {
  process.exitCode = report(error);
}

/** One clear line for mistakes (exit 2); failures of ours keep their trace for a bug report (exit 1). */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError) {
    process.stderr.write(`micromesh: ${error.message}\n`);
    return 2;
  }
  const trace = process.env.MICROMESH_TRACE && (error as Error).stack;
  process.stderr.write(`micromesh: ${trace || (error as Error).message}\n`);
  return 1;
}
