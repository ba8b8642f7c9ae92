/** The processes of the shop under load: who is killed, and who is watched. */
import type { State } from "../../micromesh/simulator/control/server.ts";
import { SERVICES } from "../apps/shop/front-door/doors.ts";
import type { Kill } from "./verdict.ts";

export type Pods = State["pods"];
type Pod = Pods[number];

/**
 * Replicas of each service. A container that ends again and again is started later and later, as a kubelet does (at
 * once, then after 10, 20, 40 s): of two replicas both would soon be away at once, when no retry can help.
 */
export const REPLICAS = 3;

/** The service's replicas, in an order that stays. */
export function replicasOf(pods: Pods, service: string): Pod[] {
  return pods
    .filter(({ name }) => name.startsWith(`${service}-`))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The replica that is never killed: it always answers, and its memory can be watched throughout. */
export function spared(pods: Pods, service: string): Pod | undefined {
  return replicasOf(pods, service)[0];
}

/** Kills replicas of the services in turn. */
export class Killer {
  readonly kills: Kill[] = [];
  /** How often nobody could be killed: all but the spared ones were away already. */
  skipped = 0;
  #turn = 0;
  readonly #last = new Map<string, string>();

  /**
   * Kills one replica by SIGKILL: of the service whose turn it is, or of the next that has one to kill; the one that
   * wasn't killed last, where both are ready.
   */
  kill(pods: Pods): void {
    for (let tries = 0; tries < SERVICES.length; tries++) {
      const service = SERVICES[this.#turn++ % SERVICES.length] as string;
      const ready = replicasOf(pods, service)
        .slice(1)
        .filter((pod) => pod.ready && pod.containers[0]?.pid !== undefined);
      const victim = ready.find(({ name }) => name !== this.#last.get(service)) ?? ready[0];
      const pid = victim?.containers[0]?.pid;
      if (!victim || pid === undefined) continue;
      this.#last.set(service, victim.name);
      this.kills.push({ pod: victim.name, at: Date.now() });
      process.kill(pid, "SIGKILL");
      return;
    }
    this.skipped++;
  }
}
