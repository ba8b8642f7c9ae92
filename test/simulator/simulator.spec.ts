import assert from "node:assert/strict";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { Simulator } from "../../micromesh/simulator/simulator.ts";
import {
  type App,
  app,
  declarationOf,
  labelsOf,
  namespace,
  object,
  service,
  until,
} from "./declaration.ts";

/** Tells of its own pod over HTTP. It takes its time to listen, so that a restart can be watched. */
const SERVER = `
import http from "node:http";
import fs from "node:fs";
import os from "node:os";
const attempt = (work) => { try { return work(); } catch (error) { return error.code; } };
const answers = {
  "/": () => ({ host: os.hostname(), message: process.env.MESSAGE, pid: process.pid }),
  "/environment": () => process.env,
  "/read": (path) => attempt(() => fs.readFileSync(path, "utf8")),
  "/write": (path) => attempt(() => fs.writeFileSync(path, "written") ?? "ok"),
};
setTimeout(() => http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://any");
  response.end(JSON.stringify(answers[pathname](searchParams.get("path")) ?? null));
}).listen(8080), Number(process.env.DELAY_MS ?? 0));
`;
const IDLE = "setInterval(() => {}, 1 << 30);";
const CILIUM: [string, string][] = [["cilium", "kube-system"]];
const MARKER = "MICROMESH_TEST_OF_A_LEAK";
const HTTP = { name: "http", port: 80, targetPort: 8080 };
const READY_MS = 15_000;
const CLIENT = { namespace: "near", workload: "client" };

const server = (changes: Partial<App> = {}) =>
  app({
    namespace: "far",
    name: "server",
    source: SERVER,
    port: 8080,
    env: [
      { name: "MESSAGE", value: "one" },
      { name: "DELAY_MS", value: "700" },
    ],
    container: {
      securityContext: { readOnlyRootFilesystem: true },
      volumeMounts: [
        { name: "settings", mountPath: "/etc/server" },
        { name: "scratch", mountPath: "/tmp" },
      ],
    },
    pod: {
      volumes: [
        { name: "settings", configMap: { name: "settings" } },
        { name: "scratch", emptyDir: {} },
      ],
    },
    ...changes,
  });

const base = (ofServer = server()): KubernetesObject[] => [
  namespace("near"),
  namespace("far"),
  object("v1", "ConfigMap", { name: "settings", namespace: "far" }, { data: { colour: "blue" } }),
  ...ofServer,
  service("far", "server", HTTP),
  ...app({ namespace: "near", name: "client", source: IDLE }),
  ...app({
    namespace: "near",
    name: "ordered",
    kind: "StatefulSet",
    replicas: 2,
    source: SERVER,
    port: 8080,
  }),
  service("near", "ordered", HTTP, { clusterIP: "None" }),
];

const egress = (name: string, rules: object[]) =>
  object(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    { name, namespace: "near" },
    {
      spec: {
        podSelector: { matchLabels: labelsOf("client") },
        policyTypes: ["Egress"],
        egress: rules,
      },
    },
  );

describe("a simulated stack", () => {
  let simulator: Simulator;

  before(async function () {
    this.timeout(30_000);
    process.env[MARKER] = "leaked";
    simulator = await Simulator.start(declarationOf(base(), CILIUM), { gatewayPort: 0 });
    await simulator.settled(READY_MS);
  });

  after(async function () {
    this.timeout(15_000);
    delete process.env[MARKER];
    await simulator?.stop();
  });

  const play = async (objects: KubernetesObject[]) => {
    const changes = await simulator.apply(declarationOf(objects, CILIUM));
    await simulator.settled(READY_MS);
    return changes;
  };
  const get = (url: string, timeoutMs = 2_000) =>
    simulator.observe(CLIENT, { kind: "http", url, method: "GET", headers: {} }, timeoutMs);
  const ask = async (path: string) => {
    const { body, failure } = await get(`http://server.far${path}`);
    assert.equal(failure, undefined, `${path} failed`);
    return JSON.parse(body ?? "");
  };
  const podOf = (name: string) => {
    const pod = simulator.cluster.statuses.find((p) => p.name.startsWith(`${name}-`));
    assert.ok(pod, `there is no pod of ${name}`);
    return { ...pod, container: pod.containers[0] as (typeof pod.containers)[number] };
  };
  const pids = () =>
    Object.fromEntries(simulator.cluster.statuses.map((p) => [p.name, p.containers[0]?.pid]));

  describe("names", () => {
    for (const host of [
      "server.far",
      "server.far.svc",
      "server.far.svc.cluster.local",
      "server.far.svc.cluster.local.",
    ]) {
      it(`${host} leads from another namespace to the Service`, async () => {
        const { status, body } = await get(`http://${host}/`);
        assert.equal(status, 200);
        assert.equal(JSON.parse(body ?? "").host, podOf("server").name);
      }).timeout(5_000);
    }

    it("a name of one part is the own namespace's alone", async () => {
      assert.equal((await get("http://server/")).failure, "no-such-name");
      assert.equal((await get("http://ordered:8080/")).status, 200);
    }).timeout(5_000);

    it("a headless Service has the addresses of its pods, and each pod of the set a name", async () => {
      const ips = ["ordered-0", "ordered-1"].map(
        (name) => simulator.cluster.pod(`near/${name}`)?.ip,
      );
      const all = await simulator.observe(CLIENT, { kind: "dns", name: "ordered" }, 2_000);
      assert.deepEqual([...(all.addresses ?? [])].sort(), [...ips].sort());
      for (const [index, ip] of ips.entries()) {
        const name = `ordered-${index}.ordered.near.svc.cluster.local`;
        const one = await simulator.observe(CLIENT, { kind: "dns", name }, 2_000);
        assert.deepEqual(one.addresses, [ip]);
        const { body } = await get(`http://ordered-${index}.ordered:8080/`);
        assert.equal(JSON.parse(body ?? "").host, `ordered-${index}`);
      }
    }).timeout(10_000);
  });

  describe("a container's surroundings", () => {
    it("mounted files stand at their declared paths", async () => {
      assert.equal(await ask("/read?path=/etc/server/colour"), "blue");
      assert.equal(await ask("/read?path=/app/main.mjs"), SERVER);
    }).timeout(5_000);

    it("a read-only root refuses to be written, a volume doesn't", async () => {
      assert.equal(await ask("/write?path=/etc/anything"), "EROFS");
      assert.equal(await ask("/write?path=/etc/server/colour"), "EROFS");
      assert.equal(await ask("/write?path=/tmp/note"), "ok");
      assert.equal(await ask("/read?path=/tmp/note"), "written");
    }).timeout(5_000);

    it("this machine's environment stays outside", async () => {
      const environment = await ask("/environment");
      assert.equal(process.env[MARKER], "leaked");
      assert.equal(environment[MARKER], undefined);
      assert.equal(environment.HOME, undefined);
      assert.equal(environment.MESSAGE, "one");
    }).timeout(5_000);
  });

  describe("a change", () => {
    it("of nothing touches nothing", async () => {
      const before = { pids: pids(), version: simulator.cluster.currentView().version };
      const changes = await play(base());
      assert.deepEqual(changes, { added: [], changed: [], removed: [] });
      await new Promise((resolve) => setTimeout(resolve, 200));
      const after = { pids: pids(), version: simulator.cluster.currentView().version };
      assert.deepEqual(after, before);
    }).timeout(10_000);

    it("of a NetworkPolicy alone keeps every process, and holds as soon as it's settled", async () => {
      const before = pids();
      const deny = object(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        { name: "deny", namespace: "far" },
        { spec: { podSelector: {}, policyTypes: ["Ingress"] } },
      );
      await play([...base(), deny]);
      assert.equal((await get("http://server.far/", 500)).failure, "timeout");
      await play(base());
      assert.equal((await get("http://server.far/")).status, 200);
      assert.deepEqual(pids(), before);
    }).timeout(10_000);

    it("of a policy that cuts DNS takes names away, not addresses", async () => {
      const { clusterIp } =
        simulator.cluster.currentView().services.find((s) => s.name === "server") ?? {};
      assert.ok(clusterIp);
      await play([
        ...base(),
        egress("far-only", [
          {
            to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "far" } } }],
          },
        ]),
      ]);
      const name = { kind: "dns", name: "server.far" } as const;
      assert.equal((await simulator.observe(CLIENT, name, 500)).failure, "timeout");
      assert.equal((await get("http://server.far/", 500)).failure, "timeout");
      assert.equal((await get(`http://${clusterIp}/`)).status, 200);
      await play(base());
      assert.equal((await get("http://server.far/")).status, 200);
    }).timeout(10_000);

    it("of one Deployment's environment replaces that pod alone", async () => {
      const before = pids();
      await play(base(server({ env: [{ name: "MESSAGE", value: "two" }] })));
      assert.equal((await ask("/")).message, "two");
      const { [podOf("server").name]: fresh, ...others } = pids();
      const gone = Object.keys(before).find((name) => name.startsWith("server-")) as string;
      assert.equal(gone in others, false, "the old pod is still there");
      assert.ok(fresh && fresh !== before[gone]);
      const { [gone]: _, ...unchanged } = before;
      assert.deepEqual(others, unchanged);
      await play(base());
    }).timeout(15_000);
  });

  it("a killed server is restarted in its pod; its Service refuses until it's ready again", async () => {
    const before = podOf("server");
    process.kill(before.container.pid as number, "SIGKILL");
    await until("the pod isn't ready", () => !podOf("server").ready);
    await until("the view", () =>
      simulator.cluster
        .currentView()
        .services.some((s) => s.name === "server" && s.ports[0]?.endpoints.length === 0),
    );
    assert.equal((await get("http://server.far/")).failure, "refused");
    await until("the pod is ready again", () => podOf("server").ready);
    await simulator.settled(READY_MS);
    assert.equal((await get("http://server.far/")).status, 200);
    const after = podOf("server");
    assert.equal(after.container.restarts, before.container.restarts + 1);
    assert.deepEqual(after.container.lastExit, { code: null, signal: "SIGKILL" });
    assert.deepEqual([after.name, after.ips], [before.name, before.ips]);
    assert.notEqual(after.container.pid, before.container.pid);
  }).timeout(15_000);

  describe("a ConfigMap that isn't declared", () => {
    const late = object(
      "v1",
      "ConfigMap",
      { name: "late", namespace: "near" },
      {
        data: { word: "here" },
      },
    );
    const cases = {
      environment: {
        reason: "CreateContainerConfigError",
        app: app({
          namespace: "near",
          name: "waiting",
          source: SERVER,
          port: 8080,
          env: [{ name: "MESSAGE", valueFrom: { configMapKeyRef: { name: "late", key: "word" } } }],
        }),
      },
      volume: {
        reason: "ContainerCreating",
        app: app({
          namespace: "near",
          name: "waiting",
          source: SERVER,
          port: 8080,
          env: [{ name: "MESSAGE", value: "here" }],
          container: { volumeMounts: [{ name: "late", mountPath: "/late" }] },
          pod: { volumes: [{ name: "late", configMap: { name: "late" } }] },
        }),
      },
    };
    for (const [use, { reason, app: waiting }] of Object.entries(cases)) {
      it(`keeps who needs it for a ${use} waiting, until it is`, async () => {
        const objects = [...base(), ...waiting, service("near", "waiting", HTTP)];
        await simulator.apply(declarationOf(objects, CILIUM));
        const status = () =>
          simulator.cluster.statuses.find((p) => p.name.startsWith("waiting-"))?.containers[0];
        const why = await until("a reason to wait", () => status()?.waiting);
        assert.equal(why.reason, reason);
        assert.match(why.message, /late/);
        assert.equal(status()?.pid, undefined);
        await assert.rejects(simulator.settled(100), /waiting has 0 of 1 pods ready.*late/);
        await play([...objects, late]);
        const { body } = await get("http://waiting/");
        assert.equal(JSON.parse(body ?? "").message, "here");
        assert.equal(status()?.restarts, 0);
        await play(base());
      }).timeout(15_000);
    }
  });

  it("an image that can't be run is named, and what runs stays", async () => {
    const before = pids();
    const strange = server({ container: { image: "example.org/strange:1.2" } });
    await assert.rejects(
      simulator.apply(declarationOf(base(strange), CILIUM)),
      /example\.org\/strange:1\.2/,
    );
    await assert.rejects(
      Simulator.start(declarationOf(base(strange), CILIUM), { gatewayPort: 0 }),
      /example\.org\/strange:1\.2/,
    );
    assert.deepEqual(pids(), before);
  }).timeout(10_000);
});
