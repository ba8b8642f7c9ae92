import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FromPod, Identity, ToPod } from "../agent/messages.ts";
import type { View } from "../network/view.ts";
import { Container } from "./container.ts";
import { CannotStart, environmentOf, expand, type FindConfig } from "./environment.ts";
import { commandOf, imageName, type Runtime } from "./images.ts";
import type { ContainerSpec, PodTemplate } from "./spec.ts";
import type { Phase, PodStatus } from "./status.ts";
import { layOutVolumes, mountsOf } from "./volumes.ts";

/** What pods share: the run they belong to. */
export interface PodContext {
  /** Folders of the run. */
  directories: { pods: string; sockets: string; claims: string; temporary: string };
  agent: string;
  bundles: Record<Runtime, string>;
  find: (namespace: string) => FindConfig;
  view: () => View;
  onMessage: (pod: Pod, container: string, message: FromPod) => void;
  onLine: (pod: Pod, container: string, line: string, stream: "stdout" | "stderr") => void;
  /** Its status has changed. */
  onChange: (pod: Pod) => void;
}

/** Where this project is, with its packages. */
const TOOL = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
/** Variables of this machine that a pod's processes need; nothing else of its environment leaks in. */
const INHERITED = ["PATH", "MICROMESH_REDIS"];
/** https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination */
const DEFAULT_GRACE_SECONDS = 30;

/** A pod: a few processes that share an address, volumes and a life. */
export class Pod {
  readonly template: PodTemplate;
  readonly ip: string;
  /** The workload's template hash that it was made from. */
  readonly hash: string;
  readonly key: string;
  private readonly context: PodContext;
  private readonly meshed: boolean;
  private readonly directory: string;
  private readonly init: Container[] = [];
  private readonly containers: Container[];
  /** Why the containers can't start yet. */
  private volumeProblem?: CannotStart;
  private readonly begun = new Set<Container>();
  private stopped?: Promise<void>;

  constructor(
    template: PodTemplate,
    place: { ip: string; hash: string; meshed: boolean },
    context: PodContext,
  ) {
    this.template = template;
    this.ip = place.ip;
    this.hash = place.hash;
    this.meshed = place.meshed;
    this.context = context;
    this.key = `${template.namespace}/${template.name}`;
    this.directory = join(context.directories.pods, `${template.namespace}_${template.name}`);
    const make = (spec: ContainerSpec, restartPolicy: "Always" | "OnFailure" | "Never") =>
      new Container(spec, {
        agent: context.agent,
        ip: this.ip,
        sockets: context.directories.sockets,
        restartPolicy,
        view: context.view,
        prepare: () => this.prepare(spec),
        onMessage: (message) => context.onMessage(this, spec.name, message),
        onLine: (line, stream) => context.onLine(this, spec.name, line, stream),
        onChange: () => this.changed(),
      });
    const policy = template.spec.restartPolicy ?? "Always";
    const onFailure = policy === "Never" ? "Never" : "OnFailure";
    this.init = (template.spec.initContainers ?? []).map((c) =>
      make(c, c.restartPolicy ?? onFailure),
    );
    this.containers = template.spec.containers.map((c) => make(c, policy));
  }

  get terminating(): boolean {
    return this.stopped !== undefined;
  }

  get ready(): boolean {
    return !this.terminating && this.containers.every((c) => c.status.ready);
  }

  get status(): PodStatus {
    const { template } = this;
    const { spec } = template;
    return {
      namespace: template.namespace,
      name: template.name,
      labels: template.labels,
      serviceAccount: spec.serviceAccountName ?? "default",
      ips: [this.ip],
      ports: spec.containers.flatMap((container) =>
        (container.ports ?? []).map((port) => ({ ...port, protocol: port.protocol ?? "TCP" })),
      ),
      hostNetwork: spec.hostNetwork === true,
      meshed: this.meshed,
      owner: template.owner,
      hostname: spec.hostname,
      subdomain: spec.subdomain,
      phase: this.phase,
      ready: this.ready,
      terminating: this.terminating,
      containers: [...this.init, ...this.containers].map((container) => container.status),
    };
  }

  async start(): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    await this.syncVolumes();
    this.startNext();
  }

  /** Brings mounted ConfigMaps and Secrets up to date. */
  async syncVolumes(): Promise<void> {
    const { claims } = this.context.directories;
    const find = this.context.find(this.template.namespace);
    this.volumeProblem = undefined;
    try {
      await layOutVolumes(this.template, this.ip, join(this.directory, "volumes"), claims, find);
    } catch (error) {
      if (!(error instanceof CannotStart)) throw error;
      this.volumeProblem = error;
    }
  }

  /** To one container's process, or to all of them. */
  send(message: ToPod, container?: string): void {
    for (const c of [...this.init, ...this.containers]) {
      if (container === undefined || c.spec.name === container) c.send(message);
    }
  }

  /** Ends the pod within its grace period, in seconds; resolves when nothing of it is left. */
  stop(graceSeconds?: number): Promise<void> {
    const declared = this.template.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    const grace = Math.min(declared, graceSeconds ?? declared);
    this.stopped ??= this.end(grace * 1000);
    return this.stopped;
  }

  private async end(graceMs: number): Promise<void> {
    await Promise.all([...this.init, ...this.containers].map((c) => c.stop(graceMs)));
    await rm(this.directory, { recursive: true, force: true });
    this.context.onChange(this);
  }

  private get phase(): Phase {
    if (this.containers.some((c) => c.status.pid !== undefined || c.status.restarts > 0)) {
      return "Running";
    }
    if (!this.containers.every((c) => c.finished)) return "Pending";
    return this.containers.every((c) => c.status.lastExit?.code === 0) ? "Succeeded" : "Failed";
  }

  private changed(): void {
    if (!this.terminating) this.startNext();
    this.context.onChange(this);
  }

  /** Init containers one after another, then all the others. */
  private startNext(): void {
    for (const container of this.init) {
      this.begin(container);
      const done =
        container.spec.restartPolicy === "Always"
          ? container.status.pid !== undefined
          : container.finished && container.status.lastExit?.code === 0;
      if (!done) return;
    }
    for (const container of this.containers) this.begin(container);
  }

  private begin(container: Container): void {
    if (this.begun.has(container)) return;
    this.begun.add(container);
    container.start();
  }

  private prepare(spec: ContainerSpec) {
    if (this.volumeProblem) throw this.volumeProblem;
    const { template, ip, context } = this;
    const find = context.find(template.namespace);
    const volumes = join(this.directory, "volumes");
    const mounts = mountsOf(template, spec, volumes, context.directories.claims);
    const inherited = Object.fromEntries(
      INHERITED.flatMap((name) =>
        process.env[name] === undefined ? [] : [[name, process.env[name]]],
      ),
    );
    const isNode = imageName(spec.image) === "node";
    // A runtime that is killed can't tidy up after itself: its files go with the run.
    const temporary: Record<string, string> = isNode
      ? {}
      : { TMPDIR: context.directories.temporary };
    const identity: Identity = {
      namespace: template.namespace,
      pod: template.name,
      container: spec.name,
      ip,
      hostname: template.spec.hostname ?? template.name,
      mounts,
      // A runtime that stands for an image has temporary files that the image doesn't have.
      readOnlyRoot: isNode && spec.securityContext?.readOnlyRootFilesystem === true,
      sockets: context.directories.sockets,
      // The run's own, and what runtimes are made of.
      machine: [dirname(context.directories.sockets), ...(isNode ? [] : [TOOL])],
    };
    const environment = environmentOf(template, spec, ip, find);
    const expanded = (texts?: string[]) => texts?.map((text) => expand(text, environment));
    const { command, args } = spec;
    return {
      command: commandOf(
        { ...spec, command: expanded(command), args: expanded(args) },
        mounts,
        context.bundles,
      ),
      environment: { ...inherited, ...temporary, ...environment },
      workingDirectory: this.directory,
      identity,
    };
  }
}
