import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";
import { plainValue } from "../../micromesh/resources/manifests/scalars.ts";
import { writeYaml } from "../../micromesh/resources/write-yaml.ts";

/** Text that some reader of YAML takes for something else, and near misses of it. */
const ambiguous = fc.oneof(
  fc.stringMatching(/^[-+]?0?[oObBxX]?[0-9a-fA-F_]{0,6}$/),
  fc.stringMatching(/^[-+]?[0-9_]{0,4}\.?[0-9_]{0,4}([eE][-+]?[0-9_]{1,2})?$/),
  fc.stringMatching(/^[0-9]{1,2}(:[0-9]{1,2}){1,2}$/),
  fc.constantFrom(
    "y",
    "No",
    "ON",
    "~",
    "null",
    "",
    ".inf",
    "-.INF",
    ".NaN",
    "<<",
    "=",
    "2001-01-31",
  ),
  fc.string(),
);

describe("YAML as it is written", () => {
  it("quotes what kubectl would take for a number, a truth or nothing", () => {
    for (const text of [
      "0o17",
      "0O17",
      "0B1",
      "0X1F",
      "+0o7",
      "1e1_0",
      "yes",
      "0644",
      "12:30",
      "~",
    ])
      assert.equal(writeYaml({ text }), `text: "${text}"\n`);
  });

  it("leaves other text bare", () => {
    assert.equal(
      writeYaml({ image: "node:22", port: 80, on: true }),
      'image: node:22\nport: 80\n"on": true\n',
    );
  });

  it("leaves nothing bare that isn't the text it was", () => {
    fc.assert(
      fc.property(ambiguous, (text) => {
        const [line = ""] = writeYaml({ text }).split("\n");
        const bare = /^text: ([^"'|>].*)$/.exec(line)?.[1];
        if (bare !== undefined) assert.equal(plainValue(bare), text);
      }),
      { numRuns: 2000 },
    );
  });

  for (const version of ["1.1", "1.2"] as const)
    it(`is read back as it was by a reader of version ${version}`, () => {
      // This reader takes `<<` for a merge, however it's written.
      const key = ambiguous.filter((text) => text !== "<<");
      const value = fc.dictionary(key, fc.oneof(ambiguous, fc.integer(), fc.boolean()));
      fc.assert(
        fc.property(value, (object) => {
          assert.deepEqual(parse(writeYaml(object), { version, merge: false }), { ...object });
        }),
        { numRuns: 1000 },
      );
    });
});
