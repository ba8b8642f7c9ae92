/** What pods use and whom they reach, as figures. Where a figure can't be had it's absent, never 0. */
import { z } from "zod";

/** Connections or requests of a pod that the network stopped. */
export const stops = z.strictObject({
  /** Since the pod's start. */
  count: z.int(),
  /** By where they were to go: a pod, Service or address, and the port there. At most 20; the rest together. */
  destinations: z.array(z.strictObject({ to: z.string(), port: z.int(), count: z.int() })),
});
export type Stops = z.infer<typeof stops>;

export const podUsage = z.strictObject({
  /** `namespace/name` */
  pod: z.string(),
  /** The application that it belongs to, by its label `app.kubernetes.io/part-of`. */
  partOf: z.string().optional(),
  ready: z.boolean(),
  restarts: z.int(),
  /** Thousandths of one CPU, over the last interval. */
  cpuMillicores: z.number().optional(),
  /** CPU time since the pod's start. */
  cpuSeconds: z.number().optional(),
  /** Resident memory of its processes, in bytes; pages that they share count for each. */
  memoryBytes: z.number().optional(),
  /** Open TCP connections, by who opened them; what stays inside the pod isn't counted. */
  connections: z.strictObject({ in: z.int(), out: z.int() }).optional(),
  /** Of connections that policies dropped, those that it was to open. */
  dropped: stops.optional(),
  /** Of connections and requests that a mesh's or Cilium's HTTP rules denied, those that it sent. */
  denied: stops.optional(),
  /** The latest that was dropped or denied, from it or to it. */
  latestStop: z
    .strictObject({
      /** Milliseconds since the epoch. */
      time: z.number(),
      verdict: z.enum(["dropped", "denied"]),
      source: z.string(),
      destination: z.string(),
      port: z.int(),
    })
    .optional(),
  /** Dropped and denied ones that were to reach it, whoever sent them. */
  stoppedAtIt: z.int().optional(),
});
export type PodUsage = z.infer<typeof podUsage>;

/** What `micromesh top` shows. */
export interface Usage {
  pods: PodUsage[];
  /** What can't be told, and how to get it; a sentence each. */
  notes: string[];
}
