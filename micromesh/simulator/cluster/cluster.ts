import { EventEmitter, once } from "node:events";
import type { KubernetesObject } from "../../resources/declared.ts";
import { isMeshed } from "../../resources/injection.ts";
import { objectKey } from "../../resources/kubernetes.ts";
import type { DeclaredPlatform } from "../../resources/platform.ts";
import { systemObjects } from "../../resources/system.ts";
import type { FromPod } from "../agent/messages.ts";
import type { View } from "../network/view.ts";
import type { FindConfig } from "../pods/environment.ts";
import { Pod, type PodContext } from "../pods/pod.ts";
import type { PodStatus } from "../pods/status.ts";
import { AddressPool } from "./addresses.ts";
import { diffObjects, type ObjectChanges } from "./changes.ts";
import { DNS_POD, WELL_KNOWN } from "./system.ts";
import { buildView } from "./view.ts";
import { nextSteps, podName, type Workload, workloadOf } from "./workloads.ts";

export interface ClusterOptions
  extends Pick<PodContext, "directories" | "agent" | "bundles" | "onLine"> {
  onMessage: (pod: Pod, message: FromPod) => void;
  /** A process of a pod has begun or ended. */
  onProcess: (pid: number, alive: boolean) => void;
}

/**
 * The declared cluster, running: keeps pods as its workloads say, and tells every pod what it must
 * know. Emits `change` whenever anything of that moves.
 */
export class Cluster extends EventEmitter<{ change: [] }> {
  private readonly options: ClusterOptions;
  private readonly context: PodContext;
  private readonly objects = new Map<string, KubernetesObject>();
  private platform!: DeclaredPlatform;
  private readonly pods = new Map<Pod, Workload["key"]>();
  private readonly podAddresses = new AddressPool("10.244", 10);
  private readonly serviceAddresses = new AddressPool("10.96", 256);
  private readonly applied = new Map<string, number>();
  private readonly pids = new Map<string, number>();
  private ordinal = 0;
  private view?: View;
  private viewText = "";
  private reconciling = false;
  private stopping = false;

  constructor(options: ClusterOptions) {
    super();
    this.setMaxListeners(0);
    this.options = options;
    this.context = {
      ...options,
      find: (namespace) => this.findIn(namespace),
      view: () => this.currentView(),
      onMessage: (pod, container, message) => {
        if (message.type === "applied")
          this.applied.set(`${pod.key}/${container}`, message.version);
        options.onMessage(pod, message);
        if (message.type === "applied") this.emit("change");
      },
      onChange: (pod) => this.podChanged(pod),
    };
  }

  /** Makes the cluster what is declared; only what differs is touched. */
  async apply(declared: KubernetesObject[], platform: DeclaredPlatform): Promise<ObjectChanges> {
    const wanted = new Map(
      [...systemObjects(platform), ...declared].map((object) => [objectKey(object), object]),
    );
    const changes = diffObjects(this.objects, wanted);
    this.platform = platform;
    for (const key of changes.removed) this.objects.delete(key);
    for (const key of [...changes.added, ...changes.changed]) {
      this.objects.set(key, wanted.get(key) as KubernetesObject);
    }
    const configs = [...changes.added, ...changes.changed].filter((key) =>
      /^(ConfigMap|Secret) /.test(key),
    );
    if (configs.length > 0)
      await Promise.all([...this.pods.keys()].map((pod) => pod.syncVolumes()));
    this.refreshView();
    this.reconcile();
    return changes;
  }

  /** Resolves when everything declared runs, is ready, and every pod knows the current state. */
  async settled(timeoutMs: number): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs);
    while (!this.isSettled()) {
      try {
        await once(this, "change", { signal });
      } catch {
        throw new Error(`not everything is ready after ${timeoutMs / 1000} s: ${this.unsettled()}`);
      }
    }
  }

  get statuses(): PodStatus[] {
    return [...this.pods.keys()].map((pod) => pod.status);
  }

  get declaredObjects(): KubernetesObject[] {
    return [...this.objects.values()];
  }

  currentView(): View {
    if (!this.view) this.refreshView();
    return this.view as View;
  }

  /** A running pod by `namespace/name`. */
  pod(key: string): Pod | undefined {
    return [...this.pods.keys()].find((pod) => pod.key === key);
  }

  /** Ends every pod; those that take longer than `graceSeconds` are killed. */
  async stop(graceSeconds: number): Promise<void> {
    this.stopping = true;
    await Promise.all([...this.pods.keys()].map((pod) => pod.stop(graceSeconds)));
  }

  private podChanged(pod: Pod): void {
    for (const container of pod.status.containers) {
      const key = `${pod.key}/${container.name}`;
      const before = this.pids.get(key);
      if (before === container.pid) continue;
      if (before !== undefined) this.options.onProcess(before, false);
      if (container.pid === undefined) this.pids.delete(key);
      else {
        this.pids.set(key, container.pid);
        this.options.onProcess(container.pid, true);
        // It was told the current state at its start.
        this.applied.set(key, this.currentView().version);
      }
    }
    if (pod.terminating && pod.status.containers.every((c) => c.pid === undefined)) {
      this.pods.delete(pod);
      this.podAddresses.release(pod.key);
    }
    this.reconcile();
  }

  /** One pass of all controllers, after what is going on now has settled. */
  private reconcile(): void {
    if (this.reconciling) return;
    this.reconciling = true;
    setImmediate(() => {
      this.reconciling = false;
      if (!this.stopping) this.roll();
      this.refreshView();
      this.emit("change");
    });
  }

  private get workloads(): Workload[] {
    return [...this.objects.values()].flatMap((object) => workloadOf(object) ?? []);
  }

  private roll(): void {
    const workloads = this.workloads;
    for (const [pod, key] of this.pods) {
      if (!workloads.some((workload) => workload.key === key)) void pod.stop();
    }
    for (const workload of workloads) {
      const pods = [...this.pods.keys()].filter((pod) => this.pods.get(pod) === workload.key);
      // A StatefulSet's pods come and go by their ordinals, the others by their age.
      if (workload.kind === "StatefulSet") pods.sort((a, b) => ordinalOf(a) - ordinalOf(b));
      const { create, remove } = nextSteps(workload, pods);
      for (const pod of remove) void pod.stop();
      for (let i = 0; i < create; i++) this.create(workload);
    }
  }

  private create(workload: Workload): void {
    const ordered = workload.kind === "StatefulSet";
    const name = podName(workload, ordered ? this.freeOrdinal(workload) : this.ordinal++);
    const { namespace, labels, annotations, spec } = workload;
    const namespaceLabels =
      this.objects.get(`Namespace ${namespace}`)?.metadata.labels ?? ({} as Record<string, string>);
    const pod = new Pod(
      {
        namespace,
        name,
        owner: `${workload.kind} ${workload.name}`,
        labels,
        annotations,
        spec: ordered ? { ...spec, hostname: name } : spec,
      },
      {
        ip: this.podAddresses.of(`${namespace}/${name}`),
        hash: workload.hash,
        meshed: isMeshed(
          this.platform.settings.mesh,
          namespaceLabels,
          labels,
          spec.hostNetwork === true,
        ),
      },
      this.context,
    );
    this.pods.set(pod, workload.key);
    this.refreshView();
    void pod.start();
  }

  private freeOrdinal(workload: Workload): number {
    const taken = new Set([...this.pods.keys()].map((pod) => pod.key));
    let ordinal = 0;
    while (taken.has(`${workload.namespace}/${podName(workload, ordinal)}`)) ordinal++;
    return ordinal;
  }

  /** Tells the pods, but only when what they know has changed. */
  private refreshView(): void {
    const view = buildView({
      objects: [...this.objects.values()],
      pods: [DNS_POD, ...this.statuses],
      platform: this.platform,
      clusterIp: (service) => WELL_KNOWN[service] ?? this.serviceAddresses.of(service),
      before: this.view,
    });
    const text = JSON.stringify(view);
    if (text === this.viewText) return;
    this.viewText = text;
    this.view = { version: (this.view?.version ?? 0) + 1, ...view };
    for (const pod of this.pods.keys()) pod.send({ type: "view", view: this.view });
  }

  private isSettled(): boolean {
    const { version } = this.currentView();
    return (
      this.unsettled() === "" &&
      [...this.pids.keys()].every((key) => (this.applied.get(key) ?? 0) >= version)
    );
  }

  /** What isn't as declared yet, and why; empty when all is. */
  private unsettled(): string {
    const pods = [...this.pods.entries()];
    return this.workloads
      .flatMap((workload) => {
        const own = pods.filter(([, key]) => key === workload.key).map(([pod]) => pod);
        const ready = own.filter((pod) => pod.ready && pod.hash === workload.hash).length;
        if (ready === workload.replicas && own.length === ready) return [];
        const waiting = own.flatMap((pod) => pod.status.containers).find((c) => c.waiting)?.waiting;
        const why = waiting ? ` (${waiting.reason}: ${waiting.message})` : "";
        const where = `${workload.namespace}/${workload.name}`;
        return [`${workload.kind} ${where} has ${ready} of ${workload.replicas} pods ready${why}`];
      })
      .join("; ");
  }

  private findIn(namespace: string): FindConfig {
    return (kind, name) => this.objects.get(`${kind} ${namespace}/${name}`);
  }
}

function ordinalOf(pod: Pod): number {
  return Number(pod.template.name.split("-").at(-1));
}
