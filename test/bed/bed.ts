/** A real cluster that judges the simulator, and this project's own command line. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { NAMESPACES } from "../../apps/counter/names.ts";
import { image } from "../../stacks/versions.ts";

const cli = fileURLToPath(new URL("../../bin/micromesh.mjs", import.meta.url));

/** The cluster for tests as it is: nothing but NetworkPolicy is enforced there, and there's no ingress. */
export const plainCluster = [
  "cluster.kind=existing",
  "cni.kind=existing",
  "cni.enforcesNetworkPolicy=true",
  "mesh.kind=none",
  "ingress.kind=none",
  "observability.kind=none",
];

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

function run(file: string, args: string[], timeoutMs: number): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, maxBuffer: 2 ** 26 };
    execFile(file, args, options, (error, stdout, stderr) => {
      if (!error) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === "number") resolve({ code: error.code, stdout, stderr });
      else
        reject(
          new Error(`${file} ${args.join(" ")}: ${error.killed ? "too slow" : error.message}`),
        );
    });
  });
}

/**
 * Runs `micromesh`, with `--config` for each of the settings.
 * @param prefix a command that runs another one, e.g. elsewhere
 */
export function micromesh(
  command: string[],
  config: string[],
  prefix: string[] = [],
): Promise<Ran> {
  const args = [cli, ...command, ...config.flatMap((setting) => ["--config", setting])];
  const [file = "", ...rest] = [...prefix, process.execPath, ...args];
  return run(file, rest, 120_000);
}

/** What `render` lists of what it has written, paths below the folder. */
async function renderedPaths(folder: string): Promise<string[]> {
  const list = await readFile(path.join(folder, ".micromesh-render"), "utf8");
  return list.split("\n").filter((line) => line.endsWith(".yaml"));
}

/** The rendered files by their path, in order. */
export async function contentsOf(folder: string): Promise<[string, string][]> {
  const paths = await renderedPaths(folder);
  return Promise.all(
    paths.map(
      async (each): Promise<[string, string]> => [
        each,
        await readFile(path.join(folder, each), "utf8"),
      ],
    ),
  );
}

/** Requests that go on. */
export interface Traffic {
  /**
   * Sends no more. @returns how often each came: the header field of a good answer, the status and body of
   * another one, or why there was none
   */
  end(): Promise<Record<string, number>>;
}

/** `node -e CLIENT URL FIELD CLIENTS`: prints a line when the first answer is there, and what came when its input has ended. */
const CLIENT = `
const [url, by, clients] = process.argv.slice(1);
const seen = {};
let over = false;
process.stdin.resume().once("end", () => { over = true; });
async function once() {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    const body = await answer.text();
    return answer.ok ? answer.headers.get(by) : answer.status + " " + body;
  } catch (error) {
    return String(error.cause ?? error);
  }
}
async function client() {
  while (!over) {
    const what = await once();
    if (Object.keys(seen).length === 0) console.log("{}");
    seen[what] = (seen[what] ?? 0) + 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
Promise.all(Array.from({ length: Number(clients) }, client)).then(() => {
  process.stdout.write(JSON.stringify(seen) + "\\n", () => process.exit());
});
`;

/** A lab on a cluster, in one scenario at a time. */
export class Bed {
  readonly kubeconfig: string;
  readonly #folder: string;
  readonly #namespaces: string[];
  #applied: string | undefined;
  #added: string[] = [];
  #children: ChildProcess[] = [];

  /**
   * @param folder for what is rendered; it exists already
   * @param namespaces that the lab declares, by default the counter's
   */
  constructor(
    kubeconfig: string,
    folder: string,
    namespaces: string[] = Object.values(NAMESPACES),
  ) {
    this.kubeconfig = kubeconfig;
    this.#folder = folder;
    this.#namespaces = namespaces;
  }

  /** @throws Error with kubectl's own words if it fails */
  async kubectl(...args: string[]): Promise<string> {
    const ran = await run("kubectl", ["--kubeconfig", this.kubeconfig, ...args], 150_000);
    if (ran.code === 0) return ran.stdout;
    throw new Error(`kubectl ${args.join(" ")}: ${ran.stderr || ran.stdout}`);
  }

  /**
   * Whether the cluster has these Deployments, `namespace/name`, and they're available, for which it waits up
   * to 2 minutes each. Says so where one is there that doesn't come up: that isn't the judged code's fault.
   */
  async has(deployments: string[]): Promise<boolean> {
    for (const deployment of deployments) {
      const [namespace = "", name = ""] = deployment.split("/");
      const there = [
        "-n",
        namespace,
        "get",
        "deployment",
        name,
        "--ignore-not-found",
        "-o",
        "name",
      ];
      if ((await this.kubectl(...there)) === "") return false;
      try {
        await this.kubectl(
          "-n",
          namespace,
          "rollout",
          "status",
          `deployment/${name}`,
          "--timeout=120s",
        );
      } catch (error) {
        const pods = await this.kubectl("-n", namespace, "get", "pods", "-o", "wide");
        console.error(
          `Deployment ${deployment} isn't available: ${(error as Error).message}\n${pods}`,
        );
        return false;
      }
    }
    return true;
  }

  /**
   * Opens a loopback port that leads to a pod, until `clean`.
   * @param to a Service, one of whose pods it is, or `pod/NAME`
   * @returns its base URL
   * @throws Error with kubectl's own words if it can't be had
   */
  async forward(namespace: string, to: string, port: number): Promise<string> {
    const args = ["--kubeconfig", this.kubeconfig, "-n", namespace, "port-forward"];
    const target = to.includes("/") ? to : `service/${to}`;
    const child = spawn("kubectl", [...args, target, `:${port}`], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#children.push(child);
    let said = "";
    child.stderr.on("data", (data) => {
      said += data;
    });
    const local = await new Promise<string | undefined>((resolve, reject) => {
      // Read for good: it says something of each connection, and would wait for somebody to hear it.
      createInterface({ input: child.stdout }).on("line", (line) => {
        const [, port] = /^Forwarding from 127\.0\.0\.1:(\d+) /.exec(line) ?? [];
        if (port) resolve(port);
      });
      child.once("error", reject);
      child.once("close", () => resolve(undefined));
    });
    if (local) return `http://127.0.0.1:${local}`;
    throw new Error(`kubectl port-forward ${target} :${port}: ${said}`);
  }

  /**
   * Has clients ask for a URL, each again and again on a connection that it keeps, until the end or `clean`.
   * @param by a header field, by which good answers are told apart
   * @param options.clients how many; default: 8
   * @param options.from the pod that they are in, e.g. `deployment/a`, which has Node; default: this machine
   * @returns when the first answer has come
   */
  async traffic(
    url: string,
    by: string,
    { from, clients = 8 }: { from?: { namespace: string; pod: string }; clients?: number } = {},
  ): Promise<Traffic> {
    const client = ["node", "-e", CLIENT, url, by, String(clients)];
    const exec = ["--kubeconfig", this.kubeconfig, "exec", "--stdin"];
    const child = from
      ? spawn("kubectl", [...exec, "-n", from.namespace, from.pod, "--", ...client])
      : spawn(process.execPath, client.slice(1));
    this.#children.push(child);
    let said = "";
    child.stderr.on("data", (data) => {
      said += data;
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const line = async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error(`the clients of ${url} have ended: ${said}`);
      return JSON.parse(value);
    };
    await line();
    return {
      async end() {
        child.stdin.end();
        return line();
      },
    };
  }

  /**
   * Has the kubelet look at a workload's pods now, and bring them their changed files: it does when something
   * of a pod changes, and else within 60 to 90 s.
   */
  async lookNow(namespace: string, workload: string): Promise<void> {
    const pods = ["pods", "--selector", `app.kubernetes.io/name=${workload}`];
    const annotation = `micromesh-test/looked-at=${Date.now()}`;
    await this.kubectl("-n", namespace, "annotate", "--overwrite", ...pods, annotation);
  }

  /** Adds an object that the lab finds on its cluster; `clean` deletes it. */
  async add(object: object): Promise<void> {
    const file = path.join(this.#folder, `added-${this.#added.length}.json`);
    await writeFile(file, JSON.stringify(object));
    this.#added.push(file);
    await this.kubectl("apply", "--server-side", "--filename", file);
  }

  /** Deletes the lab with all that it is, and what was added for it or leads to it. */
  async clean(): Promise<void> {
    this.#applied = undefined;
    for (const child of this.#children.splice(0)) child.kill();
    for (const file of this.#added.splice(0))
      await this.kubectl("delete", "--ignore-not-found", "--filename", file);
    await this.kubectl(
      "delete",
      "namespace",
      "--ignore-not-found",
      "--timeout=120s",
      ...this.#namespaces,
    );
  }

  /** An empty folder of that name. */
  async folder(name: string): Promise<string> {
    const folder = path.join(this.#folder, name);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /**
   * Lets everyone write to the volumes that are claimed. A provisioner of host paths leaves them to root, whom
   * a pod's `fsGroup` doesn't change (https://kubernetes.io/docs/concepts/storage/volumes/#hostpath).
   */
  async #openVolumes(namespace: string): Promise<void> {
    const claims = await this.kubectl("-n", namespace, "get", "pvc", "-o", "name");
    for (const claim of claims.split("\n").filter(Boolean)) {
      const claimName = claim.replace(/^.*\//, "");
      const name = `open-${claimName}`;
      const pod = path.join(this.#folder, `${namespace}-${name}.json`);
      await writeFile(pod, JSON.stringify(opener(namespace, name, claimName)));
      await this.kubectl("apply", "--server-side", "--filename", pod);
      const done = "--for=jsonpath={.status.phase}=Succeeded";
      await this.kubectl("-n", namespace, "wait", done, `pod/${name}`, "--timeout=60s");
      await this.kubectl("delete", "--filename", pod);
    }
  }

  /** Applies what was rendered into the folder, deletes what the one before had besides, waits. */
  async apply(folder: string): Promise<void> {
    await this.kubectl("apply", "--server-side", "--recursive", "--filename", folder);
    const before = this.#applied;
    if (before !== undefined) {
      const kept = new Set(await renderedPaths(folder));
      const gone = (await renderedPaths(before)).filter((each) => !kept.has(each));
      for (const each of gone)
        await this.kubectl("delete", "--ignore-not-found", "--filename", path.join(before, each));
    }
    this.#applied = folder;
    for (const namespace of this.#namespaces) {
      await this.#openVolumes(namespace);
      const kinds = "deployments,statefulsets,daemonsets";
      const names = await this.kubectl("-n", namespace, "get", kinds, "-o", "name");
      for (const name of names.split("\n").filter(Boolean))
        await this.kubectl("-n", namespace, "rollout", "status", name, "--timeout=120s");
    }
  }
}

function opener(namespace: string, name: string, claimName: string) {
  const script = 'require("node:fs").chmodSync("/data", 0o777)';
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name },
    spec: {
      restartPolicy: "Never",
      securityContext: { runAsUser: 0 },
      containers: [
        {
          name: "open",
          image: image("node"),
          imagePullPolicy: "IfNotPresent",
          command: ["node", "-e", script],
          volumeMounts: [{ name: "data", mountPath: "/data" }],
        },
      ],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName } }],
    },
  };
}
