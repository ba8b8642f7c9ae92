/** What a prediction is: plain data, for every format and for the comparison of two. */

/**
 * - `allow`: the connection is permitted, and works
 * - `deny`: a policy cuts it
 * - `broken`: permitted, yet it can't work (a Service without pods, a name that can't be looked up, ...)
 */
export type Verdict = "allow" | "deny" | "broken";

/** Who may be at the end of a flow. */
export interface Party {
  /**
   * As flows name it: `namespace/name[Kind]`, `a.b.c.d-w.x.y.z[External]` for a range of addresses,
   * `name[External]` for a host outside that is known by name, `{ingress-controller}` for the way in
   * where its pods aren't declared, `{node}` for the node that hides a load balancer's or node port's clients,
   * `namespace/name[Service]` for a Service that no pod stands behind.
   */
  id: string;
  kind: "workload" | "external" | "controller" | "service";
  /** Of a workload or a Service. */
  namespace?: string;
  /** Without namespace and kind: `counter`. */
  name: string;
  /** What it listens on, as its manifest declares: `TCP 8080`; empty where it declares nothing. */
  listens: string;
}

/** One way from one party to another, on some ports, with one verdict. */
export interface Flow {
  /** The `id` of a party. */
  from: string;
  to: string;
  /** The destination pod's ports: `All Connections`, or e.g. `TCP 80,8000-8085,UDP 53`. */
  ports: string;
  verdict: Verdict;
  /** Why, a sentence each: the policy, the rule's place in it, what it says. */
  because: string[];
  /** What declares that this flow is needed, a sentence each; empty: nothing does. */
  neededBy: string[];
  /** The ports include some that the destination listens on (it may declare none: then true). */
  reachesListener: boolean;
  /** Where a rule looks into HTTP: what it lets through, e.g. `GET /count/*`. */
  requests?: string[];
}

/** Something declared that can't do what it's there for. */
export interface Mistake {
  /** The object: `NetworkPolicy d-redis/isolate-namespace`. */
  object: string;
  /** The field in it, where one is to blame: `spec.ingress[0].ports[0].port`. */
  field?: string;
  /** What's wrong, what follows from it, and how to mend it. */
  text: string;
}

export interface Prediction {
  /** What was predicted: `stack dev`, `folder manifests`, `counter=isolated`. */
  of: string;
  /** Workloads first, by namespace and name; then the outside. */
  parties: Party[];
  /** Sorted by destination, source, verdict. */
  flows: Flow[];
  mistakes: Mistake[];
  /**
   * Of a cluster with very many workloads only flows that something needs are listed; then so many pairs of
   * workloads are permitted.
   */
  unlisted?: number;
}

/** A flow that differs between two predictions; `before` is absent where it's added, `after` where it's removed. */
export interface Change {
  from: string;
  to: string;
  /** Ports that are permitted and work; undefined: none. */
  before?: string;
  after?: string;
  /** Something declared needs it (in either). */
  needed: boolean;
  /** What decides it now, a sentence each. */
  because: string[];
}

/** What differs between two predictions, and nothing else. */
export interface PredictionDiff {
  before: string;
  after: string;
  changes: Change[];
  /** Mistakes that only the second has, and those that only the first had. */
  newMistakes: Mistake[];
  mendedMistakes: Mistake[];
}
