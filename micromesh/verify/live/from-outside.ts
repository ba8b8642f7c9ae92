import type { Endpoint, Request } from "../../../stacks/outputs.ts";
import type { Observation, Via } from "../client/observation.ts";
import { observe } from "../client/observe.ts";
import { observeTally } from "../client/tally.ts";
import { ProbeError } from "../transport.ts";
import { type Backend, backendOf } from "./backend.ts";
import type { Cluster } from "./cluster.ts";
import { openForward } from "./forward.ts";
import { externalAddress } from "./load-balancer.ts";

/**
 * Observes as a client beyond the cluster's edge: by the way in that the stack's outputs give for the
 * request's host. Names are looked up here, on this machine.
 * @throws ProbeError if there's no way in, or it can't be gone
 */
export async function observeFromOutside(
  cluster: Cluster,
  endpoints: Record<string, Endpoint>,
  request: Request,
  timeoutMs: number,
): Promise<Observation> {
  if (request.kind === "dns") return observe(request, timeoutMs);
  const endpoint = endpointFor(request, endpoints);
  if (endpoint.via === "url") return observe(request, timeoutMs, viaOf(endpoint.url));
  if (endpoint.via === "load-balancer")
    return observe(request, timeoutMs, await externalAddress(cluster, endpoint));
  const backend = await backendOf(cluster, endpoint);
  const once = (ms: number, asked: Request = request) => forwarded(cluster, backend, asked, ms);
  if (request.kind !== "http" || !request.tally) return once(timeoutMs);
  // A forward carries one connection, and each request has one of its own.
  const { tally, ...single } = request;
  return observeTally(tally, timeoutMs, (ms) => once(ms, single));
}

async function forwarded(
  cluster: Cluster,
  backend: Backend,
  request: Request,
  timeoutMs: number,
): Promise<Observation> {
  const forward = await openForward(cluster, backend);
  try {
    const seen = await observe(request, timeoutMs, { host: "127.0.0.1", port: forward.port });
    if (seen.failure !== "closed" || seen.body !== undefined) return seen;
    if (forward.refused()) return { ...seen, failure: "refused" };
    const trouble = forward.trouble();
    if (trouble === undefined) return seen;
    throw new ProbeError(
      `the cluster can't forward a port to ${backend.namespace}/${backend.pod}: ${trouble}`,
    );
  } finally {
    forward.close();
  }
}

function endpointFor(
  request: Exclude<Request, { kind: "dns" }>,
  endpoints: Record<string, Endpoint>,
): Endpoint {
  const host = request.kind === "http" ? hostOf(request.url) : request.host;
  const endpoint = endpoints[host];
  if (endpoint) return endpoint;
  const known = Object.keys(endpoints).sort().join(", ");
  throw new ProbeError(
    `there's no way in to ${host}: the stack's \`endpoints\` have ${known || "none"}`,
    { permanent: true },
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : url;
}

/** @throws ProbeError if it's no http URL */
export function viaOf(text: string): Via {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:")
    throw new ProbeError(`the endpoint ${text} can't be used: it must begin with http://`, {
      permanent: true,
    });
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(url.port || 80) };
}
