import assert from "node:assert/strict";
import fc from "fast-check";
import {
  dataOf,
  environmentOf,
  expand,
  fieldOf,
} from "../../../micromesh/simulator/pods/environment.ts";
import type { ContainerSpec, EnvVar, PodSpec } from "../../../micromesh/simulator/pods/spec.ts";
import { configs, container, template } from "./template.ts";

const IP = "10.244.0.10";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const find = configs({
  "ConfigMap settings": { data: { color: "red", size: "3" } },
  "Secret login": { data: { password: base64("p$$w $(color)") }, stringData: { user: "u" } },
});
const environment = (more: Partial<ContainerSpec>, spec: Partial<PodSpec> = {}) =>
  environmentOf(template(spec), container(more), IP, find);
/** The given variables' values, of one container. */
const valuesOf = (...env: EnvVar[]) => {
  const all = environment({ env });
  return env.map(({ name }) => all[name]);
};
const cannotStart = (message: string) => (error: Error & { reason?: string }) => {
  assert.equal(error.reason, "CreateContainerConfigError");
  assert.equal(error.message, message);
  return true;
};

describe("expand", () => {
  const known = { A: "1", B: "$(A)", EMPTY: "" };

  for (const [text, expected] of [
    ["x$(A)y", "x1y"],
    ["$(A)$(A)", "11"],
    ["$(EMPTY)", ""],
    ["$(UNKNOWN)", "$(UNKNOWN)"],
    ["$$(A)", "$(A)"],
    ["$$$(A)", "$1"],
    ["$$$$(A)", "$$(A)"],
    ["$$", "$"],
    ["a$b$", "a$b$"],
    ["$(A", "$(A"],
    ["$()", "$()"],
    ["$A", "$A"],
    ["$(B)", "$(A)"],
    ["$(toString)", "$(toString)"],
  ] as const) {
    it(`makes ${text} into ${JSON.stringify(expected)}`, () => {
      assert.equal(expand(text, known), expected);
    });
  }

  it("leaves text without $ alone", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const plain = text.replaceAll("$", "");
        assert.equal(expand(plain, known), plain);
      }),
    );
  });

  it("gives back any text whose $ were doubled", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("$", "(", ")", "A", "x")), (parts) => {
        const text = parts.join("");
        assert.equal(expand(text.replaceAll("$", "$$$$"), known), text);
      }),
    );
  });
});

describe("environmentOf", () => {
  it("has what every container has: its host name and the way to the API", () => {
    assert.deepEqual(environment({}), {
      HOSTNAME: "web-1",
      KUBERNETES_SERVICE_HOST: "10.96.0.1",
      KUBERNETES_SERVICE_PORT: "443",
      KUBERNETES_SERVICE_PORT_HTTPS: "443",
    });
  });

  it("has the declared host name where there is one", () => {
    assert.equal(environment({}, { hostname: "db-0" }).HOSTNAME, "db-0");
  });

  it("lets a declared variable win over the given ones", () => {
    assert.deepEqual(valuesOf({ name: "HOSTNAME", value: "mine" }), ["mine"]);
  });

  it("takes a variable without value for empty", () => {
    assert.deepEqual(valuesOf({ name: "A" }), [""]);
  });

  it("expands what was declared before, not what comes after", () => {
    const [, early, , late] = valuesOf(
      { name: "A", value: "1" },
      { name: "EARLY", value: "$(A) $(B)" },
      { name: "B", value: "2" },
      { name: "LATE", value: "$(A) $(B)" },
    );
    assert.deepEqual([early, late], ["1 $(B)", "1 2"]);
  });

  it("expands the way to the API, but not the host name, which the runtime sets", () => {
    assert.deepEqual(valuesOf({ name: "A", value: "$(KUBERNETES_SERVICE_HOST) $(HOSTNAME)" }), [
      "10.96.0.1 $(HOSTNAME)",
    ]);
  });

  it("takes keys of ConfigMaps and Secrets", () => {
    const values = valuesOf(
      { name: "A", valueFrom: { configMapKeyRef: { name: "settings", key: "color" } } },
      { name: "B", valueFrom: { secretKeyRef: { name: "login", key: "user" } } },
    );
    assert.deepEqual(values, ["red", "u"]);
  });

  it("expands nothing in what comes from elsewhere", () => {
    assert.deepEqual(
      valuesOf({ name: "A", valueFrom: { secretKeyRef: { name: "login", key: "password" } } }),
      ["p$$w $(color)"],
    );
  });

  it("takes all of a ConfigMap, with a prefix where one is declared", () => {
    const all = environment({ envFrom: [{ prefix: "MY_", configMapRef: { name: "settings" } }] });
    assert.deepEqual([all.MY_color, all.MY_size, all.color], ["red", "3", undefined]);
  });

  it("takes all of a Secret", () => {
    assert.equal(environment({ envFrom: [{ secretRef: { name: "login" } }] }).user, "u");
  });

  it("lets env win over envFrom, and use it", () => {
    const all = environment({
      envFrom: [{ configMapRef: { name: "settings" } }],
      env: [
        { name: "size", value: "4" },
        { name: "A", value: "$(color)" },
      ],
    });
    assert.deepEqual([all.size, all.A], ["4", "red"]);
  });

  it("takes fields of the pod", () => {
    assert.deepEqual(
      valuesOf({ name: "A", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }),
      [IP],
    );
  });

  describe("where a reference leads nowhere", () => {
    const from = (valueFrom: NonNullable<EnvVar["valueFrom"]>) => () =>
      valuesOf({ name: "A", valueFrom });

    it("waits for the ConfigMap, and says which", () => {
      assert.throws(
        from({ configMapKeyRef: { name: "gone", key: "k" } }),
        cannotStart('configmap "gone" not found'),
      );
    });

    it("waits for the Secret, and says which", () => {
      assert.throws(
        from({ secretKeyRef: { name: "gone", key: "k" } }),
        cannotStart('secret "gone" not found'),
      );
    });

    it("waits for the key, and says which", () => {
      assert.throws(
        from({ configMapKeyRef: { name: "settings", key: "shape" } }),
        cannotStart("couldn't find key shape in ConfigMap lab/settings"),
      );
    });

    it("waits for all of a ConfigMap", () => {
      assert.throws(
        () => environment({ envFrom: [{ configMapRef: { name: "gone" } }] }),
        cannotStart('configmap "gone" not found'),
      );
    });

    it("leaves an optional variable out", () => {
      const all = environment({
        env: [
          { name: "A", valueFrom: { configMapKeyRef: { name: "gone", key: "k", optional: true } } },
          { name: "B", valueFrom: { secretKeyRef: { name: "login", key: "k", optional: true } } },
        ],
        envFrom: [{ secretRef: { name: "gone", optional: true } }],
      });
      assert.deepEqual(["A" in all, "B" in all], [false, false]);
    });
  });
});

describe("fieldOf", () => {
  const pod = template(
    { serviceAccountName: "robot" },
    { labels: { "app.kubernetes.io/name": "web" }, annotations: { note: "n" } },
  );

  for (const [path, value] of [
    ["metadata.name", "web-1"],
    ["metadata.namespace", "lab"],
    ["metadata.labels['app.kubernetes.io/name']", "web"],
    ["metadata.annotations['note']", "n"],
    ["metadata.labels['absent']", ""],
    ["spec.serviceAccountName", "robot"],
    ["status.podIP", IP],
    ["status.hostIP", "192.168.49.2"],
  ] as const) {
    it(`${path} is ${JSON.stringify(value)}`, () => {
      assert.equal(fieldOf(path, pod, IP), value);
    });
  }

  it("is the default account where none is declared", () => {
    assert.equal(fieldOf("spec.serviceAccountName", template(), IP), "default");
  });

  it("says which field pods don't have", () => {
    assert.throws(
      () => fieldOf("spec.color", pod, IP),
      cannotStart("fieldRef spec.color is not a field that pods have"),
    );
  });
});

describe("dataOf", () => {
  it("is empty for what isn't there", () => {
    assert.deepEqual(dataOf(undefined), {});
    assert.deepEqual(dataOf(configs({ "ConfigMap a": {} })("ConfigMap", "a")), {});
  });

  it("decodes a Secret's data, and lets stringData win", () => {
    const secret = configs({
      "Secret s": { data: { a: base64("ä"), b: base64("old") }, stringData: { b: "new" } },
    })("Secret", "s");
    assert.deepEqual(dataOf(secret), { a: "ä", b: "new" });
  });
});
