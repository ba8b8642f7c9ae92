/**
 * The stack's outputs: the contract between the program, which declares a lab, and whoever looks at
 * it afterwards (`micromesh verify`, a CI job, a person with `pulumi stack output`).
 * Both sides use these schemas; `micromesh verify --live` needs nothing else of a stack. Pulumi prints all of it at
 * every preview, so what is for people to read isn't here.
 */
import { z } from "zod";

/** A workload of the lab, by the name that its pods carry as `app.kubernetes.io/name`. */
export const workloadRef = z.strictObject({ namespace: z.string(), workload: z.string() });
export type WorkloadRef = z.infer<typeof workloadRef>;

/** One question put to the network, from one place in it. */
export const request = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("http"),
    /** Absolute URL. From outside, its host is the Host header and the way in is `endpoints[host]`. */
    url: z.string(),
    method: z.string().default("GET"),
    headers: z.record(z.string(), z.string()).default({}),
    /** Text to send as UTF-8; its `content-type` is among the headers. Default: no body. */
    body: z.string().optional(),
    /**
     * Sends it so many times, one after the other, and counts what comes: answers of 2xx by the value of the
     * header field `by` (by default their status), others by their status, failures by their name.
     */
    tally: z
      .strictObject({ times: z.int().min(2).max(1000), by: z.string().optional() })
      .optional(),
  }),
  /** Connects, sends `send`, and reads until `reads` has been seen or the time is up. */
  z.strictObject({
    kind: z.literal("tcp"),
    host: z.string(),
    port: z.int().min(1).max(65535),
    send: z.string().optional(),
    reads: z.string().optional(),
  }),
  /**
   * Looks a name up as an application would, with the pod's search domains. What is found is one line for each
   * record: an IPv4 address, or for SRV records `PRIORITY WEIGHT PORT TARGET` as `dig +short` prints it, sorted.
   */
  z.strictObject({
    kind: z.literal("dns"),
    name: z.string(),
    /** Default: A. */
    record: z.enum(["A", "SRV"]).optional(),
  }),
]);
export type Request = z.infer<typeof request>;

/**
 * How a request that gets no answer fails, as its client sees it:
 * - `refused`: nothing listens there, or a Service has no ready endpoint (ECONNREFUSED)
 * - `timeout`: no packet came back (what a NetworkPolicy does)
 * - `reset`: the peer broke the connection (what strict mTLS does to plaintext)
 * - `closed`: connected, then closed without an answer (what a denied TCP connection gets in a mesh)
 * - `no-such-name`: the name doesn't resolve (NXDOMAIN)
 */
export const failure = z.enum(["refused", "timeout", "reset", "closed", "no-such-name"]);
export type Failure = z.infer<typeof failure>;

const count = z.int().min(0);

/** What a probe must see. `failure` alone, `shares` or `spread` of a tally, or any of the others together. */
export const expectation = z.union([
  z.strictObject({ failure }),
  /** How often each value must have come, at least and at most; no other may have. */
  z.strictObject({ shares: z.record(z.string(), z.tuple([count, count])) }),
  /** How many different values must have come, and how often each of them at least. */
  z.strictObject({ spread: z.strictObject({ values: z.int().min(1), least: count }) }),
  z.strictObject({
    /** HTTP status, exactly. */
    status: z.int().optional(),
    /** Text that the body (HTTP) or the answer (TCP) must contain. */
    contains: z.string().optional(),
    /** Regular expression (ECMAScript) that the whole body must match. */
    matches: z.string().optional(),
    /** Response headers, exactly, names in lower case. */
    headers: z.record(z.string(), z.string()).optional(),
  }),
]);
export type Expectation = z.infer<typeof expectation>;

export const probe = z.strictObject({
  /** What the probe shows, as a short sentence; unique within its lab. */
  name: z.string(),
  /** `outside`: a client beyond the cluster's edge; else a pod of that workload. */
  from: z.union([z.literal("outside"), workloadRef]),
  request,
  expect: expectation,
  /** Seconds after which an unanswered request counts as `timeout`. */
  timeoutSeconds: z.number().positive().default(5),
});
export type Probe = z.infer<typeof probe>;
/** A probe as a lab writes it: defaults may be left out. */
export type ProbeInput = z.input<typeof probe>;

export const lab = z.strictObject({
  /** The question that it answers. */
  title: z.string(),
  /** The one that is declared. */
  scenario: z.string(),
  /**
   * Names of the lab's scenarios, in the order to play them; the first is what the others differ from. How they are
   * told stands in the lab's component: `stacks/telling.ts`.
   */
  scenarios: z.array(z.string()),
  /** What the probes were before this scenario: those of the one that it goes on from; none for the first. */
  before: z.array(probe).default([]),
  /** Probes run in this order, one after another: some set what later ones read. */
  probes: z.array(probe),
  /** On a cluster, a change of the lab may take so many seconds to come to its pods, more than others do. */
  settleSeconds: z.number().positive().optional(),
});
export type Lab = z.infer<typeof lab>;
/** A lab as the program puts it out: defaults are left out. */
export type LabInput = z.input<typeof lab>;

/** The way from outside to a host name. */
export const endpoint = z.discriminatedUnion("via", [
  /** A URL that answers from the user's machine; the Host header carries the name. */
  z.strictObject({ via: z.literal("url"), url: z.string() }),
  /** Through the Kubernetes API, as `kubectl port-forward` goes: to a pod behind this Service. */
  z.strictObject({
    via: z.literal("service"),
    namespace: z.string(),
    service: z.string(),
    /** The Service's port number. */
    port: z.int(),
  }),
  /** Through the external address of this Service, which is of type LoadBalancer. */
  z.strictObject({
    via: z.literal("load-balancer"),
    namespace: z.string(),
    service: z.string(),
    /** The Service's port number. */
    port: z.int(),
  }),
]);
export type Endpoint = z.infer<typeof endpoint>;

export const stackOutputs = z.object({
  cluster: z.strictObject({ kind: z.string(), name: z.string() }),
  /** Contents of a kubeconfig for the cluster; a Pulumi secret. */
  kubeconfig: z.string(),
  /** By host name, e.g. `pippo.lan`. */
  endpoints: z.record(z.string(), endpoint),
  labs: z.record(z.string(), lab),
  /** Who reaches whom, as predicted: ports by destination and source (`micromesh predict` says why). */
  connectivity: z.record(z.string(), z.record(z.string(), z.string())).default({}),
});
export type StackOutputs = z.infer<typeof stackOutputs>;
