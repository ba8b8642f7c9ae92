import { proxy } from "hono/proxy";
import type { KubernetesObject } from "../../resources/declared.ts";
import type { Forward } from "../front-door.ts";
import type { ServicePort, Simulator } from "../simulator.ts";

/**
 * Annotation of a Service with paths of the control port that lead to it, separated by commas, each with the
 * Service's port behind it unless that is the first: `/services,/admin:9901`. It has no meaning on a real cluster.
 */
const ANNOTATION = "micromesh/control-paths";

/** Paths of the control port that declared Services answer. */
export class ServedPaths {
  readonly #simulator: Simulator;
  readonly #forwards = new Map<string, Promise<Forward>>();

  constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  serviceAt(path: string): ServicePort | undefined {
    for (const service of this.#simulator.cluster.declaredObjects) {
      const own = controlPaths(service).find((one) => isBelow(path, one.path));
      const port = own && (own.port ?? service.spec?.ports?.[0]?.port);
      const { namespace = "default", name } = service.metadata;
      if (port !== undefined) return { namespace, service: name, port };
    }
    return undefined;
  }

  /** Passes a request on as it is. Without a ready pod behind the Service: 503. */
  async pass(service: ServicePort, request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const { port } = await this.#forward(service);
    try {
      return await proxy(`http://127.0.0.1:${port}${pathname}${search}`, { raw: request });
    } catch {
      const name = `${service.namespace}/${service.service}`;
      return Response.json({ error: `no pod behind Service ${name} answers` }, { status: 503 });
    }
  }

  async close(): Promise<void> {
    for (const forward of this.#forwards.values()) await (await forward).close();
  }

  #forward(service: ServicePort): Promise<Forward> {
    const key = JSON.stringify(service);
    const forward = this.#forwards.get(key) ?? this.#simulator.forwardTo(service);
    this.#forwards.set(key, forward);
    return forward;
  }
}

/** Whole segments count: `/services` isn't above `/services-of-others`. */
function isBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}/`);
}

export interface ControlPath {
  path: string;
  /** Of the Service; by default its first. */
  port?: number;
}

/** The paths that an object asks for; none but a Service does. */
export function controlPaths({ apiVersion, kind, metadata }: KubernetesObject): ControlPath[] {
  if (apiVersion !== "v1" || kind !== "Service") return [];
  return (metadata.annotations?.[ANNOTATION] ?? "")
    .split(",")
    .filter(Boolean)
    .map((text) => {
      const [, path = text, port] = /^(.*):(\d+)$/.exec(text) ?? [];
      return port === undefined ? { path } : { path, port: Number(port) };
    });
}
