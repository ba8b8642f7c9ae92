import assert from "node:assert/strict";
import net from "node:net";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { admitsSource, loadBalancedPorts } from "../../micromesh/simulator/load-balancers.ts";
import { Simulator } from "../../micromesh/simulator/simulator.ts";
import type { Failure, Request } from "../../stacks/outputs.ts";
import { freePort, tcpServer } from "../verify/servers.ts";
import { app, declarationOf, labelsOf, namespace, object, service, until } from "./declaration.ts";

/** Tells whom it takes its caller for, and keeps a TCP connection on 9000. */
const SERVER = `
import http from "node:http";
import net from "node:net";
http.createServer((request, response) => response.end(request.socket.remoteAddress)).listen(8080);
net.createServer((socket) => socket.on("data", (bytes) => socket.write(bytes)).on("error", () => {})).listen(9000);
`;
const CILIUM: [string, string][] = [["cilium", "kube-system"]];
const MESH: [string, string][] = [
  ["cilium", "kube-system"],
  ["base", "istio-system"],
  ["istiod", "istio-system"],
];
const READY_MS = 15_000;
const OUTSIDE = "192.168.49.1";
const NODE = "192.168.49.2";

const http = (url: string): Request => ({ kind: "http", url, method: "GET", headers: {} });

describe("Services of type LoadBalancer", () => {
  const balancer = (spec: object) =>
    object("v1", "Service", { name: "api", namespace: "items" }, { spec });

  it("ask for each of their TCP ports, the others for none", () => {
    const ports = [{ port: 8090 }, { port: 53, protocol: "UDP" }, { port: 81, protocol: "TCP" }];
    const base = { namespace: "items", service: "api" };
    assert.deepEqual(
      loadBalancedPorts([
        balancer({ type: "LoadBalancer", ports, loadBalancerSourceRanges: ["10.0.0.0/8"] }),
        balancer({ type: "LoadBalancer", ports: [{ port: 82 }], externalTrafficPolicy: "Local" }),
        balancer({ type: "NodePort", ports }),
        balancer({ ports }),
      ]),
      [
        { ...base, port: 8090, trafficPolicy: "Cluster", sourceRanges: ["10.0.0.0/8"] },
        { ...base, port: 81, trafficPolicy: "Cluster", sourceRanges: ["10.0.0.0/8"] },
        { ...base, port: 82, trafficPolicy: "Local", sourceRanges: [] },
      ],
    );
  });

  for (const [ranges, admitted] of [
    [[], true],
    [["192.168.49.0/24"], true],
    [["10.0.0.0/8", "192.168.49.1/32"], true],
    [["10.0.0.0/8"], false],
    [["::/0"], false],
    [["anywhere"], false],
  ] as const) {
    it(`with source ranges [${ranges}] ${admitted ? "admit" : "drop"} ${OUTSIDE}`, () => {
      const [port] = loadBalancedPorts([
        balancer({ type: "LoadBalancer", ports: [{ port: 1 }], loadBalancerSourceRanges: ranges }),
      ]);
      assert.ok(port);
      assert.equal(admitsSource(port, OUTSIDE), admitted);
    });
  }
});

describe("simulated load balancers", function () {
  this.timeout(20_000);
  let simulator: Simulator;
  let own: number;
  let taken: Awaited<ReturnType<typeof tcpServer>>;

  const pods = (labels: Record<string, string>, replicas = 1) =>
    app({ namespace: "items", name: "api", source: SERVER, port: 8080, replicas, labels });
  const base = (replicas = 1): KubernetesObject[] => [namespace("items"), ...pods({}, replicas)];
  const api = (spec: object = {}, port = own) =>
    service(
      "items",
      "api",
      { name: "http", port, targetPort: 8080 },
      { type: "LoadBalancer", externalTrafficPolicy: "Local", ...spec },
    );
  const denyIngress = object(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    { name: "deny", namespace: "items" },
    { spec: { podSelector: { matchLabels: labelsOf("api") }, policyTypes: ["Ingress"] } },
  );
  const declaration = (objects: KubernetesObject[], charts = CILIUM) => {
    const declared = declarationOf(objects, charts);
    declared.outputs = {
      ...(declared.outputs as object),
      endpoints: {
        "items.lan": { via: "load-balancer", namespace: "items", service: "api", port: own },
      },
    };
    return declared;
  };
  const play = async (objects: KubernetesObject[], charts = CILIUM) => {
    await simulator.apply(declaration(objects, charts));
    await simulator.settled(READY_MS);
  };
  const outside = (request = http("http://items.lan/"), timeoutMs = 700) =>
    simulator.observe("outside", request, timeoutMs);
  const fails = async (failure: Failure) => assert.equal((await outside()).failure, failure);
  const seesCallerAs = async (ip: string) =>
    assert.equal((await outside(undefined, 3_000)).body, ip);

  before(async () => {
    own = await freePort();
    taken = await tcpServer(() => {});
    simulator = await Simulator.start(declaration([...base(), api()]), { gatewayPort: 0 });
    await simulator.settled(READY_MS);
  });
  after(async () => {
    await simulator?.stop();
    await taken?.close();
  });

  it("have the Service's own port number on 127.0.0.1, and tell it", async () => {
    const [address, ...others] = simulator.loadBalancers;
    assert.deepEqual(others, []);
    assert.equal(address?.host, "127.0.0.1");
    assert.equal(address?.localPort, own);
    assert.equal(address?.ready, true);
    const answer = await fetch(`http://127.0.0.1:${own}/`);
    assert.equal(await answer.text(), OUTSIDE);
  });

  it("take another port where the own one is taken, privileged or reserved", async () => {
    for (const port of [taken.port, 80]) {
      await play([...base(), api({}, port)]);
      const [address] = simulator.loadBalancers;
      assert.equal(address?.port, port);
      assert.notEqual(address?.localPort, port);
      const answer = await fetch(`http://127.0.0.1:${address?.localPort}/`);
      assert.equal(answer.status, 200);
    }
    await play([...base(), api()]);
    assert.equal(simulator.loadBalancers[0]?.localPort, own);
  });

  it("show the pod its client with externalTrafficPolicy Local, its node otherwise", async () => {
    await seesCallerAs(OUTSIDE);
    await play([...base(), api({ externalTrafficPolicy: undefined })]);
    await seesCallerAs(NODE);
    // What masks the client takes it past the policies: a pod's own node is always let in.
    await play([...base(), api({ externalTrafficPolicy: "Cluster" }), denyIngress]);
    await seesCallerAs(NODE);
    await play([...base(), api()]);
    await seesCallerAs(OUTSIDE);
  });

  it("a policy that denies ingress drops, and the network tells", async () => {
    await play([...base(), api(), denyIngress]);
    await fails("timeout");
    const flow = simulator.flows.latest().at(-1);
    assert.equal(flow?.verdict, "dropped");
    assert.equal(flow?.source, `external ${OUTSIDE}`);
    assert.match(flow?.destination ?? "", /^items\/api-/);
    assert.match(flow?.because.join() ?? "", /isolates items\/api/);
    await play([...base(), api()]);
    await seesCallerAs(OUTSIDE);
  });

  it("source ranges drop who is in none of them", async () => {
    await play([...base(), api({ loadBalancerSourceRanges: ["10.0.0.0/8"] })]);
    await fails("timeout");
    assert.match(simulator.flows.latest().at(-1)?.because[0] ?? "", /loadBalancerSourceRanges/);
    await play([...base(), api({ loadBalancerSourceRanges: [`${OUTSIDE}/32`] })]);
    await seesCallerAs(OUTSIDE);
    await play([...base(), api()]);
  });

  it("refuse while no endpoint is ready, on the same port as before and after", async () => {
    await play([...base(), api({ selector: labelsOf("nobody") })]);
    assert.equal(simulator.loadBalancers[0]?.ready, false);
    await fails("refused");
    await play([...base(), api()]);
    assert.equal(simulator.loadBalancers[0]?.localPort, own);
    await seesCallerAs(OUTSIDE);
  });

  it("refuse after the pod has died, until it's ready again", async () => {
    const pid = simulator.cluster.statuses.find((p) => p.namespace === "items")?.containers[0]?.pid;
    assert.ok(pid);
    process.kill(pid, "SIGKILL");
    await until("it's shut", () => simulator.loadBalancers[0]?.ready === false);
    await fails("refused");
    await until("it's open", () => simulator.loadBalancers[0]?.ready === true);
    await seesCallerAs(OUTSIDE);
  });

  it("an open connection outlives the Service's last endpoint, as connection tracking has it", async () => {
    const echo = { name: "tcp-echo", port: own, targetPort: 9000 };
    const tcp = (spec: object = {}) =>
      service("items", "api", echo, { type: "LoadBalancer", ...spec });
    await play([...base(), tcp()]);
    const client = net.connect(own, "127.0.0.1");
    const said = async (text: string) => {
      client.write(text);
      return String(await new Promise((resolve) => client.once("data", resolve)));
    };
    assert.equal(await said("one"), "one");
    await play([...base(), tcp({ selector: labelsOf("nobody") })]);
    assert.equal(await said("two"), "two");
    await fails("refused");
    const ended = new Promise((resolve) => client.once("close", resolve));
    await play(base());
    await ended;
    await play([...base(), tcp()]);
    const request: Request = { kind: "tcp", host: "items.lan", port: own, send: "x", reads: "x" };
    assert.equal((await outside(request)).failure, undefined);
    await play([...base(), api()]);
  });

  it("spread connections over all ready endpoints", async () => {
    await play([...base(3), api()]);
    const request: Request = { ...http("http://items.lan/"), tally: { times: 30 } } as Request;
    assert.deepEqual((await outside(request, 5_000)).tally, { "200": 30 });
    const servers = new Set(
      simulator.flows
        .latest()
        .slice(-30)
        .map(({ destination }) => destination),
    );
    assert.equal(servers.size, 3);
    await play([...base(), api()]);
  });

  it("enter a mesh in plaintext, which strict mTLS resets", async () => {
    const strict = object(
      "security.istio.io/v1",
      "PeerAuthentication",
      { name: "default", namespace: "items" },
      { spec: { mtls: { mode: "STRICT" } } },
    );
    // Injection happens when a pod is made, so it takes a new one.
    const meshed = [namespace("items", { "istio-injection": "enabled" }), ...pods({ mesh: "in" })];
    await play([...meshed, api()], MESH);
    await seesCallerAs(OUTSIDE);
    await play([...meshed, api(), strict], MESH);
    await fails("reset");
    await play([...base(), api()]);
  });

  it("that aren't declared any more aren't there, and their endpoint is an error", async () => {
    await play([...base(), api({ type: "ClusterIP", externalTrafficPolicy: undefined })]);
    assert.deepEqual(simulator.loadBalancers, []);
    await assert.rejects(
      outside(),
      /^Error: there is no Service items\/api of type LoadBalancer with TCP port \d+: mend/,
    );
    await assert.rejects(fetch(`http://127.0.0.1:${own}/`));
    await play([...base(), api()]);
    await seesCallerAs(OUTSIDE);
  });
});
