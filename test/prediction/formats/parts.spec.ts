import assert from "node:assert/strict";
import { attention } from "../../../micromesh/prediction/formats/attention.ts";
import { crowds } from "../../../micromesh/prediction/formats/crowds.ts";
import { names } from "../../../micromesh/prediction/formats/names.ts";
import { mergeStates, pairState, pairsOf } from "../../../micromesh/prediction/formats/pairs.ts";
import { covers, portsLabel } from "../../../micromesh/prediction/formats/ports.ts";
import { summary, tally } from "../../../micromesh/prediction/formats/summary.ts";
import type { Flow, Prediction } from "../../../micromesh/prediction/prediction.ts";
import { counterLab, generated } from "./samples.ts";

const flow = (part: Partial<Flow>): Flow => ({
  from: "a/x[Job]",
  to: "a/y[Job]",
  ports: "All Connections",
  verdict: "allow",
  because: [],
  neededBy: [],
  reachesListener: true,
  ...part,
});

function prediction(flows: Flow[], listens = "TCP 80,443"): Prediction {
  const party = (name: string) => ({
    id: `a/${name}[Job]`,
    kind: "workload" as const,
    namespace: "a",
    name,
    listens,
  });
  return { of: "x", parties: [party("x"), party("y"), party("z")], flows, mistakes: [] };
}

const state = (flows: Partial<Flow>[], listens?: string) =>
  pairState(pairsOf(prediction(flows.map(flow), listens)), "a/x[Job]", "a/y[Job]");

describe("what the formats say of a pair", () => {
  it("counts only ports that the destination listens on", () => {
    assert.equal(state([]), "denied");
    assert.equal(state([{}]), "permitted");
    assert.equal(state([{ reachesListener: false }]), "denied");
    assert.equal(state([{ ports: "TCP 80" }]), "partial");
    assert.equal(state([{ ports: "TCP 80" }, { ports: "TCP 400-500" }]), "permitted");
    assert.equal(state([{ ports: "TCP 80" }], ""), "permitted");
    assert.equal(state([{ ports: "TCP 80" }, { ports: "TCP 81", verdict: "deny" }], ""), "partial");
  });

  it("lets what is needed and fails win", () => {
    const needed = { neededBy: ["x"] };
    assert.equal(state([{ ...needed }]), "works");
    assert.equal(state([{ ...needed, ports: "TCP 80" }, { verdict: "deny" }]), "works");
    assert.equal(state([{ ...needed }, { ...needed, verdict: "deny" }]), "cut");
    assert.equal(state([{ ...needed, verdict: "broken", reachesListener: false }]), "broken");
    assert.equal(state([{ verdict: "broken" }]), "broken");
  });

  it("merges states so that what matters shows", () => {
    assert.equal(mergeStates(["permitted", "denied"]), "partial");
    assert.equal(mergeStates(["permitted", "self"]), "permitted");
    assert.equal(mergeStates(["works", "cut", "denied"]), "cut");
    assert.equal(mergeStates(["works", "denied"]), "works");
    assert.equal(mergeStates([]), "denied");
  });

  it("compares ports as sets", () => {
    assert.ok(covers(["TCP 1-100", "UDP 53"], "UDP 53,TCP 80"));
    assert.ok(covers(["TCP 50-60,1-49"], "TCP 1-60"));
    assert.ok(!covers(["TCP 1-49,51-60"], "TCP 1-60"));
    assert.ok(!covers(["UDP 80"], "TCP 80"));
    assert.ok(!covers(["in part"], "TCP 80"));
    assert.equal(portsLabel("TCP 80,8080", "TCP 80"), "");
    assert.equal(portsLabel("TCP 80", "TCP 80,8080"), "TCP 80");
    assert.equal(portsLabel("TCP 80", ""), "TCP 80");
  });
});

describe("what the formats say of many", () => {
  it("puts flows with one cause together, also where reasons name their ends", () => {
    const cut = (from: string, to: string): Flow =>
      flow({
        from: `a/${from}[Job]`,
        to: `a/${to}[Job]`,
        verdict: "deny",
        because: [`NetworkPolicy a/deny: isolates a/${to}, and allows nothing from a/${from}`],
        neededBy: [`Job a/${from} names ${to}`],
      });
    const found = attention(prediction([cut("x", "y"), cut("z", "y"), cut("y", "x")]));
    assert.deepEqual(
      found.map((a) => [a.from, a.to.map((t) => t.id)]),
      [
        [["a/x[Job]", "a/z[Job]"], ["a/y[Job]"]],
        [["a/y[Job]"], ["a/x[Job]"]],
      ],
    );
    assert.match(found[0]?.because[0] ?? "", /^e\.g\. NetworkPolicy a\/deny: isolates a\/y/);
    assert.match(found[1]?.because[0] ?? "", /^NetworkPolicy a\/deny: isolates a\/x/);
    assert.deepEqual(found[0]?.neededBy, ["Job a/x names y", "Job a/z names y"]);
  });

  it("puts needed and denied before needed and broken, and that before what nothing needs", () => {
    const found = attention(
      prediction([
        flow({ verdict: "broken" }),
        flow({ verdict: "broken", neededBy: ["x"], ports: "TCP 1" }),
        flow({ verdict: "deny", neededBy: ["x"], ports: "TCP 2" }),
        flow({ verdict: "deny" }),
        flow({ verdict: "broken", reachesListener: false, ports: "TCP 3" }),
      ]),
    );
    assert.deepEqual(
      found.map((a) => [a.verdict, a.needed]),
      [
        ["deny", true],
        ["broken", true],
        ["broken", false],
      ],
    );
  });

  it("names crowds in few words", () => {
    const all = generated(7, 40);
    const inWords = crowds(all);
    const ids = all.parties.filter((p) => p.kind === "workload").map((p) => p.id);
    const ranges = all.parties.filter((p) => p.kind === "external").map((p) => p.id);
    const [first = ""] = ids;
    assert.deepEqual(inWords(new Set(ids), ""), ["everyone"]);
    assert.deepEqual(inWords(new Set(ids.slice(1)), first), ["everyone"]);
    assert.deepEqual(inWords(new Set(ids.slice(1)), ""), [`everyone but ${names([first])(first)}`]);
    assert.deepEqual(inWords(new Set([...ids, ...ranges]), ""), ["everyone", "outside"]);
    const shop = ids.filter((id) => id.startsWith("shop/"));
    assert.deepEqual(inWords(new Set([first, ...shop]), ""), [
      names([first])(first),
      "all of shop",
    ]);
    assert.deepEqual(inWords(new Set(), ""), []);
  });

  it("keeps the kinds of workloads that share a name", () => {
    const nameOf = names(["a/x[Job]", "a/x[Deployment]", "a/y[Job]", "1.2.3.4-1.2.3.4[External]"]);
    assert.deepEqual(
      ["a/x[Job]", "a/y[Job]", "1.2.3.4-1.2.3.4[External]", "{ingress-controller}"].map(nameOf),
      ["a/x[Job]", "a/y", "1.2.3.4", "{ingress-controller}"],
    );
    assert.equal(names(["{ingress-controller}"])("{ingress-controller}"), "ingress controller");
  });

  it("sums up in a line", () => {
    const line = (p: Prediction) => summary(tally(p));
    assert.equal(line(counterLab("open")), "20 of 20 pairs permitted; all 5 needed flows work");
    assert.equal(
      line({ of: "", parties: [], flows: [], mistakes: [] }),
      "no workloads; nothing declares what it needs",
    );
    assert.equal(
      line({
        ...prediction([
          flow({ verdict: "broken", neededBy: ["x"] }),
          flow({ from: "a/z[Job]", verdict: "broken" }),
          flow({ from: "a/y[Job]", to: "a/z[Job]" }),
        ]),
        mistakes: [{ object: "x", text: "y" }],
      }),
      "1 of 6 pairs permitted; 1 of 1 needed flow broken; 1 broken that nothing needs; 1 mistake",
    );
  });
});
