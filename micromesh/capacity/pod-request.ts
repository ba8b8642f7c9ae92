/** What the scheduler sets aside for one pod. */
import { type Amounts, cpuOf, larger, memoryOf, NOTHING, plus } from "./amounts.ts";

/** What is read of a pod's spec. */
export interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  /** Of the pod as a whole (https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/). */
  resources?: Resources;
  /** Of a runtime class (https://kubernetes.io/docs/concepts/scheduling-eviction/pod-overhead/). */
  overhead?: Record<string, unknown>;
  hostNetwork?: boolean;
}

export interface Container {
  resources?: Resources;
  /** `Always` on an init container: it runs beside the others as long as they do. */
  restartPolicy?: string;
}

/** As in a container: quantities by `cpu` and `memory`. */
export interface Resources {
  requests?: Record<string, unknown>;
  limits?: Record<string, unknown>;
}

/**
 * For a container that says nothing of itself. The scheduler ranks nodes as if it asked for this
 * (`DefaultMilliCPURequest` and `DefaultMemoryRequest` in Kubernetes' pkg/scheduler/util/pod_resources.go).
 */
export const UNSAID: Amounts = { memoryMiB: 200, cpuMillis: 100 };

/**
 * The larger of what runs together and of what each init container needs while it runs, with the runtime's
 * overhead (https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers);
 * what the pod as a whole requests stands in for its containers' sum.
 */
export function podRequest(spec: PodSpec): Amounts {
  let beside = NOTHING;
  let starting = NOTHING;
  for (const container of spec.initContainers ?? []) {
    const own = containerRequest(container.resources);
    if (container.restartPolicy === "Always") beside = plus(beside, own);
    starting = larger(starting, container.restartPolicy === "Always" ? beside : plus(beside, own));
  }
  const running = plus(
    beside,
    ...(spec.containers ?? []).map(({ resources }) => containerRequest(resources)),
  );
  const together = larger(running, starting);
  const { requests = {}, limits = {} } = spec.resources ?? {};
  const whole = {
    memoryMiB: memoryOf(requests.memory) ?? memoryOf(limits.memory) ?? together.memoryMiB,
    cpuMillis: cpuOf(requests.cpu) ?? cpuOf(limits.cpu) ?? together.cpuMillis,
  };
  return plus(whole, {
    memoryMiB: memoryOf(spec.overhead?.memory) ?? 0,
    cpuMillis: cpuOf(spec.overhead?.cpu) ?? 0,
  });
}

/**
 * A limit without a request is the request too
 * (https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#requests-and-limits);
 * without either it is {@link UNSAID}.
 */
export function containerRequest({ requests = {}, limits = {} }: Resources = {}): Amounts {
  return {
    memoryMiB: memoryOf(requests.memory) ?? memoryOf(limits.memory) ?? UNSAID.memoryMiB,
    cpuMillis: cpuOf(requests.cpu) ?? cpuOf(limits.cpu) ?? UNSAID.cpuMillis,
  };
}
