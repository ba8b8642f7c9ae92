import assert from "node:assert/strict";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { packedProgram } from "../../../components/workloads/packed-program.ts";

describe("workloads: a packed program", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "micromesh-packed-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const unpacked = (entry: string) =>
    gunzipSync(Buffer.from(packedProgram(entry), "base64")).toString();

  it("is made anew when a source of it has changed", () => {
    const entry = write("main.ts", 'import { word } from "./word.ts"; console.log(word);');
    write("word.ts", 'export const word = "one";');
    const before = packedProgram(entry);
    assert.match(unpacked(entry), /one/);
    assert.equal(packedProgram(entry), before);
    write("word.ts", 'export const word = "three";');
    assert.match(unpacked(entry), /three/);
  });

  it("is kept while all sources are as old and as long as they were", () => {
    const entry = write("main.ts", 'console.log("one");');
    utimesSync(entry, 1000, 1000);
    assert.match(unpacked(entry), /one/);
    // Nobody's editor does this.
    write("main.ts", 'console.log("two");');
    utimesSync(entry, 1000, 1000);
    assert.match(unpacked(entry), /one/);
    utimesSync(entry, 1000, 1001);
    assert.match(unpacked(entry), /two/);
  });

  it("says what is wrong once a source is", () => {
    const entry = write("main.ts", 'console.log("well");');
    assert.match(unpacked(entry), /well/);
    rmSync(entry);
    assert.throws(() => packedProgram(entry), /^Error: cannot bundle /);
    write("main.ts", "ill (");
    assert.throws(() => packedProgram(entry), /^Error: cannot bundle /);
    write("main.ts", 'console.log("well again");');
    assert.match(unpacked(entry), /well again/);
  });
});
