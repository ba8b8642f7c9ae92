/** What the simulator and a pod's agent say to each other, one JSON text per line, on descriptor 3. */
import type { Request } from "../../../stacks/outputs.ts";
import type { Observation } from "../../verify/client/observation.ts";
import type { View } from "../network/view.ts";

export interface Mount {
  mountPath: string;
  /** Where its content stands on this machine. */
  source: string;
  readOnly: boolean;
}

/** Told once, before the application's first line runs. */
export interface Identity {
  namespace: string;
  pod: string;
  container: string;
  ip: string;
  hostname: string;
  mounts: Mount[];
  readOnlyRoot: boolean;
  /** Folder of the run's sockets. */
  sockets: string;
  /** Folders of this machine that stay where they are, also below the path of a mount. */
  machine: string[];
}

export type ToPod =
  | { type: "start"; identity: Identity; view: View }
  | { type: "view"; view: View }
  | { type: "observe"; id: number; request: Request; timeoutMs: number };

export type FromPod =
  | { type: "applied"; version: number }
  | { type: "listening"; path: string }
  | { type: "observed"; id: number; observation?: Observation; error?: string }
  | { type: "flows"; flows: Flow[] }
  | { type: "requests"; requests: RequestCount[] }
  /** Open TCP connections of this process with others than its own pod. */
  | { type: "connections"; pid: number; in: number; out: number };

/** One decision of the network, as Hubble's flows tell it. */
export interface Flow {
  /** Milliseconds since the epoch. */
  time: number;
  verdict: "forwarded" | "dropped" | "refused" | "denied";
  source: string;
  destination: string;
  port: number;
  because: string[];
}

/** Requests served since the last report, by labels. */
export interface RequestCount {
  source: string;
  sourcePrincipal: string;
  responseCode: number;
  mtls: boolean;
  /** One duration per request, in milliseconds. */
  durations: number[];
}
