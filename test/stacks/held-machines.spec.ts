import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { collect } from "../../micromesh/resources/collect.ts";
import { holdMachines } from "../../stacks/held-machines.ts";

class Thing extends pulumi.CustomResource {}

/** Names of the resources that are made, as each is, and how many others each waits for. */
async function made(
  program: (release: () => void, made: string[]) => Promise<void>,
  preview = false,
): Promise<{ made: string[]; dependencies: Record<string, number>; error?: Error }> {
  const names: string[] = [];
  const dependencies: Record<string, number> = {};
  let error: Error | undefined;
  try {
    const { resources } = await collect(
      async () => {
        const release = holdMachines();
        const make = (type: string, name: string, opts = {}) => new Thing(type, name, {}, opts);
        const file = make("command:local:Command", "file");
        const address = make("aws:ec2/eip:Eip", "address", { dependsOn: [file] });
        make("aws:ec2/instance:Instance", "machine", { dependsOn: address });
        await program(release, names);
        return {};
      },
      {
        project: "micromesh",
        stack: "test",
        config: {},
        preview,
        outputs: ({ type, name }) => {
          if (type !== "pulumi:pulumi:Stack") names.push(name);
          return {};
        },
      },
    );
    for (const one of resources) dependencies[one.name] = one.dependencies.length;
  } catch (thrown) {
    error = thrown as Error;
  }
  return { made: names, dependencies, error };
}

/** Long enough for whatever isn't held. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 50));

describe("machines that are held", () => {
  it("are made once they're released, in the order that was declared, and all else at once", async () => {
    const before: string[] = [];
    const { made: all, dependencies } = await made(async (release, names) => {
      await aWhile();
      before.push(...names);
      release();
    });
    assert.deepEqual(before, ["file"]);
    assert.deepEqual(all, ["file", "address", "machine"]);
    assert.deepEqual([dependencies.address, dependencies.machine], [1, 1]);
  });

  it("never are where the program ends before, which fails as it would have", async () => {
    const { made: all, error } = await made(async () => {
      await aWhile();
      throw new Error("too small");
    });
    await aWhile();
    assert.deepEqual([all, error?.message], [["file"], "too small"]);
  });

  it("aren't in a preview, which makes nothing", async () => {
    const { made: all } = await made(async () => {}, true);
    assert.deepEqual(all.sort(), ["address", "file", "machine"]);
  });
});
