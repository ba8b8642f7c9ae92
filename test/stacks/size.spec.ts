import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { measureCapacity } from "../../stacks/capacity.ts";
import { checkSize, type Size } from "../../stacks/size.ts";
import { collected } from "./collected.ts";

const type = (name: string, memoryMiB: number, freeTierEligible = true) => ({
  name,
  memoryMiB,
  vcpus: 2,
  architecture: "x86_64" as const,
  freeTierEligible,
  burstable: false,
});
const MICRO = type("t3.micro", 1024);
const LARGE = type("m7i-flex.large", 8192);
const PAID = type("m5.large", 8192, false);

/** How often machines were admitted by the last check. */
let admitted = 0;

/** One Deployment of 64 MiB on K3s, whose own needs are about 2 GiB. */
function checked(chosen: typeof MICRO | undefined, change: Partial<Size> = {}) {
  admitted = 0;
  return collected(async (makeProvider) => {
    const measuring = measureCapacity();
    const admit = () => {
      admitted += 1;
      measuring.admit();
    };
    const provider = makeProvider();
    const metadata = { name: "a", namespace: "n" };
    const resources = { requests: { memory: "64Mi", cpu: "20m" } };
    const spec = { containers: [{ name: "a", image: "a:1", resources }] };
    const template = { metadata: { labels: { app: "a" } }, spec };
    const selector = { matchLabels: { app: "a" } };
    new k8s.apps.v1.Deployment("a", { metadata, spec: { selector, template } }, { provider });
    const offer = chosen && {
      chosen: pulumi.output(chosen),
      region: "eu-central-1",
      freeTier: pulumi.output([MICRO, LARGE]),
      cost: pulumi.output("A month costs nothing."),
    };
    await checkSize(
      { nodes: 1, servers: 1, k3s: true, resource: provider, offer, ...change },
      { ...measuring, admit },
    );
    return { went: "on" };
  });
}

const FITTING =
  'run "pulumi config set --path micromesh:cluster.instanceType m7i-flex.large", the smallest that ' +
  "fits in the free tier of eu-central-1";

describe("the size of a stack", () => {
  it("is no problem where its machine is large enough, and free", async () => {
    const { outputs, warnings } = await checked(LARGE);
    assert.deepEqual([outputs, warnings], [{ went: "on" }, []]);
    assert.equal(admitted, 1);
  });

  it("ends the program where its machine is too small: what lacks, the mend, the table, the cost", async () => {
    await assert.rejects(checked(MICRO), (error: Error) => {
      assert.ok(pulumi.ResourceError.isInstance(error) && error.hideStack);
      const [problem, ...table] = error.message.split("\n");
      assert.match(
        problem as string,
        /^micromesh:cluster\.instanceType is t3\.micro; what the stack declares doesn't fit: it lacks \d+ MiB of memory, having 847 MiB to give: /,
      );
      assert.ok(problem?.endsWith(`: ${FITTING}`), problem);
      assert.match(table.join("\n"), /│ usable on t3\.micro │ +│ +847 MiB │/);
      assert.equal(table.at(-1), "A month costs nothing.");
      return true;
    });
    assert.equal(admitted, 0, "and makes no machine");
  });

  it("counts all of a stack's machines", async () => {
    const small = type("c7i-flex.large", 2000);
    await assert.rejects(checked(small, { nodes: 3, servers: 3 }), {
      message: /^micromesh:cluster\.instanceType is c7i-flex\.large, 3 of them; /,
    });
  });

  it("warns of a type that costs, and goes on", async () => {
    const { outputs, warnings } = await checked(PAID);
    assert.deepEqual(outputs, { went: "on" });
    assert.deepEqual(warnings, [
      "micromesh:cluster.instanceType is m5.large, which isn't in the free tier of eu-central-1: accounts " +
        `on the free plan can't launch it, others pay for it; ${FITTING}`,
    ]);
  });

  it("can't be too small where nobody knows the machines, or it's somebody else's affair", async () => {
    assert.deepEqual((await checked(undefined)).outputs, { went: "on" });
    assert.equal(admitted, 1);
    await checkSize(undefined, {
      on: () => assert.fail("nobody measures"),
      admit: () => {
        admitted += 1;
      },
    });
    assert.equal(admitted, 2);
  });

  it("is the table alone in a preview where AWS has no such type, which was said before", async () => {
    const { outputs, warnings } = await checked(pulumi.unknown as never);
    assert.deepEqual([outputs, warnings, admitted], [{ went: "on" }, [], 1]);
  });
});
