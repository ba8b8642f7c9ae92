import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundle } from "../../../components/workloads/bundle.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const counter = join(root, "apps/counter/app/main.ts");

describe("workloads: bundle", () => {
  let directory: string;

  beforeEach(() => {
    // Beneath the project, so that the sources find its packages.
    directory = mkdtempSync(join(root, "test/components/workloads/bundle-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const write = (name: string, text: string) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  const run = (source: string) =>
    execFileSync(process.execPath, [write("main.cjs", source)], { encoding: "utf8", cwd: "/" });

  /** What `bundle` gives, or says, in a process that was started in another directory. */
  const elsewhere = (entry: string) => {
    const module = new URL("../../../components/workloads/bundle.ts", import.meta.url).href;
    const script = write(
      "elsewhere.mjs",
      [
        `import { bundle } from ${JSON.stringify(module)};`,
        `try { process.stdout.write(bundle(${JSON.stringify(entry)}).text); }`,
        "catch (error) { process.stdout.write(error.message); }",
      ].join("\n"),
    );
    const args = ["--import", loader, script];
    return execFileSync(process.execPath, args, { encoding: "utf8", cwd: tmpdir() });
  };

  it("gives the same bytes from wherever it's called", () => {
    assert.equal(elsewhere(counter), bundle(counter).text);
  });

  it("leaves no path of this machine in the result", () => {
    const { text } = bundle(counter);
    assert.equal(text.includes(root), false);
    assert.equal(text.includes("node_modules/"), false);
  });

  it("runs with packages that are CommonJS, and keeps the names of functions", () => {
    write(
      "greet.ts",
      'export function greeter(name: string): string { return ["hello", name].join(" "); }',
    );
    const entry = write(
      "entry.ts",
      [
        'import { createClient } from "@redis/client";',
        'import { greeter } from "./greet.ts";',
        "console.log(greeter(typeof createClient), greeter.name);",
      ].join("\n"),
    );
    assert.equal(run(bundle(entry).text), "hello function greeter\n");
  });

  it("names file, line and column of a mistake in one line", () => {
    const entry = write("entry.ts", 'import "./missing.ts";\n');
    const where = entry.slice(root.length);
    const message = `cannot bundle ${where}: ${where}:1:8: Could not resolve "./missing.ts"`;
    assert.throws(() => bundle(entry), { message });
    assert.equal(elsewhere(entry), message);
  });

  it("says so when the main file isn't there", () => {
    const entry = join(directory, "none.ts");
    assert.throws(() => bundle(entry), {
      message: `cannot bundle ${entry.slice(root.length)}: Could not resolve "${entry}"`,
    });
  });
});
