import http from "node:http";
import net from "node:net";
import { NODE_IP } from "../cluster/addresses.ts";
import { encodeHello } from "../network/hello.ts";
import { socketPath } from "../network/sockets.ts";
import { answersReady } from "../runtimes/postgres/pg-isready.ts";
import { readyQuestionOf } from "./exec-probes.ts";
import type { Check } from "./health.ts";
import type { ContainerSpec, ProbeSpec } from "./spec.ts";

/** A connection from the node to a pod's port; it doesn't pass the pod's sidecar. */
export function dialFromNode(
  sockets: string,
  ip: string,
  port: number,
  loopback = false,
): net.Socket {
  const socket = net.connect({ path: socketPath(sockets, ip, port, loopback) });
  socket.write(encodeHello({ from: "node", ip: NODE_IP, port: 0, bypassSidecar: true }));
  return socket;
}

/** The kubelet's checks of one container. */
export function checksOf(sockets: string, ip: string, container: ContainerSpec): Check {
  return async (probe, timeoutMs) => {
    const question = readyQuestionOf(container, probe);
    if (question) {
      // A command in the pod also reaches a server that listens for the pod alone.
      const ask = (loopback: boolean) =>
        answersReady(dialFromNode(sockets, ip, question.port, loopback), question, timeoutMs);
      return (await ask(false)) || (await ask(true));
    }
    const target = probe.httpGet ?? probe.tcpSocket;
    // What can't be run here (exec, gRPC) is looked at by its first port; it's reported at start.
    const port = target ? portOf(target.port, container) : container.ports?.[0]?.containerPort;
    // The kubelet fails a probe of a port that the container doesn't name.
    if (port === undefined) return target === undefined;
    const dial = () => dialFromNode(sockets, ip, port);
    return probe.httpGet ? httpGet(dial, probe.httpGet, ip, port, timeoutMs) : tcp(dial, timeoutMs);
  };
}

function portOf(port: number | string, container: ContainerSpec): number | undefined {
  if (typeof port === "number") return port;
  return container.ports?.find((p) => p.name === port)?.containerPort;
}

/** Any status from 200 to 399 is a success. */
function httpGet(
  dial: () => net.Socket,
  probe: NonNullable<ProbeSpec["httpGet"]>,
  ip: string,
  port: number,
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = Object.fromEntries((probe.httpHeaders ?? []).map((h) => [h.name, h.value]));
    const request = http.get(
      {
        // Given this, Node uses no agent.
        createConnection: dial,
        path: probe.path ?? "/",
        headers: { host: `${ip}:${port}`, "user-agent": "kube-probe/1.35", ...headers },
        // For all of it; `timeout` would be for the socket to see to, which is ours.
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        const { statusCode = 0 } = response;
        resolve(statusCode >= 200 && statusCode < 400);
        response.destroy();
      },
    );
    request.on("error", () => resolve(false));
    request.on("close", () => resolve(false));
  });
}

function tcp(dial: () => net.Socket, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial();
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.once("connect", () => {
      resolve(true);
      socket.end();
    });
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(false));
    socket.resume();
  });
}
