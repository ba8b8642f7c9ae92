import { type Connectivity, compile, type InboundMesh } from "../../connectivity/index.ts";
import type { Decision, HttpRequest, Peer } from "../../connectivity/model.ts";
import { leastRequest } from "../../traffic/index.ts";
import type { Hello } from "../network/hello.ts";
import { type Answer, type QueryAnswer, query, resolve } from "../network/names.ts";
import { enter, type Route, route, type Target } from "../network/route.ts";
import { type View, type ViewPod, worldOf } from "../network/view.ts";
import { LearnedNames } from "./learned-names.ts";
import type { Flow, Identity } from "./messages.ts";
import { OpenConnections } from "./open-connections.ts";

/** Linux' range of ephemeral ports (net.ipv4.ip_local_port_range). */
const EPHEMERAL = { first: 32768, last: 60999 };

const DNS_PORT = 53;

const ALLOWED: Decision = { allowed: true, because: [] };

/** A caller, as an accepted connection of this pod knows it. */
export interface Caller {
  hello: Hello;
  port: number;
  /** Judges one HTTP request; undefined where no rule looks into HTTP or at identity. */
  judge?: (request: HttpRequest) => Decision & { by?: "mesh" | "cilium" };
}

/** This pod's place in the cluster: who it is, what it knows, and what may pass. */
export class PodNetwork {
  readonly identity: Identity;
  readonly key: string;
  readonly open = new OpenConnections();
  /** The application's own, by direction: `in` and `out`. */
  readonly connections = new OpenConnections();
  /** The sidecar's choice of endpoints, which are counted by their ids in `open`. */
  readonly leastRequest = leastRequest((id) => this.open.count(id), { sameTwice: true });
  private view: View;
  private connectivity: Connectivity;
  private self: ViewPod;
  private nextPort = EPHEMERAL.first;
  private readonly learned = new LearnedNames();
  private readonly onFlow: (flow: Flow) => void;

  constructor(identity: Identity, view: View, onFlow: (flow: Flow) => void) {
    this.identity = identity;
    this.key = `${identity.namespace}/${identity.pod}`;
    this.onFlow = onFlow;
    this.view = view;
    this.connectivity = compile(worldOf(view));
    this.self = this.findSelf(view);
  }

  get current(): View {
    return this.view;
  }

  update(view: View): void {
    this.view = view;
    this.connectivity = compile(worldOf(view));
    this.self = this.findSelf(view);
  }

  /** Resolves a name; `unreachable` where policies cut this pod off from the cluster's DNS. */
  resolve(host: string): Answer | { kind: "unreachable" } {
    let answered = true;
    const answer = resolve(this.view, this.identity.namespace, host, (name) => {
      const way = this.wayToNames(name);
      answered = way !== "none";
      return way === "open";
    });
    return answered ? answer : { kind: "unreachable" };
  }

  /** Asks the cluster's DNS one question, of a name in full: without the search list. */
  query(name: string, type: string): QueryAnswer | { kind: "unreachable" } {
    const way = this.wayToNames(name.replace(/\.$/, "").toLowerCase());
    if (way === "open") return query(this.view, name, type);
    return way === "none" ? { kind: "unreachable" } : { kind: "failure", rcode: "REFUSED" };
  }

  private wayToNames(name: string): "open" | "refused" | "none" {
    const { allowed, proxied, because } = this.connectivity.lookup(this.self, name);
    if (proxied && !allowed) this.report("denied", name, DNS_PORT, because);
    return allowed ? "open" : proxied ? "refused" : "none";
  }

  /** The world's answer to a look-up: Cilium knows it from now on if it went through its DNS proxy. */
  learn({ name, asked = name }: Extract<Answer, { kind: "external" }>, addresses: string[]): void {
    if (this.connectivity.lookup(this.self, asked).proxied) this.learned.add(asked, addresses);
  }

  /** Where a connection to an address goes; what ends before any pod is reported. */
  route(ip: string, port: number): Route {
    const address = { ip, port, names: this.learned.of(ip) };
    const result = route(this.view, this.connectivity, this.peerOfSelf(), address);
    if (result.kind === "dropped" || result.kind === "refused") {
      this.report(result.kind, ip, port, result.because);
    }
    return result;
  }

  /** Whether the policies let a connection through to a target; either is reported. */
  enter(target: Target): boolean {
    const { allowed, because } = enter(this.connectivity, this.peerOfSelf(), target);
    const verdict = allowed ? "forwarded" : "dropped";
    this.report(verdict, key(target.pod), target.port, allowed ? [] : because);
    return allowed;
  }

  get meshed(): boolean {
    return this.self.meshed && this.view.settings.mesh !== undefined;
  }

  /** How this pod introduces itself to a target, and whether the target has a sidecar, which will hear it. */
  greet(target: Target): { hello: Hello; sidecar: boolean; plaintextRejected: boolean } {
    const inbound = this.connectivity.inbound(target.pod, target.port);
    const mode = inbound?.mtls.mode;
    // Auto mTLS: a sidecar speaks mTLS to whoever it knows to have a sidecar that takes it.
    const mtls = this.meshed && target.byService && inbound !== undefined && mode !== "DISABLE";
    const hello = this.hello();
    if (mtls) hello.principal = this.principal();
    const sidecar = inbound !== undefined;
    return { hello, sidecar, plaintextRejected: mode === "STRICT" && !mtls };
  }

  /** An introduction without identity: to this pod itself, or to whom has no sidecar. */
  hello(): Hello {
    return { from: this.key, ip: this.identity.ip, port: this.sourcePort() };
  }

  /** The rules for a caller at one of this pod's ports. `closed`: a TCP rule of the mesh denies it. */
  admit(hello: Hello, port: number): { caller: Caller; inbound?: InboundMesh; l4Denied: boolean } {
    const caller: Caller = { hello, port };
    if (hello.from === this.key || hello.bypassSidecar) return { caller, l4Denied: false };
    const inbound = this.meshed ? this.connectivity.inbound(this.self, port) : undefined;
    if (inbound || this.cilium(hello, port)) caller.judge = this.judge(hello, port);
    const source = { ip: hello.ip, principal: hello.principal };
    const l4Denied =
      inbound !== undefined && !inbound.authorize(source, { ip: this.identity.ip, port }).allowed;
    return { caller, inbound, l4Denied };
  }

  /** The HTTP rules for a caller, kept until the view changes: a kept connection obeys today's. */
  private judge(hello: Hello, port: number): Caller["judge"] {
    const source = { ip: hello.ip, principal: hello.principal };
    const destination = { ip: this.identity.ip, port };
    let version = -1;
    let cilium: ReturnType<PodNetwork["cilium"]>;
    let mesh: InboundMesh | undefined;
    return (request) => {
      if (version !== this.view.version) {
        version = this.view.version;
        cilium = this.cilium(hello, port);
        mesh = this.meshed ? this.connectivity.inbound(this.self, port) : undefined;
      }
      const byCilium = cilium?.(request);
      if (byCilium && !byCilium.allowed) return { ...byCilium, by: "cilium" };
      const byMesh = mesh?.authorize(source, destination, request);
      return byMesh && !byMesh.allowed ? { ...byMesh, by: "mesh" } : ALLOWED;
    };
  }

  /** What the mesh takes this pod's port for. */
  protocol(port: number) {
    return this.self.protocols[port] ?? "auto";
  }

  /** The workload behind a caller, for metrics and flows. */
  callerName(hello: Hello): string {
    return hello.from === "node" || hello.from === "external"
      ? `${hello.from} ${hello.ip}`
      : hello.from;
  }

  report(
    verdict: Flow["verdict"],
    destination: string,
    port: number,
    because: { text: string }[],
    source = this.key,
  ): void {
    const reasons = because.map((reason) => reason.text);
    this.onFlow({ time: Date.now(), verdict, source, destination, port, because: reasons });
  }

  /** A source or listening port that this pod hasn't used lately. */
  sourcePort(): number {
    const port = this.nextPort;
    this.nextPort = port === EPHEMERAL.last ? EPHEMERAL.first : port + 1;
    return port;
  }

  private cilium(hello: Hello, port: number): ((request: HttpRequest) => Decision) | undefined {
    const from = this.peer(hello);
    return this.connectivity.connection(from, { kind: "pod", pod: this.self }, port, "TCP").http;
  }

  private peer(hello: Hello): Peer {
    if (hello.from === "node") return { kind: "node", ip: hello.ip };
    const pod = this.view.pods.find((p) => key(p) === hello.from);
    return pod ? { kind: "pod", pod } : { kind: "external", ip: hello.ip };
  }

  private peerOfSelf(): Peer {
    return { kind: "pod", pod: this.self };
  }

  private principal(): string {
    const domain = this.view.settings.mesh?.trustDomain;
    return `${domain}/ns/${this.self.namespace}/sa/${this.self.serviceAccount}`;
  }

  private findSelf(view: View): ViewPod {
    const self = view.pods.find((p) => key(p) === this.key);
    if (!self) throw new Error(`the view has no pod ${this.key}`);
    return self;
  }
}

function key(pod: { namespace: string; name: string }): string {
  return `${pod.namespace}/${pod.name}`;
}
