import type net from "node:net";
import { createCaller, NoEndpoint, sleep, UpstreamFailure } from "../../traffic/index.ts";
import type { Route, Target } from "../network/route.ts";
import type { View } from "../network/view.ts";
import { type Arrival, CONNECTION, DEFAULT_RETRY, type Delivery } from "./delivery.ts";
import { systemError } from "./errors.ts";
import type { PodNetwork } from "./pod-network.ts";

/** Envoy's connect timeout as Istio sets it. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Somebody to connect to; without a target, nobody has the address. */
interface Upstream {
  id: string;
  target?: Target;
}

/** The application turned out not to speak HTTP, and other connections aren't retried. */
class NotRetried extends Error {}

/**
 * Connects an application of a meshed pod as its Envoy would: to the less busy one of two endpoints
 * (LEAST_REQUEST, Istio's default), again elsewhere if that fails, and with an answer of its own in the end.
 */
export class MeshDial {
  private readonly cluster: string;
  private readonly address: { ip: string; port: number };
  private readonly delivery: Delivery;
  private readonly network: PodNetwork;
  private readonly client: net.Socket;
  private view: View;
  private route: Route;

  /** @param client the application's socket */
  constructor(
    address: { ip: string; port: number },
    route: Route,
    delivery: Delivery,
    network: PodNetwork,
    client: net.Socket,
  ) {
    this.cluster = `${address.ip}:${address.port}`;
    this.address = address;
    this.delivery = delivery;
    this.network = network;
    this.client = client;
    this.view = network.current;
    this.route = route;
  }

  /** The first try needs no more than a connection; what a caller costs is paid when that fails. */
  start(): void {
    const first = this.network.leastRequest.pick(upstreams(this.route, this.cluster));
    if (!first?.target || !this.network.enter(first.target)) {
      void this.goOn(first, (signal) => this.fail(first, signal));
      return;
    }
    this.connect(first.id, first.target).then(
      ({ server }) => server && this.delivery.lead(server),
      (refusal) => this.goOn(first, () => Promise.reject(refusal)),
    );
  }

  /** @param firstTry what the first try, at `first`, comes to */
  private async goOn(
    first: Upstream | undefined,
    firstTry: (signal: AbortSignal) => Promise<Arrival>,
  ): Promise<void> {
    const { leastRequest } = this.network;
    const retry = hasRetries(this.route) ? DEFAULT_RETRY : undefined;
    const caller = createCaller<Upstream, Arrival>({
      endpoints: () => this.upstreamsNow(),
      balancer: {
        pick: (all, avoid) =>
          (!avoid?.size && all.find(({ id }) => id === first?.id)) || leastRequest.pick(all, avoid),
      },
      retry,
      discard: ({ server }) => server?.destroy(),
    });
    const left = new AbortController();
    const leave = () => left.abort();
    if (this.client.destroyed) return;
    this.client.once("close", leave);
    this.delivery.hold();
    try {
      const { server } = await caller.call(
        { ...CONNECTION, signal: left.signal },
        async (upstream, { signal, attempt }) => {
          if (attempt === 1) return firstTry(signal);
          if (!(await this.delivery.isHttp())) throw new NotRetried();
          const { id, target } = upstream;
          return target && this.network.enter(target)
            ? this.connect(id, target)
            : this.fail(upstream, signal);
        },
      );
      if (server) await this.delivery.lead(server);
    } catch (error) {
      if (!left.signal.aborted) await this.delivery.refuse(reasonOf(error), retry !== undefined);
    } finally {
      this.client.off("close", leave);
    }
  }

  /** @throws the connection's error */
  private async connect(id: string, target: Target): Promise<Arrival> {
    const close = this.network.open.add(id);
    this.client.once("close", close);
    try {
      return await this.delivery.to(target);
    } catch (error) {
      this.client.off("close", close);
      close();
      throw error;
    }
  }

  /** A try that comes to nothing: at once where it's refused, else when its time is up. */
  private async fail(upstream: Upstream | undefined, signal: AbortSignal): Promise<never> {
    if (!upstream?.target && this.route.kind === "refused") {
      throw systemError("ECONNREFUSED", "connect");
    }
    await sleep(CONNECT_TIMEOUT_MS, signal);
    throw systemError("ETIMEDOUT", "connect");
  }

  private upstreamsNow(): Upstream[] {
    if (this.view !== this.network.current) {
      this.view = this.network.current;
      this.route = this.network.route(this.address.ip, this.address.port);
    }
    return upstreams(this.route, this.cluster);
  }
}

/** By cluster and endpoint, as Envoy counts what is active. */
function upstreams(route: Route, cluster: string): Upstream[] {
  if (route.kind === "pods") {
    return route.targets.map((target) => ({ id: `${cluster} ${target.id}`, target }));
  }
  return route.kind === "refused" && route.service ? [] : [{ id: cluster }];
}

/** What isn't known to be a Service's goes through as it is, without any policy. */
function hasRetries(route: Route): boolean {
  return route.kind === "pods" && route.protocol !== "tcp" && route.targets[0].byService;
}

function reasonOf(error: unknown) {
  if (error instanceof NoEndpoint) return "no healthy upstream";
  const cause = error instanceof UpstreamFailure ? error.cause : undefined;
  return (cause as NodeJS.ErrnoException | undefined)?.code === "ETIMEDOUT"
    ? "connection timeout"
    : "remote connection failure";
}
