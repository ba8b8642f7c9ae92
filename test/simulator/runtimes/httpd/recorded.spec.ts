import assert from "node:assert/strict";
import fs from "node:fs";
import {
  CASES,
  CONFIGURATIONS,
  CONVERSATIONS,
  configuration,
  LOG_CASES,
  logConfiguration,
} from "./cases.ts";
import { type Backends, checkOurs, type Running, startBackends, startOurs } from "./harness.ts";
import { converse, logged, view } from "./view.ts";

/**
 * What Apache httpd 2.4.71 (Debian) answered, written down by record.ts: the same facts as in
 * differential.spec.ts, for machines that have no httpd.
 */
const recorded = new Map<string, unknown>(
  fs
    .readFileSync(new URL("recorded.jsonl", import.meta.url), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line)),
);

describe("httpd against what Apache httpd was seen to do", function () {
  this.timeout(30_000);
  let backends: Backends;
  let ours: Running;

  const expected = (kind: string, each: unknown) => {
    const key = `${kind} ${JSON.stringify(each)}`;
    assert.ok(recorded.has(key), `${key} isn't in recorded.jsonl: run record.ts`);
    return recorded.get(key);
  };

  describe("request by request", () => {
    before(async () => {
      backends = await startBackends();
      ours = await startOurs(configuration(backends));
    });
    after(stop);
    for (const each of CASES)
      it(each.name + (each.host ? ` (${each.host})` : ""), async () => {
        assert.deepEqual(await view(ours, backends, each), expected("request", each));
      });
    for (const [name, pieces] of Object.entries(CONVERSATIONS))
      it(name, async () => {
        assert.deepEqual(await converse(ours, pieces), expected("conversation", name));
      });
  });

  describe("access log", () => {
    before(async () => {
      backends = await startBackends();
      ours = await startOurs(logConfiguration(backends));
    });
    after(stop);
    for (const wanted of LOG_CASES)
      it(`${wanted.method ?? "GET"} ${wanted.path}`, async () => {
        assert.equal(await logged(ours, wanted), expected("log", wanted));
      });
  });

  describe("word on a configuration", () => {
    for (const text of CONFIGURATIONS)
      it(JSON.stringify(text), () => {
        assert.deepEqual(checkOurs(text), expected("configuration", text));
      });
  });

  async function stop() {
    await ours?.stop();
    await backends?.stop();
  }
});
