import type { Items } from "./items.ts";
import type { Metrics } from "./metrics.ts";

/** What the API's routes are made of. */
export interface ApiParts {
  items: Items;
  metrics: Metrics;
  version: string;
}
