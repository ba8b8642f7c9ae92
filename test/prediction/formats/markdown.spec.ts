import assert from "node:assert/strict";
import * as fc from "fast-check";
import { markdown } from "../../../micromesh/prediction/formats/markdown.ts";
import { markdownDiff } from "../../../micromesh/prediction/formats/markdown-diff.ts";
import { code, prose } from "../../../micromesh/prediction/formats/markdown-text.ts";
import type { Prediction } from "../../../micromesh/prediction/prediction.ts";
import { comparisons, predictions } from "./arbitrary.ts";
import { changed, difference } from "./changes.ts";
import { counterLab, generated } from "./samples.ts";

/** GitHub's limit on a comment, in characters. */
const LIMIT = 65_536;

/** The cells of a table's row: a bar ends one, unless a backslash is before it. */
const cells = (line: string) => line.split(/(?<!\\)\|/).slice(1, -1);

/** What would break a comment for its reader, whatever the texts in it. */
function sound(text: string): void {
  assert.ok(text.length < LIMIT);
  const bare = text.replaceAll(/(`+)(?!`).*?[^`]\1(?!`)/g, "");
  assert.deepEqual(bare.match(/<(?!\/?(details|summary)>|br>|!-- -->)/g), null, bare);
  assert.deepEqual(bare.match(/@(?!<!-- -->)/g), null);
  assert.equal(bare.match(/<details>/g)?.length, bare.match(/<\/details>/g)?.length, bare);
  let columns = 0;
  for (const line of text.split("\n")) {
    const count = line.startsWith("|") ? cells(line).length : 0;
    if (count > 0 && columns > 0) assert.equal(count, columns, line);
    columns = count;
  }
}

describe("a prediction as Markdown", () => {
  it("says the result in the heading, then what needs attention, then folds the matrix", () => {
    const lines = markdown(counterLab("isolated")).split("\n");
    assert.equal(
      lines[0],
      "### `counter=isolated`: 16 of 20 pairs permitted; 1 of 5 needed flows denied",
    );
    const text = lines.join("\n");
    assert.match(text, /\*\*`b-apacherr\/apache` → `d-redis\/redis-http`\*\*\n {2}- NetworkPolicy/);
    assert.match(text, /\| `b-apacherr\/apache` \| {2}\| ● \| · \| ❌ \| ○ \| ○ \|/);
    assert.ok(text.indexOf("❌ Needed") < text.indexOf("<details>"));
    sound(text);
  });

  it("lists who reaches each destination where a table would be too wide", () => {
    const text = markdown(generated(7, 40));
    assert.doesNotMatch(text, /from ↓ to →/);
    assert.match(
      text,
      /\| `catalog\/images` \| TCP 9090,9091 \| everyone, 10\.0\.0\.0-10\.255\.255\.255 \|/,
    );
    assert.match(text, /all of monitoring/);
    sound(text);
  });

  it("is sound for any prediction", () => {
    fc.assert(
      fc.property(predictions(), (p) => sound(markdown(p))),
      { numRuns: 150 },
    );
    fc.assert(
      fc.property(comparisons(), ([diff]) => sound(markdownDiff(diff))),
      { numRuns: 150 },
    );
  });

  it("shows texts as they are: no markup, HTML, mention, issue or link", () => {
    assert.equal(
      prose("a|b *c* _d_ [e](f) `g` ~h~"),
      "a\\|b \\*c\\* \\_d\\_ \\[e\\](f) \\`g\\` \\~h\\~",
    );
    assert.equal(prose("<b> & @me #12 #a"), "&lt;b&gt; &amp; @<!-- -->me #<!-- -->12 #a");
    assert.equal(prose("http://x www.y GH-3"), "http:<!-- -->//x www<!-- -->.y GH<!-- -->-3");
    assert.equal(code("a|b"), "`a\\|b`");
    assert.equal(code("a`b"), "``a`b``");
    assert.equal(code("`a`"), "`` `a` ``");
  });

  it("leaves out what is too much, and says how many", () => {
    const prediction: Prediction = counterLab("open");
    for (let i = 0; i < 2000; i++) {
      prediction.flows.push({
        from: "traefik/traefik[Deployment]",
        to: "d-redis/redis[Deployment]",
        ports: `TCP ${i}`,
        verdict: "deny",
        because: [`reason ${i} ${"|".repeat(40)}`],
        neededBy: ["something"],
        reachesListener: true,
      });
    }
    const text = markdown(prediction);
    sound(text);
    const shown = text.match(/^- \*\*/gm)?.length ?? 0;
    assert.ok(shown > 100);
    assert.ok(text.includes(`… and ${2000 - shown} more flows, left out here.`));
    assert.ok(text.length > 50_000);
  });
});

describe("a comparison as Markdown", () => {
  it("puts removed flows that something needs first, marked", () => {
    const text = markdownDiff(difference(counterLab("open"), counterLab("isolated")));
    const lines = text.split("\n");
    assert.equal(
      lines[0],
      "### `counter=open` → `counter=isolated`: 6 connections removed, 1 of them needed",
    );
    const rows = lines.filter((line) => /^\| [❌➖➕]/u.test(line));
    assert.match(
      rows[0] ?? "",
      /^\| ❌ \| `b-apacherr\/apache` \| `d-redis\/redis-http` \| all \| none \|/,
    );
    assert.equal(rows.length, 3);
    assert.ok(rows.slice(1).every((row) => row.startsWith("| ➖ |")));
    sound(text);
  });

  it("says what was added, and which mistakes are new and which mended", () => {
    const before = generated(7, 40);
    const text = markdownDiff(difference(before, changed(before)));
    assert.match(text, /27 added; 1 new mistake; 2 mistakes mended/);
    assert.match(text, /\| ➕ \| <details><summary>27 sources<\/summary>/);
    assert.match(
      text,
      /#### ⚠️ New mistakes\n\n- \*\*`NetworkPolicy catalog\/shop-only`\*\*, `spec\.podSelector`/,
    );
    sound(text);
  });

  it("says where nothing differs", () => {
    const same = difference(counterLab("open"), counterLab("open"));
    assert.equal(markdownDiff(same), "### `counter=open` → `counter=open`: the same connections");
  });
});
