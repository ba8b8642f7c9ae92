/** What the admin API answers. */
import * as z from "zod";
import { routeFaults } from "../config.ts";

const problem = z.object({
  error: z.string().describe("What is wrong, where, and how to mend it"),
});

/** `{ 400: problem, 404: problem }` and so on, for a route's responses. */
export function problems<Status extends number>(...statuses: Status[]) {
  return Object.fromEntries(statuses.map((status) => [status, problem])) as Record<
    Status,
    typeof problem
  >;
}

export const circuit = z.object({
  state: z.enum(["closed", "open", "half-open"]),
  failures: z.int().describe("Calls in a row that have failed"),
  since: z.iso.datetime().describe("When the state was last changed"),
  retryAfterMs: z.number().describe("Milliseconds until an open circuit lets one call try, else 0"),
});

const endpoint = z.object({
  address: z.string(),
  weight: z.number(),
  active: z.int().describe("Requests that it's busy with"),
  ejected: z.boolean(),
});

export const service = z.object({ circuit, endpoints: z.array(endpoint) });

export const faults = routeFaults;

const route = z.object({
  path: z.string(),
  to: z
    .union([z.string(), z.record(z.string(), z.number())])
    .describe("A service, or the share of each"),
  faults,
});

export const status = z.object({
  config: z.object({
    hash: z.string().describe("The first 10 hexadecimal digits of the text's SHA-256"),
    loadedAt: z.iso.datetime(),
    error: z.string().nullable().describe("Why the config's file isn't what runs"),
  }),
  services: z.record(z.string(), service),
  routes: z.record(z.string(), route),
});

export const behaviours = z.object({
  error: z.string().optional().describe("What is wrong, where, and how to mend it"),
  replicas: z
    .record(
      z.string(),
      z.object({
        status: z.int().optional(),
        body: z.unknown().optional(),
        error: z.string().optional().describe("Why it couldn't be asked"),
      }),
    )
    .describe("By IP address"),
});
