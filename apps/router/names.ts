/** Names that the router's lab and its own parts count on. */

/** The application. */
export const APP = "router";

/** The services behind the router. */
export const SERVICE_NAMES = ["a", "b", "c"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** `admin` is the router's and the services' own; `traces` is where OTLP over HTTP is expected by default. */
export const PORTS = { router: 8080, service: 8080, admin: 9901, traces: 4318 } as const;

/** Before the paths of the router's admin API. */
export const ADMIN_PATH = "/router";
