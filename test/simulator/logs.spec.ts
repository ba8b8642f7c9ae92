import assert from "node:assert/strict";
import type { Flow } from "../../micromesh/simulator/agent/messages.ts";
import { FlowLog, LineLog, type LogLine } from "../../micromesh/simulator/logs.ts";

const line = (pod: string, text: string): LogLine => ({
  pod,
  container: "main",
  stream: "stdout",
  line: text,
});
const flow = (time: number): Flow => ({
  time,
  verdict: "forwarded",
  source: "a",
  destination: "b",
  port: 80,
  because: [],
});

describe("LineLog", () => {
  it("keeps each pod's lines apart, in their order", () => {
    const log = new LineLog();
    for (const [pod, text] of [
      ["lab/a", "1"],
      ["lab/b", "2"],
      ["lab/a", "3"],
    ] as const) {
      log.add(line(pod, text));
    }
    assert.deepEqual(
      log.of("lab/a").map((l) => l.line),
      ["1", "3"],
    );
  });

  it("has nothing of a pod that said nothing", () => {
    assert.deepEqual(new LineLog().of("lab/a"), []);
  });

  it("keeps the latest thousand lines of a pod, and all of the others'", () => {
    const log = new LineLog();
    log.add(line("lab/b", "kept"));
    for (let i = 0; i < 1001; i++) log.add(line("lab/a", String(i)));
    assert.equal(log.of("lab/a").length, 1000);
    assert.equal(log.of("lab/a")[0]?.line, "1");
    assert.equal(log.of("lab/b").length, 1);
  });

  it("hands out lists that nobody changes later", () => {
    const log = new LineLog();
    log.add(line("lab/a", "1"));
    const before = log.of("lab/a");
    log.add(line("lab/a", "2"));
    assert.equal(before.length, 1);
  });
});

describe("FlowLog", () => {
  it("keeps the latest two thousand flows, oldest first", () => {
    const log = new FlowLog();
    for (let i = 0; i < 2001; i++) log.add(flow(i));
    const times = log.latest().map((f) => f.time);
    assert.deepEqual([times.length, times[0], times.at(-1)], [2000, 1, 2000]);
  });

  it("hands out lists that nobody changes later", () => {
    const log = new FlowLog();
    const before = log.latest();
    log.add(flow(1));
    assert.deepEqual(before, []);
  });
});
