import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import net from "node:net";
import { labs } from "../../labs/index.ts";
import { type Ended, micromesh } from "./micromesh.ts";

const ANY_PORTS = ["--gateway-port", "0", "--control-port", "0"];

/** A mistake is told in one line, without a trace, and is no failure of the labs. */
function assertMistake({ code, stdout, stderr }: Ended, told: RegExp): void {
  // Progress ends in dots; all the rest is the message.
  const lines = stderr.split("\n").filter((line) => line !== "" && !line.endsWith(" ..."));
  assert.equal(code, 2, stderr);
  assert.equal(stdout, "");
  assert.match(lines.join("\n"), told);
  const ofTheProgram = lines.filter((line) => !line.startsWith("(Did you mean"));
  assert.equal(ofTheProgram.length, 1, stderr);
}

describe("micromesh's exit codes", () => {
  const mistakes: [args: string[], told: RegExp][] = [
    [["simulte"], /unknown command 'simulte'\n\(Did you mean simulate\?\)/],
    [["simulate", "--onc"], /unknown option '--onc'\n\(Did you mean --once\?\)/],
    [["simulate", "--gateway-port", "99999"], /'--gateway-port <port>' .*0 .* to 65535/],
    [
      ["simulate", "--stack", "dve"],
      /--stack dve: there is no Pulumi\.dve\.yaml; did you mean dev\?/,
    ],
    [["simulate", "--stack", "nope"], /--stack nope: there is no Pulumi\.nope\.yaml/],
    [["simulate", "--config", "cni.kindd=x"], /micromesh:cni\.kindd .*did you mean kind\?/],
    [["simulate", "--scenario", "counter=nope"], /"nope"; it must be open, isolated, /],
    [["simulate", "--scenario", "counter=isolatd"], /"isolatd".*did you mean isolated\?/],
    [["simulate", "--scenario", "counter"], /--scenario counter: write LAB=NAME/],
    [
      ["simulate", "--lab", "nope"],
      /labs\.nope is not a lab; there are counter, items, router, shop:/,
    ],
    [["verify", "--kubeconfig", "any"], /--kubeconfig goes with --live/],
    [["render"], /required option '--out <dir>'/],
    [
      ["predict", "--stack", "prod", "--config", "cluster.adminCidrs=[0.0.0.0/0]"],
      /^micromesh: micromesh:cluster\.adminCidrs holds 0\.0\.0\.0\/0, which is everybody; SSH and /,
    ],
    [
      ["predict", "--stack", "prod", "--config", "cluster.region=eu-centrall-1"],
      /micromesh:cluster\.region is "eu-centrall-1"; .*\(did you mean eu-central-1\?\): run /,
    ],
    [
      ["predict", "--stack", "staging", "--config", "cluster.agents=[{address: 192.0.2.11}]"],
      /micromesh:cluster\.token is missing; 2 nodes join by one: run "pulumi config set --secret /,
    ],
  ];
  for (const [args, told] of mistakes) {
    it(`${args.join(" ")}: 2`, async () => {
      const ports = args[0] === "simulate" ? ANY_PORTS : [];
      assertMistake(await micromesh([args[0] as string, ...ports, ...args.slice(1)]), told);
    }).timeout(20_000);
  }

  it("predict for a machine that can't carry the stack: 2, with what it needs in 80 columns", async () => {
    const change = ["--config", "cluster.instanceType=t3.micro"];
    const { code, stdout, stderr } = await micromesh(["predict", "--stack", "prod", ...change]);
    assert.deepEqual([code, stdout], [2, ""], stderr);
    const [progress, problem, ...report] = stderr.trimEnd().split("\n");
    assert.equal(progress, "Reading stack prod ...");
    assert.match(
      problem as string,
      /^micromesh: micromesh:cluster\.instanceType is t3\.micro; what the stack declares doesn't fit: it lacks \d+ MiB of memory, having 847 MiB to give: run "pulumi config set --path micromesh:cluster\.instanceType m7i-flex\.large", the smallest that fits in the free tier of eu-central-1$/,
    );
    const table = report.filter((line) => /^[┌│├└]/.test(line));
    assert.equal(table.length, report.length - 1, "a table, and what it costs");
    for (const line of table) assert.ok([...line].length <= 80, line);
    for (const row of ["K3s", "Cilium", "Istio", "shop", "in all", "usable on t3.micro"]) {
      assert.ok(
        table.some((line) => line.startsWith(`│ ${row} `)),
        row,
      );
    }
    assert.match(
      report.at(-1) as string,
      /^What a month costs .* isn't known, .*: only Pulumi asks AWS$/,
    );
    assert.doesNotMatch(stderr, /\n +at /, "no trace");
  }).timeout(60_000);

  it("predict for a machine that costs: 0, with a warning", async () => {
    const change = ["--config", "cluster.instanceType=m5.large"];
    const { code, stderr } = await micromesh(["predict", "--stack", "prod", ...change]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /is m5\.large, which isn't in the free tier of eu-central-1: /);
  }).timeout(60_000);

  for (const option of ["--gateway-port", "--control-port"]) {
    it(`simulate where ${option} is taken: 2`, async () => {
      const taken = net.createServer().listen(0, "127.0.0.1");
      try {
        await once(taken, "listening");
        const { port } = taken.address() as net.AddressInfo;
        const ended = await micromesh(["simulate", ...ANY_PORTS, option, String(port)]);
        assertMistake(ended, new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken.*${option}`));
      } finally {
        taken.close();
      }
    }).timeout(30_000);
  }

  it("verify where the simulator ends in the meantime: 2", async () => {
    const short = createServer((request, response) => {
      if (request.url === "/healthz") response.end('{"micromesh": true}');
      else request.socket.destroy();
    }).listen(0, "127.0.0.1");
    try {
      await once(short, "listening");
      const { port } = short.address() as net.AddressInfo;
      const ended = await micromesh(["verify", "--control-port", String(port)]);
      assertMistake(ended, new RegExp(`the simulator on port ${port} has ended in the meantime`));
    } finally {
      short.closeAllConnections();
      short.close();
    }
  }).timeout(20_000);

  it("simulate --once where all probes pass: 0", async () => {
    const { code, stderr } = await micromesh(["simulate", "--once", ...ANY_PORTS]);
    assert.equal(code, 0, stderr);
  }).timeout(60_000);

  it("simulate --once of policies that nothing enforces: 1, with the probes that failed", async () => {
    const scenario = ["--scenario", "counter=isolated", "--config", "cni.kind=none"];
    const { code, stdout } = await micromesh([
      "simulate",
      "--once",
      "--json",
      ...ANY_PORTS,
      ...scenario,
    ]);
    assert.equal(code, 1);
    const { probes } = JSON.parse(stdout);
    assert.ok(probes.some((probe: { verdict: string }) => probe.verdict === "fail"));
  }).timeout(60_000);

  it("verify --all-scenarios: 0", async () => {
    const { code, stdout, stderr } = await micromesh(
      ["verify", "--all-scenarios", ...ANY_PORTS],
      560_000,
    );
    assert.equal(code, 0, stdout + stderr);
    for (const [lab, { scenarios }] of Object.entries(labs)) {
      for (const scenario of scenarios)
        assert.match(stderr, new RegExp(`Probing (.*, )?${lab}=${scenario}[, ]`));
    }
  }).timeout(600_000);
});
