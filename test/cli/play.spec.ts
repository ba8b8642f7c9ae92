import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunningSimulator } from "../../micromesh/cli/running-simulator.ts";
import { micromesh } from "./micromesh.ts";
import { begin, endAll, simulating } from "./talking.ts";

/** No simulator answers there. */
const NONE = ["--gateway-port", "0", "--control-port", "0"];

describe("micromesh play", () => {
  after(endAll);

  for (const [args, told] of [
    [["nope"], /labs\.nope is not a lab; there are counter/],
    [["counter", "--pods"], /no simulator answers on port 0.*run "npm start"/],
    [["counter", "--seed", "x"], /'--seed <number>'.*whole number/],
    [["counter", "--ask"], /'--ask <words\.\.\.>' argument missing/],
    [["--pods"], /missing required argument 'lab'/],
  ] as const) {
    it(`${args.join(" ")}: 2`, async () => {
      const { code, stdout, stderr } = await micromesh(["play", ...NONE, ...args]);
      assert.deepEqual([code, stdout], [2, ""], stderr);
      assert.match(stderr, told);
    }).timeout(30_000);
  }

  describe("in the simulator that runs", function () {
    this.timeout(120_000);
    let running: Awaited<ReturnType<typeof simulating>>;
    let simulator: RunningSimulator;
    let at: string[];

    before(async () => {
      running = await simulating("--lab", "counter");
      simulator = new RunningSimulator(running.port);
      at = ["--control-port", String(running.port)];
    });
    after(async () => {
      running.child.kill("SIGINT");
      await running.ended;
    });
    const play = (...args: string[]) => micromesh(["play", "counter", ...at, ...args]);
    const played = async () => (await simulator.lab("counter")).scenario;

    it("plays each step by its flag, in order, with a line of data for each", async () => {
      const steps: [step: string, words: string[], told: RegExp][] = [
        ["break", ["isolated"], /"symptom":"The app counts as ever/],
        ["symptom", [], /"symptom":"The app counts as ever/],
        ["hint", ["2"], /"number":2,"hint":"Ask the HTTP front/],
        ["pods", [], /"workload":"d-redis\/redis","pod":"redis-/],
        ["probes", [], /"probe":"Apache's pod talks to Redis".*?"now":"timeout .*?","same":false/],
        ["logs", ["counter"], /"pod":"counter-/],
        ["lookup", ["apache", "redis-svc.d-redis"], /"addresses":\["\d/],
        ["ask", ["outside", "http://pippo.lan/count/version"], /"status":200/],
        ["connect", ["b-apacherr/apache", "redis-svc.d-redis:6379"], /"failure":"timeout"/],
        ["explain", ["b-apacherr/apache", "d-redis/redis:6379"], /"verdict":"deny"/],
        ["answers", [], /"name":"isolated","title":/],
        ["answer", ["isolated"], /"right":true,"scenario":"isolated"/],
        ["mend", [], /"mended":true/],
      ];
      const flags = steps.flatMap(([name, words]) => [`--${name}`, ...words]);
      const { code, stdout, stderr } = await play(...flags, "--json");
      assert.deepEqual([code, stderr], [0, ""]);
      const lines = stdout.trimEnd().split("\n");
      assert.deepEqual(
        lines.map((line) => JSON.parse(line).step),
        steps.map(([name]) => name),
      );
      for (const [i, [name, , told]] of steps.entries()) assert.match(lines[i] ?? "", told, name);
      assert.equal(await played(), "open");
    });

    it("stays as a step left it, and exits with 1 for a wrong answer", async () => {
      assert.equal((await play("--break", "--seed", "3")).code, 0);
      assert.equal(await played(), "isolated");
      const wrong = await play("--answer", "isolated-mesh");
      assert.equal(wrong.code, 1);
      assert.match(wrong.stdout, /^No\. "Redis accepts the app only, by the mesh" would be like /);
      assert.equal(await played(), "isolated");
      assert.equal((await play("--mend")).code, 0);
    });

    it("takes a mistake for one, and changes nothing", async () => {
      for (const [args, told] of [
        [["--break", "nope"], /^micromesh: nope is not one of .*they are isolated, /],
        [["--hint", "4"], /^micromesh: nothing is broken/],
        [["--pods", "--config", "cni.kind=none"], /^micromesh: --config can't change /],
      ] as const) {
        const { code, stderr } = await play(...args);
        assert.equal(code, 2, stderr);
        assert.match(stderr, told);
      }
      const { code, stderr } = await micromesh(["play", "items", ...at, "--pods"]);
      assert.equal(code, 2);
      assert.match(stderr, /^micromesh: lab items: .* has no such lab; it has counter$/m);
      assert.equal(await played(), "open");
    });

    it("plays a piped session, and mends at its end", async () => {
      const session = begin(["play", "counter", ...at, "--seed", "0", "--json"]);
      await session.out.until(/"step":"break"/);
      assert.equal(await played(), "isolated");
      session.child.stdin.end("symptom\nnonsense\nanswer isolated-mesh\nanswer isolated\n");
      assert.equal(await session.ended, 0, session.err.text);
      assert.equal(await played(), "open");
      const told = session.out.read.map((line) => JSON.parse(line));
      assert.deepEqual(
        told.map(({ step, right, error }) => [step ?? error.split(" ")[0], right]),
        [
          ["break", undefined],
          ["symptom", undefined],
          ["nonsense", undefined],
          ["answer", false],
          ["answer", true],
        ],
      );
    });

    it("exits with 1 where the last answer of a session was wrong, in 80 columns", async () => {
      const session = begin(["play", "counter", ...at, "--seed", "0"]);
      await session.out.until(/Find out what it is/);
      // Its input stays open: leaving is enough.
      session.child.stdin.write("pods\nanswers\nanswer isolated-mesh\nquit\n");
      assert.equal(await session.ended, 1, session.err.text);
      assert.equal(await played(), "open");
      for (const line of session.out.read) assert.ok([...line].length <= 80, line);
    });

    it("mends by Ctrl-C", async () => {
      const session = begin(["play", "counter", ...at, "--seed", "0"]);
      await session.out.until(/Find out what it is/);
      assert.equal(await played(), "isolated");
      session.child.kill("SIGINT");
      assert.equal(await session.ended, 0, session.err.text);
      assert.equal(await played(), "open");
    });
  });

  describe("in a simulator of its own", function () {
    this.timeout(120_000);
    let folder: string;
    let session: ReturnType<typeof begin>;

    beforeEach(async () => {
      // Short, because the pods' sockets stand in it.
      folder = mkdtempSync(join(realpathSync(tmpdir()), "pl-"));
      // tsx keeps what it has compiled in the temporary folder, for the next run: not of the run.
      const env = { TMPDIR: folder, TSX_DISABLE_CACHE: "1" };
      session = begin(["play", "counter", ...NONE, "--seed", "0"], env);
      await session.out.until(/Find out what it is/);
      assert.ok(processesOf(folder).length >= 4, "no pods of this folder were found");
    });
    afterEach(() => {
      session.child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    });

    it("leaves nothing behind by Ctrl-C", async () => {
      session.child.kill("SIGINT");
      assert.equal(await session.ended, 0, session.err.text);
      assert.deepEqual(processesOf(folder), []);
      assert.deepEqual(readdirSync(folder), []);
    });

    it("leaves nothing behind where its input ends, and plays what had come", async () => {
      session.child.stdin.end("lookup apache redis-svc.d-redis\nanswer isolated");
      assert.equal(await session.ended, 0, session.err.text);
      assert.match(session.out.text, /\n\d+\.\d+\.\d+\.\d+\nYes: Redis accepts the app only/);
      assert.deepEqual(processesOf(folder), []);
      assert.deepEqual(readdirSync(folder), []);
    });
  });

  it("ends with 2 where the simulator ends in the middle of a session", async () => {
    const running = await simulating("--lab", "counter");
    const port = String(running.port);
    const session = begin(["play", "counter", "--control-port", port, "--seed", "0"]);
    await session.out.until(/Find out what it is/);
    running.child.kill("SIGINT");
    await running.ended;
    session.child.stdin.write("pods\n");
    assert.equal(await session.ended, 2);
    assert.match(session.err.text, new RegExp(`simulator on port ${port} has ended in the mean`));
  }).timeout(120_000);
});

/** Processes that were started with something of this folder, but for those that have ended. */
function processesOf(folder: string): string[] {
  return execFileSync("ps", ["-A", "-ww", "-o", "pid=,stat=,args="], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(folder) && !/^\s*\d+\s+Z/.test(line));
}
