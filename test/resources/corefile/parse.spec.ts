import assert from "node:assert/strict";
import fc from "fast-check";
import {
  COREFILE,
  type Files,
  parseCorefile,
} from "../../../micromesh/resources/corefile/parse.ts";
import { corefiles, styles, written } from "./texts.ts";

const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));

/** In short: keys, and for each directive its words and the words of its block's lines. */
function parsed(text: string, files: Files = {}) {
  return parseCorefile({ ...files, [COREFILE]: text }).map(({ keys, directives }) => ({
    keys,
    lines: directives.map(({ plugin, args, block }) => ({
      words: [plugin, ...args],
      ...(block && { block: block.map(({ words }) => words) }),
    })),
  }));
}

describe("parseCorefile", () => {
  it(`reads what was written, in whatever form (MICROMESH_SEED=${seed})`, () => {
    fc.assert(
      fc.property(corefiles, styles, (blocks, style) => {
        assert.deepEqual(parsed(written(blocks, style)), blocks);
      }),
      { seed, numRuns: 500 },
    );
  });

  it(`reads or refuses any text, with a place (MICROMESH_SEED=${seed})`, () => {
    const words = fc.constantFrom(
      ".",
      "a:53",
      "{",
      "}",
      "\n",
      '"',
      "#",
      "import",
      "(s)",
      "log",
      ",",
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 30 }).map((all) => all.join(" ")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parsed(text);
        } catch (error) {
          assert.match((error as Error).message, /^\/etc\/coredns\/Corefile line \d+: /);
        }
      }),
      { seed, numRuns: 2000 },
    );
  });

  const cases: [what: string, text: string, expected: unknown[]][] = [
    ["nothing", "", []],
    [
      "one server without braces",
      "example.org\nlog\nerrors",
      [{ keys: ["example.org"], lines: [{ words: ["log"] }, { words: ["errors"] }] }],
    ],
    ["addresses over two lines", "a:53,\nb:53 {\n}\n", [{ keys: ["a:53", "b:53"], lines: [] }]],
    [
      "a snippet wherever it's imported",
      "(both) {\n log\n errors\n}\n. {\n import both\n}\n",
      [{ keys: ["."], lines: [{ words: ["log"] }, { words: ["errors"] }] }],
    ],
    [
      "a block in one line",
      ". {\n template ANY ANY a { rcode NXDOMAIN }\n log\n}",
      [
        {
          keys: ["."],
          lines: [
            { words: ["template", "ANY", "ANY", "a"], block: [["rcode", "NXDOMAIN"]] },
            { words: ["log"] },
          ],
        },
      ],
    ],
    [
      "quotes over two lines",
      '. {\n template IN A {\n  answer "a\nb" c\n }\n}',
      [
        {
          keys: ["."],
          lines: [{ words: ["template", "IN", "A"], block: [["answer", "a\nb", "c"]] }],
        },
      ],
    ],
    [
      "variables, which aren't set",
      ". {\n log {$ZONE} a{%B%}\n}",
      [{ keys: ["."], lines: [{ words: ["log", "", "a"] }] }],
    ],
  ];
  for (const [what, text, expected] of cases) {
    it(`reads ${what}`, () => assert.deepEqual(parsed(text), expected));
  }

  it("imports files, by names beside its own and by a pattern, in their order", () => {
    const files = {
      "/etc/coredns/extra": "log b\n",
      "/etc/coredns/custom/2.override": "errors 2",
      "/etc/coredns/custom/1.override": "errors 1",
      "/etc/coredns/custom/x.server": "x.org {\n}\n",
      "/etc/coredns/custom/deeper/3.override": "errors 3",
    };
    const text =
      ". {\n import extra\n import /etc/coredns/custom/*.override\n import none*\n}\nimport custom/*.server\n";
    assert.deepEqual(parsed(text, files), [
      {
        keys: ["."],
        lines: [
          ["log", "b"],
          ["errors", "1"],
          ["errors", "2"],
        ].map((words) => ({ words })),
      },
      { keys: ["x.org"], lines: [] },
    ]);
  });

  const refused: [text: string, problem: RegExp][] = [
    [". {\n log\n", /line 2: a } is missing/],
    [". {\n hosts {\n  a b\n", /line 2: a } is missing: the block of hosts/],
    [". {\n log }\n", /line 2: this } has no {/],
    [". {\n import gone\n}", /line 2: the file \/etc\/coredns\/gone to import isn't there/],
    [". {\n import a b\n}", /line 2: import takes one file only/],
    [". {\n import\n}", /line 2: import needs a file/],
    ["a,", /line 1: another address is expected/],
    ["(s) {\n log\n}\n(s) {\n}\n", /line 4: the snippet s is declared twice/],
    ["(s) {\n import s\n}\n. {\n import s\n}\n", /files import each other/],
  ];
  for (const [text, problem] of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parsed(text), problem));
  }
});
