import assert from "node:assert/strict";
import fc from "fast-check";
import { reveal } from "../../micromesh/resources/secrets.ts";

const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const secret = (value: unknown) => ({
  [SIGNATURE_KEY]: "1b47061264138c4ac30d75fd1eb44270",
  value,
});

describe("reveal", () => {
  it("puts the value where its wrapping stood, and tells the path", () => {
    assert.deepEqual(reveal({ a: 1, kubeconfig: secret("k") }), {
      value: { a: 1, kubeconfig: "k" },
      secrets: ["kubeconfig"],
    });
  });

  it("finds secrets below objects and lists, by dotted path, sorted", () => {
    const { value, secrets } = reveal({
      z: secret("1"),
      env: [{ value: "x" }, { value: secret("2") }],
    });
    assert.deepEqual(value, { z: "1", env: [{ value: "x" }, { value: "2" }] });
    assert.deepEqual(secrets, ["env.1.value", "z"]);
  });

  it("tells a wholly secret value by the empty path", () => {
    assert.deepEqual(reveal(secret({ a: 1 })), { value: { a: 1 }, secrets: [""] });
  });

  it("takes a secret inside a secret out as well", () => {
    assert.deepEqual(reveal({ a: secret({ b: secret("x") }) }), {
      value: { a: { b: "x" } },
      secrets: ["a", "a.b"],
    });
  });

  it("tells a place once, however often it's wrapped", () => {
    assert.deepEqual(reveal({ a: secret(secret("x")) }), { value: { a: "x" }, secrets: ["a"] });
  });

  it("leaves Pulumi's other wrappings alone", () => {
    const asset = { [SIGNATURE_KEY]: "c44067f5952c0a294b673a41bacd8c17", text: "t" };
    assert.deepEqual(reveal({ asset }), { value: { asset }, secrets: [] });
  });

  it("changes nothing where nothing is secret", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(JSON.parse(JSON.stringify(reveal(value))), {
          value: JSON.parse(JSON.stringify(value)),
          secrets: [],
        });
      }),
    );
  });
});
