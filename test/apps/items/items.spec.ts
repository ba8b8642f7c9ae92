import assert from "node:assert/strict";
import { execSync } from "node:child_process";
import type * as pulumi from "@pulumi/pulumi";
import { Items } from "../../../apps/items/items.ts";
import { NAMESPACES, SERVICES } from "../../../apps/items/names.ts";
import { type ItemsSettings, itemsSettings } from "../../../apps/items/settings.ts";
import type { ApiService } from "../../../apps/items/workloads.ts";
import { collect } from "../../../micromesh/resources/collect.ts";
import type {
  Declaration,
  DeclaredResource,
  KubernetesObject,
} from "../../../micromesh/resources/declared.ts";
import { kubernetesObjects, objectKey } from "../../../micromesh/resources/kubernetes.ts";
import { renderFiles } from "../../../micromesh/resources/render.ts";
import { buildTestPlatform, images } from "../../labs/platforms.ts";

const MADE = "what-the-command-has-printed";
const outputs = ({ type }: pulumi.runtime.MockResourceArgs) =>
  type === "command:local:Command" ? { stdout: MADE } : {};

function declare(settings: object = {}, api?: ApiService): Promise<Declaration> {
  const program = async () => {
    const { options } = buildTestPlatform({});
    const args = { images, settings: itemsSettings.parse(settings) as ItemsSettings, api };
    const { namespaces } = new Items("items", args, options);
    return { namespaces };
  };
  return collect(program, { project: "micromesh", stack: "test", config: {}, outputs });
}

async function find(key: string, declared = declare()): Promise<KubernetesObject> {
  const object = kubernetesObjects(await declared).find((one) => objectKey(one) === key);
  assert.ok(object, key);
  return object;
}

const containerOf = (object: KubernetesObject) => object.spec.template.spec.containers[0];

describe("items: the app's objects", () => {
  it("are these, in two namespaces", async () => {
    const plain = (key: string) => key.replace(/-[0-9a-f]{10}$/, "-DIGEST");
    const objects = kubernetesObjects(await declare());
    assert.deepEqual(objects.map((object) => plain(objectKey(object))).sort(), [
      "ConfigMap items-client/client-source-DIGEST",
      "ConfigMap items/api-source-DIGEST",
      "Namespace items",
      "Namespace items-client",
      "PersistentVolumeClaim items/db",
      "Secret items/db",
      "Service items-client/client",
      "Service items/api",
      "Service items/db",
      "Service items/db-headless",
      "ServiceAccount items-client/client",
      "ServiceAccount items/api",
      "ServiceAccount items/db",
      "apps/Deployment items-client/client",
      "apps/Deployment items/api",
      "apps/StatefulSet items/db",
    ]);
    assert.deepEqual((await declare()).outputs, { namespaces: NAMESPACES });
  });

  it("have the Services that names and ports are known of", async () => {
    const services = kubernetesObjects(await declare()).filter(({ kind }) => kind === "Service");
    const found = services.map(({ metadata, spec }) => ({
      host: `${metadata.name}.${metadata.namespace}.svc.cluster.local`,
      port: spec.ports[0].port,
    }));
    const order = (a: { host: string }, b: { host: string }) => (a.host < b.host ? -1 : 1);
    assert.deepEqual(found.sort(order), Object.values(SERVICES).sort(order));
    const { spec: db } = await find("Service items/db");
    const { spec: headless } = await find("Service items/db-headless");
    assert.deepEqual(headless, { ...db, clusterIP: "None" });
    assert.equal(db.clusterIP, undefined);
    assert.equal(db.ports[0].name, "tcp-postgresql");
  });

  it("show the API outside, to whom and from where the scenario says", async () => {
    const { spec } = await find("Service items/api");
    assert.deepEqual(spec, {
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      selector: { "app.kubernetes.io/name": "api" },
      ports: [{ name: "http", protocol: "TCP", port: 8090, targetPort: "http" }],
    });
    const change = { selector: { app: "nobody" }, sourceRanges: ["192.0.2.0/24"] };
    const [before, after] = await Promise.all([declare(), declare({}, change)]);
    const changed = after.resources.filter(
      ({ urn, inputs }) =>
        JSON.stringify(inputs) !==
        JSON.stringify(before.resources.find((one) => one.urn === urn)?.inputs),
    );
    assert.deepEqual(
      changed.map(({ name }) => name),
      ["api-service"],
    );
    assert.deepEqual(changed[0]?.inputs.spec, {
      ...spec,
      selector: change.selector,
      loadBalancerSourceRanges: change.sourceRanges,
    });
    const [{ inputs }] = changed as [DeclaredResource];
    const { annotations } = inputs.metadata as { annotations: unknown };
    assert.deepEqual(annotations, { "pulumi.com/skipAwait": "true" });
  });

  it("run PostgreSQL as its image wants to be run by somebody who isn't root", async () => {
    const db = await find("apps/StatefulSet items/db");
    const { spec } = db.spec.template;
    assert.deepEqual(
      [spec.securityContext.runAsUser, spec.securityContext.fsGroup, db.spec.serviceName],
      [70, 70, "db-headless"],
    );
    const container = containerOf(db);
    assert.equal(container.image, "postgres:test");
    assert.equal(container.command, undefined);
    const secret = { secretKeyRef: { name: "db", key: "password" } };
    assert.deepEqual(container.env, [
      { name: "POSTGRES_DB", value: "items" },
      { name: "POSTGRES_USER", value: "items" },
      { name: "POSTGRES_PASSWORD", valueFrom: secret },
      { name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" },
    ]);
    assert.deepEqual(
      container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath),
      ["/var/run/postgresql", "/tmp", "/var/lib/postgresql/data"],
    );
    const command = ["pg_isready", "-U", "items", "-d", "items", "-h", "127.0.0.1"];
    assert.deepEqual(container.readinessProbe.exec, { command });
    assert.deepEqual(container.resources.requests.memory, "96Mi");
  });

  it("tell the API and its client where the others are, and keep asking the process only", async () => {
    const api = containerOf(await find("apps/Deployment items/api"));
    const value = (name: string) => api.env.find((one: { name: string }) => one.name === name);
    assert.equal(value("DATABASE_HOST").value, "db.items.svc.cluster.local");
    assert.deepEqual(value("DATABASE_PASSWORD").valueFrom, {
      secretKeyRef: { name: "db", key: "password" },
    });
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
      assert.equal(api[probe].httpGet.path, "/healthz", probe);
    }
    const client = containerOf(await find("apps/Deployment items-client/client"));
    assert.ok(client.env.some((one: { value?: string }) => one.value === "http://api.items:8090"));
  });

  it("are as the settings say", async () => {
    const settings = {
      api: { replicas: 3 },
      pool: { max: 7, connect_timeout_seconds: 0.5, query_timeout_seconds: 1.5 },
      client: { interval_seconds: 2 },
      storage: "2Gi",
    };
    const declared = declare(settings);
    const api = await find("apps/Deployment items/api", declared);
    assert.equal(api.spec.replicas, 3);
    const env = (object: KubernetesObject) =>
      Object.fromEntries(
        containerOf(object).env.map(({ name, value }: { name: string; value: string }) => [
          name,
          value,
        ]),
      );
    const { POOL_MAX, CONNECT_TIMEOUT_SECONDS, QUERY_TIMEOUT_SECONDS, IDLE_TIMEOUT_SECONDS } =
      env(api);
    assert.deepEqual(
      [POOL_MAX, CONNECT_TIMEOUT_SECONDS, QUERY_TIMEOUT_SECONDS, IDLE_TIMEOUT_SECONDS],
      ["7", "0.5", "1.5", "30"],
    );
    const client = env(await find("apps/Deployment items-client/client", declared));
    assert.deepEqual([client.INTERVAL_SECONDS, client.ANSWER_TIMEOUT_SECONDS], ["2", "3"]);
    const claim = await find("PersistentVolumeClaim items/db", declared);
    assert.equal(claim.spec.resources.requests.storage, "2Gi");
  });
});

describe("items: the password", () => {
  const given = "a-Password-that-is-given";

  for (const [what, settings, password] of [
    ["that is given", { password: given }, given],
    ["that is made", {}, MADE],
  ] as const) {
    it(`${what} is in the Secret, as a secret, and nowhere else`, async () => {
      const declaration = await declare(settings);
      const holders = declaration.resources.filter(({ inputs }) =>
        JSON.stringify(inputs).includes(password),
      );
      assert.deepEqual(
        holders.map(({ inputs, secrets }) => [inputs.kind, secrets]),
        [["Secret", ["stringData"]]],
      );
      assert.ok(!JSON.stringify([declaration.outputs, declaration.warnings]).includes(password));
      const files = renderFiles(declaration).filter(({ text }) => text.includes(password));
      assert.deepEqual(
        files.map(({ secret }) => secret),
        [true],
      );
    });
  }

  it("is made once by a command whose output is a secret and isn't logged, and only where none is given", async () => {
    const commands = async (settings: object) =>
      (await declare(settings)).resources.filter(({ type }) => type === "command:local:Command");
    assert.deepEqual(await commands({ password: given }), []);
    const [made] = await commands({});
    assert.equal(made?.inputs.logging, "none");
    assert.deepEqual(made?.options.additionalSecretOutputs, ["stdout"]);
    assert.deepEqual(made?.options.ignoreChanges, ["create"]);
    const run = () => execSync(made?.inputs.create as string, { encoding: "utf8" }).trim();
    const [one, other] = [run(), run()];
    assert.match(one, /^[\w-]{32}$/);
    assert.notEqual(one, other);
    assert.ok(itemsSettings.safeParse({ password: one }).success);
  });
});

describe("items: settings", () => {
  it("may all be left out", () => {
    assert.deepEqual(itemsSettings.parse({}), {
      api: { replicas: 2 },
      pool: {
        max: 5,
        connect_timeout_seconds: 2,
        query_timeout_seconds: 5,
        idle_timeout_seconds: 30,
        max_lifetime_seconds: 60,
      },
      client: { interval_seconds: 0.5 },
      storage: "1Gi",
    });
  });

  const wrong: [object, string, string][] = [
    [{ api: { replicas: 0 } }, "api.replicas", "it must be a number of pods, 1 to 10"],
    [{ api: 2 }, "api", "it must be an object"],
    [{ pool: { max: 1.5 } }, "pool.max", "it must be a number of connections, 1 to 20"],
    [
      { pool: { query_timeout_seconds: 0 } },
      "pool.query_timeout_seconds",
      "it must be a number of seconds, 0.1 to 60",
    ],
    [
      { client: { interval_seconds: "1" } },
      "client.interval_seconds",
      "it must be a number of seconds, 0.05 to 60",
    ],
    [{ storage: "1 GB" }, "storage", "it must be an amount of storage such as 1Gi"],
    [
      { password: "short" },
      "password",
      "it must be 8 to 128 printable ASCII characters without spaces",
    ],
  ];
  for (const [settings, path, message] of wrong) {
    it(`say what is wrong with ${JSON.stringify(settings)}`, () => {
      const issues = itemsSettings.safeParse(settings).error?.issues ?? [];
      assert.deepEqual(
        issues.map((issue) => [issue.path.join("."), issue.message]),
        [[path, message]],
      );
    });
  }

  it("are refused where they are unknown", () => {
    for (const settings of [{ replica: 2 }, { api: { replica: 2 } }, { pool: { min: 1 } }]) {
      const [issue] = itemsSettings.safeParse(settings).error?.issues ?? [];
      assert.equal(issue?.code, "unrecognized_keys");
    }
  });
});
