import assert from "node:assert/strict";
import { configFiles, sourceFiles } from "../../../components/workloads/files.ts";

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

  it("puts a program in main.mjs", () => {
    const entry = new URL("../../../apps/counter/app/main.ts", import.meta.url).pathname;
    const set = sourceFiles("counter", entry);
    assert.match(set.configMap, /^counter-source-[0-9a-f]{10}$/);
    assert.deepEqual(Object.keys(set.data), ["main.mjs"]);
  });
});
