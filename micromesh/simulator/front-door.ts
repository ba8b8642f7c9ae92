import net from "node:net";
import { type Connectivity, compile } from "../connectivity/index.ts";
import type { Flow } from "./agent/messages.ts";
import { NODE_IP, OUTSIDE_IP } from "./cluster/addresses.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { listen } from "./loopback.ts";
import { encodeHello, type Hello } from "./network/hello.ts";
import { socketPath } from "./network/sockets.ts";
import { type View, worldOf } from "./network/view.ts";

/** A pod's port that a connection from the machine leads to. */
export interface Destination {
  ip: string;
  port: number;
}

/** A loopback port of the machine that leads into the cluster. */
export interface Forward {
  port: number;
  close(): Promise<void>;
}

/** What a way in from outside needs of the simulator. */
export interface Entrance {
  cluster: Cluster;
  /** The run's folder of sockets. */
  sockets: string;
  onFlow: (flow: Flow) => void;
}

/** Whom the pod takes a client of this machine for: the client itself, or the node that masks it. */
export type Arrival = { kind: "external" | "node"; ip: string };

/**
 * Lets clients of this machine in, as a node port does: from outside the cluster, so that ingress
 * policies of the pod behind it decide.
 * @param port on 127.0.0.1; 0 for any
 * @param destination asked for each connection; undefined: nobody is there, which breaks it
 */
export function openFrontDoor(
  entrance: Entrance,
  port: number,
  destination: () => Destination | undefined,
): Promise<Forward> {
  return listen(port, (client) => {
    const to = destination();
    if (to) letIn(entrance, client, to, { kind: "external", ip: OUTSIDE_IP });
    else client.resetAndDestroy();
  });
}

/** Leads a client to a pod's port, if policies and the pod's sidecar let it; either is reported as a flow. */
export function letIn(
  { cluster, sockets, onFlow }: Entrance,
  client: net.Socket,
  to: Destination,
  from: Arrival,
): void {
  const view = cluster.currentView();
  const connectivity = connectivityOf(view);
  const pod = view.pods.find((p) => p.ips.includes(to.ip));
  const report = (verdict: Flow["verdict"], because: string[]) =>
    onFlow({
      time: Date.now(),
      verdict,
      source: `${from.kind} ${from.ip}`,
      destination: pod ? `${pod.namespace}/${pod.name}` : to.ip,
      port: to.port,
      because,
    });
  const decision = pod
    ? connectivity.connection(from, { kind: "pod", pod }, to.port, "TCP")
    : { allowed: false, because: [{ text: `no pod has the address ${to.ip}` }] };
  if (!decision.allowed) {
    const because = decision.because.map(({ text }) => text);
    report("dropped", because);
    ignore(client);
  } else if (pod && connectivity.inbound(pod, to.port)?.mtls.mode === "STRICT") {
    report("denied", ["strict mTLS: who comes from outside speaks plaintext"]);
    client.on("error", () => client.destroy());
    client.once("data", () => client.resetAndDestroy());
  } else {
    report("forwarded", []);
    bridge(client, sockets, to, { from: from.kind, ip: from.ip, port: client.remotePort ?? 0 });
  }
}

/** A dropped packet gets no answer: the client waits. */
export function ignore(client: net.Socket): void {
  client.on("error", () => client.destroy());
}

const compiled = new WeakMap<View, Connectivity>();

/** The rules of a view, which many connections are judged by. */
function connectivityOf(view: View): Connectivity {
  const known = compiled.get(view) ?? compile(worldOf(view));
  compiled.set(view, known);
  return known;
}

/**
 * What `kubectl port-forward` opens: it enters the pod itself, past policies and sidecar.
 * @param destination asked for each connection; undefined: nobody is there, which breaks it
 */
export function openPortForward(
  sockets: string,
  destination: () => Destination | undefined,
): Promise<Forward> {
  return listen(0, (client) => {
    const to = destination();
    if (!to) return void client.resetAndDestroy();
    bridge(client, sockets, to, { from: "node", ip: NODE_IP, port: 0, bypassSidecar: true });
  });
}

/** Pipes both ways; when one side breaks, so does the other. */
function bridge(client: net.Socket, sockets: string, to: Destination, hello: Hello): void {
  const pod = net.connect({ path: socketPath(sockets, to.ip, to.port), allowHalfOpen: true });
  pod.write(encodeHello(hello));
  pod.on("error", () => client.resetAndDestroy());
  client.on("error", () => pod.destroy());
  client.on("close", () => pod.destroy());
  pod.on("close", () => client.destroySoon());
  client.pipe(pod).pipe(client);
}
