import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { sourceFiles } from "../../../../components/workloads/files.ts";
import { type Child, eventually, freePort, Started, write } from "../../counter/servers.ts";
import { ask, type FakeReplica, startReplica } from "../../shop/gateway/front.ts";
import { at } from "./world.ts";

/** As it runs in pods: bundled, in a process of its own, told by signals. */
describe("router: the bundled program", function () {
  this.timeout(60_000);
  const bundled = new Started();
  const started = new Started();
  let program: string;
  let directory: string;
  let a: FakeReplica;

  before(() => {
    const entry = new URL("../../../../apps/router/router/main.ts", import.meta.url);
    const packed = bundled.directory();
    for (const [name, text] of Object.entries(sourceFiles("router", fileURLToPath(entry)).data)) {
      write(packed, name, text);
    }
    program = join(packed, "main.mjs");
  });
  beforeEach(async () => {
    directory = started.directory();
    a = await startReplica(started, "a-1");
  });
  afterEach(() => started.stop());
  after(() => bundled.stop());

  const start = (env: NodeJS.ProcessEnv): Child =>
    started.process(process.execPath, [program], { ROUTES: join(directory, "r.yaml"), ...env });
  const config = (path: string) =>
    write(
      directory,
      "r.yaml",
      stringify({ services: { a: at([a]) }, routes: [{ path, to: "a" }] }),
    );

  it("serves both ports, follows its file, and finishes what is under way when it's stopped", async () => {
    config("/before");
    const [port, admin] = [await freePort(), await freePort()];
    const child = start({
      PORT: String(port),
      ADMIN_PORT: String(admin),
      POD_NAME: "router-7",
      VERSION: "v3",
    });
    await child.says(`listening on ${port}`);
    const url = `http://127.0.0.1:${port}`;
    const adminUrl = `http://127.0.0.1:${admin}`;
    await eventually(async () => assert.equal((await ask(adminUrl, "/ready")).status, 200));
    const { status, headers } = await ask(url, "/before/x");
    assert.deepEqual([status, headers["x-router-replica"]], [200, "router-7"]);
    assert.equal((await ask(adminUrl, "/router/status")).headers["x-version"], "v3");

    config("/after");
    await child.says(" runs\n");
    assert.equal((await ask(url, "/after")).status, 200);
    assert.equal((await ask(url, "/before")).status, 404);

    a.respond = (response) => setTimeout(() => response.end("late"), 1500);
    const slow = ask(url, "/after/slow");
    await eventually(() => assert.equal(a.got.at(-1)?.url, "/slow"));
    child.signal("SIGTERM");
    await child.says("SIGTERM: stopping");
    assert.equal((await ask(adminUrl, "/health")).status, 200, "it can be watched while it stops");
    assert.equal((await ask(url, "/before")).headers.connection, "close");
    const answered = await slow;
    assert.deepEqual([answered.status, answered.body], [200, "late"]);
    assert.equal(await child.exited, 0);
    assert.match(
      child.output,
      /^listening on \d+\nlistening on \d+\nconfig [0-9a-f]{10} runs\nSIGTERM: stopping\nstopped\n$/,
    );
  });

  it("says in one line why it can't start", async () => {
    const path = join(directory, "r.yaml");
    const says = async (env: NodeJS.ProcessEnv, line: string | RegExp) => {
      const child = start(env);
      assert.equal(await child.exited, 1);
      assert.match(child.output, /^[^\n]+\n$/);
      if (typeof line === "string") assert.equal(child.output, `${line}\n`);
      else assert.match(child.output, line);
    };
    await says(
      {},
      `config ${path}: it can't be read: ENOENT: no such file or directory, open '${path}'`,
    );
    write(directory, "r.yaml", "services: {}\nroutes: [{path: /x, to: a}]");
    await says({}, `config ${path}: routes[0].to is "a"; it must be one of the services: none`);
    rmSync(path);
    config("/x");
    await says(
      { ADMIN_PORT: "x" },
      'ADMIN_PORT is "x"; it must be a port number between 1 and 65535',
    );
    await says({ OTEL_EXPORTER_OTLP_ENDPOINT: "x" }, /^OTEL_EXPORTER_OTLP_ENDPOINT is "x"; /);
    const taken = String(await started.listen(createServer()));
    const free = String(await freePort());
    await says({ PORT: free, ADMIN_PORT: taken }, /^listen EADDRINUSE: .*:\d+\n$/);
  });
});
