import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { sourceFiles } from "../../../components/workloads/files.ts";
import { type Child, eventually, freePort, has, Started, write } from "./servers.ts";

const source = (path: string) => new URL(`../../../apps/counter/${path}`, import.meta.url).pathname;

/** The programs as they run in pods: bundled, in a process of their own, told by signals. */
describe("counter: the bundled programs", () => {
  const started = new Started();
  type Files = Record<string, string>;
  let programs: { app: Files; front: Files };

  before(() => {
    const files = (main: string) => sourceFiles("counter", source(main)).data;
    programs = { app: files("app/main.ts"), front: files("redis-http/main.ts") };
  });
  afterEach(() => started.stop());

  /** @returns the path of its main file */
  function written(program: Files): string {
    const directory = started.directory();
    for (const [name, text] of Object.entries(program)) write(directory, name, text);
    return join(directory, "main.mjs");
  }

  async function run(program: Files, redisPort: number): Promise<{ child: Child; url: string }> {
    const port = await freePort();
    const child = started.process(process.execPath, [written(program)], {
      PORT: String(port),
      REDIS_ENDPOINT: "127.0.0.1",
      REDIS_PORT: String(redisPort),
    });
    await child.says(`listening on ${port}`);
    return { child, url: `http://127.0.0.1:${port}` };
  }

  const json = async (url: string) => (await (await fetch(url)).json()) as Record<string, unknown>;

  it("work together with a real Redis", async function () {
    if (!has("redis-server")) this.skip();
    const redisPort = await freePort();
    await started.redis(redisPort);
    const app = await run(programs.app, redisPort);
    const front = await run(programs.front, redisPort);
    await app.child.says("connected");
    await front.child.says("connected");
    const set = await json(`${app.url}/set`);
    assert.match(String(set.time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(await json(`${app.url}/get`), set);
    assert.deepEqual(await json(`${front.url}/GET/time`), { GET: set.time });
    assert.deepEqual(await json(`${front.url}/PING`), { PING: [true, "PONG"] });
  });

  it("answer 503 within 2 s while Redis is silent", async () => {
    const mute = await started.listen(createServer(() => {}));
    const { url } = await run(programs.app, mute);
    const start = Date.now();
    const response = await fetch(`${url}/get`);
    assert.equal(response.status, 503);
    assert.match(await response.text(), /^\{"error":"redis at 127\.0\.0\.1:\d+: /);
    assert.ok(Date.now() - start < 2000);
  });

  it("finish the request under way when told to stop, then end with 0", async () => {
    // Redis answers the PING of the request only after the program was told to stop.
    let answer = () => {};
    const slow = createServer((socket) => {
      socket.on("data", () => {
        answer = () => socket.write("+PONG\r\n");
      });
    });
    const { child, url } = await run(programs.app, await started.listen(slow));
    await child.says("connected");
    const agent = new Agent({ keepAlive: true });
    const response = new Promise<number | undefined>((resolve, reject) => {
      get(`${url}/readyz`, { agent }, (r) => resolve(r.resume().statusCode)).on("error", reject);
    });
    const asked = answer;
    await eventually(() => assert.notEqual(answer, asked));
    child.signal("SIGTERM");
    await child.says("SIGTERM: stopping");
    const told = Date.now();
    answer();
    assert.equal(await response, 200);
    assert.equal(await child.exited, 0);
    assert.ok(Date.now() - told < 2000);
    await assert.rejects(fetch(url));
  });

  it("say in one line why they can't start", async () => {
    const server = createServer().listen(0);
    started.add(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const file = written(programs.app);
    const child = started.process(process.execPath, [file], { PORT: String(port) });
    assert.equal(await child.exited, 1);
    assert.match(child.output, new RegExp(`^cannot listen on port ${port}: .*EADDRINUSE`, "m"));
  });
});
