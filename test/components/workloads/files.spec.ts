import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  assetFiles,
  configFiles,
  reloadedFiles,
  sourceFiles,
} from "../../../components/workloads/files.ts";

describe("workloads: files", () => {
  it("names a ConfigMap by the digest of what's in it", () => {
    const set = configFiles("apache", { "httpd.conf": "Listen 8080\n" });
    assert.deepEqual(set, {
      kind: "config",
      // sha256 of [["httpd.conf","Listen 8080\n"]]
      configMap: "apache-config-ef8dd54298",
      data: { "httpd.conf": "Listen 8080\n" },
    });
    assert.notEqual(
      configFiles("apache", { "httpd.conf": "Listen 80\n" }).configMap,
      set.configMap,
    );
    assert.notEqual(
      configFiles("apache", { "other.conf": "Listen 8080\n" }).configMap,
      set.configMap,
    );
  });

  it("keeps the name of what's read again while the program runs", () => {
    assert.deepEqual(reloadedFiles("router", { "routes.yaml": "routes: []" }), {
      kind: "config",
      configMap: "router-config",
      data: { "routes.yaml": "routes: []" },
      reloaded: true,
    });
  });

  it("doesn't depend on the order in which the files are given", () => {
    const forth = configFiles("a", { one: "1", two: "2" });
    const back = configFiles("a", { two: "2", one: "1" });
    assert.deepEqual(back, forth);
    assert.deepEqual(Object.keys(back.data), ["one", "two"]);
  });

  it("doesn't take what moved from one file to another for the same", () => {
    assert.notEqual(
      configFiles("a", { one: "12", two: "" }).configMap,
      configFiles("a", { one: "1", two: "2" }).configMap,
    );
  });

  it("takes 900 KiB, and not a byte more", () => {
    const room = 900 * 1024 - "f".length;
    assert.equal(configFiles("a", { f: "x".repeat(room) }).data.f?.length, room);
    assert.throws(() => configFiles("a", { f: "x".repeat(room + 1) }), {
      message: "ConfigMap a-config would hold 901 KiB, and 900 KiB fit; import less, or split it",
    });
  });

  it("counts bytes, not characters", () => {
    const half = 450 * 1024;
    assert.doesNotThrow(() => configFiles("a", { f: "e".repeat(half + 1) }));
    assert.throws(() => configFiles("a", { f: "é".repeat(half + 1) }), /would hold 901 KiB/);
  });

  it("refuses a name that no ConfigMap takes", () => {
    assert.throws(() => configFiles("a", { "conf.d/x.conf": "" }), {
      message:
        'ConfigMap a-config: "conf.d/x.conf" can\'t be a file name in it; use letters, digits, "-", "_" and "."',
    });
  });

  describe("of a program", () => {
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "micromesh-files-"));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    const packed = (source: string) => {
      const entry = join(directory, "program.ts");
      writeFileSync(entry, source);
      const set = sourceFiles("app", entry);
      for (const [name, text] of Object.entries(set.data))
        writeFileSync(join(directory, name), text);
      return set;
    };
    const run = () => spawnSync(process.execPath, [join(directory, "main.mjs"), "it"]);

    it("are the packed program, and the main.mjs that runs it", () => {
      const set = packed(
        'import os from "node:os"; console.log(process.argv[2], typeof os.hostname);',
      );
      assert.match(set.configMap, /^app-source-[0-9a-f]{10}$/);
      assert.deepEqual(Object.keys(set.data), ["main.mjs", "program.cjs.gz.base64"]);
      assert.equal(run().stdout.toString(), "it function\n");
    });

    it("keep its functions' names for errors", () => {
      packed('function breaks() { throw new Error("as told"); } breaks();');
      assert.match(run().stderr.toString(), /Error: as told\n +at breaks \(.*program\.cjs:/);
    });
  });

  it("packs assets each by itself, the same everywhere", () => {
    const { kind, data } = assetFiles("app", { "a.css": Buffer.from("a".repeat(1000)) });
    assert.equal(kind, "assets");
    const text = data["a.css.gz.base64"] as string;
    assert.equal(text, "H4sIAAAAAAACA0tMHAWjYBQMdwAAA9o4mugDAAA=");
    assert.equal(gunzipSync(Buffer.from(text, "base64")).toString(), "a".repeat(1000));
  });
});
