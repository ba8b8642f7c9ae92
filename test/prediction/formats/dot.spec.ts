import assert from "node:assert/strict";
import * as fc from "fast-check";
import { dot } from "../../../micromesh/prediction/formats/dot.ts";
import { predictions } from "./arbitrary.ts";
import { counterLab, generated } from "./samples.ts";

/** The statements of a digraph as https://graphviz.org/doc/info/lang.html has them; throws otherwise. */
function statements(text: string): string[] {
  const tokens = text.match(/"(?:[^"\\]|\\[\s\S])*"|->|[[\]{};=]|[\w.#]+|\S/g) ?? [];
  for (const token of tokens) {
    assert.match(token, /^("[\s\S]*"|->|[[\]{};=]|[A-Za-z_]\w*|\d+(\.\d+)?)$/, token);
    assert.ok(!/\n/.test(token));
  }
  assert.equal(tokens[0], "digraph");
  let depth = 0;
  let current: string[] = [];
  const found: string[] = [];
  for (const token of tokens) {
    if (token === "{") depth++;
    if (token === "}") depth--;
    if (token === ";" || token === "{" || token === "}") {
      if (current.length > 0) found.push(current.join(" "));
      current = [];
    } else current.push(token);
  }
  assert.equal(depth, 0);
  return found;
}

describe("a prediction for Graphviz", () => {
  it("has a cluster to a namespace, and a needed flow's edge in the look of its verdict", () => {
    const found = statements(dot(counterLab("isolated")));
    assert.equal(found.filter((s) => s.startsWith("subgraph cluster_")).length, 4);
    const edges = found.filter((s) => s.includes("->"));
    const cut = edges.find((s) =>
      s.startsWith('"b-apacherr/apache[Deployment]" -> "d-redis/redis-http'),
    );
    assert.match(cut ?? "", /color = "#cf222e".*style = dashed arrowhead = tee/);
    const works = edges.find((s) =>
      s.startsWith('"c-app-count/counter[Deployment]" -> "d-redis/redis['),
    );
    assert.match(works ?? "", /color = "#1a7f37"/);
    assert.doesNotMatch(works ?? "", / label =/);
  });

  it("labels edges with ports where they say something", () => {
    const edges = statements(dot(generated(7, 40))).filter((s) => s.includes("->"));
    assert.ok(edges.some((s) => / label = "TCP 9090"/.test(s)));
    assert.ok(edges.length < 80, "permitted flows are folded");
  });

  it("quotes what somebody wrote", () => {
    const prediction = counterLab("open");
    const [first] = prediction.parties;
    if (first) first.listens = 'a "b" \\N\nc';
    const label = statements(dot(prediction)).find((s) => s.startsWith('"b-apacherr/apache'));
    assert.match(label ?? "", /label = "apache\\na \\"b\\" \\\\N\\nc\\nopen to everyone/);
  });

  it("is a digraph for any prediction", () => {
    fc.assert(
      fc.property(predictions(), (p) => void statements(dot(p))),
      { numRuns: 150 },
    );
  });
});
