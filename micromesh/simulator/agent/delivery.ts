import type net from "node:net";
import type { AppProtocol } from "../../resources/service-ports.ts";
import {
  type Answer,
  createCaller,
  exponentialBackoff,
  type RetryPolicy,
  randomBalancer,
} from "../../traffic/index.ts";
import type { Hello } from "../network/hello.ts";
import type { Target } from "../network/route.ts";
import { socketPath } from "../network/sockets.ts";
import { systemError } from "./errors.ts";
import type { Held } from "./held.ts";
import type { PodNetwork } from "./pod-network.ts";
import type { Sidecar } from "./sidecar.ts";
import { connectTo, type Way } from "./way.ts";

/**
 * Istio's policy where no route has one (`DefaultPolicy` in pilot/pkg/networking/core/route/retry): two
 * retries, on other endpoints first. What else its `retryOn` names are answers of gRPC and HTTP/2, so an
 * answer is never retried here, a 503 neither. The waits are Envoy's.
 */
export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 2,
  backoff: exponentialBackoff({ baseMs: 25, jitter: "full" }),
  retryOn: { conditions: ["connect-failure"] },
  elsewhereAtOnce: false,
};

/** Of a connection only this matters, and whatever the request will be, it hasn't been sent. */
export const CONNECTION = { method: "CONNECT" };

/** A connection, or what the server's sidecar answers in its place. */
export interface Arrival extends Answer {
  /** The sidecar's own connection to the server; undefined: the application's socket is connected. */
  server?: net.Socket;
}

/** Why there is no server, in Envoy's words (seen with Envoy 1.40 below Istio). */
export type Reason = "no healthy upstream" | "remote connection failure" | "connection timeout";

const CONNECTED = 200;
const UNAVAILABLE = 503;

/** Brings one connection of the application to pods, and holds it where that takes more than one try. */
export class Delivery {
  private readonly way: Way;
  private readonly network: PodNetwork;
  private readonly sidecar: Sidecar;
  private readonly protocol: AppProtocol;
  private held?: Held;
  private http?: Promise<boolean>;

  constructor(way: Way, network: PodNetwork, sidecar: Sidecar, protocol: AppProtocol) {
    this.way = way;
    this.network = network;
    this.sidecar = sidecar;
    this.protocol = protocol;
  }

  /**
   * Connects to a pod's port. Where the pod has a sidecar there's always somebody who accepts: if it's not
   * the server, its sidecar answers, and the caller's has nothing to retry.
   *
   * @throws the connection's error, where nobody accepts
   */
  async to(target: Target): Promise<Arrival> {
    const { hello, sidecar, plaintextRejected } = this.network.greet(target);
    if (plaintextRejected) return this.rejectPlaintext(target);
    const path = socketPath(this.network.identity.sockets, target.ip, target.port);
    try {
      return await this.connect({ hello, path });
    } catch (refusal) {
      if (!sidecar) throw refusal;
      return this.retryApplication({ hello, path }, refusal);
    }
  }

  /** Lets the application's socket connect, to nobody yet. */
  hold(): Held {
    if (!this.held) {
      const place = this.sidecar.hold(this.network.hello(), this.way.socket);
      this.held = place.held;
      this.way.to(place).catch((error) => this.way.fail(error));
    }
    return this.held;
  }

  /** Leads the application to a server that the sidecar has connected to. */
  lead(server: net.Socket): Promise<void> {
    return this.hold().lead(server);
  }

  async isHttp(): Promise<boolean> {
    if (this.protocol !== "auto") return this.protocol === "http";
    this.http ??= this.hold().speaksHttp();
    return this.http;
  }

  /** Answers as Envoy does where it has nobody to lead to: HTTP by a 503, TCP by closing. */
  async refuse(reason: Reason, retried: boolean): Promise<void> {
    const held = this.hold();
    if (!(await this.isHttp())) return held.close();
    const latest = retried ? "retried and the latest reset reason" : "reset reason";
    const body =
      reason === "no healthy upstream"
        ? reason
        : `upstream connect error or disconnect/reset before headers. ${latest}: ${reason}`;
    return held.answer(unavailable(body));
  }

  private async connect(place: { hello: Hello; path: string }): Promise<Arrival> {
    if (this.held) return { status: CONNECTED, server: await connectTo(place) };
    await this.way.to(place);
    return { status: CONNECTED };
  }

  /** The server's Envoy tries its own application anew, by the same policy, then it answers. */
  private async retryApplication(
    place: { hello: Hello; path: string },
    refusal: unknown,
  ): Promise<Arrival> {
    this.hold();
    const retry = (await this.isHttp()) ? DEFAULT_RETRY : undefined;
    const caller = createCaller<{ id: string }, Arrival>({
      endpoints: () => [{ id: place.path }],
      balancer: randomBalancer(),
      retry,
    });
    try {
      return await caller.call(CONNECTION, (_, { attempt }) =>
        attempt === 1 ? Promise.reject(refusal) : this.connect(place),
      );
    } catch {
      await this.refuse("remote connection failure", retry !== undefined);
      return { status: UNAVAILABLE };
    }
  }

  /** The server's sidecar wants TLS and breaks the connection at the first plaintext byte. */
  private async rejectPlaintext({ pod, port }: Target): Promise<Arrival> {
    const why = this.network.meshed
      ? "the caller's sidecar knows pods by their Services alone, so to a bare address it speaks plaintext"
      : "the caller has no sidecar, so it speaks plaintext";
    this.network.report("denied", `${pod.namespace}/${pod.name}`, port, [
      { text: `strict mTLS: ${why}` },
    ]);
    await this.hold().speaksHttp();
    this.way.fail(systemError("ECONNRESET", "read"));
    return { status: UNAVAILABLE };
  }
}

function unavailable(body: string): string {
  return [
    "HTTP/1.1 503 Service Unavailable",
    `content-length: ${body.length}`,
    "content-type: text/plain",
    `date: ${new Date().toUTCString()}`,
    "server: envoy",
    // Envoy keeps the connection; here the next request must find its way anew.
    "connection: close",
    "",
    body,
  ].join("\r\n");
}
