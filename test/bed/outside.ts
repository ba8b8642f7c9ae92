/** A place outside of the cluster to ask from, also where the cluster's node is this very machine. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";

const run = promisify(execFile);
const NAMESPACE = "mm-outside";
const [HERE, THERE] = ["198.51.100.1", "198.51.100.2"];

/**
 * What comes from a node is let in by every policy, and is never rejected by kube-proxy's rules for others. So where
 * this machine is the node, the outside is a network namespace behind it, which takes root and iproute2.
 */
export class Outside {
  /** A command that runs another one there; empty: right here. */
  readonly prefix: string[];
  /** Of the cluster, as it's reached from there. */
  readonly kubeconfig: string;
  readonly #leave: () => Promise<void>;

  private constructor(prefix: string[], kubeconfig: string, leave: () => Promise<void>) {
    this.prefix = prefix;
    this.kubeconfig = kubeconfig;
    this.#leave = leave;
  }

  static async of(kubeconfig: string, folder: string): Promise<Outside> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const server = new URL(config.getCurrentCluster()?.server ?? "");
    const { items } = await config.makeApiClient(CoreV1Api).listNode();
    const addresses = items.flatMap(({ status }) => status?.addresses ?? []);
    const node = addresses.find(({ type }) => type === "InternalIP")?.address ?? "";
    if (!isHere(node)) return new Outside([], kubeconfig, async () => {});

    const ip = (...args: string[]) => run("ip", args);
    const gone = async () => {
      await ip("netns", "del", NAMESPACE).catch(() => {});
      // Its other end goes a moment later.
      await ip("link", "del", NAMESPACE).catch(() => {});
    };
    await gone();
    await ip("netns", "add", NAMESPACE);
    await ip("link", "add", NAMESPACE, "type", "veth", "peer", "name", "eth0", "netns", NAMESPACE);
    await ip("addr", "add", `${HERE}/30`, "dev", NAMESPACE);
    await ip("link", "set", NAMESPACE, "up");
    for (const args of [
      ["addr", "add", `${THERE}/30`, "dev", "eth0"],
      ["link", "set", "eth0", "up"],
      ["link", "set", "lo", "up"],
      ["route", "add", "default", "via", HERE],
    ])
      await ip("-n", NAMESPACE, ...args);
    // Loopback there is another one: the API server listens on every address, and its certificate has the first name.
    const text = await readFile(kubeconfig, "utf8");
    const file = path.join(folder, "outside.kubeconfig");
    const elsewhere = `server: https://${HERE}:${server.port}\n    tls-server-name: ${server.hostname}`;
    await writeFile(file, text.replace(/server: .*/, elsewhere), { mode: 0o600 });
    return new Outside(["ip", "netns", "exec", NAMESPACE], file, gone);
  }

  leave(): Promise<void> {
    return this.#leave();
  }
}

function isHere(address: string): boolean {
  const own = Object.values(os.networkInterfaces()).flat();
  return net.isIP(address) !== 0 && own.some((one) => one?.address === address);
}
