import assert from "node:assert/strict";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Tracing } from "../../../../apps/runtime/tracing/tracing.ts";
import { eventually, freePort, Started } from "../../counter/servers.ts";
import { silent, startTraces, traced } from "./collectors.ts";

const REQUEST = { method: "GET", route: "/", path: "/", headers: {} };

describe("tracing: a collector that isn't well", function () {
  this.timeout(30_000);
  const started = new Started();
  afterEach(() => started.stop());

  function watched(collector: string | undefined): { tracing: Tracing; lines: string[] } {
    const lines: string[] = [];
    const tracing = traced(collector, { log: (line) => lines.push(line) });
    return { tracing, lines };
  }

  const some = (tracing: Tracing, count: number) => {
    for (let n = 0; n < count; n++) tracing.server(REQUEST).end({ status: 200 });
  };

  /** Waits for the first line, and through two more batches. */
  async function firstLine(tracing: Tracing, lines: string[]): Promise<string> {
    const start = performance.now();
    some(tracing, 5000);
    const took = performance.now() - start;
    assert.ok(took < 2000, `5000 requests took ${took} ms`);
    const deadline = performance.now() + 8000;
    while (lines.length === 0 && performance.now() < deadline) await sleep(50);
    some(tracing, 10);
    await sleep(4500);
    assert.equal(lines.length, 1, lines.join("\n"));
    return lines[0] as string;
  }

  it("is reported once, whether it's away, silent or failing, and costs no request time", async () => {
    const port = await freePort();
    const failing = createServer((request, response) => {
      request.resume();
      response.writeHead(400, "Not Today").end();
    });
    const failingUrl = `http://127.0.0.1:${await started.listen(failing)}`;
    const away = watched(`http://user:password@127.0.0.1:${port}`);
    const silentUrl = await silent(started);
    const mute = watched(silentUrl);
    const sick = watched(failingUrl);
    const said = await Promise.all(
      [away, mute, sick].map(({ tracing, lines }) => firstLine(tracing, lines)),
    );
    assert.deepEqual(said, [
      `traces to http://127.0.0.1:${port}/v1/traces: away: connect ECONNREFUSED 127.0.0.1:${port}`,
      `traces to ${silentUrl}/v1/traces: away: Request timed out`,
      `traces to ${failingUrl}/v1/traces: away: Not Today`,
    ]);
  });

  it("is reported when it's back, and what ends from then on arrives", async () => {
    let well = false;
    let arrived = 0;
    const server = createServer((request, response) => {
      request.resume();
      if (well) arrived += 1;
      response.writeHead(well ? 200 : 400).end("{}");
    });
    const url = `http://127.0.0.1:${await started.listen(server)}`;
    const { tracing, lines } = watched(url);
    some(tracing, 1);
    await eventually(() => assert.equal(lines.length, 1));
    well = true;
    some(tracing, 1);
    await eventually(() => assert.equal(arrived, 1));
    await eventually(() => assert.equal(lines[1], `traces to ${url}/v1/traces: back`));
  });

  it("doesn't keep a program from ending for more than two seconds", async () => {
    const { tracing } = watched(await silent(started));
    some(tracing, 1);
    const start = performance.now();
    await tracing.close();
    const took = performance.now() - start;
    assert.ok(took > 1900 && took < 2500, `${took} ms`);
  });

  it("that is well gets the last spans before the program ends", async () => {
    const traces = await startTraces(started);
    const { tracing, lines } = watched(traces.url);
    some(tracing, 1200);
    const start = performance.now();
    await tracing.close();
    assert.ok(performance.now() - start < 1900);
    assert.equal(traces.store.size, 1000, "as many as are kept");
    assert.deepEqual(lines, []);
  });

  it("that nobody has named isn't waited for", async () => {
    const { tracing, lines } = watched(undefined);
    some(tracing, 100);
    const start = performance.now();
    await tracing.close();
    assert.ok(performance.now() - start < 200);
    assert.deepEqual(lines, []);
  });
});
