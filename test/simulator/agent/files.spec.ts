import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { translate } from "../../../micromesh/simulator/agent/files.ts";
import type { Mount } from "../../../micromesh/simulator/agent/messages.ts";
import { inPod, type Outcome } from "./in-pod.ts";

const mount = (mountPath: string, source: string, readOnly = false): Mount => ({
  mountPath,
  source,
  readOnly,
});

describe("translate", () => {
  const mounts = [mount("/app", "/run/code"), mount("/app/conf", "/run/conf")];

  for (const [path, expected] of [
    ["/app", "/run/code"],
    ["/app/a/b", "/run/code/a/b"],
    ["/app/conf/x", "/run/conf/x"],
    ["/app/confx", "/run/code/confx"],
    ["/apple", "/apple"],
    ["/etc/hosts", "/etc/hosts"],
    ["/run/code/a", "/run/code/a"],
  ] as const) {
    it(`finds ${path} at ${expected}`, () => {
      assert.equal(translate(path, mounts), expected);
      assert.equal(translate(path, mounts.toReversed()), expected);
    });
  }

  it("leaves what it has translated where it is, also below another mount", () => {
    const below = [mount("/tmp", "/tmp/mm/scratch"), mount("/app", "/tmp/mm/code")];
    for (const path of ["/app/x", "/tmp/x"]) {
      const once = translate(path, below);
      assert.equal(translate(once, below), once);
    }
    assert.equal(translate("/app/x", below), "/tmp/mm/code/x");
    assert.equal(translate("/tmp/x", below), "/tmp/mm/scratch/x");
  });
});

describe("virtualiseFiles", function () {
  this.timeout(30_000);
  let root: string;
  let mounts: Mount[];

  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), "mm-test-")));
    for (const folder of ["code", "data", "outside"]) await mkdir(join(root, folder));
    await writeFile(join(root, "code/main.txt"), "code");
    await writeFile(join(root, "data/a.txt"), "data");
    mounts = [mount("/app", join(root, "code"), true), mount("/data", join(root, "data"))];
  });
  afterEach(() => rm(root, { recursive: true }));

  const results = (outcomes: Outcome[]) =>
    outcomes.map(({ result, error }) => (error ? error.message : result));
  const codes = (outcomes: Outcome[]) => outcomes.map(({ error }) => error?.code);
  const ours = (file: string) => readFile(join(root, file), "utf8");

  it("reads mounted files by their declared paths, whichever way they're asked for", async () => {
    const outcomes = await inPod({ mounts }, [
      'fs.readFileSync("/app/main.txt", "utf8")',
      'fs.promises.readFile("/app/main.txt", "utf8")',
      'called("readFile", "/app/main.txt", "utf8")',
      'imported.readFileSync("/app/main.txt", "utf8")',
      'fs.readFileSync(Buffer.from("/app/main.txt"), "utf8")',
      'fs.readFileSync(new URL("file:///app/main.txt"), "utf8")',
      'fs.readFileSync("/app/../app/./main.txt", "utf8")',
      'fs.readFileSync(fs.openSync("/app/main.txt"), "utf8")',
      '(await fs.promises.open("/app/main.txt")).readFile("utf8")',
      'called("open", "/app/main.txt").then((fd) => fs.readFileSync(fd, "utf8"))',
      '(await fs.createReadStream("/app/main.txt", "utf8").toArray()).join("")',
    ]);
    assert.deepEqual(results(outcomes), Array(11).fill("code"));
  });

  it("leaves what must stay where it is, also below the path of a mount", async () => {
    const above = [...mounts, mount(dirname(root), join(root, "data"))];
    const own = join(root, "outside", "runtime.mjs");
    await writeFile(own, "runtime");
    const read = `fs.readFileSync(${JSON.stringify(own)}, "utf8")`;
    assert.deepEqual(results(await inPod({ mounts: above, machine: [root] }, [read])), ["runtime"]);
    const [elsewhere] = await inPod({ mounts: above }, [read]);
    assert.equal(elsewhere?.error?.code, "ENOENT");
  });

  it("looks at mounted folders by their declared paths", async () => {
    const outcomes = await inPod({ mounts }, [
      'fs.readdirSync("/app")',
      'fs.promises.readdir("/app/")',
      'fs.existsSync("/app/main.txt")',
      'fs.existsSync("/app/gone.txt")',
      'fs.statSync("/app/main.txt").size',
      'fs.promises.access("/app/main.txt")',
    ]);
    assert.deepEqual(results(outcomes), [["main.txt"], ["main.txt"], true, false, 4, undefined]);
  });

  it("writes to mounts that may be written to", async () => {
    const outcomes = await inPod({ mounts }, [
      'fs.writeFileSync("/data/b.txt", "b")',
      'fs.promises.appendFile("/data/b.txt", "c")',
      'called("mkdir", "/data/deep/er", { recursive: true })',
      'fs.promises.rename("/data/a.txt", "/data/deep/a.txt")',
      'fs.copyFileSync("/app/main.txt", "/data/copy.txt")',
      'new Promise((done) => fs.createWriteStream("/data/s.txt").end("s", done))',
    ]);
    assert.deepEqual(codes(outcomes), Array(6).fill(undefined));
    assert.deepEqual(
      [
        await ours("data/b.txt"),
        await ours("data/deep/a.txt"),
        await ours("data/copy.txt"),
        await ours("data/s.txt"),
      ],
      ["bc", "data", "code", "s"],
    );
  });

  it("writes nothing to read-only mounts, and says so as Node does", async () => {
    const outcomes = await inPod({ mounts }, [
      'fs.writeFileSync("/app/main.txt", "x")',
      'fs.promises.writeFile("/app/new.txt", "x")',
      'called("mkdir", "/app/new")',
      'fs.rmSync("/app/main.txt")',
      'fs.openSync("/app/main.txt", "r+")',
      'fs.openSync("/app/main.txt", fs.constants.O_WRONLY)',
      'fs.promises.open("/app/main.txt", "a")',
      'fs.copyFileSync("/data/a.txt", "/app/a.txt")',
      'fs.renameSync("/data/a.txt", "/app/a.txt")',
      'fs.renameSync("/app/main.txt", "/data/main.txt")',
      'fs.symlinkSync("/data/a.txt", "/app/link")',
      `fs.writeFileSync(${JSON.stringify(join(root, "code/main.txt"))}, "x")`,
    ]);
    assert.deepEqual(codes(outcomes), Array(12).fill("EROFS"));
    assert.equal(
      outcomes[0]?.error?.message,
      "EROFS: read-only file system, writeFile '/app/main.txt'",
    );
    assert.deepEqual([await ours("code/main.txt"), await ours("data/a.txt")], ["code", "data"]);
  });

  it("leaves the root file system writable where it isn't declared read-only", async () => {
    const path = JSON.stringify(join(root, "outside/x"));
    const outcomes = await inPod({ mounts }, [`fs.writeFileSync(${path}, "x")`]);
    assert.deepEqual(codes(outcomes), [undefined]);
    assert.equal(await ours("outside/x"), "x");
  });

  it("keeps a root file system that is declared read-only, except mounts and /dev", async () => {
    const path = JSON.stringify(join(root, "outside/x"));
    const outcomes = await inPod({ mounts, readOnlyRoot: true }, [
      `fs.writeFileSync(${path}, "x")`,
      'fs.writeFileSync("/data/x", "x")',
      'fs.writeFileSync("/dev/null", "x")',
      `fs.existsSync(${JSON.stringify(join(root, "outside"))})`,
    ]);
    assert.deepEqual(codes(outcomes), ["EROFS", undefined, undefined, undefined]);
    assert.equal(existsSync(join(root, "outside/x")), false);
    assert.equal(outcomes[3]?.result, true);
  });

  it("finds the deepest of several mounts", async () => {
    await writeFile(join(root, "outside/conf"), "deep");
    const nested = [...mounts, mount("/app/conf", join(root, "outside"))];
    const outcomes = await inPod({ mounts: nested }, [
      'fs.readFileSync("/app/conf/conf", "utf8")',
      'fs.writeFileSync("/app/conf/new", "x")',
    ]);
    assert.deepEqual(results(outcomes), ["deep", undefined]);
  });

  it("isn't misled by a mount at the folder that the mounts' contents stand in", async () => {
    const over = [mount(root, join(root, "outside")), ...mounts];
    const outcomes = await inPod({ mounts: over }, [
      'fs.readFileSync("/app/main.txt", "utf8")',
      `fs.writeFileSync(${JSON.stringify(join(root, "tmp.txt"))}, "t")`,
    ]);
    assert.deepEqual(results(outcomes), ["code", undefined]);
    assert.equal(await ours("outside/tmp.txt"), "t");
  });

  it("writes through one of two mounts of a volume and not through the other", async () => {
    const twice = [mount("/ro", join(root, "data"), true), mount("/rw", join(root, "data"))];
    const outcomes = await inPod({ mounts: twice }, [
      'fs.writeFileSync("/rw/b.txt", "b")',
      'fs.promises.writeFile("/rw/b.txt", "c")',
      'called("writeFile", "/rw/b.txt", "d")',
      'fs.writeFileSync("/ro/b.txt", "x")',
      'fs.readFileSync("/ro/b.txt", "utf8")',
    ]);
    assert.deepEqual(codes(outcomes), [undefined, undefined, undefined, "EROFS", undefined]);
    assert.equal(outcomes[4]?.result, "d");
  });

  it("keeps what hangs on the functions that it stands for", async () => {
    const outcomes = await inPod({ mounts }, [
      'fs.realpathSync.native("/app/main.txt")',
      'promisify(fs.exists)("/app/main.txt")',
      'promisify(fs.readFile)("/app/main.txt", "utf8")',
      "fs.readFile.name",
    ]);
    assert.deepEqual(results(outcomes), [join(root, "code/main.txt"), true, "code", "readFile"]);
  });

  it("leaves descriptors and paths of no mount alone", async () => {
    const outcomes = await inPod({ mounts, readOnlyRoot: true }, [
      `fs.readFileSync(${JSON.stringify(join(root, "code/main.txt"))}, "utf8")`,
      'fs.readFileSync("/nowhere/at/all")',
      'fs.writeFileSync(fs.openSync("/data/fd.txt", "w"), "f")',
    ]);
    assert.equal(outcomes[0]?.result, "code");
    assert.deepEqual(codes(outcomes), [undefined, "ENOENT", undefined]);
    assert.equal(await ours("data/fd.txt"), "f");
  });
});
