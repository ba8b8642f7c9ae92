import type { Request, StackOutputs, WorkloadRef } from "../../stacks/outputs.ts";
import { stackOutputs } from "../../stacks/outputs.ts";
import type { Declaration, KubernetesObject } from "../resources/declared.ts";
import { kubernetesObjects } from "../resources/kubernetes.ts";
import { type DeclaredLab, declaredLabs } from "../resources/labs.ts";
import { type DeclaredPlatform, declaredPlatform } from "../resources/platform.ts";
import { targetPort } from "../resources/service-ports.ts";
import { INGRESS_POD_PORT } from "../resources/system.ts";
import type { Observation } from "../verify/client/observation.ts";
import { observe } from "../verify/client/observe.ts";
import type { Flow, FromPod, RequestCount } from "./agent/messages.ts";
import { bundle } from "./bundles.ts";
import type { ObjectChanges } from "./cluster/changes.ts";
import { Cluster } from "./cluster/cluster.ts";
import { backendsOf } from "./cluster/services.ts";
import { checkImages, type Finding, unhonoured } from "./fidelity.ts";
import {
  type Destination,
  type Entrance,
  type Forward,
  openFrontDoor,
  openPortForward,
} from "./front-door.ts";
import { type LoadBalancerAddress, LoadBalancers } from "./load-balancers.ts";
import { FlowLog, LineLog } from "./logs.ts";
import { PodObserver } from "./observer.ts";
import type { Pod } from "./pods/pod.ts";
import { RunDirectory } from "./run-directory.ts";
import { FlowCounts } from "./usage/flow-counts.ts";
import { UsageMeter } from "./usage/meter.ts";

/** How long pods may take to end when the simulator stops. */
const STOP_GRACE_SECONDS = 5;

/** A port of a Service, by its number. */
export interface ServicePort {
  namespace: string;
  service: string;
  port: number;
}

export interface SimulatorOptions {
  /** The front door's port on 127.0.0.1; 0 for any. */
  gatewayPort: number;
  /** Ports of this machine that load balancers leave alone. */
  reservedPorts?: number[];
  onRequests?: (destination: string, requests: RequestCount[]) => void;
}

/** A declared stack, running on this machine: pods as processes, with the declared network between. */
export class Simulator {
  readonly cluster: Cluster;
  readonly lines = new LineLog();
  readonly flows = new FlowLog();
  /** What pods use, and what of them the network stops. */
  readonly usage: UsageMeter;
  private readonly stops = new FlowCounts();
  /** Declared fields that have no effect here. */
  findings: Finding[] = [];
  private readonly run: RunDirectory;
  private readonly options: SimulatorOptions;
  private readonly observer = new PodObserver();
  private platform!: DeclaredPlatform;
  private outputs!: StackOutputs;
  private labs!: Record<string, DeclaredLab>;
  private declared: KubernetesObject[] = [];
  private frontDoor?: Forward;
  private readonly entrance: Entrance;
  private readonly balancers: LoadBalancers;

  private constructor(run: RunDirectory, cluster: Cluster, options: SimulatorOptions) {
    this.run = run;
    this.cluster = cluster;
    this.options = options;
    this.entrance = { cluster, sockets: run.sockets, onFlow: (flow) => this.note(flow) };
    this.usage = new UsageMeter(() => this.cluster.statuses, this.stops);
    const { gatewayPort, reservedPorts = [] } = options;
    this.balancers = new LoadBalancers(this.entrance, [gatewayPort, ...reservedPorts]);
  }

  /**
   * Starts what is declared; resolves before everything is ready (see `settled`).
   * @throws Error naming each image that the simulator can't run
   */
  static async start(declaration: Declaration, options: SimulatorOptions): Promise<Simulator> {
    checkImages(kubernetesObjects(declaration));
    const run = new RunDirectory();
    try {
      const bundles = await bundle(run.bundles);
      const simulator: Simulator = new Simulator(
        run,
        new Cluster({
          directories: run,
          agent: bundles.agent,
          bundles: bundles.runtimes,
          onLine: (pod, container, line, stream) =>
            simulator.lines.add({ pod: pod.key, container, stream, line }),
          onMessage: (pod, message) => simulator.receive(pod, message),
          onProcess: (pid, alive) => (alive ? run.noteProcess(pid) : run.forgetProcess(pid)),
        }),
        options,
      );
      try {
        await simulator.apply(declaration);
      } catch (error) {
        await simulator.stop();
        throw error;
      }
      return simulator;
    } catch (error) {
      await run.remove();
      throw error;
    }
  }

  /** Makes the running cluster what is declared now; only what differs is touched. */
  async apply(declaration: Declaration): Promise<ObjectChanges> {
    const objects = kubernetesObjects(declaration);
    checkImages(objects);
    this.declared = objects;
    this.outputs = stackOutputs.parse(declaration.outputs);
    this.labs = declaredLabs(declaration);
    this.platform = declaredPlatform(declaration);
    this.findings = unhonoured(objects, this.platform);
    // First, because a port that is taken should stop everything before it has begun.
    await this.tendFrontDoor();
    const changes = await this.cluster.apply(objects, this.platform);
    await this.balancers.declare(objects);
    return changes;
  }

  async settled(timeoutMs: number): Promise<void> {
    await this.cluster.settled(timeoutMs);
    await this.balancers.settled();
  }

  get declaredOutputs(): StackOutputs {
    return this.outputs;
  }

  /** The labs, with their scenarios told. */
  get declaredLabs(): Record<string, DeclaredLab> {
    return this.labs;
  }

  get declaredPlatform(): DeclaredPlatform {
    return this.platform;
  }

  /** The front door's port; undefined where no ingress controller is declared. */
  get gatewayPort(): number | undefined {
    return this.frontDoor?.port;
  }

  /** Where the declared Services of type LoadBalancer are reached from this machine. */
  get loadBalancers(): LoadBalancerAddress[] {
    return this.balancers.addresses;
  }

  /** Puts a request to the network: from a pod of a workload, or from this machine. */
  async observe(
    from: "outside" | WorkloadRef,
    request: Request,
    timeoutMs: number,
  ): Promise<Observation> {
    if (from === "outside") return this.observeFromOutside(request, timeoutMs);
    const status = this.cluster.statuses.find(
      (pod) =>
        pod.namespace === from.namespace &&
        pod.labels["app.kubernetes.io/name"] === from.workload &&
        pod.ready,
    );
    const pod = status && this.cluster.pod(`${status.namespace}/${status.name}`);
    if (!pod) throw new Error(`no pod of ${from.namespace}/${from.workload} is ready`);
    return this.observer.ask(pod, request, timeoutMs);
  }

  /** Ends every pod and removes everything that the run has left on the machine. */
  async stop(): Promise<void> {
    await this.frontDoor?.close();
    await this.balancers.close();
    await this.cluster.stop(STOP_GRACE_SECONDS);
    await this.run.remove();
  }

  private async observeFromOutside(request: Request, timeoutMs: number): Promise<Observation> {
    if (request.kind === "dns") throw new Error("from outside no name can be looked up");
    const hostname = request.kind === "http" ? new URL(request.url).hostname : request.host;
    const endpoint = this.outputs.endpoints[hostname];
    if (endpoint?.via === "load-balancer") {
      const { host, localPort: port } = this.loadBalancer(endpoint);
      return observe(request, timeoutMs, { host, port });
    }
    if (request.kind !== "http") {
      throw new Error(`from outside only http can be asked of ${hostname}, not ${request.kind}`);
    }
    // The front door stands for the ingress controller's Service.
    if (this.frontDoor && !(endpoint?.via === "service" && this.declares(endpoint))) {
      return observe(request, timeoutMs, { host: "127.0.0.1", port: this.frontDoor.port });
    }
    if (endpoint?.via !== "service") {
      throw new Error(
        `no endpoint for ${hostname}: no ingress is declared and no Service is named`,
      );
    }
    const destination = this.behind(endpoint);
    const forward = await openPortForward(this.run.sockets, () => destination);
    try {
      return await observe(request, timeoutMs, { host: "127.0.0.1", port: forward.port });
    } finally {
      await forward.close();
    }
  }

  /** @throws Error if no such Service of type LoadBalancer is declared */
  private loadBalancer({ namespace, service, port }: ServicePort): LoadBalancerAddress {
    const found = this.loadBalancers.find(
      (one) => one.namespace === namespace && one.service === service && one.port === port,
    );
    if (found) return found;
    throw new Error(
      `there is no Service ${namespace}/${service} of type LoadBalancer with TCP port ${port}: mend the stack's endpoints, or declare it`,
    );
  }

  /** Whether the program itself declares a Service: an ingress controller's comes with its chart, or the cluster. */
  declares(service: Omit<ServicePort, "port">): boolean {
    return serviceIn(this.declared, service) !== undefined;
  }

  /** A loopback port that leads to a ready pod behind a Service, whichever is ready then. */
  forwardTo(service: ServicePort): Promise<Forward> {
    return openPortForward(this.run.sockets, () => {
      try {
        return this.behind(service);
      } catch {
        return undefined;
      }
    });
  }

  /** @throws Error if there's no such Service, or no ready pod behind it */
  private behind({ namespace, service: name, port }: ServicePort): Destination {
    const service = serviceIn(this.cluster.declaredObjects, { namespace, service: name });
    if (!service) throw new Error(`there is no Service ${namespace}/${name}`);
    const servicePort = service.spec?.ports?.find((p: { port: number }) => p.port === port);
    const pod = backendsOf(service, this.cluster.statuses).find((p) => p.ready);
    const target = pod && servicePort && targetPort(servicePort, pod);
    if (!target) throw new Error(`no pod behind Service ${namespace}/${name}:${port} is ready`);
    return { ip: pod.ips[0] as string, port: target };
  }

  private async tendFrontDoor(): Promise<void> {
    const { ingress } = this.platform;
    if (ingress && !this.frontDoor) {
      this.frontDoor = await openFrontDoor(this.entrance, this.options.gatewayPort, () =>
        this.ingressPod(),
      );
    } else if (!ingress && this.frontDoor) {
      await this.frontDoor.close();
      this.frontDoor = undefined;
    }
  }

  private ingressPod(): Destination | undefined {
    const { ingress } = this.platform;
    const pods = this.cluster.statuses.filter(
      (pod) =>
        pod.ready &&
        pod.namespace === ingress?.namespace &&
        pod.owner === `Deployment ${ingress.name}`,
    );
    const pod = pods[Math.floor(Math.random() * pods.length)];
    return pod && { ip: pod.ips[0] as string, port: INGRESS_POD_PORT };
  }

  private note(flow: Flow): void {
    this.flows.add(flow);
    this.stops.add(flow);
  }

  private receive(pod: Pod, message: FromPod): void {
    switch (message.type) {
      case "flows":
        for (const flow of message.flows) this.note(flow);
        break;
      case "connections":
        this.usage.connections(message);
        break;
      case "requests":
        this.options.onRequests?.(pod.key, message.requests);
        break;
      case "observed":
        this.observer.answer(message);
        break;
    }
  }
}

function serviceIn(objects: KubernetesObject[], { namespace, service }: Omit<ServicePort, "port">) {
  return objects.find(
    ({ kind, metadata }) =>
      kind === "Service" && metadata.namespace === namespace && metadata.name === service,
  );
}
