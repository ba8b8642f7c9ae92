import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/** What the fake keeps between its runs. */
export interface FakeState {
  /** Every call, words joined by blanks. */
  calls: string[];
  profiles: Record<string, { running: boolean; config: Record<string, unknown> }>;
  /** Exit codes by first word, e.g. `{start: 23}`. */
  exits: Record<string, number>;
}

/** Answers as minikube 1.38 does: output forms, exit codes and what goes with what, from its sources. */
const SCRIPT = `#!${process.execPath}
const fs = require("node:fs");
const file = process.env.FAKE_MINIKUBE;
const state = JSON.parse(fs.readFileSync(file, "utf8"));
const args = process.argv.slice(2);
state.calls.push(args.join(" "));
const flag = (name) => args.find((a) => a.startsWith("--" + name + "="))?.split("=")[1];
const name = args[args.indexOf("-p") + 1];
const profile = state.profiles[name];
let exit = state.exits[args[0]] ?? 0;
if (args[0] === "profile") {
  const valid = Object.entries(state.profiles).map(([Name, { running, config }]) => ({
    Name, Status: running ? "OK" : "Stopped", Config: config }));
  process.stdout.write(JSON.stringify({ invalid: [], valid }));
} else if (args[0] === "start") {
  console.log("* minikube talks on stdout");
  const runtime = flag("container-runtime");
  if (flag("cni") === "false" && runtime && runtime !== "docker") {
    console.error('X Exiting due to MK_USAGE: The "' + runtime + '" container runtime requires CNI');
    exit ||= 14;
  }
  if (exit === 0) {
    const made = profile ?? { config: {
      Memory: Number(flag("memory")), CPUs: Number(flag("cpus")), Driver: flag("driver") ?? "docker",
      Nodes: [{ IP: "192.168.49.2" }],
      KubernetesConfig: { ContainerRuntime: runtime } } };
    const cni = flag("cni");
    if (cni) Object.assign(made.config.KubernetesConfig,
      { CNI: cni, NetworkPlugin: cni === "false" ? "" : "cni" });
    if (flag("kubernetes-version")) made.config.KubernetesConfig.KubernetesVersion = flag("kubernetes-version");
    state.profiles[name] = { ...made, running: true };
  }
} else if (args[0] === "status") {
  exit ||= profile ? (profile.running ? 0 : 7) : 85;
  console.log(profile ? JSON.stringify({ Host: profile.running ? "Running" : "Stopped" }) : "no such profile");
} else if (args[0] === "update-context") {
  const dir = require("node:path").dirname(file);
  fs.writeFileSync(process.env.KUBECONFIG,
    "apiVersion: v1\\nclusters:\\n- cluster:\\n    certificate-authority: " + dir + "/ca.crt\\n" +
    "    server: https://127.0.0.1:" + (state.port ?? 32771) + "\\n  name: " + name + "\\nusers:\\n- name: " + name +
    "\\n  user:\\n    client-certificate: " + dir + "/client.crt\\n    client-key: " + dir + "/client.key\\n");
} else if (args[0] === "stop") {
  if (exit === 0 && profile) profile.running = false;
} else if (args[0] === "delete") {
  if (exit === 0) delete state.profiles[name];
}
fs.writeFileSync(file, JSON.stringify(state));
process.exit(exit);
`;

/** A `minikube` that is first on PATH, and a way to run the cluster script against it. */
export class FakeMinikube {
  private readonly folder = mkdtempSync(join(tmpdir(), "fake-minikube-"));
  private readonly file = join(this.folder, "state.json");

  constructor() {
    writeFileSync(join(this.folder, "minikube"), SCRIPT);
    chmodSync(join(this.folder, "minikube"), 0o755);
    for (const name of ["ca.crt", "client.crt", "client.key"]) {
      writeFileSync(join(this.folder, name), `the ${name}`);
    }
    this.state = { calls: [], profiles: {}, exits: {} };
  }

  get state(): FakeState {
    return JSON.parse(readFileSync(this.file, "utf8"));
  }
  set state(state: FakeState) {
    writeFileSync(this.file, JSON.stringify(state));
  }

  change(part: Partial<FakeState>): void {
    this.state = { ...this.state, ...part };
  }

  /** Calls that change something, since the last time. */
  changes(): string[] {
    const { calls } = this.state;
    this.change({ calls: [] });
    return calls.filter((call) => !/^(profile|status|update-context) /.test(call));
  }

  run(action: string, wanted: object, options: RunOptions = {}) {
    const script = "components/clusters/minikube/cluster.mjs";
    return this.runScript([script, action], wanted, options);
  }

  /** Runs a script of the project's with this minikube on PATH. */
  runScript(args: string[], wanted: object = {}, { previous, installed = true }: RunOptions = {}) {
    const path = [...(installed ? [this.folder] : []), dirname(process.execPath)];
    const minikubeBesideNode = existsSync(join(dirname(process.execPath), "minikube"));
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      env: {
        PATH: installed || !minikubeBesideNode ? path.join(delimiter) : "",
        FAKE_MINIKUBE: this.file,
        MICROMESH_MINIKUBE: JSON.stringify(wanted),
        ...(previous === undefined ? {} : { PULUMI_COMMAND_STDOUT: previous }),
      },
    });
    return { status, stdout: stdout.trim(), stderr: stderr.trim() };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface RunOptions {
  previous?: string;
  installed?: boolean;
}
