import type { Request } from "../../stacks/outputs.ts";
import type { Observation } from "../verify/client/observation.ts";
import type { FromPod } from "./agent/messages.ts";
import type { Pod } from "./pods/pod.ts";

/** What a pod's answer may take beyond the request's own timeout. */
const MARGIN_MS = 3_000;

/** Has pods make requests, from their own process. */
export class PodObserver {
  private readonly waiting = new Map<number, (answer: FromPod & { type: "observed" }) => void>();
  private lastId = 0;

  /** @throws Error when the pod can't make the request, or doesn't answer */
  ask(pod: Pod, request: Request, timeoutMs: number): Promise<Observation> {
    const id = ++this.lastId;
    const container = pod.template.spec.containers[0]?.name;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error(`pod ${pod.key} did not report back within ${timeoutMs + MARGIN_MS} ms`));
      }, timeoutMs + MARGIN_MS);
      this.waiting.set(id, ({ observation, error }) => {
        clearTimeout(timer);
        if (observation) resolve(observation);
        else reject(new Error(error ?? `pod ${pod.key} could not make the request`));
      });
      pod.send({ type: "observe", id, request, timeoutMs }, container);
    });
  }

  answer(message: FromPod & { type: "observed" }): void {
    const answer = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    answer?.(message);
  }
}
