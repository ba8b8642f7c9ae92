import type { Place } from "./tokens.ts";

/** What a resolver asks. */
export interface Question {
  /** In full, in lower case, without the dot at its end. */
  name: string;
  /** `A`, `AAAA`, `SRV`, `PTR`, … */
  type: string;
}

/** A record of an answer: `value` is an address, a name without the dot at its end, or `PRIORITY WEIGHT PORT TARGET`. */
export interface ResourceRecord {
  type: string;
  value: string;
}

/** The plugin that answered, and where it's configured. */
export interface Origin {
  plugin: string;
  place: Place;
}

/** What one plugin makes of a question; undefined: the next one is asked. */
export type Handled =
  /** NOERROR; without records of the type asked for: the name has others. */
  | { kind: "records"; records: ResourceRecord[]; by: Origin }
  /** Any other code, e.g. `NXDOMAIN`, `SERVFAIL`, `REFUSED`. */
  | { kind: "failure"; rcode: string; by: Origin };
