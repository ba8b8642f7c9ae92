import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  keysNotInPlain,
  override,
  readProjectName,
  readStackConfig,
} from "../../micromesh/resources/stack-config.ts";

const mistake = (message: string) => ({ name: "UsageError", message });

describe("stack configuration", () => {
  let root: string;
  const write = (file: string, text: string) => writeFile(join(root, file), text);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "micromesh-test-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  describe("readStackConfig", () => {
    it("reads what stands under config, with full keys", async () => {
      await write(
        "Pulumi.dev.yaml",
        "config:\n  micromesh:cni:\n    kind: cilium\n  aws:region: x\n",
      );
      assert.deepEqual(await readStackConfig(root, "dev"), {
        "micromesh:cni": { kind: "cilium" },
        "aws:region": "x",
      });
    });

    it("takes an empty file for no configuration", async () => {
      await write("Pulumi.dev.yaml", "");
      assert.deepEqual(await readStackConfig(root, "dev"), {});
    });

    it("takes a file without config for no configuration", async () => {
      await write("Pulumi.dev.yaml", "encryptionsalt: v1:abc\n");
      assert.deepEqual(await readStackConfig(root, "dev"), {});
    });

    it("puts a stand-in for ciphertext, at any depth", async () => {
      await write(
        "Pulumi.dev.yaml",
        "config:\n  micromesh:token: {secure: AAA}\n  micromesh:cluster: {keys: [{secure: BBB}, plain]}\n",
      );
      assert.deepEqual(await readStackConfig(root, "dev"), {
        "micromesh:token": "[encrypted]-by-pulumi",
        "micromesh:cluster": { keys: ["[encrypted]-by-pulumi", "plain"] },
      });
    });

    it("takes an object with more than `secure` for itself", async () => {
      await write("Pulumi.dev.yaml", "config:\n  micromesh:mesh: {secure: true, kind: none}\n");
      assert.deepEqual(await readStackConfig(root, "dev"), {
        "micromesh:mesh": { secure: true, kind: "none" },
      });
    });

    it("names the nearest stack where there is none of that name", async () => {
      await write("Pulumi.yaml", "name: p\n");
      await write("Pulumi.dev.yaml", "");
      await write("Pulumi.staging.yaml", "");
      await assert.rejects(
        readStackConfig(root, "stagin"),
        mistake("--stack stagin: there is no Pulumi.stagin.yaml; did you mean staging?"),
      );
    });

    it("says how to make a stack where there is none at all", async () => {
      await assert.rejects(
        readStackConfig(root, "dev"),
        mistake("--stack dev: there is no Pulumi.dev.yaml; create it with pulumi stack init"),
      );
    });

    it("names the file that is no YAML, in one line", async () => {
      await write("Pulumi.dev.yaml", "config: [\n");
      await assert.rejects(readStackConfig(root, "dev"), (error: Error) => {
        assert.equal(error.name, "UsageError");
        assert.match(error.message, /^Pulumi\.dev\.yaml: not valid YAML: \S/);
        assert.equal(error.message.includes("\n"), false);
        return true;
      });
    });
  });

  describe("keysNotInPlain", () => {
    it("are those with ciphertext, and those that are given for this run", async () => {
      await write(
        "Pulumi.dev.yaml",
        "config: {micromesh:cluster: {token: {secure: AAA}}, micromesh:cni: {kind: none}, micromesh:mesh: {kind: none}}\n",
      );
      const ofFile = await readStackConfig(root, "dev");
      assert.deepEqual(keysNotInPlain(ofFile, ofFile), ["micromesh:cluster"]);
      const settings = ["cni.kind=cilium", "ingress.kind=none"];
      assert.deepEqual(keysNotInPlain(ofFile, override(ofFile, settings)), [
        "micromesh:cluster",
        "micromesh:cni",
        "micromesh:ingress",
      ]);
    });
  });

  describe("readProjectName", () => {
    it("reads the name", async () => {
      await write("Pulumi.yaml", "name: micromesh\nruntime: nodejs\n");
      assert.equal(await readProjectName(root), "micromesh");
    });

    it("says what to add where it's missing", async () => {
      await write("Pulumi.yaml", "runtime: nodejs\n");
      await assert.rejects(
        readProjectName(root),
        mistake("Pulumi.yaml: name is missing; add name: micromesh"),
      );
    });
  });
});

describe("override", () => {
  const config = { "micromesh:cni": { kind: "cilium", hubble: { ui: true } }, "aws:region": "a" };

  it("sets a path below micromesh: and leaves its neighbours", () => {
    assert.deepEqual(override(config, ["cni.hubble.ui=false"])["micromesh:cni"], {
      kind: "cilium",
      hubble: { ui: false },
    });
  });

  it("makes the objects that the path needs", () => {
    assert.deepEqual(override({}, ["labs.counter.scenario=isolated"]), {
      "micromesh:labs": { counter: { scenario: "isolated" } },
    });
  });

  it("puts an object in place of a plain value on the way", () => {
    assert.deepEqual(override({ "micromesh:cni": "cilium" }, ["cni.kind=none"]), {
      "micromesh:cni": { kind: "none" },
    });
  });

  it("takes a full key as it is", () => {
    assert.equal(override(config, ["aws:region=eu-central-1"])["aws:region"], "eu-central-1");
  });

  it("takes the micromesh: prefix when it's written", () => {
    assert.deepEqual(override({}, ["micromesh:cni.kind=none"]), override({}, ["cni.kind=none"]));
  });

  it("reads values as YAML", () => {
    const values = override({}, ["a=3", "b=true", "c=[1, x]", "d={k: v}", 'e="3"', "f=v1.35.1"]);
    assert.deepEqual(values, {
      "micromesh:a": 3,
      "micromesh:b": true,
      "micromesh:c": [1, "x"],
      "micromesh:d": { k: "v" },
      "micromesh:e": "3",
      "micromesh:f": "v1.35.1",
    });
  });

  it("keeps further = signs in the value", () => {
    assert.deepEqual(override({}, ["a=b=c"]), { "micromesh:a": "b=c" });
  });

  it("lets the last of two settings win", () => {
    assert.deepEqual(override({}, ["a=1", "a=2"]), { "micromesh:a": 2 });
  });

  it("doesn't change what it's given", () => {
    const before = structuredClone(config);
    override(config, ["cni.kind=none"]);
    assert.deepEqual(config, before);
  });

  for (const setting of [
    "cni.kind",
    "=none",
    "cni..kind=none",
    ".kind=none",
    "cni.=none",
    "micromesh:=x",
  ]) {
    it(`refuses ${setting}`, () => {
      assert.throws(
        () => override({}, [setting]),
        mistake(`--config ${setting}: write KEY=VALUE, e.g. --config cni.kind=none`),
      );
    });
  }

  it("names the key whose value is no YAML", () => {
    assert.throws(() => override({}, ["cni.kind=["]), {
      name: "UsageError",
      message: /^--config cni\.kind: not valid YAML: \S/,
    });
  });
});
