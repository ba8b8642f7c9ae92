import type { Pod } from "../../connectivity/model.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

/** What the rest of the cluster knows of a pod. */
export interface PodStatus extends Pod {
  /** `Deployment counter` and the like; the pod's own name where it stands alone. */
  owner: string;
  hostname?: string;
  subdomain?: string;
  phase: Phase;
  ready: boolean;
  terminating: boolean;
  containers: ContainerStatus[];
}

export interface ContainerStatus {
  name: string;
  image: string;
  /** Process id; undefined while no process runs. */
  pid?: number;
  ready: boolean;
  restarts: number;
  /** Why it isn't running, e.g. `CrashLoopBackOff`, `ErrImagePull`. */
  waiting?: { reason: string; message: string };
  /** The last process' end. */
  lastExit?: { code: number | null; signal: string | null };
}
