import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ADMIN_PATH, PORTS, SERVICE_NAMES } from "../../../apps/router/names.ts";
import { type Running, start } from "../../../micromesh/cli/running.ts";
import type { State } from "../../../micromesh/simulator/control/server.ts";
import { micromesh } from "../../cli/micromesh.ts";
import { eventually } from "../counter/servers.ts";
import { type Answered, type Asking, ask } from "../shop/gateway/front.ts";

interface Environment {
  namespace: string;
  version: string;
  /** Pods of each workload. */
  replicas: Record<string, number>;
}

/** What the stacks' files make of the lab. */
const environments: Record<string, Environment> = {
  dev: {
    namespace: "mesh-dev",
    version: "v1",
    replicas: { a: 2, b: 2, c: 2, router: 1, traces: 1 },
  },
  staging: {
    namespace: "mesh-staging",
    version: "v2",
    replicas: { a: 2, b: 2, c: 2, router: 2, traces: 1 },
  },
  prod: {
    namespace: "mesh-prod",
    version: "v1",
    replicas: { a: 3, b: 3, c: 3, router: 2, traces: 1 },
  },
};

const HOST = { host: "mesh.local" };

/** The lab in a simulator of its own. */
class Lab {
  readonly #running: Running;
  readonly #namespace: string;

  private constructor(running: Running, namespace: string) {
    this.#running = running;
    this.#namespace = namespace;
  }

  static async start(stack: string, namespace: string): Promise<Lab> {
    const ports = { gatewayPort: 0, controlPort: 0 };
    return new Lab(
      await start({ stack, config: [], lab: ["router"], ...ports }, () => {}),
      namespace,
    );
  }

  stop(): Promise<void> {
    return this.#running.stop();
  }

  /** Asks at the front door, as `mesh.local` unless the headers name another host. */
  get(path: string, headers: Record<string, string> = {}): Promise<Answered> {
    const door = `http://127.0.0.1:${this.#running.simulator.gatewayPort}`;
    return ask(door, path, { headers: { ...HOST, ...headers } });
  }

  /** Asks at the control port, with JSON; its answer is JSON too. */
  async control(
    method: string,
    path: string,
    body?: object,
    // biome-ignore lint/suspicious/noExplicitAny: what a test expects, it asserts
  ): Promise<{ status: number; body: any }> {
    const { status, body: text } = await this.text(method, path, body);
    return { status, body: JSON.parse(text) };
  }

  text(method: string, path: string, body?: object): Promise<Answered> {
    const asking: Asking = body
      ? { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
      : { method };
    return ask(`http://127.0.0.1:${this.#running.controlPort}`, path, asking);
  }

  async pods(workload?: string): Promise<State["pods"]> {
    const { body } = await this.control("GET", "/api/state");
    return (body as State).pods.filter(
      ({ namespace, owner }) =>
        namespace === this.#namespace && (!workload || owner === `Deployment ${workload}`),
    );
  }

  /** Sends a request from the router's pod. */
  async fromRouter(method: string, url: string): Promise<{ status?: number; failure?: string }> {
    const from = { namespace: this.#namespace, workload: "router" };
    const request = { kind: "http", method, url };
    return (await this.control("POST", "/api/probes", { from, request })).body;
  }
}

describe("router: at the simulator's front door", function () {
  this.timeout(90_000);

  for (const [stack, environment] of Object.entries(environments)) {
    describe(`stack ${stack}`, () => {
      let lab: Lab;
      before(async () => {
        lab = await Lab.start(stack, environment.namespace);
        // The router finds services by name, and a pod that is just ready a moment later.
        await within(15, async () => {
          for (const path of ["/nginx", "/flask"]) {
            const { status, body } = await lab.get(path);
            assert.equal(status, 200, body);
          }
        });
      });
      after(() => lab?.stop());

      for (const [path, service] of Object.entries({ "/nginx": "a", "/flask": "b" })) {
        it(`has ${path} at mesh.local, which is ${service.toUpperCase()} in ${stack}`, async () => {
          const { status, headers, body } = await lab.get(`${path}/what/ever?x=1`);
          assert.equal(status, 200, body);
          const { replica, ...answer } = JSON.parse(body);
          assert.deepEqual(answer, {
            service,
            version: environment.version,
            environment: stack,
            method: "GET",
            path: "/what/ever",
          });
          assert.deepEqual(
            [headers["x-route"], headers["x-service"], headers["x-upstream-attempts"]],
            [path.slice(1), service, "1"],
          );
          const pods = (await lab.pods(service)).map(({ name }) => name);
          assert.ok(pods.includes(replica), `${replica} is none of ${pods}`);
          assert.equal(headers["x-replica-id"], replica);
        });
      }

      it("has no route for other paths, nor for other hosts", async () => {
        const unknown = await lab.get("/nowhere");
        assert.equal(unknown.status, 404);
        assert.match(JSON.parse(unknown.body).error, /^no route for GET \/nowhere; /);
        const { status, headers } = await lab.get("/nginx", { host: "other.local" });
        assert.deepEqual([status, headers["x-router-replica"]], [404, undefined]);
      });

      it("has the pods that its settings say, all of them known to the router", async () => {
        const counts: Record<string, number> = {};
        for (const { owner = "", ready } of await lab.pods()) {
          assert.ok(ready, owner);
          const workload = owner.replace("Deployment ", "");
          counts[workload] = (counts[workload] ?? 0) + 1;
        }
        assert.deepEqual(counts, environment.replicas);
        // Each name is looked up once a second.
        await eventually(async () => {
          const { status, body } = await lab.control("GET", `${ADMIN_PATH}/status`);
          assert.equal(status, 200);
          for (const service of SERVICE_NAMES) {
            const { circuit, endpoints } = body.services[service];
            assert.equal(circuit.state, "closed");
            const addresses = endpoints.map(({ address }: { address: string }) => address).sort();
            const pods = (await lab.pods(service)).map(({ ip }) => `${ip}:${PORTS.service}`).sort();
            assert.deepEqual(addresses, pods);
          }
        });
      });

      it("has the admin API at the control port", async () => {
        const { status, body } = await lab.control("GET", `${ADMIN_PATH}/config`);
        assert.equal(status, 200);
        const paths = body.routes.map(({ path }: { path: string }) => path);
        assert.deepEqual(paths, ["/nginx", "/flask", "/a", "/b", "/c", "/any"]);
        const reloaded = await lab.control("POST", `${ADMIN_PATH}/reload`);
        const { config } = (await lab.control("GET", `${ADMIN_PATH}/status`)).body;
        assert.deepEqual(reloaded, { status: 200, body: { hash: config.hash } });
        const unknown = await lab.control("POST", `${ADMIN_PATH}/services/d/reset`);
        assert.deepEqual(unknown, {
          status: 404,
          body: { error: "there is no service d; there are a, b, c" },
        });
      });

      it("has a trace that its client has begun at the control port", async () => {
        const id = traceId();
        const traceparent = `00-${id}-b7ad6b7169203331-01`;
        const { headers } = await lab.get("/flask", { traceparent });
        assert.equal(headers["x-trace-id"], id);
        const trace = await traceOf(lab, id);
        assert.deepEqual(
          trace.map(({ depth, service, kind }) => [depth, service, kind]),
          [
            [0, "router", "server"],
            [1, "router", "client"],
            [2, "b", "server"],
          ],
        );
        const { body } = await lab.text("GET", `/traces/${id}.txt`);
        assert.match(body, new RegExp(`^trace ${id}: GET /flask 200\n`));
        const { body: list } = await lab.control("GET", "/traces?service=b");
        assert.ok(list.traces.some((one: { id: string }) => one.id === id));
      });

      if (stack === "dev") canBeTold(() => lab);
    });
  }

  it("simulate --stack prod --once passes, and is prod for whoever asks", async () => {
    const ports = ["--gateway-port", "0", "--control-port", "0"];
    const args = ["simulate", "--stack", "prod", "--lab", "router", "--once", "--json", ...ports];
    const { code, stdout, stderr } = await micromesh(args);
    assert.equal(code, 0, stderr + stdout);
    const { probes } = JSON.parse(stdout) as {
      probes: { name: string; verdict: string; observation: { body?: string } }[];
    };
    assert.ok(probes.every(({ verdict }) => verdict === "pass"));
    const leading = probes.filter(({ name }) => / leads to [ABC]$/.test(name));
    assert.deepEqual(
      leading.map(({ observation: { body = "" } }) => JSON.parse(body).environment),
      ["prod", "prod", "prod"],
    );
  });
});

/** What can be told the services, and what comes of it. */
function canBeTold(given: () => Lab): void {
  describe("told at run time", () => {
    let lab: Lab;
    const tell = (service: string, behaviour: object) =>
      lab.control("PUT", `${ADMIN_PATH}/services/${service}/behaviour`, behaviour);

    beforeEach(() => {
      lab = given();
    });
    afterEach(async () => {
      for (const service of SERVICE_NAMES) {
        // One that has crashed may not be back yet.
        await eventually(async () => assert.equal((await tell(service, {})).status, 200));
        await lab.control("POST", `${ADMIN_PATH}/services/${service}/reset`);
      }
    });

    it("all replicas of B fail, A doesn't; and B is well again when it's told so", async () => {
      const { status, body } = await tell("b", { fail_percent: 100, fail_status: 503 });
      assert.equal(status, 200);
      const ips = (await lab.pods("b")).map(({ ip }) => ip).sort();
      assert.deepEqual(Object.keys(body.replicas).sort(), ips);
      for (const { status, body: behaviour } of Object.values<{ status: number; body: object }>(
        body.replicas,
      )) {
        assert.equal(status, 200);
        assert.deepEqual(behaviour, {
          delay_seconds: 0,
          jitter_seconds: 0,
          reset_percent: 0,
          fail_first: 0,
          fail_percent: 100,
          fail_status: 503,
        });
      }
      const failing = await lab.get("/flask");
      assert.deepEqual(
        [failing.status, failing.headers["x-service"], failing.headers["x-upstream-attempts"]],
        [503, "b", "3"],
      );
      assert.equal((await lab.get("/nginx")).status, 200);
      assert.equal((await tell("b", {})).status, 200);
      assert.equal((await lab.get("/flask")).status, 200);
    });

    it("the circuit of a service that fails opens, and is closed by hand", async () => {
      await tell("c", { fail_percent: 100 });
      const statuses: number[] = [];
      for (let i = 0; i < 6; i++) statuses.push((await lab.get("/c")).status);
      assert.deepEqual(statuses, [500, 500, 500, 500, 500, 503]);
      const circuitOf = async () =>
        (await lab.control("GET", `${ADMIN_PATH}/status`)).body.services.c.circuit.state;
      assert.equal(await circuitOf(), "open");
      await tell("c", {});
      assert.equal((await lab.get("/c")).status, 503);
      await lab.control("POST", `${ADMIN_PATH}/services/c/reset`);
      assert.equal(await circuitOf(), "closed");
      assert.equal((await lab.get("/c")).status, 200);
    });

    it("A is late by as much as it's told; nothing of a wrong telling counts", async () => {
      await tell("a", { delay_seconds: 0.3 });
      const wrong = await tell("a", { delay_seconds: -1 });
      assert.equal(wrong.status, 400);
      assert.match(wrong.body.error, /delay_seconds.*it must be seconds, 0 to 60/);
      const began = performance.now();
      const { status, headers } = await lab.get("/nginx");
      const ms = performance.now() - began;
      assert.equal(status, 200);
      assert.ok(ms >= 299, `${ms} ms`);
      const told = Number.parseFloat(String(headers["x-response-time"]));
      assert.ok(told >= 299 && told <= ms, `X-Response-Time ${told} ms of ${ms} ms`);
    });

    it("a route refuses all requests, until its faults are taken off", async () => {
      const path = `${ADMIN_PATH}/routes/flask/faults`;
      await lab.control("PUT", path, { abort: { status: 418 } });
      const refused = await lab.get("/flask");
      assert.deepEqual(
        [refused.status, refused.headers["x-fault"], refused.headers["x-upstream-attempts"]],
        [418, "abort", "0"],
      );
      assert.equal((await lab.get("/b")).status, 200);
      await lab.control("PUT", path, {});
      assert.equal((await lab.get("/flask")).status, 200);
    });

    it("a replica dies, which nobody sees who asks the router; and it comes back", async () => {
      const [victim] = await lab.pods("a");
      assert.ok(victim);
      const restarts = victim.containers[0]?.restarts ?? 0;
      const seen = new Map<string, number>();
      let over = false;
      const client = async () => {
        while (!over) {
          const { status, headers, body } = await lab.get("/nginx");
          const what = status === 200 ? `${headers["x-replica-id"]}` : `${status} ${body}`;
          seen.set(what, (seen.get(what) ?? 0) + 1);
          await sleep(20);
        }
      };
      const clients = Promise.all([client(), client(), client(), client()]);
      try {
        await sleep(300);
        const told = await lab.fromRouter("POST", `http://${victim.ip}:${PORTS.admin}/crash`);
        assert.deepEqual([told.failure, told.status], [undefined, 202]);
        await within(30, async () => {
          const [again] = (await lab.pods("a")).filter(({ name }) => name === victim.name);
          assert.deepEqual([again?.containers[0]?.restarts, again?.ready], [restarts + 1, true]);
        });
        // It's ejected for 10 s if requests were on their way to it.
        await lab.control("POST", `${ADMIN_PATH}/services/a/reset`);
        const before = seen.get(victim.name) ?? 0;
        await within(15, () => assert.ok((seen.get(victim.name) ?? 0) > before, "it has no part"));
      } finally {
        over = true;
        await clients;
      }
      const pods = (await lab.pods("a")).map(({ name }) => name).sort();
      assert.deepEqual([...seen.keys()].sort(), pods, JSON.stringify([...seen]));
    });

    it("a request is sent three times, and its trace shows each", async () => {
      await tell("a", { fail_first: 1, fail_status: 503 });
      const { status, headers } = await lab.get("/nginx");
      assert.deepEqual([status, headers["x-upstream-attempts"]], [200, "3"]);
      const id = String(headers["x-trace-id"]);
      const trace = await traceOf(lab, id, 7);
      const [root, ...below] = trace;
      assert.deepEqual([root?.depth, root?.status], [0, "unset"]);
      const tries = below.filter(({ kind }) => kind === "client");
      assert.deepEqual(
        tries.map(({ depth, status, attributes }) => [
          depth,
          status,
          attributes["http.request.resend_count"],
          attributes["http.response.status_code"],
        ]),
        [
          [1, "error", undefined, 503],
          [1, "error", 1, 503],
          [1, "unset", 2, 200],
        ],
      );
      // Each is below its try, and comes from the pod that was tried.
      const pods = await lab.pods("a");
      for (const [index, one] of tries.entries()) {
        const [own] = below.filter(({ parent }) => parent === one.id);
        const pod = pods.find(({ ip }) => ip === one.attributes["server.address"]);
        assert.deepEqual([own?.service, own?.replica], ["a", pod?.name], `try ${index + 1}`);
      }
      const replicas = below.filter(({ service }) => service === "a").map(({ replica }) => replica);
      assert.equal(new Set(replicas).size, 2);
      const { body } = await lab.text("GET", `/traces/${id}.txt`);
      for (const [index, { attributes, status }] of tries.entries()) {
        const mark = status === "error" ? "!" : " ";
        const retry = index > 0 ? ` retry ${index}` : "";
        const answered = attributes["http.response.status_code"];
        const address = `${attributes["server.address"]}:${PORTS.service}`;
        const line = `\n${mark}   router GET ${answered}${retry} ${address} `;
        assert.ok(body.includes(line), `no${line} in\n${body}`);
      }
    });
  });
}

interface Span {
  id: string;
  parent: string | null;
  depth: number;
  service: string;
  replica: string | null;
  kind: string;
  status: string;
  attributes: Record<string, unknown>;
}

/** A trace's spans; they come about a second after they have ended, and not all at once. */
async function traceOf(lab: Lab, id: string, spans = 3): Promise<Span[]> {
  let found: Span[] = [];
  await within(15, async () => {
    const { status, body } = await lab.control("GET", `/traces/${id}`);
    assert.equal(status, 200, JSON.stringify(body));
    found = body.spans;
    assert.equal(found.length, spans, JSON.stringify(found));
  });
  return found;
}

let traces = 0;
const traceId = () => `${Date.now().toString(16)}${(traces++).toString(16)}`.padStart(32, "a");

/** Repeats a check until it holds, for so many seconds at most. */
async function within(seconds: number, check: () => unknown): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await eventually(check);
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
