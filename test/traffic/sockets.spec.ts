import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import {
  type CallerOptions,
  circuitBreaker,
  createCaller,
  type Endpoint,
  exponentialBackoff,
  leastRequest,
  outlierDetection,
  retryBudget,
  roundRobin,
} from "../../micromesh/traffic/index.ts";

interface Replica extends Endpoint {
  server: Server;
  served: number;
}

async function startReplica(id: string, delayMs: number, port = 0): Promise<Replica> {
  const server = createServer((_, response) => {
    replica.served++;
    setTimeout(() => response.end(id), delayMs);
  });
  const replica: Replica = { id, server, served: 0 };
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return replica;
}

/** As `kill -9` does: connections are reset, and new ones are refused. */
function kill({ server }: Replica): void {
  server.close();
  server.closeAllConnections();
}

describe("calls on sockets", () => {
  let replicas: Replica[] = [];
  let dispatcher: Agent;

  beforeEach(async () => {
    dispatcher = new Agent();
    replicas = await Promise.all(["a", "b", "c"].map((id) => startReplica(id, 2)));
  });
  afterEach(async () => {
    await dispatcher.destroy();
    for (const replica of replicas) kill(replica);
  });

  const connect = (
    options: Partial<CallerOptions<Replica, { status: number; body: string }>> = {},
  ) => {
    const urls = new Map(
      replicas.map(({ id, server }) => [
        id,
        `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ]),
    );
    const caller = createCaller({
      endpoints: () => replicas,
      balancer: roundRobin(),
      ...options,
    });
    return (method: "GET" | "POST" = "GET") =>
      caller.call({ method }, async ({ id }, { signal }) => {
        const { statusCode, body } = await request(urls.get(id) ?? "", {
          method,
          signal,
          dispatcher,
        });
        return { status: statusCode, body: await body.text() };
      });
  };

  it("lose no GET when replicas are killed and come back, one after the other", async () => {
    const get = connect({
      balancer: (active) => leastRequest(active),
      breaker: circuitBreaker({ failureThreshold: 3, openMs: 30_000 }),
      outliers: outlierDetection({ baseEjectionMs: 50, consecutiveErrors: 2 }),
      retry: {
        attempts: 3,
        backoff: exponentialBackoff({ baseMs: 5, jitter: "full" }),
        retryOn: { conditions: ["5xx"] },
        budget: retryBudget({ budgetPercent: 100 }),
      },
      timeout: { perTryMs: 2000, overallMs: 5000 },
    });
    let going = true;
    const statuses = new Map<string, number>();
    const client = async () => {
      while (going) {
        const key = await get().then(
          ({ status }) => String(status),
          (error) => `${error.name}: ${error.message}`,
        );
        statuses.set(key, (statuses.get(key) ?? 0) + 1);
      }
    };
    const clients = Array.from({ length: 20 }, client);
    // By requests, not by the clock: on a slow machine one request would meet several deaths.
    const answered = async (more: number) => {
      const total = () => [...statuses.values()].reduce((sum, count) => sum + count, 0);
      for (const before = total(); total() < before + more; ) await sleep(1);
    };
    for (let i = 0; i < 9; i++) {
      const victim = replicas[i % 3];
      assert.ok(victim);
      const { port } = victim.server.address() as AddressInfo;
      kill(victim);
      await answered(100);
      replicas[i % 3] = await startReplica(victim.id, 2, port);
      await answered(100);
    }
    going = false;
    await Promise.all(clients);
    assert.deepEqual([...statuses.keys()], ["200"], JSON.stringify([...statuses]));
  });

  it("send a POST once more only if it can't have been received", async () => {
    const post = connect({
      retry: {
        attempts: 3,
        backoff: exponentialBackoff({ baseMs: 1 }),
        retryOn: { conditions: ["5xx"] },
      },
    });
    const [a, b] = replicas;
    assert.ok(a && b);
    kill(a);
    assert.equal((await post("POST")).body, "b");
    b.server.removeAllListeners("request");
    b.server.on("request", (incoming) => {
      b.served++;
      incoming.socket.resetAndDestroy();
    });
    b.served = 0;
    const results = await Promise.allSettled([post("POST"), post("POST"), post("POST")]);
    const lost = results.filter(({ status }) => status === "rejected").length;
    assert.equal(lost, b.served, "each that b received is lost, and none was sent again");
    assert.ok(lost > 0);
  });

  it("free the connection of a try whose time is up", async () => {
    const slow = replicas[0];
    assert.ok(slow);
    slow.server.removeAllListeners("request");
    const closed = new Promise((resolve) => {
      slow.server.on("request", (incoming) => incoming.socket.on("close", resolve));
    });
    const get = connect({ endpoints: () => [slow], timeout: { perTryMs: 50 } });
    await assert.rejects(get(), { name: "TimeoutExceeded" });
    await closed;
  });
});
