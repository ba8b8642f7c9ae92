import assert from "node:assert/strict";
import fc from "fast-check";
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import { type FieldOptions, fieldDrifts } from "../../../micromesh/verify/drift/fields.ts";
import {
  authorization,
  config,
  deployment,
  every,
  namespace,
  policy,
  secret,
  service,
  stored,
} from "./objects.ts";

const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));

// biome-ignore lint/suspicious/noExplicitAny: objects of many kinds
type Any = any;

/** What is told when the stored object was changed by hand. */
function afterwards(
  object: KubernetesObject,
  change: (stored: Any) => void,
  options?: FieldOptions,
) {
  const found = stored(object);
  change(found);
  return fieldDrifts(object, found, options);
}

/** Places of single values in an object that is declared, by path, but for its names. */
function leaves(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (value === null || typeof value !== "object") return [path];
  return Object.entries(value).flatMap(([key, one]) =>
    leaves(one, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

/** The same, with keys of its maps in another order. */
function shuffled(value: unknown, order: number[]): unknown {
  if (Array.isArray(value)) return value.map((one) => shuffled(one, order));
  if (value === null || typeof value !== "object") return value;
  const keys = Object.keys(value).map((key, i) => ({ key, at: order[i % order.length] as number }));
  const sorted = keys.sort((a, b) => a.at - b.at).map(({ key }) => key);
  return Object.fromEntries(sorted.map((key) => [key, shuffled((value as Any)[key], order)]));
}

const someObject = fc.constantFrom(...every);

describe(`the fields of an object (MICROMESH_SEED=${seed})`, () => {
  it("are as declared where the API server has added its defaults, in any order of keys", () => {
    fc.assert(
      fc.property(someObject, fc.array(fc.integer(), { minLength: 1 }), (object, order) => {
        const found = shuffled(stored(object), order) as KubernetesObject;
        assert.deepEqual(fieldDrifts(object, found), []);
      }),
      { seed },
    );
  });

  it("are told of where any single one that is declared has another value, or is gone", () => {
    const isTold = ([first, second]: (string | number)[]) =>
      first !== "apiVersion" &&
      first !== "kind" &&
      (first !== "metadata" || second === "labels" || second === "annotations");
    fc.assert(
      fc.property(someObject, fc.nat(), fc.boolean(), (object, place, removes) => {
        const found: Any = stored(object);
        // What is written as text is stored as data.
        const paths = leaves(object).filter(isTold);
        fc.pre(paths.length > 0);
        const path = paths[place % paths.length] as (string | number)[];
        if (path[0] === "stringData") path[0] = "data";
        const at = path.slice(0, -1).reduce((node: Any, key) => node[key], found);
        const last = path.at(-1) as string | number;
        if (removes && typeof last === "string") delete at[last];
        else at[last] = typeof at[last] === "boolean" ? !at[last] : "changed-by-hand";
        assert.equal(fieldDrifts(object, found).length > 0, true, path.join("."));
      }),
      { seed, numRuns: 400 },
    );
  });

  const cases: [string, KubernetesObject, (found: Any) => void, object[]][] = [
    [
      "a number in place of the default",
      deployment,
      ({ spec }) => {
        spec.replicas = 3;
      },
      [{ path: "spec.replicas", found: "3" }],
    ],
    [
      "an item of a list with names",
      deployment,
      ({ spec }) => {
        spec.template.spec.containers[0].env[0].value = "debug";
      },
      [
        {
          path: "spec.template.spec.containers[web].env[LEVEL].value",
          declared: "info",
          found: "debug",
        },
      ],
    ],
    [
      "an item more",
      deployment,
      ({ spec }) => {
        spec.template.spec.containers[0].env.push({ name: "DEBUG", value: "1" });
      },
      [
        {
          path: "spec.template.spec.containers[web].env[DEBUG]",
          found: '{"name":"DEBUG","value":"1"}',
        },
      ],
    ],
    [
      "the order of a list",
      deployment,
      ({ spec }) => {
        spec.template.spec.containers[0].env.reverse();
      },
      [
        {
          path: "spec.template.spec.containers[web].env",
          declared: "LEVEL, PORT",
          found: "PORT, LEVEL",
        },
      ],
    ],
    [
      "a list without names",
      deployment,
      ({ spec }) => {
        spec.template.spec.containers[0].args.push("-v");
      },
      [
        {
          path: "spec.template.spec.containers[web].args",
          declared: '["--port","80"]',
          found: '["--port","80","-v"]',
        },
      ],
    ],
    [
      "what isn't declared, and decides something",
      deployment,
      ({ spec }) => {
        spec.template.spec.hostNetwork = true;
      },
      [{ path: "spec.template.spec.hostNetwork", found: "true" }],
    ],
    [
      "a label of pods more, by which they may be chosen",
      deployment,
      ({ spec }) => {
        spec.template.metadata.labels.role = "admin";
      },
      [{ path: "spec.template.metadata.labels.role", found: "admin" }],
    ],
    [
      "a default that is taken away",
      deployment,
      ({ spec }) => {
        delete spec.template.spec.automountServiceAccountToken;
      },
      [{ path: "spec.template.spec.automountServiceAccountToken", declared: "false" }],
    ],
    [
      "an amount",
      deployment,
      ({ spec }) => {
        spec.template.spec.containers[0].resources.limits.cpu = "200m";
      },
      [
        {
          path: "spec.template.spec.containers[web].resources.limits.cpu",
          declared: "0.1",
          found: "200m",
        },
      ],
    ],
    [
      "a limit more",
      deployment,
      ({ spec }) => {
        spec.template.spec.containers[0].resources.limits["ephemeral-storage"] = "1Gi";
      },
      [
        {
          path: "spec.template.spec.containers[web].resources.limits.ephemeral-storage",
          found: "1Gi",
        },
      ],
    ],
    [
      "another kind of volume",
      deployment,
      ({ spec }) => {
        spec.template.spec.volumes = [{ name: "tmp", hostPath: { path: "/" } }];
      },
      [{ path: "spec.template.spec.volumes[tmp].emptyDir", declared: "{}" }],
    ],
    [
      "a Service's target port, which isn't declared",
      service,
      ({ spec }) => {
        spec.ports[0].targetPort = 81;
      },
      [{ path: "spec.ports[http].targetPort", declared: "80", found: "81" }],
    ],
    [
      "a Service's selector that chooses fewer",
      service,
      ({ spec }) => {
        spec.selector.role = "admin";
      },
      [{ path: "spec.selector.role", found: "admin" }],
    ],
    [
      "a policy's selector that chooses fewer",
      policy,
      ({ spec }) => {
        spec.podSelector = { matchLabels: { app: "other" } };
      },
      [{ path: "spec.podSelector.matchLabels", found: '{"app":"other"}' }],
    ],
    [
      "a policy's rule more",
      policy,
      ({ spec }) => {
        spec.ingress.push({ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] });
      },
      [
        {
          path: "spec.ingress",
          declared: "1 item",
          found: "2 items",
        },
      ],
    ],
    [
      "a policy's direction more",
      policy,
      ({ spec }) => {
        spec.policyTypes = ["Ingress", "Egress"];
      },
      [{ path: "spec.policyTypes", declared: '["Ingress"]', found: '["Ingress","Egress"]' }],
    ],
    [
      "a mesh's rule that gets a selector",
      authorization,
      ({ spec }) => {
        spec.selector = { matchLabels: { app: "web" } };
      },
      [{ path: "spec.selector", found: '{"matchLabels":{"app":"web"}}' }],
    ],
    [
      "a line of a file",
      config,
      ({ data }) => {
        data["app.yaml"] = "level: info\nport: 81\n";
      },
      [{ path: "data[app.yaml]", declared: "line 2: port: 80", found: "line 2: port: 81" }],
    ],
    [
      "a file more",
      config,
      ({ data }) => {
        data.more = "yes";
      },
      [{ path: "data.more", found: "yes" }],
    ],
    [
      "a label by which a mesh takes pods in",
      namespace,
      ({ metadata }) => {
        metadata.labels["istio-injection"] = "enabled";
      },
      [{ path: "metadata.labels.istio-injection", found: "enabled" }],
    ],
    [
      "a secret, without telling either value",
      secret,
      ({ data }) => {
        data.password = Buffer.from("stolen").toString("base64");
      },
      [{ path: "data.password", secret: true }],
    ],
  ];
  for (const [what, object, change, expected] of cases) {
    it(`are told of: ${what}`, () => {
      assert.deepEqual(afterwards(object, change), expected);
    });
  }

  it("are nobody's business where others add labels and annotations", () => {
    const change = ({ metadata }: Any) => {
      metadata.labels.other = "x";
      metadata.annotations.other = "x";
    };
    for (const object of every) assert.deepEqual(afterwards(object, change), []);
  });

  it("tell nothing of empty lists and switches that an API server leaves out, but of rules that it keeps", () => {
    const empty = { ...service, spec: { ...service.spec, externalIPs: [], sessionAffinity: "" } };
    assert.deepEqual(fieldDrifts(empty, stored(service)), []);
    const denying = { ...authorization, spec: { action: "ALLOW", rules: [] } };
    const without = stored({ ...authorization, spec: { action: "ALLOW" } });
    assert.deepEqual(fieldDrifts(denying, without), [{ path: "spec.rules", declared: "[]" }]);
  });

  it("aren't compared where only Pulumi knows them", () => {
    const isUnknown = (text: string) => text === "hunter2" || text === "info";
    const found = stored({ ...secret, stringData: { password: "made by a command" } });
    assert.deepEqual(fieldDrifts(secret, found, { isUnknown }), []);
    const change = ({ spec }: Any) => {
      spec.template.spec.containers[0].env[0].value = "debug";
    };
    assert.deepEqual(afterwards(deployment, change, { isUnknown }), []);
  });

  it("that are secret in other kinds aren't told either", () => {
    const isSecret = (path: string) => path === "spec.template.spec.containers.0.env.0.value";
    const change = ({ spec }: Any) => {
      spec.template.spec.containers[0].env[0].value = "debug";
    };
    assert.deepEqual(afterwards(deployment, change, { isSecret }), [
      { path: "spec.template.spec.containers[web].env[LEVEL].value", secret: true },
    ]);
  });

  it("of somebody else's object count only where they're declared", () => {
    const change = ({ data }: Any) => {
      data.more = "yes";
    };
    assert.deepEqual(afterwards(config, change, { partial: true }), []);
  });
});
