import assert from "node:assert/strict";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { Simulator } from "../../micromesh/simulator/simulator.ts";
import { app, declarationOf, labelsOf, namespace, object, service, until } from "./declaration.ts";

const READY_MS = 20_000;

/** Pods print what they find as `found ["name", value]`; a pod that ended would be started again. */
const FINDINGS = `
const found = async (name, work) => {
  let value;
  try { value = await work(); } catch (error) {
    value = { error: error.code ?? error.cause?.code ?? error.message };
  }
  console.log("found " + JSON.stringify([name, value ?? null]));
};
setInterval(() => {}, 1 << 30);
`;

/** Echoes HTTP on 8080 and TCP on 9090, and tells who asks. */
const SERVER = `
import http from "node:http";
import net from "node:net";
http.createServer((request, response) => {
  const { remoteAddress, localAddress, localPort } = request.socket;
  if (request.url === "/who") {
    response.end(JSON.stringify({ remoteAddress, localAddress, localPort }));
  } else if (request.method === "POST") request.pipe(response);
  else response.end("hello");
}).listen(8080);
net.createServer({ allowHalfOpen: true }, (socket) => {
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (chunk) => { text += chunk; });
  socket.on("end", () => socket.end("got " + text));
}).listen(9090);
`;

/** All that an application does with sockets, from a pod with a server of its own. */
const CLIENT = `${FINDINGS}
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { text } from "node:stream/consumers";

const listen = async (server, ...args) => { server.listen(...args); await once(server, "listening"); };
const own = http.createServer((request, response) => {
  const { remoteAddress, localAddress } = request.socket;
  response.end(JSON.stringify({ remoteAddress, localAddress }));
});
await listen(own, 7000);
await found("address", () => own.address());
await found("twice", () => listen(net.createServer(), 7000));
await found("again", async () => {
  const server = net.createServer();
  await listen(server, 7001);
  server.close();
  await once(server, "close");
  await listen(net.createServer(), 7001);
  return "free";
});
await found("any", async () => {
  const server = net.createServer();
  await listen(server, 0);
  return server.address().port;
});
await found("foreign", () => listen(net.createServer(), 7002, "10.9.9.9"));

for (const host of ["localhost", "127.0.0.1", process.env.HOSTNAME, process.env.POD_IP]) {
  await found("self " + host, async () => (await fetch("http://" + host + ":7000/")).json());
}
await found("loopback only", async () => {
  await listen(http.createServer((request, response) => response.end("in")), 7003, "127.0.0.1");
  const ask = (host) => fetch("http://" + host + ":7003/").then((r) => r.text(), (e) => e.cause.code);
  return [await ask("localhost"), await ask(process.env.POD_IP)];
});
await found("nobody at home", () => fetch("http://localhost:7999/"));
await found("who", async () => (await fetch("http://server/who")).json());
await found("source", async () => {
  const socket = net.connect(80, "server");
  await once(socket, "connect");
  const { localAddress, remoteAddress, remotePort } = socket;
  socket.destroy();
  return { localAddress, remoteAddress, remotePort };
});

await found("kept", async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set();
  const bodies = [];
  for (let i = 0; i < 5; i++) {
    const request = http.get("http://server/", { agent });
    const [response] = await once(request, "response");
    sockets.add(request.socket);
    bodies.push(await text(response));
  }
  agent.destroy();
  return { bodies, sockets: sockets.size };
});

await found("large", async () => {
  const sent = randomBytes(5 * 2 ** 20);
  const response = await fetch("http://server/", { method: "POST", body: sent });
  const received = Buffer.from(await response.arrayBuffer());
  const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
  return { bytes: received.length, intact: digest(sent) === digest(received) };
});

await found("half-close", async () => {
  const socket = net.connect({ host: "server", port: 90, allowHalfOpen: true });
  socket.end("all of it");
  return text(socket);
});
await found("done", () => true);
`;

/** One kind of caller of the meshed Services. */
const CALLER = `${FINDINGS}
import net from "node:net";
import { text } from "node:stream/consumers";
const http = async (url) => {
  const response = await fetch(url);
  return { status: response.status, body: await response.text() };
};
const tcp = (host, port) => {
  const socket = net.connect(port, host);
  socket.end("word");
  return text(socket);
};
await found("open", () => http("http://server/"));
await found("guarded", () => http("http://guarded/"));
await found("guarded tcp", () => tcp("guarded", 90));
await found("open tcp", () => tcp("server", 90));
await found("empty", () => http("http://empty/"));
await found("done", () => true);
`;

const pair = (name: string): KubernetesObject[] => [
  ...app({ namespace: "net", name, source: SERVER, port: 8080 }),
  service(
    "net",
    name,
    { name: "http", port: 80, targetPort: 8080 },
    {
      ports: [
        { name: "http", port: 80, targetPort: 8080 },
        { name: "tcp-echo", port: 90, targetPort: 9090 },
      ],
    },
  ),
];

/** What a pod of an app has printed, once it's done. */
async function findings(simulator: Simulator, name: string): Promise<Map<string, unknown>> {
  const printed = () => {
    const pod = simulator.cluster.statuses.find((p) => p.name.startsWith(`${name}-`));
    return simulator.lines.of(`net/${pod?.name}`).map(({ line }) => line);
  };
  const results = () =>
    new Map<string, unknown>(
      printed()
        .filter((line) => line.startsWith("found "))
        .map((line) => JSON.parse(line.slice("found ".length))),
    );
  await until(`${name} is done`, () => results().has("done"), READY_MS).catch((error) =>
    assert.fail(`${error.message}; it printed:\n${printed().join("\n")}`),
  );
  return results();
}

/** Servers first: clients ask once, and as soon as they run. */
async function run(
  servers: KubernetesObject[],
  clients: KubernetesObject[],
  charts: [string, string][],
): Promise<Simulator> {
  const simulator = await Simulator.start(declarationOf(servers, charts), { gatewayPort: 0 });
  try {
    await simulator.settled(READY_MS);
    await simulator.apply(declarationOf([...servers, ...clients], charts));
    await simulator.settled(READY_MS);
    return simulator;
  } catch (error) {
    await simulator.stop();
    throw error;
  }
}

describe("a pod's network, as its application sees it", () => {
  let simulator: Simulator;
  let found: Map<string, unknown>;
  let ip: string;
  let podName: string;

  before(async function () {
    this.timeout(45_000);
    const env = [
      { name: "HOSTNAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    ];
    const client = app({ namespace: "net", name: "client", source: CLIENT, env });
    simulator = await run([namespace("net"), ...pair("server")], client, []);
    found = await findings(simulator, "client");
    const pod = simulator.cluster.statuses.find((p) => p.name.startsWith("client-"));
    ip = pod?.ips[0] as string;
    podName = pod?.name as string;
  });

  after(async function () {
    this.timeout(15_000);
    await simulator?.stop();
  });

  it("a port is listened on once, until it's closed", () => {
    assert.deepEqual(found.get("twice"), { error: "EADDRINUSE" });
    assert.equal(found.get("again"), "free");
  });

  it("a server knows its address; port 0 is any; an address of others is refused", () => {
    assert.equal((found.get("address") as { port: number }).port, 7000);
    assert.ok((found.get("any") as number) > 1024);
    assert.deepEqual(found.get("foreign"), { error: "EADDRNOTAVAIL" });
  });

  it("a pod reaches itself by localhost, its name and its address", () => {
    const loopback = { remoteAddress: "127.0.0.1", localAddress: "127.0.0.1" };
    assert.deepEqual(found.get("self localhost"), loopback);
    assert.deepEqual(found.get("self 127.0.0.1"), loopback);
    for (const host of [podName, ip]) {
      assert.deepEqual(found.get(`self ${host}`), { remoteAddress: ip, localAddress: ip });
    }
    assert.deepEqual(found.get("loopback only"), ["in", "ECONNREFUSED"]);
    assert.deepEqual(found.get("nobody at home"), { error: "ECONNREFUSED" });
  });

  it("both ends know the other's address: the pods', and the Service's for the caller", () => {
    const { pods, services } = simulator.cluster.currentView();
    const server = pods.find((p) => p.name.startsWith("server-"));
    const { clusterIp } = services.find((s) => s.name === "server") ?? {};
    assert.deepEqual(found.get("who"), {
      remoteAddress: ip,
      localAddress: server?.ips[0],
      localPort: 8080,
    });
    assert.deepEqual(found.get("source"), {
      localAddress: ip,
      remoteAddress: clusterIp,
      remotePort: 80,
    });
  });

  it("one kept connection serves several requests", () => {
    assert.deepEqual(found.get("kept"), { bodies: Array(5).fill("hello"), sockets: 1 });
  });

  it("5 MiB arrive whole, both ways at once", () => {
    assert.deepEqual(found.get("large"), { bytes: 5 * 2 ** 20, intact: true });
  });

  it("a connection that is closed by half still brings the answer", () => {
    assert.equal(found.get("half-close"), "got all of it");
  });
});

describe("a mesh, as applications see it", () => {
  let simulator: Simulator;
  let meshed: Map<string, unknown>;
  let plain: Map<string, unknown>;
  let trusted: Map<string, unknown>;

  before(async function () {
    this.timeout(60_000);
    const outside = { "sidecar.istio.io/inject": "false" };
    const servers = [
      namespace("net", { "istio-injection": "enabled" }),
      ...pair("server"),
      ...pair("guarded"),
      service("net", "empty", { name: "http", port: 80, targetPort: 8080 }),
      object(
        "security.istio.io/v1",
        "PeerAuthentication",
        { name: "default", namespace: "net" },
        { spec: { mtls: { mode: "STRICT" } } },
      ),
      object(
        "security.istio.io/v1",
        "AuthorizationPolicy",
        { name: "guarded", namespace: "net" },
        {
          spec: {
            selector: { matchLabels: labelsOf("guarded") },
            rules: [{ from: [{ source: { principals: ["cluster.local/ns/net/sa/trusted"] } }] }],
          },
        },
      ),
    ];
    const clients = [
      ...app({ namespace: "net", name: "meshed", source: CALLER }),
      ...app({ namespace: "net", name: "trusted", source: CALLER }),
      ...app({ namespace: "net", name: "plain", source: CALLER, labels: outside }),
    ];
    simulator = await run(servers, clients, [
      ["cilium", "kube-system"],
      ["istiod", "istio-system"],
    ]);
    [meshed, trusted, plain] = (await Promise.all(
      ["meshed", "trusted", "plain"].map((name) => findings(simulator, name)),
    )) as [typeof meshed, typeof trusted, typeof plain];
  });

  after(async function () {
    this.timeout(15_000);
    await simulator?.stop();
  });

  it("strict mTLS lets meshed callers in and resets those without a sidecar", () => {
    assert.deepEqual(meshed.get("open"), { status: 200, body: "hello" });
    assert.equal(meshed.get("open tcp"), "got word");
    assert.deepEqual(plain.get("open"), { error: "ECONNRESET" });
    assert.deepEqual(plain.get("open tcp"), { error: "ECONNRESET" });
  });

  it("to a bare address a sidecar speaks plaintext, which strict mTLS resets", async () => {
    const pods = simulator.cluster.statuses;
    const { ips } = pods.find(({ owner }) => owner === "Deployment server") ?? {};
    const from = { namespace: "net", workload: "meshed" };
    const request = { kind: "tcp", host: ips?.[0] ?? "", port: 9090, send: "word" } as const;
    assert.equal((await simulator.observe(from, request, 2_000)).failure, "reset");
    await until("the reason", () =>
      simulator.flows
        .latest()
        .some(({ because }) => /^strict mTLS: the caller's sidecar knows/.test(because[0] ?? "")),
    );
  });

  it("an AuthorizationPolicy answers 403 with Envoy's words to all but whom it names", () => {
    assert.deepEqual(meshed.get("guarded"), { status: 403, body: "RBAC: access denied" });
    assert.deepEqual(trusted.get("guarded"), { status: 200, body: "hello" });
  });

  it("a TCP connection that it denies is closed without an answer", () => {
    assert.equal(meshed.get("guarded tcp"), "");
    assert.equal(trusted.get("guarded tcp"), "got word");
  });

  it("a Service without endpoints is a 503 behind a sidecar, a refusal without one", () => {
    assert.deepEqual(meshed.get("empty"), { status: 503, body: "no healthy upstream" });
    assert.deepEqual(plain.get("empty"), { error: "ECONNREFUSED" });
  });
});
