import { HOST } from "../../apps/shop/names.ts";

/** A request from beyond the cluster's edge; by default to the gateway. */
export const outside = (path: string, method = "GET", host = HOST) => ({
  from: "outside" as const,
  request: {
    kind: "http" as const,
    url: `http://${host}${path}`,
    method,
    headers: {} as Record<string, string>,
  },
});
