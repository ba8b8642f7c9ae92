import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Declaration, KubernetesObject } from "../../../micromesh/resources/declared.ts";
import { driftTitle } from "../../../micromesh/verify/drift/drift.ts";
import { liveDrift } from "../../../micromesh/verify/drift/live.ts";
import { driftData } from "../../../micromesh/verify/drift/report.ts";
import { every, policy, secret, stored } from "./objects.ts";

const token = "s3cr3t-t0ken";

/** An API server that keeps objects and answers lists. */
class ApiServer {
  objects: KubernetesObject[] = [];
  /** Lists that it refuses, by path. */
  forbidden = new Set<string>();
  /** Items of one answer. */
  page = 500;
  asked: string[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((req, res) => {
      const url = new URL(req.url ?? "", "http://api");
      this.asked.push(`${req.method} ${url.pathname}`);
      const [status, body] =
        req.headers.authorization === `Bearer ${token}`
          ? this.#answer(url)
          : [401, { message: "Unauthorized" }];
      res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const { port } = this.#server.address() as AddressInfo;
    return `
apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: "http://127.0.0.1:${port}", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: ${token}}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer({ pathname, searchParams }: URL): [number, unknown] {
    if (this.forbidden.has(pathname)) {
      return [403, { kind: "Status", message: `User "x" cannot list resource` }];
    }
    if (pathname === "/apis") {
      const versions = ["apps/v1", "networking.k8s.io/v1", "security.istio.io/v1"];
      const groups = versions.map((groupVersion) => ({
        name: groupVersion.split("/")[0],
        preferredVersion: { groupVersion },
      }));
      return [200, { groups }];
    }
    const [, version, namespace, plural] =
      /^\/apis?\/((?:[\w.]+\/)?v1)(?:\/namespaces\/([^/]+))?(?:\/([^/]+))?$/.exec(pathname) ?? [];
    const kinds = [...new Set(every.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))]
      .map((text) => text.split(" ") as [string, string])
      .filter(([apiVersion]) => apiVersion === version)
      .map(([, kind]) => ({
        name: kind.endsWith("y")
          ? `${kind.slice(0, -1)}ies`.toLowerCase()
          : `${kind.toLowerCase()}s`,
        kind,
        namespaced: kind !== "Namespace",
      }));
    const kind = kinds.find(({ name }) => name === plural)?.kind;
    if (plural === undefined && kinds.length > 0) return [200, { resources: kinds }];
    if (!kind) return [404, { message: "not found" }];
    const all = this.objects.filter(
      (one) =>
        one.apiVersion === version && one.kind === kind && one.metadata.namespace === namespace,
    );
    const from = Number(searchParams.get("continue") ?? 0);
    const items = all.slice(from, from + this.page);
    const next = from + this.page < all.length ? { continue: String(from + this.page) } : {};
    // As a real one, it doesn't say in each item what it is.
    const bare = items.map(({ apiVersion, kind, ...item }) => item);
    return [200, { kind: `${kind}List`, metadata: next, items: bare }];
  }
}

const declaration: Declaration = {
  stack: "dev",
  resources: every.map((object) => ({
    urn: `urn:${object.kind}`,
    type: `kubernetes:${object.apiVersion}:${object.kind}`,
    name: object.metadata.name,
    custom: true,
    dependencies: [],
    inputs: object,
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
  })),
  outputs: {},
  secretOutputs: [],
  warnings: [],
};

describe("drift of a cluster behind an API server", () => {
  let api: ApiServer;
  let kubeconfig: string;

  beforeEach(async () => {
    api = new ApiServer();
    api.objects = every.map(stored);
    kubeconfig = await api.start();
  });
  afterEach(() => api.stop());

  const compare = () => liveDrift(declaration, kubeconfig, {}, { by: "manifests" });

  it("is none where everything is as declared", async () => {
    const { compared, drifts, notes } = await compare();
    assert.deepEqual(
      { compared, drifts, notes },
      { compared: every.length, drifts: [], notes: [] },
    );
  });

  it("is looked for by one list for each kind and namespace, and nothing is changed", async () => {
    await compare();
    const lists = api.asked.filter((line) => /s$/.test(line) && !line.endsWith("/apis"));
    assert.deepEqual(lists.toSorted(), [
      "GET /api/v1/namespaces",
      "GET /api/v1/namespaces/a/configmaps",
      "GET /api/v1/namespaces/a/secrets",
      "GET /api/v1/namespaces/a/services",
      "GET /apis/apps/v1/namespaces/a/deployments",
      "GET /apis/networking.k8s.io/v1/namespaces/a/networkpolicies",
      "GET /apis/security.istio.io/v1/namespaces/a/authorizationpolicies",
    ]);
    assert.ok(api.asked.every((line) => line.startsWith("GET ")));
  });

  it("is told, from every page of a list", async () => {
    api.page = 2;
    const more = ["b", "c", "d"].map((name) =>
      stored({ ...policy, metadata: { namespace: "a", name } }),
    );
    api.objects = [...every.map(stored).filter(({ kind }) => kind !== "Service"), ...more];
    assert.deepEqual((await compare()).drifts.map(driftTitle), [
      "Service a/web is declared, but not on the cluster",
      "NetworkPolicy a/b is on the cluster, but not declared",
      "NetworkPolicy a/c is on the cluster, but not declared",
      "NetworkPolicy a/d is on the cluster, but not declared",
    ]);
  });

  it("keeps the field `from` of policies, which the client's typed calls rename", async () => {
    const changed = stored(policy);
    changed.spec.ingress[0].from = [{ podSelector: { matchLabels: { app: "other" } } }];
    api.objects = api.objects.map((one) => (one.kind === "NetworkPolicy" ? changed : one));
    const path = "spec.ingress[0].from[0].podSelector.matchLabels.app";
    assert.deepEqual(
      (await compare()).drifts.map((drift) => drift.kind === "changed" && drift.fields),
      [[{ path, declared: "web", found: "other" }]],
    );
  });

  it("doesn't tell secrets", async () => {
    const stolen = Buffer.from("stolen").toString("base64");
    api.objects = api.objects.map((one) =>
      one.kind === "Secret" ? { ...one, data: { password: stolen } } : one,
    );
    const text = JSON.stringify(driftData(await compare()));
    assert.match(text, /"path":"data.password","secret":true/);
    for (const word of [stolen, "stolen", secret.stringData.password]) {
      assert.ok(!text.includes(word), text);
    }
  });

  it("isn't known of what may not be read, which is a note", async () => {
    api.forbidden.add("/api/v1/namespaces/a/secrets");
    const { drifts, notes, compared } = await compare();
    assert.deepEqual([drifts, compared], [[], every.length - 1]);
    assert.deepEqual(notes, [
      "not compared: can't list secrets in a: forbidden; the kubeconfig's user needs the permission to list secrets",
    ]);
  });

  it("isn't known where the cluster knows nobody by these credentials, or doesn't answer", async () => {
    const wrong = kubeconfig.replace(token, "other");
    await assert.rejects(
      liveDrift(declaration, wrong, {}, { by: "manifests" }),
      /^ProbeError: can't ask which kinds the cluster knows: the cluster doesn't accept the kubeconfig's credentials; renew them$/,
    );
    api.stop();
    await assert.rejects(compare(), /doesn't answer \(ECONNREFUSED\)/);
  });
});
