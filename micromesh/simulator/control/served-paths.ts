import { proxy } from "hono/proxy";
import type { KubernetesObject } from "../../resources/declared.ts";
import type { Forward } from "../front-door.ts";
import type { ServicePort, Simulator } from "../simulator.ts";

/**
 * Annotation of a Service with paths of the control port that lead to its first port, separated by commas:
 * `/services,/discovery`. It has no meaning on a real cluster.
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
    const service = this.#simulator.cluster.declaredObjects.find((object) =>
      controlPaths(object).some((own) => path === own || path.startsWith(`${own}/`)),
    );
    const port = service?.spec?.ports?.[0]?.port;
    if (!service || port === undefined) return undefined;
    const { namespace = "default", name } = service.metadata;
    return { namespace, service: name, port };
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

/** The paths that an object asks for; none but a Service does. */
export function controlPaths({ apiVersion, kind, metadata }: KubernetesObject): string[] {
  if (apiVersion !== "v1" || kind !== "Service") return [];
  return (metadata.annotations?.[ANNOTATION] ?? "").split(",").filter(Boolean);
}
