import { once } from "node:events";
import net from "node:net";
import { compile } from "../connectivity/index.ts";
import { NODE_IP, OUTSIDE_IP } from "./cluster/addresses.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { encodeHello, type Hello } from "./network/hello.ts";
import { socketPath } from "./network/sockets.ts";
import { worldOf } from "./network/view.ts";

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

/**
 * Lets clients of this machine in, as a node port does: from outside the cluster, so that ingress
 * policies of the pod behind it decide.
 * @param port on 127.0.0.1; 0 for any
 * @param destination asked for each connection; undefined: nobody is there, which breaks it
 */
export function openFrontDoor(
  cluster: Cluster,
  sockets: string,
  port: number,
  destination: () => Destination | undefined,
): Promise<Forward> {
  return listen(port, (client) => {
    const to = destination();
    if (!to) return void client.resetAndDestroy();
    const view = cluster.currentView();
    const pod = view.pods.find((p) => p.ips.includes(to.ip));
    const from = { kind: "external" as const, ip: OUTSIDE_IP };
    const allowed =
      pod && compile(worldOf(view)).connection(from, { kind: "pod", pod }, to.port, "TCP").allowed;
    // A dropped packet gets no answer: the client waits.
    if (allowed)
      bridge(client, sockets, to, {
        from: "external",
        ip: OUTSIDE_IP,
        port: client.remotePort ?? 0,
      });
    else client.on("error", () => client.destroy());
  });
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

async function listen(port: number, onClient: (client: net.Socket) => void): Promise<Forward> {
  const clients = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    clients.add(client);
    client.once("close", () => clients.delete(client));
    onClient(client);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as net.AddressInfo).port,
    close: async () => {
      for (const client of clients) client.destroy();
      server.close();
      await once(server, "close");
    },
  };
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
