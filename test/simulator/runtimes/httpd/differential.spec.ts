import assert from "node:assert/strict";
import {
  CASES,
  CONFIGURATIONS,
  CONVERSATIONS,
  configuration,
  LOG_CASES,
  logConfiguration,
} from "./cases.ts";
import {
  apacheBinary,
  type Backends,
  checkApache,
  checkOurs,
  type Running,
  startApache,
  startBackends,
  startOurs,
} from "./harness.ts";
import { converse, logged, view } from "./view.ts";

describe("httpd against the real Apache httpd", function () {
  this.timeout(30_000);
  let backends: Backends;
  let ours: Running;
  let real: Running;

  before(function () {
    if (!apacheBinary()) this.skip();
  });

  describe("request by request", () => {
    before(async () => {
      backends = await startBackends();
      ours = await startOurs(configuration(backends));
      real = await startApache(configuration(backends));
    });
    after(stop);
    for (const each of CASES)
      it(each.name + (each.host ? ` (${each.host})` : ""), async () => {
        assert.deepEqual(await view(ours, backends, each), await view(real, backends, each));
      });
    for (const [name, pieces] of Object.entries(CONVERSATIONS))
      it(name, async () => {
        const [mine, theirs] = await Promise.all([converse(ours, pieces), converse(real, pieces)]);
        assert.deepEqual(mine, theirs);
      });
  });

  describe("access log", () => {
    before(async () => {
      backends = await startBackends();
      ours = await startOurs(logConfiguration(backends));
      real = await startApache(logConfiguration(backends));
    });
    after(stop);
    for (const wanted of LOG_CASES)
      it(`${wanted.method ?? "GET"} ${wanted.path}`, async () => {
        const lines = await Promise.all([ours, real].map((server) => logged(server, wanted)));
        assert.notEqual(lines[0], "");
        assert.equal(lines[0], lines[1]);
      });
  });

  describe("word on a configuration", () => {
    for (const text of CONFIGURATIONS)
      it(JSON.stringify(text), async () => {
        assert.deepEqual(checkOurs(text), await checkApache(text));
      });
  });

  async function stop() {
    await Promise.all([ours?.stop(), real?.stop()]);
    await backends?.stop();
  }
});
