/** The minikube command, as `cluster.mjs` uses it. No dependencies: see there. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const INSTALL = "https://minikube.sigs.k8s.io/docs/start/";

/** Exit codes of `minikube start` (pkg/minikube/reason/exitcodes.go) that the user can do something about. */
const MENDS = new Map([
  [23, "lower micromesh:cluster.memoryMiB, or give Docker or the machine more memory"],
  [29, "lower micromesh:cluster.cpus, or give Docker or the machine more CPUs"],
  [40, "it couldn't reach the internet: check the connection or proxy, or set micromesh:mirror"],
  [59, "the driver isn't available: install it, or set micromesh:cluster.driver"],
  [63, "the driver isn't running: start it (e.g. Docker), or set micromesh:cluster.driver"],
  [69, "the driver isn't running: start it (e.g. Docker), or set micromesh:cluster.driver"],
  [81, "the profile was made with another driver: set micromesh:cluster.driver to that one"],
  [106, "this minikube can't install that Kubernetes: set micromesh:cluster.kubernetesVersion"],
]);

/**
 * A manifest that installs nothing. Naming one is how minikube leaves the pods' network to whoever comes later: it
 * refuses `--cni=false` with containerd and CRI-O (validateCNI in cmd/minikube/cmd/start.go), and with Docker it puts the
 * pods on a bridge then (ConfigureDefaultBridgeCNIs in pkg/minikube/cni/cni.go).
 */
const NO_CNI = fileURLToPath(new URL("no-cni.yaml", import.meta.url));

/** A mistake or a missing tool: one line, no stack. */
export class Failure extends Error {}

/**
 * Starts the profile and waits for its API server, which is what `--wait` means by default. The node
 * isn't waited for: without a CNI it can't become ready.
 * A profile that exists is started without the flags that make one: minikube would change its
 * container runtime or its CNI under the pods.
 * @param found the profile, if it exists
 */
export function start(profile, flags, found) {
  // minikube reads the manifest at every start, where it remembers it; the project may have been moved.
  const again = usesNoCni(found) ? [cniFlag("none")] : [];
  const { status } = minikube(
    // Somebody else's kubectl context stays the current one.
    ["start", "-p", profile, "--interactive=false", "--keep-context", ...again, ...flags],
    { show: true },
  );
  if (status !== 0) {
    const mend = MENDS.get(status) ?? `ask "minikube logs -p ${profile}"`;
    throw new Failure(`minikube start -p ${profile} ended with code ${status}: ${mend}`);
  }
  const state = minikube(["status", "-p", profile, "-o", "json"]);
  if ((state.status & 3) !== 0) {
    throw new Failure(
      `minikube profile ${profile} was started, but minikube status says ${state.stdout.trim()} ` +
        `(code ${state.status}): ask "minikube logs -p ${profile}"`,
    );
  }
}

/** @param cni `none`, or a name that minikube knows */
export function cniFlag(cni) {
  return `--cni=${cni === "none" ? NO_CNI : cni}`;
}

/** What the profile was made with: `none`, or as `minikube start --cni` names it. */
export function cniOf(found) {
  const { CNI: cni, NetworkPlugin: plugin } = found.Config?.KubernetesConfig ?? {};
  return usesNoCni(found) || (cni === "false" && plugin === "cni") ? "none" : cni || "auto";
}

function usesNoCni(found) {
  return basename(found?.Config?.KubernetesConfig?.CNI ?? "") === basename(NO_CNI);
}

/** Enables what is wanted, disables what was wanted before. */
export function setAddons(wanted, before) {
  const change = (verb, addon) => {
    const { status } = minikube(["addons", verb, addon, "-p", wanted.profile], { show: true });
    if (status !== 0) {
      throw new Failure(
        `minikube addons ${verb} ${addon} ended with code ${status}: ` +
          `see "minikube addons list", and mend micromesh:cluster.addons`,
      );
    }
  };
  for (const addon of wanted.addons) if (!before.includes(addon)) change("enable", addon);
  for (const addon of before) if (!wanted.addons.includes(addon)) change("disable", addon);
}

/** The profile as `minikube profile list` has it; undefined where there is none, or only its ruins. */
export function find(profile) {
  const { stdout } = minikube(["profile", "list", "-o", "json"]);
  let list;
  try {
    list = JSON.parse(stdout);
  } catch {
    throw new Failure(
      `minikube profile list -o json printed no JSON: run "minikube version" (1.38 or newer is needed)`,
    );
  }
  return (list.valid ?? []).find((one) => one.Name === profile);
}

/** The profile's kubeconfig, written by minikube into a file of its own, certificates embedded. */
export function kubeconfig(profile) {
  const folder = mkdtempSync(join(tmpdir(), "micromesh-"));
  const file = join(folder, "kubeconfig");
  try {
    const { status } = minikube(["update-context", "-p", profile], { kubeconfig: file });
    if (status !== 0) {
      throw new Failure(`minikube update-context -p ${profile} ended with code ${status}`);
    }
    return readFileSync(file, "utf8").replace(
      /^(\s*)(certificate-authority|client-certificate|client-key): (.+)$/gm,
      (_, indent, key, path) =>
        `${indent}${key}-data: ${readFileSync(path.replace(/^(["'])(.*)\1$/, "$2")).toString("base64")}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs minikube; `show` lets the user follow it on stderr. */
export function minikube(args, { show = false, kubeconfig: file } = {}) {
  const { error, status, stdout } = spawnSync("minikube", args, {
    encoding: "utf8",
    stdio: ["ignore", show ? 2 : "pipe", show ? 2 : "pipe"],
    env: {
      ...process.env,
      MINIKUBE_IN_STYLE: "false",
      MINIKUBE_WANTUPDATENOTIFICATION: "false",
      ...(file ? { KUBECONFIG: file } : {}),
    },
  });
  if (error?.code === "ENOENT") {
    throw new Failure(
      `minikube is not installed, or not on PATH: install it (${INSTALL}), ` +
        `or use a cluster that you have (pulumi config set --path micromesh:cluster.kind existing)`,
    );
  }
  if (error) throw new Failure(`minikube ${args[0]} couldn't be run: ${error.message}`);
  return { status: status ?? 1, stdout: stdout ?? "" };
}

export function say(line) {
  process.stderr.write(`${line}\n`);
}
