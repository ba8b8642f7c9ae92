#!/usr/bin/env node
/**
 * Just the minikube cluster, by hand: `npm run cluster:start`, `npm run cluster:stop`. `pulumi up` makes one of its
 * own, and adopts one that is there.
 */
import { installIfNeeded } from "./install.mjs";

installIfNeeded();
const { Command } = await import("commander");
const { Failure, find, minikube, say, setAddons, start } = await import(
  "../components/clusters/minikube/profile.mjs"
);

const PROFILE = "micromesh-dev";
const ADDONS = ["ingress", "metrics-server", "dashboard"];

const program = new Command("cluster").exitOverride((error) => {
  // Commander's own code for a mistake in usage is 1, which here means that minikube failed.
  process.exit(error.exitCode === 0 ? 0 : 2);
});
const command = (name, description) =>
  program
    .command(name)
    .description(description)
    .option("--profile <name>", "minikube's profile", PROFILE)
    .allowExcessArguments(false);

command("start", `start a minikube cluster with the addons ${ADDONS.join(", ")}`)
  .option("--memory <MiB>", "of a new cluster; default: what minikube chooses")
  .option("--cpus <count>", "of a new cluster; default: what minikube chooses")
  .option("--driver <name>", "of a new cluster; default: what minikube finds")
  .action(({ profile, ...wanted }) => {
    // minikube would change a cluster that is there under its pods.
    const found = find(profile);
    const flags = found ? [] : Object.entries(wanted).map(([name, value]) => `--${name}=${value}`);
    start(profile, flags, found);
    setAddons({ profile, addons: ADDONS }, []);
    say(`minikube profile ${profile} runs: kubectl --context ${profile} get pods -A`);
  });

command("stop", "stop a minikube cluster")
  .option("--delete", "delete it, with all that is in it")
  .action(({ profile, delete: remove }) => {
    if (!find(profile)) return say(`there is no minikube profile ${profile}: nothing to do`);
    const verb = remove ? "delete" : "stop";
    const { status } = minikube([verb, "-p", profile], { show: true });
    if (status !== 0) {
      throw new Failure(`minikube ${verb} -p ${profile} ended with code ${status}`);
    }
    say(`minikube profile ${profile} is ${remove ? "deleted" : "stopped"}`);
  });

try {
  program.parse();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  say(error.message);
  process.exitCode = 1;
}
