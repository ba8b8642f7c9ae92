import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { collect } from "../../micromesh/resources/collect.ts";

const where = { project: "p", stack: "s", config: {} };

class Part extends pulumi.ComponentResource {
  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("micromesh:test:Part", name, { size: 3 }, opts);
    new k8s.core.v1.Namespace(`${name}-ns`, { metadata: { name } }, { parent: this });
    this.registerOutputs();
  }
}

describe("collect", () => {
  it("sees parents, dependencies and options, which plain mocks lose", async () => {
    const { resources } = await collect(async () => {
      const provider = new k8s.Provider("cluster", { kubeconfig: pulumi.secret("k") });
      const part = new Part("a", { provider, protect: true });
      new k8s.core.v1.ConfigMap(
        "c",
        { metadata: { name: "c" } },
        { provider, dependsOn: [part], deleteBeforeReplace: true, deletedWith: provider },
      );
      return undefined;
    }, where);
    const by = (name: string) => resources.find((r) => r.name === name);
    assert.equal(by("a")?.parent, by("p-s")?.urn);
    assert.deepEqual(by("a")?.inputs, { size: 3 });
    assert.equal(by("a-ns")?.parent, by("a")?.urn);
    assert.equal(by("a-ns")?.provider, `${by("cluster")?.urn}::cluster-id`);
    assert.equal(by("a-ns")?.options.protect, true);
    assert.ok(by("c")?.dependencies.includes(by("a-ns")?.urn ?? "-"));
    assert.equal(by("c")?.options.deleteBeforeReplace, true);
    assert.equal(by("c")?.options.deletedWith, by("cluster")?.urn);
    assert.deepEqual(by("cluster")?.secrets, ["kubeconfig"]);
    assert.equal(by("cluster")?.inputs.kubeconfig, "k");
  });

  it("hands over config, outputs with their secrecy, invokes and warnings", async () => {
    const { outputs, secretOutputs, warnings } = await collect(
      async () => {
        pulumi.log.warn("mind the gap");
        const cni = new pulumi.Config("micromesh").requireObject<{ kind: string }>("cni");
        return { kind: cni.kind, token: pulumi.secret("t0p"), nested: { a: pulumi.output(1) } };
      },
      { ...where, config: { "micromesh:cni": { kind: "none" } } },
    );
    assert.deepEqual(outputs, { kind: "none", token: "t0p", nested: { a: 1 } });
    assert.deepEqual(secretOutputs, ["token"]);
    assert.deepEqual(warnings, ["mind the gap"]);
  });

  it("fails with what the program throws, also after its first await", async () => {
    await assert.rejects(
      collect(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error("no such part");
      }, where),
      /no such part/,
    );
    await assert.rejects(
      collect(async () => {
        new k8s.core.v1.ConfigMap("c", {
          data: pulumi.output(Promise.reject(new Error("late"))) as never,
        });
        return undefined;
      }, where),
      /late/,
    );
  });

  it("fails, and doesn't wait, where what the program awaits can't be declared any more", async () => {
    await assert.rejects(
      collect(async () => {
        const broken = new k8s.core.v1.ConfigMap("c", {
          metadata: { name: pulumi.output("c").apply((): string => assert.fail("no such name")) },
        });
        const after = new k8s.core.v1.ConfigMap("d", {}, { dependsOn: [broken] });
        return { after: after.metadata.name };
      }, where),
      /no such name/,
    );
  });

  it("tells the program which of its settings are secrets", async () => {
    const { outputs } = await collect(
      async () => {
        const { isConfigSecret } = pulumi.runtime as unknown as {
          isConfigSecret(key: string): boolean;
        };
        return { a: isConfigSecret("micromesh:a"), b: isConfigSecret("micromesh:b") };
      },
      { ...where, config: { "micromesh:a": "1", "micromesh:b": "2" }, secretKeys: ["micromesh:b"] },
    );
    assert.deepEqual(outputs, { a: false, b: true });
  });
});
