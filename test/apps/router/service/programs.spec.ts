import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sourceFiles } from "../../../../components/workloads/files.ts";
import { type Child, eventually, freePort, Started, write } from "../../counter/servers.ts";
import { ask } from "../../shop/runtime/world.ts";

/** As they run in pods: bundled, in processes of their own, told by signals. */
describe("service and traces: the bundled programs", function () {
  this.timeout(60_000);
  const bundled = new Started();
  const started = new Started();
  const files: Record<string, string> = {};

  before(() => {
    for (const name of ["service", "traces"]) {
      const entry = new URL(`../../../../apps/router/${name}/main.ts`, import.meta.url);
      const directory = bundled.directory();
      for (const [file, text] of Object.entries(sourceFiles(name, fileURLToPath(entry)).data)) {
        write(directory, file, text);
      }
      files[name] = join(directory, "main.mjs");
    }
  });
  afterEach(() => started.stop());
  after(() => bundled.stop());

  const start = (name: string, env: NodeJS.ProcessEnv): Child =>
    started.process(process.execPath, [files[name] as string], env);

  async function startService(env: NodeJS.ProcessEnv) {
    const [port, admin] = [await freePort(), await freePort()];
    const child = start("service", {
      SERVICE: "a",
      PORT: String(port),
      ADMIN_PORT: String(admin),
      POD_NAME: "a-7",
      ...env,
    });
    await child.says(`listening on ${port}`);
    return { child, url: `http://127.0.0.1:${port}`, admin: `http://127.0.0.1:${admin}` };
  }

  it("trace what they answer, to the last request before they stop", async () => {
    const port = await freePort();
    const traces = start("traces", { PORT: String(port) });
    await traces.says(`listening on ${port}`);
    const collector = `http://127.0.0.1:${port}`;
    const { child, url, admin } = await startService({
      ENVIRONMENT: "staging",
      VERSION: "v2",
      BEHAVIOUR: '{"delay_seconds": 1.5}',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    });
    assert.equal((await ask("GET", `${admin}/ready`)).status, 200);
    const slow = ask("GET", `${url}/slow`);
    await eventually(async () => {
      const metrics = await (await fetch(`${admin}/metrics`)).text();
      assert.match(metrics, /^service_active_requests 1$/m);
    });
    child.signal("SIGTERM");
    await child.says("SIGTERM: stopping");
    assert.equal((await ask("GET", `${admin}/ready`)).status, 503);
    const { status, headers, body } = await slow;
    const who = { service: "a", version: "v2", replica: "a-7", environment: "staging" };
    assert.deepEqual([status, body], [200, { ...who, method: "GET", path: "/slow" }]);
    assert.equal(await child.exited, 0);
    const id = headers.get("x-trace-id");
    const trace = await ask("GET", `${collector}/traces/${id}`);
    assert.deepEqual([trace.status, trace.body.spans[0].replica], [200, "a-7"]);
    assert.ok(trace.body.duration_ms >= 1499);
    assert.match(child.output, /^listening on \d+\nlistening on \d+\nSIGTERM: stopping\n/);
    assert.match(child.output, /\nstopped\n$/);
    assert.equal(await traces.stop("SIGTERM"), 0);
  });

  it("crash when they are told to: after the answer to that, or instead of one", async () => {
    const told = await startService({});
    const { status } = await ask("POST", `${told.admin}/crash`);
    assert.deepEqual([status, await told.child.exited], [202, 1]);
    assert.match(told.child.output, /\ncrashing, as told\n$/);
    const doomed = await startService({ BEHAVIOUR: '{"crash_after": 2}' });
    assert.equal((await ask("GET", doomed.url)).status, 200);
    await assert.rejects(ask("GET", doomed.url));
    assert.equal(await doomed.child.exited, 1);
  });

  const wrong: [string, NodeJS.ProcessEnv, string][] = [
    ["service", {}, "SERVICE isn't set; it must be a DNS label, such as a"],
    ["service", { SERVICE: "A" }, 'SERVICE is "A"; it must be a DNS label, such as a'],
    [
      "service",
      { SERVICE: "a", ENVIRONMENT: "\n" },
      String.raw`ENVIRONMENT is "\n"; it must be 1 to 63 letters, digits, spaces and . _ -`,
    ],
    [
      "service",
      { SERVICE: "a", BEHAVIOUR: "{" },
      'BEHAVIOUR is "{"; it must be JSON, such as {"delay_seconds": 0.5}',
    ],
    [
      "service",
      { SERVICE: "a", BEHAVIOUR: '{"fail_percent":101}' },
      String.raw`BEHAVIOUR is "{\"fail_percent\":101}"; fail_percent: it must be a number from 0 to 100`,
    ],
    [
      "service",
      { SERVICE: "a", ADMIN_PORT: "0" },
      'ADMIN_PORT is "0"; it must be a port number between 1 and 65535',
    ],
    [
      "service",
      { SERVICE: "a", OTEL_EXPORTER_OTLP_ENDPOINT: "traces" },
      'OTEL_EXPORTER_OTLP_ENDPOINT is "traces"; it must be a URL, such as http://traces:4318',
    ],
    ["traces", { PORT: "x" }, 'PORT is "x"; it must be a port number between 1 and 65535'],
  ];
  for (const [name, env, line] of wrong) {
    it(`say in one line why ${name} can't start with ${JSON.stringify(env)}`, async () => {
      const child = start(name, env);
      assert.equal(await child.exited, 1);
      assert.equal(child.output, `${line}\n`);
    });
  }
});
