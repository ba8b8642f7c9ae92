import type { Platform } from "../../stacks/platform.ts";

/** What the lab is like under one answer to its question: who may talk to Redis? */
export interface Scenario {
  title: string;
  /** What it teaches, in one or two sentences. */
  teaches: string;
  /** All pods of the lab get a sidecar. */
  meshed: boolean;
  /** What it can't do without; undefined: nothing. */
  needs?: Need;
}

interface Need {
  what: string;
  isMet(platform: Platform): boolean;
  /** The part of the platform that would have it, as the config calls it. */
  part: "cni" | "mesh";
}

export const scenarioNames = ["open", "isolated", "isolated-cilium", "isolated-mesh"] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export const scenarios: Record<ScenarioName, Scenario> = {
  open: {
    title: "Everyone may talk to Redis",
    teaches:
      "A cluster without policies is flat: every pod reaches every other one, and the namespaces are only names.",
    meshed: false,
  },
  isolated: {
    title: "Redis accepts the app only, by NetworkPolicy",
    teaches:
      "A NetworkPolicy drops packets: whoever isn't let in hears nothing and waits until it gives up, and it takes a CNI that enforces it.",
    meshed: false,
    needs: {
      what: "a CNI that enforces NetworkPolicy",
      part: "cni",
      isMet: (platform) => platform.cni.enforcesNetworkPolicy,
    },
  },
  "isolated-cilium": {
    title: "Redis accepts the app only, by CiliumNetworkPolicy",
    teaches:
      "Cilium decides by identity, which it derives from a pod's labels and namespace and not from its address; the client sees what it sees with any other policy of the network: nothing.",
    meshed: false,
    needs: {
      what: "a CNI that enforces CiliumNetworkPolicy",
      part: "cni",
      isMet: (platform) => platform.cni.ciliumPolicies,
    },
  },
  "isolated-mesh": {
    title: "Redis accepts the app only, by the mesh",
    teaches:
      "A mesh decides by proven identity, the service account in a certificate, and it answers: 403 over HTTP, a closed connection over TCP, a reset for whoever has no certificate to show.",
    meshed: true,
    needs: {
      what: "a mesh",
      part: "mesh",
      isMet: (platform) => platform.mesh.present,
    },
  },
};

/** The line to warn with when a platform lacks what a scenario needs; undefined if it lacks nothing. */
export function unmetNeed(name: ScenarioName, platform: Platform): string | undefined {
  const { needs } = scenarios[name];
  if (!needs || needs.isMet(platform)) return undefined;
  const { kind } = platform[needs.part];
  return `labs.counter: scenario ${name} needs ${needs.what}, and ${needs.part}.kind is ${kind}: nothing will enforce it`;
}
