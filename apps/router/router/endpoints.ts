/** The endpoints of a service: one for each address of each of its host names. */
import { isIPv6 } from "node:net";
import type { Endpoint } from "../../../micromesh/traffic/index.ts";
import type { ServiceConfig } from "./config.ts";

export interface ServiceEndpoint extends Endpoint {
  /** `10.0.0.7:8080`, `[fd00::7]:8080` */
  id: string;
  weight: number;
  /** `http://` and the id. */
  url: string;
  /** An IP address. */
  address: string;
  port: number;
  /** As the config names it, `a:8080`: what the service is to see as `Host`. */
  host: string;
}

/** The name or the IP address in an endpoint's URL. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, "");
}

/**
 * Spreads each weight evenly over the name's addresses. What two names have in common is one endpoint
 * with both weights.
 *
 * @param addressesOf the addresses of a host name
 */
export function expand(
  endpoints: ServiceConfig["endpoints"],
  addressesOf: (host: string) => readonly string[],
): ServiceEndpoint[] {
  const byId = new Map<string, ServiceEndpoint>();
  for (const { url, weight } of endpoints) {
    const { host, port: given } = new URL(url);
    const port = Number(given || 80);
    const addresses = addressesOf(hostOf(url));
    for (const address of addresses) {
      const id = `${isIPv6(address) ? `[${address}]` : address}:${port}`;
      const share = weight / addresses.length + (byId.get(id)?.weight ?? 0);
      byId.set(id, {
        host,
        ...byId.get(id),
        id,
        weight: share,
        url: `http://${id}`,
        address,
        port,
      });
    }
  }
  return [...byId.values()];
}
