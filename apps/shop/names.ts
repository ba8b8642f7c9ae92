/** Names that the shop's lab and its own parts count on. */

/** The application, and its namespace. */
export const APP = "shop";
export const NAMESPACE = "shop";

/** The gateway's host name; it also answers to those that nobody else has. */
export const HOST = "shop.lan";
/** The registry's host name, for probes from outside. */
export const REGISTRY_HOST = "registry.shop.lan";

export const PORTS = { gateway: 8080, registry: 8081, service: 8080, store: 6379 } as const;
