import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as state from "@pulumi/pulumi/runtime/state.js";
import { type MinikubeArgs, validateMinikube } from "../../../components/clusters/minikube/args.ts";
import { Minikube } from "../../../components/clusters/minikube/minikube.ts";
import { planMinikube } from "../../../components/clusters/minikube/plan.ts";
import { collected } from "../../stacks/collected.ts";

const args: MinikubeArgs = {
  profile: "lab",
  memoryMiB: 6144,
  cpus: 2,
  kubernetesVersion: "v1.35.1",
  containerRuntime: "containerd",
  cni: "none",
  addons: [],
  keep: false,
};
const { keep: _, ...wanted } = args;
const interpreter = ["node", "components/clusters/minikube/cluster.mjs"];

describe("Minikube", () => {
  it("declares a profile and a provider", async () => {
    const { resources, the, nameOf } = await collected(() => {
      new Minikube("cluster", args);
      return undefined;
    });
    assert.deepEqual(
      resources.map(({ type, name, parent }) => [type, name, nameOf(parent)]).sort(),
      [
        ["command:local:Command", "cluster-profile", "cluster"],
        ["micromesh:clusters:Minikube", "cluster", undefined],
        ["pulumi:providers:kubernetes", "cluster-provider", "cluster"],
      ],
    );
    assert.deepEqual(the("cluster").inputs, args);
    assert.deepEqual(the("cluster-profile").inputs, {
      interpreter,
      create: "create",
      update: "update",
      delete: "delete",
      environment: { MICROMESH_MINIKUBE: JSON.stringify(wanted) },
      triggers: ["lab", "auto"],
    });
  });

  it("replaces the profile for another identity only, deleting the old one first", async () => {
    const { the } = await collected(() => {
      new Minikube("cluster", args);
      return undefined;
    });
    const { options } = the("cluster-profile");
    assert.equal(options.deleteBeforeReplace, true);
    assert.deepEqual(options.replaceOnChanges.sort(), ["triggers", "triggers[*]"]);
    assert.equal(options.retainOnDelete, false);
    const { command, identifier } = planMinikube(args);
    const changed = planMinikube({ ...args, memoryMiB: 4096, kubernetesVersion: "v1.36.0" });
    assert.deepEqual(changed.command.triggers, command.triggers);
    assert.equal(changed.identifier, identifier);
    for (const other of [{ profile: "lab2" }, { driver: "kvm2" }]) {
      const replaced = planMinikube({ ...args, ...other });
      assert.notDeepEqual(replaced.command.triggers, command.triggers);
      assert.notEqual(replaced.identifier, identifier, "the contents are made anew with it");
    }
  });

  it("stores the same for keep or not, so that keeping changes nothing in the cluster", () => {
    assert.deepEqual(planMinikube({ ...args, keep: true }), planMinikube(args));
  });

  it("reads the kubeconfig anew on each run, as a secret", async () => {
    const calls: unknown[] = [];
    const { the, nameOf, outputs, secretOutputs } = await collected(
      () => {
        const { kubeconfig, nodeIp, name } = new Minikube("cluster", args);
        return { kubeconfig, nodeIp, name };
      },
      ({ token, inputs }) => {
        calls.push([token, inputs]);
        const stdout = JSON.stringify({
          kubeconfig: "port: 32771",
          nodeIp: "10.0.0.1",
          warnings: [],
        });
        return { ...inputs, stdout, stderr: "" };
      },
    );
    assert.deepEqual(calls, [
      [
        "command:local:run",
        {
          interpreter,
          command: "read",
          environment: { MICROMESH_MINIKUBE: JSON.stringify(wanted) },
          logging: "none",
        },
      ],
    ]);
    assert.deepEqual(outputs, { kubeconfig: "port: 32771", nodeIp: "10.0.0.1", name: "lab" });
    assert.deepEqual(secretOutputs, ["kubeconfig"]);
    const provider = the("cluster-provider");
    assert.deepEqual(provider.inputs, {
      kubeconfig: "port: 32771",
      clusterIdentifier: "minikube:lab:auto",
    });
    assert.deepEqual(provider.secrets, ["kubeconfig"]);
    assert.deepEqual(provider.dependencies.map(nameOf), ["cluster-profile"]);
  });

  it("lets the cluster take its contents along, unless it is kept", async () => {
    const deletedWith = async (keep: boolean) => {
      let named: pulumi.Resource | undefined;
      const { the } = await collected(() => {
        named = new Minikube("cluster", { ...args, keep }).deletedWith;
        return undefined;
      });
      return [named !== undefined, the("cluster-profile").options.retainOnDelete];
    };
    assert.deepEqual(await deletedWith(false), [true, false]);
    assert.deepEqual(await deletedWith(true), [false, true]);
  });

  it("warns of settings that minikube ignores", async () => {
    const { warnings } = await collected(
      () => {
        new Minikube("cluster", args);
        return undefined;
      },
      ({ inputs }) => ({
        ...inputs,
        stdout: JSON.stringify({ kubeconfig: "k", warnings: ["memory stays", "cpus stay"] }),
      }),
    );
    assert.deepEqual(warnings, ["memory stays", "cpus stay"]);
  });

  it("fails an update that has no kubeconfig, with the reason", async () => {
    await assert.rejects(
      collected(
        () => {
          new Minikube("cluster", args);
          return undefined;
        },
        ({ inputs }) => ({
          ...inputs,
          stdout: JSON.stringify({ problem: "it isn't running", warnings: [] }),
        }),
      ),
      /: it isn't running$/,
    );
  });

  describe("in a preview", () => {
    it("goes on with an unknown kubeconfig where it can't be read", async () => {
      const { known, calls } = await preview({ problem: "no minikube here", warnings: [] }, "id");
      assert.deepEqual(known, [false, false]);
      assert.equal(calls, 1);
    });

    it("knows it where it can", async () => {
      const { known } = await preview({ kubeconfig: "k", nodeIp: "n", warnings: [] }, "id");
      assert.deepEqual(known, [true, true]);
    });

    it("doesn't even ask before the cluster exists", async () => {
      const { known, calls } = await preview({ kubeconfig: "k", nodeIp: "n", warnings: [] }, "");
      assert.deepEqual(known, [false, false]);
      assert.equal(calls, 0, "minikube need not be installed");
    });
  });

  it("refuses in words what no cluster could be made with", () => {
    const refused = (change: Partial<MinikubeArgs>, message: string) =>
      assert.throws(() => validateMinikube({ ...args, ...change }), { message });
    refused(
      { profile: "x" },
      `The minikube cluster's profile is "x"; it must be a name of two or more letters, digits, - or ..`,
    );
    refused(
      { memoryMiB: 1799 },
      "The minikube cluster's memoryMiB is 1799; it must be at least 1800.",
    );
    refused({ cpus: 1 }, "The minikube cluster's cpus is 1; it must be at least 2.");
    refused(
      { kubernetesVersion: "stable" },
      `The minikube cluster's kubernetesVersion is "stable"; it must be of the form v1.35.1.`,
    );
    refused(
      { addons: ["dashboard", "--all"] },
      `The minikube cluster's addons hold "--all"; it must be names of minikube's addons.`,
    );
    validateMinikube(args);
  });
});

/** Runs the component as `pulumi preview` would; an empty `id`: the profile is yet to be made. */
function preview(reading: object, id: string) {
  const { withLocalStorage } = state as unknown as {
    withLocalStorage<T>(run: () => Promise<T>): Promise<T>;
  };
  return withLocalStorage(async () => {
    let calls = 0;
    await pulumi.runtime.setMocks(
      {
        newResource: ({ type, inputs, name, custom }) => ({
          id: type === "command:local:Command" ? id : custom ? `${name}-id` : undefined,
          state: inputs,
        }),
        call: ({ inputs }) => {
          calls++;
          return { ...inputs, stdout: JSON.stringify(reading) };
        },
      },
      "micromesh",
      "dev",
      true,
    );
    const cluster = new Minikube("cluster", args);
    const isKnown = (output: pulumi.Output<string>) =>
      (output as unknown as { isKnown: Promise<boolean> }).isKnown;
    const known = [await isKnown(cluster.kubeconfig), await isKnown(cluster.nodeIp)];
    return { known, calls };
  });
}
