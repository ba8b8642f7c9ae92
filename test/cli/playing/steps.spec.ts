import assert from "node:assert/strict";
import { playStep } from "../../../micromesh/cli/playing/session.ts";
import { steps } from "../../../micromesh/cli/playing/steps.ts";
import { ProbeError } from "../../../micromesh/verify/transport.ts";
import { gameWith, podOf, StubSimulator } from "./stub.ts";

describe("the steps of a game", () => {
  let simulator: StubSimulator;
  beforeEach(() => {
    simulator = new StubSimulator();
  });
  const play = (name: string, ...words: string[]) => {
    const step = steps.find((one) => one.name === name);
    assert.ok(step, name);
    return playStep(gameWith(simulator), step, words);
  };
  const mistake = async (told: RegExp, name: string, ...words: string[]) =>
    assert.rejects(play(name, ...words), { name: "UsageError", message: told });

  it("never give the scenario away that is played, but for the answer", async () => {
    const words: Record<string, string[]> = {
      logs: ["items/api"],
      lookup: ["items/api", "db"],
      ask: ["outside", "http://a.lan/"],
      connect: ["items/api", "db:5432"],
    };
    // It shows what is declared, and nothing is here.
    const others = steps.filter(({ name }) => !["answer", "explain"].includes(name));
    for (const { name } of others) {
      if (name !== "break") simulator.scenario = "SECRET-one";
      const { text, data } = await play(name, ...(words[name] ?? []));
      const told = text + JSON.stringify(data);
      if (name !== "answers") assert.doesNotMatch(told, /SECRET|TITLE/, name);
      else for (const id of ["one", "two", "three"]) assert.match(told, new RegExp(`SECRET-${id}`));
    }
    assert.doesNotMatch(JSON.stringify(await play("break")), /SECRET|TITLE/);
  });

  it("take as many words as they say", async () => {
    for (const { name, takes } of steps) {
      const most = takes === "" ? 0 : takes.split(" ").length;
      await mistake(new RegExp(`^${name} takes `), name, ...new Array<string>(most + 1).fill("x"));
      if (takes.startsWith("<")) await mistake(new RegExp(`^${name} takes <`), name);
    }
  });

  it("break: something by chance that nothing goes before, or what is named", async () => {
    const counts: number[] = [];
    const pick = (count: number) => {
      counts.push(count);
      return 1;
    };
    const { data } = await playStep(gameWith(simulator, { pick }), steps[0], []);
    assert.deepEqual([counts, data], [[2], { symptom: "Two is slow." }]);
    await play("break", "SECRET-three");
    assert.deepEqual(simulator.changes, ["SECRET-two", "SECRET-three"]);
    await mistake(
      /^nope is not one of .*they are SECRET-one, SECRET-two, SECRET-three$/,
      "break",
      "nope",
    );
    await mistake(/^open is not one of/, "break", "open");
    assert.equal(simulator.changes.length, 2);
  });

  it("break: a mistake where a lab has nothing to break", async () => {
    const { scenarios, ...lab } = await simulator.lab("items");
    simulator.lab = async () => ({ ...lab, scenarios: scenarios.slice(0, 1) });
    await mistake(/^break: lab items has no scenario that breaks it$/, "break");
  });

  it("symptom, hint and answer: a mistake while nothing is broken", async () => {
    for (const name of ["symptom", "hint"]) await mistake(/^nothing is broken: /, name);
    await mistake(/^nothing is broken: /, "answer", "SECRET-one");
  });

  it("hint: each of the three, the first by default, and no other", async () => {
    await play("break");
    for (const [words, hint] of [
      [[], "Look."],
      [["2"], "Look there."],
      [["3"], "Look here."],
    ] as const) {
      assert.equal((await play("hint", ...words)).text, hint);
    }
    for (const number of ["0", "4", "1.5", "-1", "x"]) {
      await mistake(/: there is no such hint; there are 1, 2 and 3$/, "hint", number);
    }
  });

  it("answer: right, wrong, or none of the scenarios", async () => {
    await play("break");
    const right = await play("answer", "SECRET-one");
    assert.equal(right.right, true);
    assert.match(right.text, /^Yes: TITLE-one.*\n\nIt was so\.\n\nTo mend it: Undo it\./);
    const wrong = await play("answer", "SECRET-two");
    assert.equal(wrong.right, false);
    assert.match(wrong.text, /^No\. "TITLE-two" would be like this: Two is slow\.$/);
    assert.deepEqual(wrong.data, { right: false });
    await mistake(/^nope is not one of/, "answer", "nope");
  });

  it("mend: the lab's first scenario", async () => {
    await play("break");
    assert.equal((await play("mend")).text, "All is well.");
    assert.equal(simulator.scenario, "open");
  });

  it("pods: where they are, and how", async () => {
    const { text, data } = await play("pods");
    assert.deepEqual(text.split("\n"), [
      "items/api     10.0.0.1  ready      0 restarts",
      "items/api     10.0.0.1  not ready  0 restarts",
      "items/client  10.0.0.1  ready      0 restarts",
      "items/db                Pending    0 restarts",
      "web/client    10.0.0.1  ready      0 restarts",
    ]);
    assert.equal((data as { pods: unknown[] }).pods.length, 5);
  });

  it("probes: what differs from before, and what couldn't be asked", async () => {
    await play("break");
    simulator.answers = { db: { failure: "timeout", ms: 5000 }, cache: new ProbeError("no pod") };
    const { text } = await play("probes");
    assert.deepEqual(text.split("\n"), [
      "! the API talks to db",
      "    before: a connection; now: timeout after 5 s",
      "! the API talks to cache",
      "    before: a connection; now: no pod",
    ]);
    simulator.answers = {};
    const { data } = await play("probes");
    assert.ok((data as { probes: { same: boolean }[] }).probes.every(({ same }) => same));
  });

  it("logs: of every pod of a workload, or of one that is named, and nothing a terminal obeys", async () => {
    assert.deepEqual((await play("logs", "api")).text.split("\n"), [
      "api-1:",
      "  items/api-1 one",
      "  items/api-1 two",
      "api-2:",
      "  items/api-2 one",
      "  items/api-2 two",
    ]);
    simulator.logLines = [`\u001b[2J${"y".repeat(200)}`];
    const { text } = await play("logs", "api-2");
    assert.match(text, /^api-2:\n {2}items\/api-2\n {2}·\[2Jy+\n/);
    for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
  });

  it("lookup, ask and connect: from a workload, one of its pods, or outside", async () => {
    await play("lookup", "api", "db");
    await play("ask", "items/api-2", "http://a.lan/x");
    const { data } = await play("connect", "outside", "db.items:5432");
    assert.deepEqual(simulator.asked, [
      { from: "items/api", request: { kind: "dns", name: "db" } },
      {
        from: "items/api",
        request: { kind: "http", url: "http://a.lan/x", method: "GET", headers: {} },
      },
      { from: "outside", request: { kind: "tcp", host: "db.items", port: 5432 } },
    ]);
    assert.deepEqual(data, {
      from: "outside",
      asked: "tcp db.items:5432",
      seen: { ms: 1, body: "" },
    });
  });

  it("lookup, ask and connect: words that can't be asked are mistakes", async () => {
    await mistake(/^there is no workload nope; /, "lookup", "nope", "db");
    for (const url of ["a.lan", "https://a.lan/", "/items", "http://"]) {
      await mistake(/^ask: write an absolute URL that begins with http:\/\//, "ask", "api", url);
    }
    for (const end of ["db", "db:", ":80", "db:0", "db:65536", "db:x"]) {
      await mistake(/^connect: write HOST:PORT, /, "connect", "api", end);
    }
    assert.deepEqual(simulator.asked, []);
  });

  it("tell what couldn't be asked, and fail where nobody is left to ask", async () => {
    simulator.answers = { db: new ProbeError("no pod of items/api\nis ready") };
    const { text, data } = await play("connect", "api", "db:1");
    assert.equal(text, "no pod of items/api is ready");
    assert.match(JSON.stringify(data), /"error":"no pod/);
    simulator.ended = true;
    for (const words of [["pods"], ["connect", "outside", "db:1"], ["symptom"]]) {
      await mistake(/has ended in the meantime/, ...(words as [string, ...string[]]));
    }
  });

  it("fit 80 columns", async () => {
    simulator.runningPods = [podOf("a-long-namespace", "a-workload-of-a-long-name", "1")];
    await play("break");
    const long = "word ".repeat(60);
    simulator.answers = { db: { body: long }, cache: new ProbeError(long) };
    for (const words of [["pods"], ["probes"], ["answers"], ["connect", "outside", "db:1"]]) {
      const [name = "", ...rest] = words;
      const { text } = await play(name, ...rest);
      for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
    }
  });
});
