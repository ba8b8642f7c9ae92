import assert from "node:assert/strict";
import * as fc from "fast-check";
import { compared } from "../../../micromesh/prediction/formats/drawing/compared.ts";
import type { Point, Rect } from "../../../micromesh/prediction/formats/drawing/geometry.ts";
import { keyOf } from "../../../micromesh/prediction/formats/drawing/nets.ts";
import type { Picture } from "../../../micromesh/prediction/formats/drawing/picture.ts";
import { place } from "../../../micromesh/prediction/formats/drawing/place.ts";
import { predicted } from "../../../micromesh/prediction/formats/drawing/predicted.ts";
import { svg } from "../../../micromesh/prediction/formats/svg.ts";
import { svgDiff } from "../../../micromesh/prediction/formats/svg-diff.ts";
import type { Flow, Prediction } from "../../../micromesh/prediction/prediction.ts";
import { comparisons, predictions } from "./arbitrary.ts";
import { changed, difference } from "./changes.ts";
import { counterLab, generated } from "./samples.ts";
import { all, type Element, parse, textOf } from "./xml.ts";

const overlap = (a: Rect, b: Rect) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** No box on another one, no frame on another one, and no line behind a box or through a frame. */
function uncluttered(picture: Picture): void {
  const { rects, routes, width, height } = place(picture);
  const of = (kind: string) => [...rects].filter(([key]) => key.startsWith(`${kind} `));
  for (const kind of ["box", "group"]) {
    const own = of(kind);
    own.forEach(([a, rect], i) => {
      assert.ok(rect.x >= 0 && rect.y >= 0 && rect.x + rect.width <= width, a);
      assert.ok(rect.y + rect.height <= height, a);
      for (const [b, other] of own.slice(i + 1)) assert.ok(!overlap(rect, other), `${a} on ${b}`);
    });
  }
  const boxes = of("box");
  for (const { net, paths } of routes) {
    paths.forEach((points, i) => {
      const ends = [keyOf(net.to), keyOf(net.sources[i]?.edge.from ?? net.to)];
      for (const [key, end] of [
        [ends[0], points[0]],
        [ends[1], points.at(-1)],
      ] as const) {
        const rect = rects.get(key ?? "");
        assert.ok(
          rect && end && end.y > rect.y && end.y < rect.y + rect.height,
          `${key} is missed`,
        );
        assert.ok(end.x === rect.x || end.x === rect.x + rect.width, `${key} is missed`);
      }
      points.slice(1).forEach((point, j) => {
        const segment = between(points[j] ?? point, point);
        assert.ok(segment.width === 0 || segment.height === 0, "lines go along the axes");
        assert.ok(segment.x >= 0 && segment.x + segment.width <= width, ends.join(" - "));
        for (const [key, rect] of boxes) {
          const inner = {
            x: rect.x + 1,
            y: rect.y + 1,
            width: rect.width - 2,
            height: rect.height - 2,
          };
          assert.ok(!overlap(segment, inner), `${ends.join(" - ")} passes ${key}`);
        }
      });
    });
  }
}

function between(a: Point, b: Point): Rect {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  };
}

function drawing(text: string): Element {
  const root = parse(text);
  assert.equal(root.name, "svg");
  assert.equal(root.attributes.role, "img");
  const [title, desc] = root.children.filter((c) => typeof c === "object");
  assert.deepEqual([title?.name, desc?.name], ["title", "desc"]);
  // Nothing from elsewhere, and nothing that runs.
  for (const name of ["script", "image", "use", "foreignObject", "a"]) {
    assert.equal(all(root, name).length, 0);
  }
  assert.doesNotMatch(textOf(all(root, "style")[0] as Element), /url\(|@import|http/);
  return root;
}

const classes = (root: Element, name: string, kind: string) =>
  all(root, name).filter((e) => e.attributes.class?.split(" ").includes(kind));

describe("a prediction as SVG", () => {
  it("draws the counter lab: a line to a needed flow, and notes for what everyone may", () => {
    const root = drawing(svg(counterLab("isolated")));
    const lines = classes(root, "path", "line");
    const count = (tone: string) =>
      lines.filter((l) => l.attributes.class === `line ${tone}`).length;
    // One more of each is in the legend.
    assert.deepEqual([count("works"), count("cut"), count("permitted")], [5, 2, 2]);
    const text = all(root, "text").map(textOf);
    for (const name of ["apache", "counter", "redis", "redis-http", "traefik", "d-redis"]) {
      assert.ok(text.includes(name), name);
    }
    assert.equal(text.filter((t) => t === "open to everyone and outside").length, 3);
    assert.ok(text.includes("needed, but denied"));
    assert.match(textOf(all(root, "desc")[0] as Element), /apache.*redis-http.*needed, but denied/);
  });

  it("has no lines for permission that all have", () => {
    const root = drawing(svg(counterLab("open")));
    assert.equal(classes(root, "path", "permitted").length, 0);
    assert.equal(
      all(root, "text")
        .map(textOf)
        .filter((t) => t === "open to everyone and outside").length,
      4,
    );
  });

  it("draws each needed flow of 40 workloads, in the look of its verdict", () => {
    const prediction = generated(7, 40);
    const { edges } = predicted(prediction);
    const tones = { allow: "works", deny: "cut", broken: "broken" };
    const needed = prediction.flows.filter((f) => f.neededBy.length > 0);
    assert.ok(needed.length > 30);
    for (const { from, to, verdict } of needed) {
      const own = edges.filter((e) => e.from.id === from && e.to.id === to);
      assert.deepEqual(
        own.map((e) => e.tone),
        [tones[verdict]],
        `${from} → ${to}`,
      );
    }
    assert.ok(edges.length < needed.length + 30, "what nothing needs is folded");
  });

  it("folds all of a namespace to all of another one into one line", () => {
    const { parties } = generated(7, 40);
    const flows: Flow[] = [];
    for (const from of parties) {
      for (const to of parties) {
        const inside = from.namespace === "data" && to.namespace === "batch";
        const one = from.namespace === "shop" && from.kind === "workload" && to.name === "ledger";
        if (inside || one) {
          flows.push({
            from: from.id,
            to: to.id,
            ports: "All Connections",
            verdict: "allow",
            because: [],
            neededBy: [],
            reachesListener: true,
          });
        }
      }
    }
    const { edges } = predicted({ of: "x", parties, flows, mistakes: [] });
    assert.deepEqual(
      edges.map((e) => `${keyOf(e.from)} → ${keyOf(e.to)}`),
      ["group data → group batch", "group shop → box payments/ledger[Deployment]"],
    );
  });

  it("shows namespaces as boxes where there are hundreds of workloads", () => {
    const prediction: Prediction = { of: "x", parties: [], flows: [], mistakes: [] };
    for (let i = 0; i < 300; i++) {
      const [namespace, name] = [`n${i % 12}`, `w${i}`];
      prediction.parties.push({
        id: `${namespace}/${name}[Job]`,
        kind: "workload",
        namespace,
        name,
        listens: "",
      });
      if (i > 0)
        prediction.flows.push({
          from: prediction.parties[i - 1]?.id ?? "",
          to: `${namespace}/${name}[Job]`,
          ports: "TCP 1",
          verdict: "deny",
          because: [],
          neededBy: ["x"],
          reachesListener: true,
        });
    }
    const root = drawing(svg(prediction));
    assert.equal(classes(root, "rect", "box").length, 12);
    assert.ok(all(root, "text").map(textOf).includes("25 workloads"));
    uncluttered(predicted(prediction));
  });

  it("lets boxes stand on their own where all are in one namespace", () => {
    const prediction = counterLab("open");
    const parties = prediction.parties.map((p) =>
      p.kind === "workload" ? { ...p, namespace: "default" } : p,
    );
    const { rects } = place(predicted({ ...prediction, parties }));
    const lefts = [...rects].filter(([key]) => key.startsWith("box ")).map(([, rect]) => rect.x);
    assert.ok(new Set(lefts).size > 2);
  });

  it("keeps boxes and lines apart", () => {
    for (const size of [2, 10, 25, 40]) {
      for (const seed of [1, 7, 42]) uncluttered(predicted(generated(seed, size)));
    }
    const before = generated(7, 40);
    const after = changed(before);
    uncluttered(compared(difference(before, after), after));
  });

  it("is well-formed, uncluttered and always the same for any prediction", () => {
    fc.assert(
      fc.property(predictions(), (p) => {
        const text = svg(p);
        drawing(text);
        assert.equal(svg(p), text);
        uncluttered(predicted(p));
      }),
      { numRuns: 120 },
    );
  });
});

describe("a comparison as SVG", () => {
  it("draws what was removed, what of it something needs, and faintly what stays", () => {
    const [before, after] = [counterLab("open"), counterLab("isolated")];
    const { edges } = compared(difference(before, after), after);
    const tones = (tone: string) => edges.filter((e) => e.tone === tone);
    assert.deepEqual(
      tones("lost").map((e) => [e.from.id, e.to.id]),
      [["b-apacherr/apache[Deployment]", "d-redis/redis-http[Deployment]"]],
    );
    assert.equal(tones("faint").length, 4);
    const removed = tones("removed").map((e) => `${e.from.id} ${e.to.kind} ${e.to.id}`);
    assert.ok(removed.includes("traefik/traefik[Deployment] group d-redis"));
    assert.equal(tones("added").length, 0);
    const back = compared(difference(after, before), before);
    assert.ok(back.edges.some((e) => e.tone === "added"));
    assert.ok(!back.edges.some((e) => e.tone === "removed" || e.tone === "lost"));
    const root = drawing(svgDiff(difference(before, after), after));
    assert.ok(all(root, "text").map(textOf).includes("removed, but needed"));
  });

  it("is well-formed, uncluttered and always the same for any comparison", () => {
    fc.assert(
      fc.property(comparisons(), ([diff, after]) => {
        const text = svgDiff(diff, after);
        drawing(text);
        assert.equal(svgDiff(diff, after), text);
        uncluttered(compared(diff, after));
      }),
      { numRuns: 120 },
    );
  });
});
