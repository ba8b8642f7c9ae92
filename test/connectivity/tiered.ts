/**
 * Short ways to write policies of the network policy API's tiers, and what their kinds differ in: a test
 * of what they have in common runs for each of `forms`, or for those of one tier.
 */
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import type { Settings } from "../../micromesh/resources/settings.ts";
import { agent, client, node, outside, stranger, web } from "./cast.ts";
import { allowed, kubernetes, tieredPolicy, validWorld } from "./world.ts";

/** Kubernetes with something that enforces all kinds. */
export const enforcing: Settings = { ...kubernetes, clusterNetworkPolicy: true };

/** A peer or a subject: the pods of all namespaces. */
export const all = { namespaces: {} };

/** A ClusterNetworkPolicy for all pods, in the Admin tier with priority 10 unless told otherwise. */
export function clusterPolicy(name: string, spec: object): KubernetesObject {
  const whole = { tier: "Admin", priority: 10, subject: all, ...spec };
  return tieredPolicy("ClusterNetworkPolicy", name, whole);
}
export const baselinePolicy = (name: string, spec: object) =>
  clusterPolicy(name, { tier: "Baseline", ...spec });
/** For all pods with priority 10, unless told otherwise. */
export const adminPolicy = (name: string, spec: object) =>
  tieredPolicy("AdminNetworkPolicy", name, { priority: 10, subject: all, ...spec });
/** For all pods, unless told otherwise. */
export const baselineAdminPolicy = (spec: object, name = "default") =>
  tieredPolicy("BaselineAdminNetworkPolicy", name, { subject: all, ...spec });

/** One ingress rule, for all pods unless told otherwise. */
export const from = (action: string, peers: object[] = [all], rest: object = {}) => ({
  ingress: [{ action, from: peers, ...rest }],
});
/** One egress rule, for all pods unless told otherwise. */
export const to = (action: string, peers: object[] = [all], rest: object = {}) => ({
  egress: [{ action, to: peers, ...rest }],
});

/** A kind of policy in a tier, and the words that it has for what others have too. */
export interface Form {
  title: string;
  tier: "Admin" | "Baseline";
  /** The action that lets traffic pass. */
  accept: "Accept" | "Allow";
  actions: string[];
  hasPriority: boolean;
  /** How many rules a direction, and how many peers a rule may have. */
  most: number;
  /** What an egress rule's peers may be. */
  destinations: string[];
  /** The field that lists a rule's ports. */
  portField: "protocols" | "ports";
  /** A TCP port as an item of that list. */
  port(number: number): object;
  /** For all pods, unless told otherwise; with the only name there is, where there's only one. */
  policy(spec: object, name?: string): KubernetesObject;
}

const destinations = ["namespaces", "pods", "nodes", "networks", "domainNames"];
const current = {
  accept: "Accept",
  most: 25,
  destinations,
  actions: ["Accept", "Deny", "Pass"],
  hasPriority: true,
  portField: "protocols",
  port: (number: number) => ({ tcp: { destinationPort: { number } } }),
} satisfies Partial<Form>;
const elder = {
  accept: "Allow",
  most: 100,
  portField: "ports",
  port: (port: number) => ({ portNumber: { port } }),
} satisfies Partial<Form>;

export const forms: Form[] = [
  {
    ...current,
    title: "a ClusterNetworkPolicy of the Admin tier",
    tier: "Admin",
    policy: (spec, name = "p") => clusterPolicy(name, spec),
  },
  {
    ...elder,
    title: "an AdminNetworkPolicy",
    tier: "Admin",
    actions: ["Allow", "Deny", "Pass"],
    hasPriority: true,
    destinations,
    policy: (spec, name = "p") => adminPolicy(name, spec),
  },
  {
    ...current,
    title: "a ClusterNetworkPolicy of the Baseline tier",
    tier: "Baseline",
    policy: (spec, name = "p") => baselinePolicy(name, spec),
  },
  {
    ...elder,
    title: "a BaselineAdminNetworkPolicy",
    tier: "Baseline",
    actions: ["Allow", "Deny"],
    hasPriority: false,
    destinations: destinations.filter((field) => field !== "domainNames"),
    policy: (spec) => baselineAdminPolicy(spec),
  },
];
export const adminForms = forms.filter(({ tier }) => tier === "Admin");
export const baselineForms = forms.filter(({ tier }) => tier === "Baseline");

/** Valid policies where all kinds are enforced. */
export const of = (...policies: KubernetesObject[]) => validWorld(enforcing, ...policies);

export const everyone = [client, stranger, agent, outside, node];
/** Who of client, stranger, the host-network agent, the outside and the node reaches web. */
export const into = (...policies: KubernetesObject[]) =>
  everyone.map((source) => allowed(of(...policies), source, web));
/** Which of them web reaches. */
export const outOf = (...policies: KubernetesObject[]) =>
  everyone.map((target) => allowed(of(...policies), web, target));

/** What `into` and `outOf` return where nobody is kept off. */
export const open = [true, true, true, true, true];
/** The same where pods are kept off: the agent is none to policies. */
export const noPods = [false, false, true, true, true];
/** The same where a NetworkPolicy lets nobody in: the node, and so the agent, come in all the same. */
export const nodesOnly = [false, false, true, false, true];
