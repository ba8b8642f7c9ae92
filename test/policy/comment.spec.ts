/** The script that puts a pull request's comment together, in a repository of its own with a stand-in for micromesh. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../.github/scripts/comment.sh", import.meta.url));

/** Prints prediction.md, with the options it was given, and renders the folder manifests: what the commit has of both. */
const MICROMESH = `
import { cpSync, readFileSync } from "node:fs";
const [command, ...options] = process.argv.slice(2);
if (command === "render") cpSync("manifests", options.at(-1), { recursive: true });
else process.stdout.write(readFileSync("prediction.md", "utf8").replace("OPTIONS", options.join(" ")));
`;

describe("a pull request's comment", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "micromesh-comment-"));
    run("git", "init", "--quiet");
    mkdirSync(join(folder, ".github/scripts"), { recursive: true });
    cpSync(script, join(folder, ".github/scripts/comment.sh"));
    write("bin/micromesh.mjs", MICROMESH);
    write("Pulumi.dev.yaml", "config: {}\n");
    write("prediction.md", "### OPTIONS\n");
    write("manifests/.micromesh-render", "list\n");
    write("manifests/1-secret/a.yaml", "password: before\n");
    write("manifests/4-deployment/a.yaml", "replicas: 1\n");
    commit();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(command: string, ...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stdout;
  }
  function write(path: string, text: string): void {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  function commit(): void {
    run("git", "add", "--all");
    const who = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    run("git", ...who, "commit", "--quiet", "--message=one");
  }
  const comment = (stack: string, ...files: string[]) =>
    run(".github/scripts/comment.sh", stack, "HEAD", ...files);

  it("says who reaches whom, and which manifests change, but for secrets and render's list", () => {
    assert.equal(
      comment("dev"),
      "## Stack `dev`\n\n### --stack dev --diff HEAD --format markdown\n\nNo manifest changes.\n\n",
    );
    write("manifests/.micromesh-render", "another list\n");
    write("manifests/1-secret/a.yaml", "password: after\n");
    write("manifests/4-deployment/a.yaml", "replicas: 2\n");
    const text = comment("dev");
    assert.match(text, /<summary>Manifests: 1 changed<\/summary>\n\n```diff\n/);
    assert.match(text, /\n-replicas: 1\n\+replicas: 2\n```\n<\/details>\n/);
    assert.doesNotMatch(text, /password|list/);
    assert.equal(run("git", "worktree", "list").trim().split("\n").length, 1, "nothing is left");
  });

  it("compares a stack with nothing where the base doesn't have it", () => {
    write("Pulumi.new.yaml", "config: {}\n");
    const wanted = "## Stack `new`\n\n### --stack new --format markdown\n\n";
    assert.equal(comment("new"), wanted);
  });

  it("lets no text out of its fence", () => {
    const text = "```\n````\n</details> @everybody\n";
    write("pulumi-preview.txt", text);
    const fence = "`".repeat(5);
    assert.ok(
      comment("dev", "pulumi-preview.txt").endsWith(
        `<details><summary>pulumi preview</summary>\n\n${fence}\n${text}${fence}\n</details>\n\n`,
      ),
    );
  });

  it("fits twice into a comment of GitHub's, closes what it cuts, and keeps a preview's end", () => {
    const many = (line: string) => `${line}\n`.repeat(5_000);
    write("prediction.md", `### all\n\n<details><summary>changes</summary>\n\n${many("│ é ●")}`);
    write("manifests/4-deployment/a.yaml", many("replicas: 2"));
    write("pulumi-preview.txt", `${many(" + create")}Policies: refused\n`);
    const text = comment("dev", "pulumi-preview.txt");
    assert.ok(2 * text.length < 65_536, `${text.length}`);
    const count = (tag: string) => text.split(tag).length - 1;
    assert.equal(count("<details>"), 3);
    assert.equal(count("</details>"), 3);
    assert.equal(count("left out here"), 3);
    assert.match(text, /Policies: refused\n```\n<\/details>\n\n$/);
    assert.doesNotMatch(text, /\uFFFD/);
  });
});
