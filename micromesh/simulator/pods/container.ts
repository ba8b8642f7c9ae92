import { rmSync } from "node:fs";
import type { FromPod, Identity, ToPod } from "../agent/messages.ts";
import type { View } from "../network/view.ts";
import { Backoff } from "./backoff.ts";
import { CannotStart } from "./environment.ts";
import { Health } from "./health.ts";
import { checksOf } from "./host-checks.ts";
import { ContainerProcess } from "./process.ts";
import type { ContainerSpec } from "./spec.ts";
import type { ContainerStatus } from "./status.ts";

/** What a container gets from its pod and run. */
export interface ContainerContext {
  agent: string;
  ip: string;
  sockets: string;
  restartPolicy: "Always" | "OnFailure" | "Never";
  view: () => View;
  /** Works out what to run, anew at every start. @throws CannotStart */
  prepare: () => {
    command: string[];
    environment: Record<string, string>;
    workingDirectory: string;
    identity: Identity;
  };
  onMessage: (message: FromPod) => void;
  onLine: (line: string, stream: "stdout" | "stderr") => void;
  /** The status has changed. */
  onChange: () => void;
}

/** Of what a container has written last, so much is told of one that ends again and again. */
const MAX_LAST_LINE = 300;
/** How long what can't start waits before it's tried again. */
const RETRY_MS = 2_000;

/** One container: its process, probes and restarts. */
export class Container {
  readonly spec: ContainerSpec;
  private readonly context: ContainerContext;
  private readonly backoff = new Backoff();
  private readonly listening = new Set<string>();
  private process?: ContainerProcess;
  private health?: Health;
  private retry?: NodeJS.Timeout;
  private ready = false;
  private restarts = 0;
  private waiting?: ContainerStatus["waiting"];
  private lastExit?: ContainerStatus["lastExit"];
  private lastLine?: string;
  private stopping = false;
  private ended: () => void = () => {};

  constructor(spec: ContainerSpec, context: ContainerContext) {
    this.spec = spec;
    this.context = context;
  }

  get status(): ContainerStatus {
    const { name, image } = this.spec;
    const { ready, restarts, waiting, lastExit } = this;
    return { name, image, pid: this.process?.pid, ready, restarts, waiting, lastExit };
  }

  /** It ran to its end and won't be started again. */
  get finished(): boolean {
    return this.process === undefined && this.waiting === undefined && this.lastExit !== undefined;
  }

  start(): void {
    if (this.stopping) return;
    try {
      this.process = this.spawn();
      this.waiting = undefined;
    } catch (error) {
      if (!(error instanceof CannotStart)) throw error;
      this.waiting = { reason: error.reason, message: error.message };
      // What is missing may still be declared.
      this.retry = setTimeout(() => this.start(), RETRY_MS);
    }
    this.context.onChange();
  }

  send(message: ToPod): void {
    this.process?.send(message);
  }

  /** Ends it: SIGTERM, and SIGKILL after the grace period. Resolves when no process is left. */
  stop(graceMs: number): Promise<void> {
    this.stopping = true;
    clearTimeout(this.retry);
    this.health?.stop();
    const { process } = this;
    if (!process) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => process.killGroup(), graceMs);
      this.ended = () => {
        clearTimeout(timer);
        resolve();
      };
      process.terminate();
    });
  }

  private spawn(): ContainerProcess {
    const { agent, view } = this.context;
    const onLine: typeof this.context.onLine = (line, stream) => {
      if (line.trim() !== "") this.lastLine = line.slice(0, MAX_LAST_LINE);
      this.context.onLine(line, stream);
    };
    this.lastLine = undefined;
    const prepared = this.context.prepare();
    const process = new ContainerProcess({
      agent,
      view: view(),
      onLine,
      ...prepared,
      onMessage: (message) => {
        if (message.type === "listening") {
          this.listening.add(message.path);
          this.health?.lookNow();
        }
        this.context.onMessage(message);
      },
      onExit: (code, signal) => this.exited(process, code, signal),
    });
    const { startupProbe, readinessProbe, livenessProbe } = this.spec;
    this.health = new Health(
      { startup: startupProbe, readiness: readinessProbe, liveness: livenessProbe },
      checksOf(this.context.sockets, this.context.ip, this.spec),
      {
        ready: (ready) => {
          this.ready = ready;
          this.context.onChange();
        },
        failed: (kind) => {
          onLine(`${kind} probe failed; the container is restarted`, "stderr");
          process.terminate();
        },
      },
    );
    return process;
  }

  private exited(process: ContainerProcess, code: number | null, signal: string | null): void {
    this.health?.stop();
    this.process = undefined;
    this.ready = false;
    // A process that is killed leaves its sockets; its successor must find them free.
    for (const path of this.listening) rmSync(path, { force: true });
    this.listening.clear();
    this.lastExit = { code, signal };
    if (!this.stopping && this.restartsAfter(code)) {
      const delay = this.backoff.afterExit(performance.now() - process.startedAt);
      const end = signal ?? `exit code ${code}`;
      const said = this.lastLine === undefined ? "" : `, its last words: ${this.lastLine}`;
      this.waiting =
        delay > 0
          ? {
              reason: "CrashLoopBackOff",
              message: `ended by ${end}; next start in ${delay / 1000} s${said}`,
            }
          : undefined;
      this.restarts++;
      this.retry = setTimeout(() => this.start(), delay);
    }
    this.context.onChange();
    this.ended();
  }

  private restartsAfter(code: number | null): boolean {
    const { restartPolicy } = this.context;
    return restartPolicy === "Always" || (restartPolicy === "OnFailure" && code !== 0);
  }
}
