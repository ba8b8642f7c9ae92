/**
 * The router, as `render` writes it, on a real cluster: who asks it while its config changes, a replica dies or it's
 * replaced itself sees no failure, its admin API reaches real pods, and every probe of every scenario passes as it
 * does in the simulator. Needs kubectl and a cluster for tests; the router's namespace is deleted there, before and
 * after.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { ADMIN_PATH, PORTS } from "../../apps/router/names.ts";
import { hashOf } from "../../apps/router/router/router.ts";
import { scenarioNames } from "../../labs/router/scenarios.ts";
import { Bed, micromesh, plainCluster, type Traffic } from "./bed.ts";

const kubeconfig = process.env.MICROMESH_TEST_KUBECONFIG;
const NAMESPACE = "mesh-dev";
const FIRST = "open";
/** Played after it, without the kubelet being told to look: it changes nothing of C and the route to it. */
const UNTOLD = "a-slow";
const others = scenarioNames.filter((name) => name !== FIRST && name !== UNTOLD);

describe("the router lab on a real cluster (MICROMESH_TEST_KUBECONFIG)", function () {
  this.timeout(180_000);
  let folder: string;
  let bed: Bed;

  before(async function () {
    if (!kubeconfig) this.skip();
    folder = await mkdtemp(path.join(tmpdir(), "micromesh-bed-"));
    bed = new Bed(kubeconfig, folder, [NAMESPACE]);
    // All by the same sources: a pod that starts anew because of another program would fail requests here.
    const renders = scenarioNames.map(async (scenario) => {
      const out = await bed.folder(scenario);
      const { code, stderr } = await micromesh(
        ["render", "--out", out, ...playing(scenario)],
        plainCluster,
      );
      assert.equal(code, 0, stderr);
    });
    await Promise.all([bed.clean(), ...renders]);
  });

  after(async () => {
    await bed?.clean();
    if (folder) await rm(folder, { recursive: true });
  });

  /** The lab's options. */
  const playing = (scenario: string) => ["--lab", "router", "--scenario", `router=${scenario}`];

  const play = async (scenario: string) => bed.apply(await bed.folder(scenario));

  async function passes(scenario: string): Promise<void> {
    const verify = ["verify", ...playing(scenario), "--live", "--kubeconfig", bed.kubeconfig];
    const live = await micromesh(verify, plainCluster);
    assert.equal(live.code, 0, live.stderr + live.stdout);
  }

  const kubectl = (...args: string[]) => bed.kubectl("-n", NAMESPACE, ...args);

  async function podsOf(workload: string): Promise<Pod[]> {
    const selector = `app.kubernetes.io/name=${workload}`;
    const { items } = JSON.parse(await kubectl("get", "pods", "-l", selector, "-o", "json"));
    return items
      .map(({ metadata, status }: RawPod) => ({
        name: metadata.name,
        ip: status.podIP,
        ready: status.containerStatuses[0]?.ready,
        restarts: status.containerStatuses[0]?.restartCount,
      }))
      .sort((a: Pod, b: Pod) => (a.name < b.name ? -1 : 1));
  }

  const namesOf = async (workload: string) => (await podsOf(workload)).map(({ name }) => name);

  /** That all requests were answered, and by these. @returns how often by each */
  async function onlyBy(traffic: Traffic, names: string[]): Promise<Record<string, number>> {
    const seen = await traffic.end();
    assert.deepEqual(Object.keys(seen).sort(), names.sort(), JSON.stringify(seen));
    return seen;
  }

  describe(`in scenario ${FIRST}`, () => {
    let door: string;
    let admin: string;

    before(async () => {
      await play(FIRST);
      [door, admin] = await Promise.all([
        bed.forward(NAMESPACE, "router", PORTS.router),
        bed.forward(NAMESPACE, "router", PORTS.admin),
      ]);
    });

    /** Asks the admin API. */
    const told = (method: string, path: string, body?: object) =>
      ask(method, admin + ADMIN_PATH + path, body);
    const status = async () => (await told("GET", "/status")).body;
    const get = (path: string) => ask("GET", door + path);

    it("passes the probes", () => passes(FIRST));

    it("knows the services' pods by their names", async () => {
      const { services } = await status();
      for (const service of ["a", "b", "c"]) {
        const { circuit, endpoints } = services[service];
        assert.equal(circuit.state, "closed");
        const addresses = endpoints.map(({ address }: { address: string }) => address).sort();
        const pods = (await podsOf(service)).map(({ ip }) => `${ip}:${PORTS.service}`).sort();
        assert.deepEqual(addresses, pods);
      }
    });

    it("tells all replicas how to behave; the circuit that opens by it is closed by hand", async () => {
      const behaviour = { fail_percent: 100, fail_status: 503 };
      try {
        const { status: code, body } = await told("PUT", "/services/b/behaviour", behaviour);
        assert.equal(code, 200, JSON.stringify(body));
        const ips = (await podsOf("b")).map(({ ip }) => ip).sort();
        assert.deepEqual(Object.keys(body.replicas).sort(), ips);
        const failing = await get("/flask");
        assert.deepEqual(
          [failing.status, failing.headers.get("x-upstream-attempts")],
          [503, "3"],
          JSON.stringify(failing.body),
        );
        assert.match(failing.body.error, /^b fails, as its behaviour says/);
        for (let i = 0; i < 5; i++) await get("/flask");
        assert.equal((await status()).services.b.circuit.state, "open");
        assert.match((await get("/flask")).body.error, /circuit/);
        assert.equal((await get("/nginx")).status, 200);
      } finally {
        await told("PUT", "/services/b/behaviour", {});
      }
      const { body: closed } = await told("POST", "/services/b/reset");
      assert.equal(closed.circuit.state, "closed");
      assert.equal((await get("/flask")).status, 200);
    });

    it("sets a route's faults and takes them off", async () => {
      await told("PUT", "/routes/flask/faults", { abort: { status: 418 } });
      const { status: refused, headers } = await get("/flask");
      assert.deepEqual([refused, headers.get("x-fault")], [418, "abort"]);
      assert.deepEqual((await status()).routes.flask.faults.abort, { percent: 100, status: 418 });
      await told("PUT", "/routes/flask/faults", {});
      assert.equal((await get("/flask")).status, 200);
    });

    it("has the trace of a request in the store of traces", async () => {
      const traces = await bed.forward(NAMESPACE, "traces", PORTS.traces);
      const { headers } = await get("/nginx/traced");
      const id = headers.get("x-trace-id");
      const [a] = (await podsOf("a")).filter(({ name }) => name === headers.get("x-replica-id"));
      await within(15, async () => {
        const text = await (await fetch(`${traces}/traces/${id}.txt`)).text();
        const spans = text.split("\n").slice(3, -1);
        assert.equal(spans.length, 3, text);
        assert.match(
          text,
          new RegExp(`^trace ${id}: GET /nginx 200\n.* 3 spans of router, a; 0 failed\n`),
        );
        assert.match(spans[0] ?? "", /^ {2}router GET \/nginx 200 /);
        assert.match(spans[1] ?? "", new RegExp(`^ {4}router GET 200 ${a?.ip}:8080 `));
        assert.match(spans[2] ?? "", /^ {6}a GET .*200 /);
      });
    });

    it("has nobody see that a replica dies, and sends it requests again when it's back", async () => {
      const [victim] = await podsOf("a");
      assert.ok(victim);
      const itsAdmin = await bed.forward(NAMESPACE, `pod/${victim.name}`, PORTS.admin);
      // No more at a time than the budget of retries always grants.
      const traffic = await bed.traffic(`${door}/nginx`, "x-replica-id", { clients: 3 });
      assert.equal((await ask("POST", `${itsAdmin}/crash`)).status, 202);
      const back = async () => {
        const [again] = (await podsOf("a")).filter(({ name }) => name === victim.name);
        assert.deepEqual([again?.restarts, again?.ready], [(victim.restarts ?? 0) + 1, true]);
      };
      await within(60, back);
      const pods = await namesOf("a");
      await onlyBy(traffic, pods);
      // Its name has it again when its readiness and the name server's cache have come round.
      await within(40, async () => {
        await told("POST", "/services/a/reset");
        const later = await bed.traffic(`${door}/nginx`, "x-replica-id", { clients: 3 });
        await sleep(500);
        await onlyBy(later, pods);
      });
    });

    it("changes its routes without a failed request", async () => {
      const file = path.join(folder, "changed.json");
      const { apiVersion, kind, metadata, data } = JSON.parse(
        await kubectl("get", "configmap", "router-config", "-o", "json"),
      );
      const { namespace, name, labels } = metadata;
      const routing = parse(data["routes.yaml"]);
      const traffic = await bed.traffic(`${door}/nginx`, "x-service");
      for (const to of ["b", "a", "b"]) {
        const [route] = routing.routes.filter((one: { path: string }) => one.path === "/nginx");
        route.to = to;
        const text = stringify(routing);
        const changed = { metadata: { namespace, name, labels }, data: { "routes.yaml": text } };
        await writeFile(file, JSON.stringify({ apiVersion, kind, ...changed }));
        await kubectl("apply", "--server-side", "--filename", file);
        await bed.lookNow(NAMESPACE, "router");
        await within(100, async () => assert.equal((await status()).config.hash, hashOf(text)));
        await sleep(500);
      }
      const seen = await onlyBy(traffic, ["a", "b"]);
      for (const [service, count] of Object.entries(seen)) assert.ok(count > 100, service);
    });

    it("is replaced by another pod without a failed request", async () => {
      const [old] = await podsOf("router");
      assert.ok(old);
      const traces = { namespace: NAMESPACE, pod: "deployment/traces" };
      const url = `http://router:${PORTS.router}/c`;
      const traffic = await bed.traffic(url, "x-router-replica", { from: traces });
      await kubectl("rollout", "restart", "deployment/router");
      await kubectl("rollout", "status", "deployment/router", "--timeout=120s");
      await kubectl("wait", "--for=delete", `pod/${old.name}`, "--timeout=60s");
      await sleep(1000);
      const seen = await onlyBy(traffic, [old.name, ...(await namesOf("router"))]);
      for (const [pod, count] of Object.entries(seen)) assert.ok(count > 20, pod);
    });
  });

  describe("in every other scenario", () => {
    it(`passes the probes of scenario ${UNTOLD}, whose routes the kubelet brings in its own time`, async () => {
      const door = await bed.forward(NAMESPACE, "router", PORTS.router);
      const traffic = await bed.traffic(`${door}/c`, "x-replica-id");
      await play(UNTOLD);
      await passes(UNTOLD);
      await onlyBy(traffic, await namesOf("c"));
    });

    for (const scenario of others) {
      it(`passes the probes of scenario ${scenario}`, async () => {
        await play(scenario);
        await bed.lookNow(NAMESPACE, "router");
        await passes(scenario);
      });
    }
  });
});

interface Pod {
  name: string;
  ip: string;
  ready: boolean | undefined;
  restarts: number | undefined;
}

interface RawPod {
  metadata: { name: string };
  status: { podIP: string; containerStatuses: { ready: boolean; restartCount: number }[] };
}

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects, it asserts
  body: any;
}

/** Sends a request, with JSON if there's a body, and reads the answer, which is JSON. */
async function ask(method: string, url: string, body?: object): Promise<Answer> {
  const sent = body && {
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(url, { method, ...sent });
  const { status, headers } = response;
  return { status, headers, body: await response.json() };
}

/** Repeats a check until it holds, for so many seconds at most. */
async function within(seconds: number, check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(250);
  }
}
