import assert from "node:assert/strict";
import * as fc from "fast-check";
import { columns, hang } from "../../../micromesh/prediction/formats/columns.ts";
import { table } from "../../../micromesh/prediction/formats/table.ts";
import { predictions } from "./arbitrary.ts";
import { counterLab, generated } from "./samples.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys
const stripped = (text: string) => text.replaceAll(/\u001b\[[\d;]*m/g, "");
const widest = (text: string) => Math.max(...stripped(text).split("\n").map(columns));

describe("a prediction as a table", () => {
  it("shows the counter lab: who reaches what, what is cut and why, and a sum", () => {
    const lines = table(counterLab("isolated")).split("\n");
    const row = (name: string) => lines.find((l) => l.trim().startsWith(`${name} `))?.split(/\s+/);
    assert.deepEqual(row("apache"), ["", "apache", "╲", "●", "·", "✗", "○", "○"]);
    assert.deepEqual(row("counter"), ["", "counter", "○", "╲", "●", "○", "○", "○"]);
    assert.deepEqual(row("traefik"), ["", "traefik", "●", "○", "·", "·", "╲", "○"]);
    assert.deepEqual(row("outside"), ["outside", "○", "○", "·", "·", "○", "╲"]);
    const text = lines.join("\n");
    assert.match(text, /┌─+ d-redis\/redis-http {3}TCP 7379/);
    assert.match(text, /✗ b-apacherr\/apache → d-redis\/redis-http\n {2}NetworkPolicy d-redis/);
    assert.match(text, /needed: ConfigMap b-apacherr\/apache-files/);
    assert.equal(
      lines.at(-1),
      "counter=isolated: 16 of 20 pairs permitted; 1 of 5 needed flows denied",
    );
  });

  it("says where all is well", () => {
    const text = table(counterLab("open"));
    assert.match(text, /20 of 20 pairs permitted; all 5 needed flows work$/);
    assert.doesNotMatch(text, /[✗!·]/);
  });

  it("names each namespace once, above its rows", () => {
    const lines = table(generated(7, 40)).split("\n");
    for (const namespace of ["batch", "identity-provider", "ml-platform", "shop"]) {
      assert.equal(lines.filter((line) => line === namespace).length, 1, namespace);
    }
    const rows = lines.filter((line) => /^ {2,3}\d+ [a-z]/.test(line));
    assert.equal(rows.length, 40);
  });

  it("mentions every needed flow that is denied or broken, and every mistake", () => {
    for (const size of [10, 40]) {
      const prediction = generated(7, size);
      const text = table(prediction).replaceAll(/\s+/g, " ");
      const bad = prediction.flows.filter((f) => f.neededBy.length > 0 && f.verdict !== "allow");
      assert.ok(bad.length >= 3);
      for (const { from, to, because } of bad) {
        const name = (id: string) =>
          id.replace(/\[(?!Service).*\]$/, "").replace(/^(.*)\[Service\]$/, "Service $1");
        assert.ok(text.includes(`${name(from)} → ${name(to)}`), `${from} → ${to}`);
        for (const reason of because) assert.ok(text.includes(reason), reason);
      }
      for (const { object } of prediction.mistakes) assert.ok(text.includes(object));
    }
  });

  it("puts all that is outside in one line, half a sign where only a part of it passes", () => {
    const text = table(generated(7, 40));
    assert.equal(text.match(/^ *\d* ?outside/gm)?.length, 1);
    assert.match(text, /◐/);
    assert.doesNotMatch(text, /^.*11\.0\.0\.0-255/m);
    assert.match(table(generated(7, 40), { all: true }), /11\.0\.0\.0-255/);
  });

  it("folds workloads that don't differ, and says which", () => {
    const prediction = counterLab("open");
    for (let i = 0; i < 60; i++) {
      const id = `many/worker-${i}[Deployment]`;
      prediction.parties.push({
        id,
        kind: "workload",
        namespace: "many",
        name: `worker-${i}`,
        listens: "",
      });
    }
    const text = table(prediction, { width: 60 });
    assert.match(text, /worker-0 ×60/);
    assert.match(
      text.replaceAll(/\s+/g, " "),
      /many\/worker-0 ×60: worker-0, worker-1, .* worker-59/,
    );
    assert.match(table(prediction, { width: 60, all: true }), /worker-37/);
  });

  it("shows a namespace as one line where there are hundreds of workloads", () => {
    const prediction = counterLab("open");
    for (let i = 0; i < 300; i++) {
      const name = `w${i}`;
      const id = `many/${name}[Deployment]`;
      prediction.parties.push({ id, kind: "workload", namespace: "many", name, listens: "" });
      prediction.flows.push({
        from: id,
        to: "d-redis/redis[Deployment]",
        ports: `TCP ${i}`,
        verdict: "allow",
        because: [],
        neededBy: [],
        reachesListener: i % 2 === 0,
      });
      if (i > 0)
        prediction.flows.push({
          from: id,
          to: `many/w${i - 1}[Deployment]`,
          ports: "TCP 1",
          verdict: "allow",
          because: [],
          neededBy: [],
          reachesListener: true,
        });
    }
    const text = table(prediction);
    assert.match(text, /all 300/);
    assert.ok(text.split("\n").length < 40);
  });

  it("is as wide as the terminal at most, in blocks where that's needed", () => {
    for (const width of [30, 40, 60, 80, 200]) {
      for (const size of [10, 40]) assert.ok(widest(table(generated(7, size), { width })) <= width);
    }
  });

  it("is the same with colours but for the colours", () => {
    const prediction = generated(7, 40);
    const coloured = table(prediction, { colours: true });
    assert.equal(stripped(coloured), table(prediction));
    assert.ok(coloured.includes("\u001b[1;37;41m✗\u001b[0m"));
  });

  it("holds for any prediction and width", () => {
    fc.assert(
      fc.property(
        predictions(),
        fc.integer({ min: 20, max: 120 }),
        fc.boolean(),
        (p, width, all) => {
          const text = table(p, { width, all, colours: true });
          assert.ok(widest(text) <= width, `${widest(text)} > ${width}\n${text}`);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: none but colours and line ends may be there
          assert.doesNotMatch(stripped(text), /[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
          assert.equal(table(p, { width, all, colours: true }), text);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("breaks lines at blanks, and words only where they're longer than a line", () => {
    assert.deepEqual(hang("- ", "one two three", 9), ["- one two", "  three"]);
    assert.deepEqual(hang("", "abcdefghij kl", 4, 2), ["abcd", "  ef", "  gh", "  ij", "  kl"]);
    assert.deepEqual(hang("", "漢字漢字", 5), ["漢字", "漢字"]);
    assert.equal(columns("e\u0301漢a"), 4);
  });
});
