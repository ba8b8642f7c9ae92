import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type Listener, listen } from "../../../../micromesh/simulator/runtimes/native/listener.ts";
import { privateDirectory, relay } from "../../../../micromesh/simulator/runtimes/native/relay.ts";

const CLIENTS = 20;

/** Says hello to whoever comes; its queue has room for one or two who aren't accepted yet. */
const PROGRAM = `
require("node:net")
  .createServer((socket) => socket.end("hello"))
  .listen({ path: process.argv[1], backlog: 1 }, () => console.log("listening"));
`;

describe("the way to a native program's socket", function () {
  this.timeout(20_000);
  let directory: string;
  let program: ChildProcess;
  let listener: Listener;
  const relayed = new Set<Socket>();

  before(async () => {
    directory = privateDirectory("micromesh-relay-", "socket");
    const socket = join(directory, "socket");
    program = spawn(process.execPath, ["-e", PROGRAM, socket], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(program.stdout ?? assert.fail(), "data");
    const took = (client: Socket) => {
      relayed.add(client);
      client.on("close", () => relayed.delete(client));
      relay(client, socket);
    };
    listener = await listen(0, ["127.0.0.1"], took, { allowHalfOpen: true });
  });

  after(async () => {
    for (const client of relayed) client.destroy();
    await listener?.close();
    program?.kill("SIGKILL");
    if (directory) rmSync(directory, { recursive: true });
  });

  it("lets clients wait where its queue is full", async () => {
    program.kill("SIGSTOP");
    const answers = Array.from({ length: CLIENTS }, () =>
      text(connect(listener.port, "127.0.0.1")).catch((error: Error) => error.message),
    );
    await sleep(300);
    program.kill("SIGCONT");
    assert.deepEqual(await Promise.all(answers), Array(CLIENTS).fill("hello"));
  });

  it("keeps nobody who has gone meanwhile", async () => {
    program.kill("SIGSTOP");
    const clients = Array.from({ length: CLIENTS }, () => connect(listener.port, "127.0.0.1"));
    await Promise.all(clients.map((client) => once(client, "connect")));
    await sleep(100);
    for (const client of clients) client.destroy();
    program.kill("SIGCONT");
    for (const end = Date.now() + 5_000; relayed.size > 0; await sleep(20)) {
      assert.ok(Date.now() < end, `${relayed.size} are still there after 5 s`);
    }
  });
});
