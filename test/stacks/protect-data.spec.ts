import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { protectData } from "../../stacks/protect-data.ts";
import { collected } from "./collected.ts";

class Part extends pulumi.ComponentResource {
  constructor(provider: k8s.Provider) {
    super("micromesh:test:Part", "part", {}, { provider });
    new k8s.core.v1.PersistentVolumeClaim("inner", {}, { parent: this });
    this.registerOutputs();
  }
}

const declare = (first: () => void) =>
  collected((makeProvider) => {
    first();
    const provider = makeProvider();
    new k8s.core.v1.PersistentVolumeClaim("outer", {}, { provider, protect: false });
    new k8s.core.v1.ConfigMap("settings", {}, { provider });
    new Part(provider);
    return undefined;
  });

describe("protectData", () => {
  it("protects volume claims, those in components too, and nothing else", async () => {
    const { resources } = await declare(protectData);
    const kept = resources.filter(({ options }) => options.protect).map(({ name }) => name);
    assert.deepEqual(kept.sort(), ["inner", "outer"]);
  });

  it("protects nothing where nobody calls it", async () => {
    const { resources } = await declare(() => {});
    assert.ok(resources.every(({ options }) => !options.protect));
  });
});
