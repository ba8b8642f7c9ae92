/**
 * Makes, changes, reads and deletes one minikube profile; Pulumi runs it as a local command:
 * `node cluster.mjs create|update|read|delete`, with what is wanted as JSON in MICROMESH_MINIKUBE.
 *
 * Plain JavaScript without dependencies, at a path that must stay: `pulumi destroy` runs the delete
 * command that the stack's state remembers, perhaps years later and with nothing installed.
 *
 * stdout carries one line of JSON for the program; all that people read goes to stderr.
 */
import {
  cniFlag,
  cniOf,
  Failure,
  find,
  kubeconfig,
  minikube,
  say,
  setAddons,
  start,
} from "./profile.mjs";

/**
 * @typedef {import("./args.ts").MinikubeArgs} Wanted
 * @typedef {{ profile: string, adopted: boolean, addons: string[] }} Made
 *   What create and update print; Pulumi hands it to the next update or delete.
 */

const actions = { create, update, read, delete: remove };

try {
  const action = actions[process.argv[2]];
  if (!action) throw new Failure(`cluster.mjs: say one of ${Object.keys(actions).join(", ")}`);
  action(JSON.parse(process.env.MICROMESH_MINIKUBE ?? "{}"));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  say(error.message);
  process.exitCode = 1;
}

/** @param {Wanted} wanted */
function create(wanted) {
  const found = find(wanted.profile);
  if (found) {
    say(
      `minikube profile ${wanted.profile} existed before this stack and is adopted: pulumi destroy ` +
        `will leave it, and empties it only if micromesh:cluster.keep is true`,
    );
    startAdopted(wanted, found);
    setAddons(wanted, []);
  } else {
    makeOrLeaveNothing(wanted);
  }
  print({ profile: wanted.profile, adopted: found !== undefined, addons: wanted.addons });
}

/** @param {Wanted} wanted */
function update(wanted) {
  const before = remembered();
  const found = find(wanted.profile);
  const adopted = found !== undefined && before?.adopted === true;
  if (found) {
    if (adopted) startAdopted(wanted, found);
    else start(wanted.profile, upgrade(wanted, found), found);
    setAddons(wanted, before?.addons ?? []);
  } else {
    makeOrLeaveNothing(wanted);
  }
  print({ profile: wanted.profile, adopted, addons: wanted.addons });
}

/**
 * Prints how the profile is, on every preview and update: its kubeconfig is read anew because the
 * docker driver publishes the API server on another port after each start.
 * Never fails: `problem` says why there is no kubeconfig.
 * @param {Wanted} wanted
 */
function read(wanted) {
  try {
    const found = find(wanted.profile);
    if (!found) {
      throw new Failure(
        `minikube profile ${wanted.profile} doesn't exist: "pulumi up" makes it; if the stack had ` +
          `made it and it was deleted, run "pulumi destroy", then "pulumi up"`,
      );
    }
    // A bit mask of what doesn't run: 1 host, 2 kubelet or API server, 4 kubeconfig (read below).
    const { status } = minikube(["status", "-p", wanted.profile, "-o", "json"]);
    if ((status & 3) !== 0) {
      throw new Failure(
        `minikube profile ${wanted.profile} isn't running: run "minikube start -p ${wanted.profile}"`,
      );
    }
    print({
      kubeconfig: kubeconfig(wanted.profile),
      nodeIp: found.Config?.Nodes?.[0]?.IP,
      warnings: differences(wanted, found),
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    print({ problem: error.message, warnings: [] });
  }
}

/** @param {Wanted} wanted */
function remove({ profile }) {
  const made = remembered();
  if (made === undefined || made.adopted) {
    say(
      `minikube profile ${profile} wasn't made by this stack: it is left alone. ` +
        `To delete it: minikube delete -p ${profile}`,
    );
    return;
  }
  const { status } = minikube(["delete", "-p", profile], { show: true });
  if (status !== 0) {
    throw new Failure(
      `minikube delete -p ${profile} ended with code ${status} (its words are above)`,
    );
  }
}

/** A profile that couldn't be made isn't left half made: the next try would adopt it. */
function makeOrLeaveNothing(wanted) {
  const flags = [
    `--memory=${wanted.memoryMiB}`,
    `--cpus=${wanted.cpus}`,
    `--kubernetes-version=${wanted.kubernetesVersion}`,
    `--container-runtime=${wanted.containerRuntime}`,
    cniFlag(wanted.cni),
    ...(wanted.driver ? [`--driver=${wanted.driver}`] : []),
    ...(wanted.imageRepository ? [`--image-repository=${wanted.imageRepository}`] : []),
  ];
  try {
    start(wanted.profile, flags);
    setAddons(wanted, []);
  } catch (error) {
    minikube(["delete", "-p", wanted.profile], { show: true });
    throw error;
  }
}

/** A profile of our own gets a newer Kubernetes in place; minikube refuses to go back. */
function upgrade({ kubernetesVersion }, found) {
  return newer(kubernetesVersion, versionOf(found))
    ? [`--kubernetes-version=${kubernetesVersion}`]
    : [];
}

/** Somebody else's profile is started as it is. */
function startAdopted({ profile, kubernetesVersion }, found) {
  const has = versionOf(found);
  if (newer(kubernetesVersion, has)) {
    say(
      `minikube profile ${profile} is adopted and stays at Kubernetes ${has}. To upgrade it: ` +
        `minikube start -p ${profile} --kubernetes-version=${kubernetesVersion}`,
    );
  }
  start(profile, [], found);
}

/** What minikube ignores on a profile that exists, or would break it with: one warning each. */
function differences(wanted, found) {
  const config = found.Config ?? {};
  const kubernetes = config.KubernetesConfig ?? {};
  const settings = [
    ["memoryMiB", wanted.memoryMiB, config.Memory],
    ["cpus", wanted.cpus, config.CPUs],
    ["driver", wanted.driver ?? config.Driver, config.Driver],
    ["containerRuntime", wanted.containerRuntime, kubernetes.ContainerRuntime],
  ];
  // A newer version is installed over the old one; only the way back is barred.
  if (newer(versionOf(found), wanted.kubernetesVersion)) {
    settings.push(["kubernetesVersion", wanted.kubernetesVersion, versionOf(found)]);
  }
  const mend = `run "pulumi destroy", "minikube delete -p ${wanted.profile}" and "pulumi up"`;
  const warnings = settings
    .filter(([, want, has]) => has !== undefined && want !== has)
    .map(
      ([key, want, has]) =>
        `micromesh:cluster.${key} is ${want}, but minikube profile ${wanted.profile} has ${has} and ` +
        `keeps it: set it to ${has}, or ${mend}`,
    );
  const cni = cniOf(found);
  if (wanted.cni !== "auto" && wanted.cni !== cni) {
    const needs =
      wanted.cni === "none" ? "without a network of minikube's" : `with --cni=${wanted.cni}`;
    warnings.push(
      `micromesh:cni needs a cluster made ${needs}, but minikube profile ` +
        `${wanted.profile} was made with --cni=${cni}: ${mend}`,
    );
  }
  return warnings;
}

/** @returns {Made | undefined} what the last create or update of this resource printed */
function remembered() {
  try {
    const made = JSON.parse(process.env.PULUMI_COMMAND_STDOUT ?? "");
    return typeof made?.adopted === "boolean" ? made : undefined;
  } catch {
    return undefined;
  }
}

/** Kubernetes version of a profile, e.g. `v1.35.1`. */
function versionOf(found) {
  return found.Config?.KubernetesConfig?.KubernetesVersion ?? "";
}

/** Whether version `a` is newer than `b` (`v1.35.10` than `v1.35.9`); false where one isn't known. */
function newer(a, b) {
  const [x, y] = [a, b].map((version) => version.replace(/^v/, "").split(".").map(Number));
  const differing = x.findIndex((number, i) => number !== y[i]);
  return differing >= 0 && x[differing] > y[differing];
}

function print(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
