import type net from "node:net";
import { contains, parseAddress, parseBlock } from "../connectivity/address.ts";
import type { KubernetesObject } from "../resources/declared.ts";
import { NODE_IP, OUTSIDE_IP } from "./cluster/addresses.ts";
import { type Destination, type Entrance, ignore, letIn } from "./front-door.ts";
import { type LoopbackListener, listen } from "./loopback.ts";

/** One TCP port of a declared Service of type LoadBalancer. */
export interface LoadBalancedPort {
  namespace: string;
  service: string;
  /** The Service's own port number. */
  port: number;
  /** The Service's `externalTrafficPolicy`. */
  trafficPolicy: "Cluster" | "Local";
  /** CIDR blocks of the clients that are admitted; empty: everybody is. */
  sourceRanges: string[];
}

/** The address that a client of this machine has for such a port. */
export interface LoadBalancerAddress extends LoadBalancedPort {
  host: "127.0.0.1";
  localPort: number;
  /** Some endpoint is ready; otherwise nobody listens there, and clients are refused. */
  ready: boolean;
}

/** Below are the ports that only root may listen on. */
const FIRST_UNPRIVILEGED = 1024;

/** What the Services of type LoadBalancer ask for, in the order of their declaration. */
export function loadBalancedPorts(objects: readonly KubernetesObject[]): LoadBalancedPort[] {
  return objects.flatMap(({ apiVersion, kind, metadata, spec }) => {
    if (apiVersion !== "v1" || kind !== "Service" || spec?.type !== "LoadBalancer") return [];
    const ports = (spec.ports ?? []) as { port: number; protocol?: string }[];
    return ports
      .filter(({ protocol = "TCP" }) => protocol === "TCP")
      .map(({ port }) => ({
        namespace: metadata.namespace ?? "default",
        service: metadata.name,
        port,
        trafficPolicy: spec.externalTrafficPolicy ?? "Cluster",
        sourceRanges: spec.loadBalancerSourceRanges ?? [],
      }));
  });
}

/** Whether a client may come in by the Service's `loadBalancerSourceRanges`; a malformed one admits nobody. */
export function admitsSource({ sourceRanges }: LoadBalancedPort, ip: string): boolean {
  const address = parseAddress(ip);
  if (sourceRanges.length === 0 || !address) return sourceRanges.length === 0;
  return sourceRanges.some((range) => {
    const block = parseBlock(range.trim());
    return block !== undefined && contains(block, address);
  });
}

/**
 * The addresses of Services of type LoadBalancer: a loopback port of this machine for each of their TCP ports.
 * It does what kube-proxy does behind a real one (its iptables mode, whose rules
 * https://kubernetes.io/docs/reference/networking/virtual-ips/ describes):
 * - any ready endpoint for each connection; without one, the port is closed, so that clients are refused;
 * - clients outside of `loadBalancerSourceRanges` are dropped;
 * - with `externalTrafficPolicy: Local` the pod sees its client's address, otherwise its node's
 *   (https://kubernetes.io/docs/tutorials/services/source-ip/).
 */
export class LoadBalancers {
  readonly #entrance: Entrance;
  readonly #reserved: ReadonlySet<number>;
  readonly #doors = new Map<string, { port: LoadBalancedPort; listener: LoopbackListener }>();
  #declared: LoadBalancedPort[] = [];
  #tended: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param reserved ports of this machine that they leave alone */
  constructor(entrance: Entrance, reserved: readonly number[] = []) {
    this.#entrance = entrance;
    this.#reserved = new Set(reserved);
    entrance.cluster.on("change", () => void this.#tend().catch(() => {}));
  }

  /** Follows the declaration; resolves when each port has its address and is as open as its Service. */
  declare(objects: readonly KubernetesObject[]): Promise<void> {
    this.#declared = loadBalancedPorts(objects);
    return this.#tend();
  }

  get addresses(): LoadBalancerAddress[] {
    return [...this.#doors.values()].map(({ port, listener }) => ({
      ...port,
      host: "127.0.0.1",
      localPort: listener.port,
      ready: listener.isOpen,
    }));
  }

  /** Resolves when what has changed until now is done. */
  settled(): Promise<void> {
    return this.#tended;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#tended.catch(() => {});
    for (const { listener } of this.#doors.values()) await listener.close();
    this.#doors.clear();
  }

  /** One change after another: opening a port takes its time. */
  #tend(): Promise<void> {
    this.#tended = this.#tended.catch(() => {}).then(() => this.#reconcile());
    return this.#tended;
  }

  async #reconcile(): Promise<void> {
    if (this.#closed) return;
    const wanted = new Map(this.#declared.map((port) => [keyOf(port), port]));
    for (const [key, { listener }] of this.#doors) {
      if (wanted.has(key)) continue;
      this.#doors.delete(key);
      await listener.close();
    }
    for (const [key, port] of wanted) {
      const door = this.#doors.get(key) ?? { port, listener: await this.#listen(key, port.port) };
      door.port = port;
      this.#doors.set(key, door);
      const { listener } = door;
      const ready = this.#endpoints(port).length > 0;
      if (!ready && listener.isOpen) listener.shut();
      // Another program may have taken the port while it was shut.
      if (ready && !listener.isOpen) await orAny(listener.port, (p) => listener.open(p));
    }
  }

  #listen(key: string, port: number): Promise<LoopbackListener> {
    const own = port >= FIRST_UNPRIVILEGED && !this.#reserved.has(port) ? port : 0;
    return orAny(own, (p) => listen(p, (client) => this.#accept(client, key)));
  }

  #accept(client: net.Socket, key: string): void {
    const port = this.#doors.get(key)?.port;
    const endpoints = port ? this.#endpoints(port) : [];
    const to = endpoints[Math.floor(Math.random() * endpoints.length)];
    if (!port || !to) return void client.resetAndDestroy();
    const local = port.trafficPolicy === "Local";
    if (admitsSource(port, OUTSIDE_IP)) {
      const from = local
        ? ({ kind: "external", ip: OUTSIDE_IP } as const)
        : ({ kind: "node", ip: NODE_IP } as const);
      letIn(this.#entrance, client, to, from);
      return;
    }
    const name = `${port.namespace}/${port.service}`;
    this.#entrance.onFlow({
      time: Date.now(),
      verdict: "dropped",
      source: `external ${OUTSIDE_IP}`,
      destination: name,
      port: port.port,
      because: [`loadBalancerSourceRanges of Service ${name} don't have ${OUTSIDE_IP}`],
    });
    ignore(client);
  }

  #endpoints({ namespace, service, port }: LoadBalancedPort): Destination[] {
    const { services } = this.#entrance.cluster.currentView();
    const found = services.find((s) => s.namespace === namespace && s.name === service);
    return found?.ports.find((p) => p.port === port && p.protocol === "TCP")?.endpoints ?? [];
  }
}

function keyOf({ namespace, service, port }: LoadBalancedPort): string {
  return `${namespace}/${service}:${port}`;
}

/** Tries a port, and any other where that can't be had. */
async function orAny<T>(port: number, attempt: (port: number) => Promise<T>): Promise<T> {
  try {
    return await attempt(port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (port === 0 || (code !== "EADDRINUSE" && code !== "EACCES")) throw error;
    return attempt(0);
  }
}
