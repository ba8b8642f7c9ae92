/** The ways from one application to another that are compared. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Declaration } from "../../micromesh/resources/declared.ts";
import { Simulator } from "../../micromesh/simulator/simulator.ts";
import { declarationOf, object } from "../simulator/declaration.ts";

export interface Result {
  /** Milliseconds at 500 requests/s. */
  p50: number;
  p99: number;
  /** Requests/s at most. */
  throughput: number;
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
export const SECONDS = process.env.BENCH_SECONDS ?? "5";

/** Two processes on loopback, nothing between them. */
export async function direct(): Promise<Result> {
  const port = await freePort();
  const target = node("target.mjs", { PORT: String(port) });
  try {
    return await load(`http://127.0.0.1:${port}/`);
  } finally {
    target.kill("SIGKILL");
  }
}

/** Two Envoys on loopback, as sidecars stand: client, its Envoy, the server's Envoy, server. No TLS. */
export async function throughEnvoys(): Promise<Result> {
  const [port, inbound, outbound] = [await freePort(), await freePort(), await freePort()];
  const directory = mkdtempSync(join(tmpdir(), "mm-envoy-"));
  const target = node("target.mjs", { PORT: String(port) });
  const envoys = [
    envoy(directory, "server", inbound, port),
    envoy(directory, "client", outbound, inbound),
  ];
  try {
    return await load(`http://127.0.0.1:${outbound}/`);
  } finally {
    for (const process of [target, ...envoys]) process.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  }
}

export function haveEnvoy(): boolean {
  return spawnSync("envoy", ["--version"]).status === 0;
}

/**
 * Two simulated pods with everything on: identity, strict mTLS' semantics, an AuthorizationPolicy
 * that looks at method and path, a NetworkPolicy, retries and metrics.
 * @param disturb called over and over while the load runs
 */
export async function throughMesh(
  disturb?: (simulator: Simulator, declaration: Declaration) => Promise<void>,
): Promise<Result> {
  const declaration = meshDeclaration();
  const simulator = await Simulator.start(declaration, { gatewayPort: 0 });
  let running = true;
  const disturbing = (async () => {
    while (disturb && running) await disturb(simulator, declaration);
  })();
  try {
    return await resultOf(simulator);
  } finally {
    running = false;
    await disturbing;
    await simulator.stop();
  }
}

async function resultOf(simulator: Simulator): Promise<Result> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const { namespace, name } of simulator.cluster.statuses) {
      for (const { line } of simulator.lines.of(`${namespace}/${name}`)) {
        if (line.startsWith("result ")) return JSON.parse(line.slice("result ".length));
        if (line.includes("Error:")) throw new Error(line);
      }
    }
  }
}

function meshDeclaration(): Declaration {
  const labels = (name: string) => ({ "app.kubernetes.io/name": name });
  const meshed = { "sidecar.istio.io/inject": "true" };
  const metadata = (name: string) => ({ name, namespace: "bench" });
  const app = (name: string, script: string, env: Record<string, string>) => [
    object("v1", "ConfigMap", metadata(name), {
      data: { "main.mjs": readFileSync(file(script), "utf8") },
    }),
    object("apps/v1", "Deployment", metadata(name), {
      spec: {
        selector: { matchLabels: labels(name) },
        template: {
          metadata: { labels: { ...labels(name), ...meshed } },
          spec: {
            serviceAccountName: name,
            containers: [
              {
                name,
                image: "node:22",
                command: ["node", "/app/main.mjs"],
                env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
                ports: [{ name: "http", containerPort: 8080 }],
                volumeMounts: [{ name: "app", mountPath: "/app" }],
              },
            ],
            volumes: [{ name: "app", configMap: { name } }],
          },
        },
      },
    }),
  ];
  const identity = { principals: ["cluster.local/ns/bench/sa/load"] };
  return declarationOf(
    [
      object("v1", "Namespace", { name: "bench" }, {}),
      ...app("target", "target.mjs", { PORT: "8080" }),
      ...app("load", "load.mjs", { TARGET: "http://target/", SECONDS }),
      object("v1", "Service", metadata("target"), {
        spec: {
          selector: labels("target"),
          ports: [{ name: "http", port: 80, targetPort: "http" }],
        },
      }),
      object("networking.k8s.io/v1", "NetworkPolicy", metadata("target"), {
        spec: {
          podSelector: { matchLabels: labels("target") },
          ingress: [
            { from: [{ podSelector: { matchLabels: labels("load") } }], ports: [{ port: 8080 }] },
          ],
        },
      }),
      object("security.istio.io/v1", "PeerAuthentication", metadata("default"), {
        spec: { mtls: { mode: "STRICT" } },
      }),
      object("security.istio.io/v1", "AuthorizationPolicy", metadata("target"), {
        spec: {
          selector: { matchLabels: labels("target") },
          rules: [
            {
              from: [{ source: identity }],
              to: [{ operation: { methods: ["GET"], paths: ["/*"] } }],
            },
          ],
        },
      }),
    ],
    [
      ["cilium", "kube-system"],
      ["istiod", "istio-system"],
    ],
  );
}

async function load(target: string): Promise<Result> {
  const process = node("load.mjs", { TARGET: target, SECONDS });
  try {
    for await (const line of createInterface({ input: process.stdout as NodeJS.ReadableStream })) {
      if (line.startsWith("result ")) return JSON.parse(line.slice("result ".length));
    }
    throw new Error(`the load on ${target} ended without a result`);
  } finally {
    process.kill("SIGKILL");
  }
}

function node(script: string, env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [file(script)], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One Envoy that forwards HTTP from one port to another, with statistics, one worker. */
function envoy(directory: string, name: string, from: number, to: number): ChildProcess {
  const address = (port: number) => ({
    socket_address: { address: "127.0.0.1", port_value: port },
  });
  const type = (path: string) => `type.googleapis.com/envoy.extensions.filters.${path}`;
  const config = {
    static_resources: {
      listeners: [
        {
          address: address(from),
          filter_chains: [
            {
              filters: [
                {
                  name: "http",
                  typed_config: {
                    "@type": type("network.http_connection_manager.v3.HttpConnectionManager"),
                    stat_prefix: name,
                    http_filters: [
                      { name: "router", typed_config: { "@type": type("http.router.v3.Router") } },
                    ],
                    route_config: {
                      virtual_hosts: [
                        {
                          name: "all",
                          domains: ["*"],
                          routes: [{ match: { prefix: "/" }, route: { cluster: "next" } }],
                        },
                      ],
                    },
                  },
                },
              ],
            },
          ],
        },
      ],
      clusters: [
        {
          name: "next",
          load_assignment: {
            cluster_name: "next",
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(to) } }] }],
          },
        },
      ],
    },
  };
  const path = join(directory, `${name}.json`);
  writeFileSync(path, JSON.stringify(config));
  return spawn("envoy", ["-c", path, "--concurrency", "1", "--disable-hot-restart", "-l", "off"], {
    stdio: "ignore",
  });
}
