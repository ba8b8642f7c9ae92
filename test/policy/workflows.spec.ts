/** What GitHub runs for a change that a stranger has written: what it may do, and that it stops where something fails. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  "timeout-minutes"?: number;
  permissions?: Record<string, string>;
  steps: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions?: Record<string, string>;
  concurrency?: unknown;
  defaults?: { run?: { shell?: string } };
  jobs: Record<string, Job>;
}

const folder = fileURLToPath(new URL("../../.github/workflows/", import.meta.url));

for (const file of readdirSync(folder)) {
  describe(`the workflow ${file}`, () => {
    const text = readFileSync(`${folder}${file}`, "utf8");
    const workflow = parse(text) as Workflow;
    const jobs = Object.values(workflow.jobs);
    const steps = jobs.flatMap((job) => job.steps);
    const granted = ({ permissions = {} }: Pick<Job, "permissions">) =>
      Object.entries(permissions).filter(([, level]) => level === "write");

    it("fails where any command of a pipe does", () => {
      // Without a name it is `bash -e`, with it `bash -eo pipefail`: GitHub's workflow syntax, jobs.<job_id>.steps[*].shell
      assert.equal(workflow.defaults?.run?.shell, "bash");
    });

    it("has an end, and runs once at a time", () => {
      assert.ok(workflow.concurrency);
      for (const job of jobs) assert.ok((job["timeout-minutes"] ?? Infinity) <= 90);
    });

    it("runs others' actions as they were when somebody looked at them", () => {
      for (const { uses } of steps) {
        if (uses !== undefined) assert.match(uses, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      }
      // The version that the commit is of, for who reads it and for who renews it.
      for (const line of text.split("\n").filter((one) => one.includes("uses:"))) {
        assert.match(line, /@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      }
    });

    it("gives what a change brings no secret, no token that writes, and no text to run", () => {
      assert.equal("pull_request_target" in workflow.on, false);
      assert.equal("workflow_run" in workflow.on, false);
      assert.doesNotMatch(text, /\bsecrets\b\s*[.[]/);
      assert.deepEqual(workflow.permissions, { contents: "read" });
      for (const { run = "" } of steps) assert.doesNotMatch(run, /\$\{\{/);
      for (const job of jobs) {
        const runsChange = job.steps.some(({ uses }) => uses?.startsWith("actions/checkout@"));
        const writes = granted(job).map(([name]) => name);
        // The token that GitHub signs is for whom trusts it; it opens nothing at GitHub.
        if (runsChange)
          assert.deepEqual(
            writes.filter((name) => name !== "id-token"),
            [],
          );
      }
      for (const { uses, with: inputs } of steps) {
        if (uses?.startsWith("actions/checkout@")) {
          assert.equal(inputs?.["persist-credentials"], false);
        }
      }
    });
  });
}
