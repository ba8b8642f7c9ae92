/** The config that runs, with all that it has set up; another one takes its place in one step. */
import { createHash } from "node:crypto";
import { Addresses } from "./addresses.ts";
import { parseConfig, type RouterConfig } from "./config.ts";
import { hostOf } from "./endpoints.ts";
import { inTurn } from "./in-turn.ts";
import { type RouteTable, routeTable } from "./route-table.ts";
import { Service, type ServiceEvents } from "./services.ts";
import { type CallEvents, ServedRoute, targetsOf } from "./serving.ts";

/** New names are waited for that long, in milliseconds, before a config that needs them takes over. */
const NEW_NAMES_MS = 2000;

export interface Running {
  config: RouterConfig;
  /** The first 10 hexadecimal digits of the text's SHA-256. */
  hash: string;
  loadedAt: Date;
  /** By name. */
  services: ReadonlyMap<string, Service>;
  /** By name. */
  routes: ReadonlyMap<string, ServedRoute>;
  find: RouteTable<ServedRoute>;
}

export type RouterEvents = ServiceEvents & CallEvents;

export class Router {
  readonly #events: RouterEvents;
  readonly #addresses: Addresses;
  readonly #inTurn = inTurn();
  #running: Running;

  /**
   * Begins to follow the services' addresses.
   *
   * @param text the config
   * @throws ConfigError if the config is wrong
   */
  constructor(text: string, events: RouterEvents, addresses = new Addresses()) {
    const config = parseConfig(text);
    this.#events = events;
    this.#addresses = addresses;
    addresses.follow(hostsOf(config));
    this.#running = this.#setUp(config, text, new Map(), new Map());
  }

  /** A request that has got this keeps to it until it's done. */
  get running(): Running {
    return this.#running;
  }

  /** Whether each service's names have been looked up, or failed to be. */
  isReady(): boolean {
    return [...hostsOf(this.#running.config)].every((host) => this.#addresses.isKnown(host));
  }

  /**
   * Has another config take over. Requests that are under way keep the one they came with. The same
   * text as before changes nothing, faults that have been set meanwhile included.
   *
   * @returns whether it's another one; it has taken over then
   * @throws ConfigError if it's wrong; nothing has changed then
   */
  async change(text: string): Promise<boolean> {
    const config = parseConfig(text);
    return this.#inTurn(async () => {
      if (hashOf(text) === this.#running.hash) return false;
      const hosts = hostsOf(config);
      this.#addresses.follow(hosts);
      // Who asks for a new service at once is to find it.
      await this.#addresses.known(NEW_NAMES_MS);
      const { services, routes } = this.#running;
      this.#running = this.#setUp(config, text, services, routes);
      for (const [name, service] of services) {
        if (this.#running.services.get(name) !== service) service.retire();
      }
      this.#addresses.keepOnly(hosts);
      return true;
    });
  }

  close(): void {
    this.#addresses.close();
  }

  #setUp(
    config: RouterConfig,
    text: string,
    before: Running["services"],
    routesBefore: Running["routes"],
  ): Running {
    const services = new Map(
      Object.entries(config.services).map(([name, own]) => {
        const service = before.get(name) ?? new Service(name, own, this.#addresses, this.#events);
        service.apply(own);
        return [name, service];
      }),
    );
    const routes = new Map(
      config.routes.map((route) => {
        const targets = routesBefore.get(route.name)?.targets;
        const own = targetsOf(route, services, this.#events, targets);
        return [route.name, new ServedRoute(route, own)];
      }),
    );
    const find = routeTable([...routes.values()]);
    return { config, hash: hashOf(text), loadedAt: new Date(), services, routes, find };
  }
}

function hostsOf({ services }: RouterConfig): Set<string> {
  const endpoints = Object.values(services).flatMap((service) => service.endpoints);
  return new Set(endpoints.map(({ url }) => hostOf(url)));
}

/** Tells texts apart. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}
