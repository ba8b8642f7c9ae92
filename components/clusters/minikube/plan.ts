import type { local } from "@pulumi/command";
import type { MinikubeArgs } from "./args.ts";

/** From the project's folder, where Pulumi runs commands; no absolute path goes into the state. */
const interpreter = ["node", "components/clusters/minikube/cluster.mjs"];

export interface MinikubePlan {
  /** Makes, changes and deletes the profile. */
  command: local.CommandArgs;
  /** Reads the profile's present state, changing nothing. */
  read: local.RunOutputArgs;
  /** What the cluster is known by; when it changes, everything in the cluster is made anew. */
  identifier: string;
}

export function planMinikube({ keep: _, ...wanted }: MinikubeArgs): MinikubePlan {
  const environment = { MICROMESH_MINIKUBE: JSON.stringify(wanted) };
  const identity = [wanted.profile, wanted.driver ?? "auto"];
  return {
    command: {
      interpreter,
      create: "create",
      update: "update",
      delete: "delete",
      environment,
      // Another name or driver is another cluster; all other changes are updates.
      triggers: identity,
    },
    read: { interpreter, command: "read", environment, logging: "none" },
    identifier: `minikube:${identity.join(":")}`,
  };
}

/** What `cluster.mjs read` prints. */
export interface Reading {
  kubeconfig?: string;
  nodeIp?: string;
  /** What minikube ignores of the settings. */
  warnings: string[];
  /** Why there is no kubeconfig. */
  problem?: string;
}

/** Reads what the command printed; where commands aren't run, as in a dry capture, that is nothing. */
export function readingOf(stdout: string): Reading {
  return stdout === "" ? { kubeconfig: "", nodeIp: "", warnings: [] } : JSON.parse(stdout);
}
