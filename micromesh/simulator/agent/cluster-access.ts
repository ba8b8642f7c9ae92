import type { View } from "../network/view.ts";
import type { PodNetwork } from "./pod-network.ts";

/** What a controller's pod reads from the Kubernetes API, for the runtimes that stand for one. */
export interface Cluster {
  view(): View;
  /** Calls back after each change. @returns what ends it */
  subscribe(listener: () => void): () => void;
}

const KEY = Symbol.for("micromesh.cluster");

/** The agent's side: makes the view known to a runtime of the same process. */
export class ClusterAccess {
  private readonly listeners = new Set<() => void>();

  provide(network: PodNetwork): void {
    const cluster: Cluster = {
      view: () => network.current,
      subscribe: (listener) => {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
    };
    Object.defineProperty(globalThis, KEY, { value: cluster, enumerable: false });
  }

  changed(): void {
    for (const listener of this.listeners) listener();
  }
}

/** The runtime's side. @throws Error outside a simulated pod */
export function cluster(): Cluster {
  const found = (globalThis as { [KEY]?: Cluster })[KEY];
  if (!found) throw new Error("this runtime runs in a simulated pod only");
  return found;
}
