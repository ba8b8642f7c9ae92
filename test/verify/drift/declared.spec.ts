import assert from "node:assert/strict";
import type { Declaration, DeclaredResource } from "../../../micromesh/resources/declared.ts";
import { ENCRYPTED } from "../../../micromesh/resources/stack-config.ts";
import { standInOf } from "../../../micromesh/resources/stand-ins.ts";
import { declaredIn } from "../../../micromesh/verify/drift/declared.ts";
import { differences } from "../../../micromesh/verify/drift/differences.ts";
import { cluster, deployment, namespace, secret, stored } from "./objects.ts";

function resource(type: string, name: string, more: Partial<DeclaredResource>): DeclaredResource {
  return {
    urn: `urn:${name}`,
    type,
    name,
    custom: true,
    dependencies: [],
    inputs: {},
    secrets: [],
    options: {
      deleteBeforeReplace: false,
      protect: false,
      retainOnDelete: false,
      ignoreChanges: [],
      replaceOnChanges: [],
      additionalSecretOutputs: [],
      aliases: [],
    },
    ...more,
  };
}

const declaring = (...resources: DeclaredResource[]): Declaration => ({
  stack: "dev",
  resources,
  outputs: {},
  secretOutputs: [],
  warnings: [],
});
const kubernetes = (inputs: object, more: Partial<DeclaredResource> = {}) =>
  resource("kubernetes:x", "x", { inputs: { ...inputs }, ...more });

describe("what of a declaration is compared", () => {
  const command = resource("command:local:Command", "make-password", {});
  const password = (text: string) => ({ ...secret, stringData: { password: text } });

  it("isn't what a command prints, or what is encrypted", () => {
    for (const [text, note] of [
      [
        standInOf("make-password"),
        "Secret a/password: what the command make-password has printed isn't compared, only Pulumi knows it",
      ],
      [ENCRYPTED, "Secret a/password: an encrypted setting isn't compared, only Pulumi knows it"],
    ] as const) {
      const declared = declaredIn(declaring(command, kubernetes(password(text))));
      const found = cluster([stored(password("what is really there"))]);
      assert.deepEqual(differences(declared, found), { compared: 1, drifts: [], notes: [note] });
      const [drift] = differences(declared, cluster([])).drifts;
      assert.equal(drift?.kind, "missing");
    }
  });

  it("isn't told where it's a secret of the program's", () => {
    const secrets = ["spec.template.spec.containers.0.env"];
    const declared = declaredIn(declaring(kubernetes(deployment, { secrets })));
    const found = stored(deployment);
    found.spec.template.spec.containers[0].env[0].value = "debug";
    found.spec.template.spec.containers[0].image = "web:2";
    const [drift] = differences(declared, cluster([found])).drifts;
    assert.deepEqual(drift?.kind === "changed" && drift.fields, [
      { path: "spec.template.spec.containers[web].image", declared: "web:1", found: "web:2" },
      { path: "spec.template.spec.containers[web].env[LEVEL].value", secret: true },
    ]);
  });

  it("is, of somebody else's object, the part that is declared", () => {
    const patch = resource("kubernetes:core/v1:ConfigMapPatch", "x", {
      inputs: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { namespace: "a", name: "x" },
        data: { ours: "1" },
      },
    });
    const found = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "a", name: "x" },
      data: { ours: "1", theirs: "2" },
    };
    const declared = declaredIn(declaring(patch));
    assert.deepEqual(differences(declared, cluster([found])).drifts, []);
    const other = { ...found, data: { ours: "2", theirs: "2" } };
    assert.equal(differences(declared, cluster([other])).drifts.length, 1);
  });

  it("has the namespaces to itself that no chart fills", () => {
    const mesh = { ...namespace, metadata: { name: "mesh" } };
    const release = resource("kubernetes:helm.sh/v3:Release", "istiod", {
      inputs: { chart: "istiod", namespace: "mesh" },
    });
    assert.deepEqual(
      declaredIn(declaring(kubernetes(namespace), kubernetes(mesh), release)).namespaces,
      ["a"],
    );
  });
});
