import { HOST } from "../../apps/shop/names.ts";
import type { ProbeInput } from "../../stacks/outputs.ts";

/** What is asked from beyond the cluster's edge. */
export interface Outside {
  from: "outside";
  request: Extract<ProbeInput["request"], { kind: "http" }>;
}

/** A request from beyond the cluster's edge; by default a GET, to the gateway. */
export const outside = (path: string, method?: string, host = HOST): Outside => ({
  from: "outside",
  request: { kind: "http", url: `http://${host}${path}`, method },
});
