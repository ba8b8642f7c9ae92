/** One run: a shop of its own, customers, and somebody who kills its replicas. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import autocannon, { type Result } from "autocannon";
import { eventually } from "../apps/counter/servers.ts";
import { SERVICES } from "../apps/shop/front-door/doors.ts";
import { npmStart, type Started } from "../apps/shop/front-door/npm-start.ts";
import { ask } from "../apps/shop/runtime/world.ts";
import { customers, Tally } from "./customers.ts";
import { Memory, watched } from "./memory.ts";
import { Killer, type Pods, REPLICAS } from "./replicas.ts";

export interface RunOptions {
  seconds: number;
  connections: number;
  /** Seconds from one kill to the next; the last one comes so long before the end. */
  killEvery: number;
}

export interface Ran {
  result: Result;
  tally: Tally;
  killer: Killer;
  memory: Memory;
  /** Each service's circuit in the end: `closed`, and so on. */
  circuits: Record<string, string>;
}

/** Longer than the gateway takes with all its retries: it's the one to say what went wrong. */
const PATIENCE_SECONDS = 30;

/** Starts a shop with {@link REPLICAS} of each service and all else by default, loads it, and stops it. */
export async function run(options: RunOptions): Promise<Ran> {
  const shop = await npmStart([
    ...["--lab", "shop", "--gateway-port", "0", "--control-port", "0"],
    ...["--config", `labs.shop.services=${JSON.stringify(SERVICES.map(wanted))}`],
  ]);
  try {
    return await load(shop, options);
  } finally {
    await shop.process.stop("SIGINT");
  }
}

const wanted = (name: string) => ({ name, replicas: REPLICAS });

async function load(shop: Started, options: RunOptions): Promise<Ran> {
  const { seconds, connections, killEvery } = options;
  const podsNow = async (): Promise<Pods> => (await shop.state()).pods;
  const tally = new Tally();
  const killer = new Killer();
  const memory = new Memory(watched(shop.pid, await podsNow()));
  const began = Date.now();
  const at = () => (Date.now() - began) / 1000;

  let over = false;
  const everySecond = async () => {
    while (!over) {
      await memory.measure(at());
      await sleep(1000);
    }
  };
  const killing = async () => {
    for (let next = killEvery; next <= seconds - killEvery; next += killEvery) {
      await sleep(Math.max(0, next - at()) * 1000);
      if (over) return;
      killer.kill(await podsNow());
    }
  };
  const loading = async () => {
    try {
      return await autocannon({
        url: shop.doors.gateway,
        connections,
        duration: seconds,
        timeout: PATIENCE_SECONDS,
        setupClient: customers(tally),
      });
    } finally {
      over = true;
    }
  };
  const [result] = await Promise.all([loading(), everySecond(), killing()]);
  return { result, tally, killer, memory, circuits: await circuitsOf(shop) };
}

/** Each service's circuit. */
async function circuitsOf({ doors }: Started): Promise<Ran["circuits"]> {
  const circuits: Ran["circuits"] = {};
  // A gateway that the load has kept from answering its probes is soon found ready again.
  await eventually(async () => {
    const { status, body } = await ask("GET", `${doors.gateway}/mesh/status`);
    assert.equal(status, 200);
    for (const service of SERVICES) circuits[service] = body.circuits[service].state;
  });
  return circuits;
}
