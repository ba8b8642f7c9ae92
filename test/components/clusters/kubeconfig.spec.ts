import assert from "node:assert/strict";
import { stringify } from "yaml";
import { fingerprint, flatten } from "../../../components/clusters/kubeconfig.ts";

const context = (name: string, cluster: string, user: string) => ({
  name,
  context: { cluster, user, namespace: "x" },
});
const one = {
  "current-context": "a",
  contexts: [context("a", "ca", "ua"), context("b", "cb", "ub")],
  clusters: [
    { name: "ca", cluster: { server: "https://a", "certificate-authority": "pki/ca.crt" } },
    { name: "cb", cluster: { server: "https://b", "certificate-authority-data": "Yg==" } },
  ],
  users: [
    { name: "ua", user: { "client-certificate": "/abs/c.crt", "client-key": "k.pem" } },
    { name: "ub", user: { token: "t" } },
  ],
};
const source = (config: unknown, folder = "/home/me/.kube") => ({
  text: stringify(config),
  folder,
});
const read = (path: string, folder: string) => Buffer.from(`${folder} ${path}`);
const flat = (context?: string, ...more: unknown[]) =>
  JSON.parse(
    flatten([source(one), ...more.map((config) => source(config, "/more"))], context, read),
  );
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("kubeconfig", () => {
  it("keeps the current context alone, with its files embedded", () => {
    assert.deepEqual(flat(), {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "a",
      contexts: [context("a", "ca", "ua")],
      clusters: [
        {
          name: "ca",
          cluster: {
            server: "https://a",
            "certificate-authority-data": base64("/home/me/.kube pki/ca.crt"),
          },
        },
      ],
      users: [
        {
          name: "ua",
          user: {
            "client-certificate-data": base64("/home/me/.kube /abs/c.crt"),
            "client-key-data": base64("/home/me/.kube k.pem"),
          },
        },
      ],
    });
  });

  it("keeps the context that is asked for, and makes it the current one", () => {
    const { "current-context": current, clusters, users } = flat("b");
    assert.equal(current, "b");
    assert.deepEqual(clusters, [one.clusters[1]]);
    assert.deepEqual(users, [{ name: "ub", user: { token: "t" } }]);
  });

  it("reads several files as kubectl does: the first that has an entry wins", () => {
    const other = {
      ...one,
      "current-context": "c",
      contexts: [context("c", "ca", "uc")],
      clusters: [{ name: "ca", cluster: { server: "https://other" } }],
      users: [{ name: "uc", user: { "client-key": "k" } }],
    };
    const merged = flat("c", other);
    assert.equal(merged.clusters[0].cluster.server, "https://a");
    assert.deepEqual(merged.users[0].user, { "client-key-data": base64("/more k") });
    assert.equal(flat(undefined, other)["current-context"], "a");
  });

  it("says what is missing", () => {
    assert.throws(() => flat("z"), { message: "the kubeconfig has no context z; it has a, b" });
    assert.throws(() => flatten([source({ ...one, users: [] })], "a", read), {
      message: "the kubeconfig has no user ua; it has none",
    });
    assert.throws(() => flatten([source({ ...one, "current-context": "" })], undefined, read), {
      message:
        'the kubeconfig has no current context: run "pulumi config set --path micromesh:cluster.context NAME"',
    });
    assert.throws(() => flatten([source("hello")], undefined, read), {
      message: "the kubeconfig names no clusters: is it a kubeconfig?",
    });
  });

  it("quotes nothing of what it can't read", () => {
    assert.throws(() => flatten([{ text: "token: [s3cret", folder: "" }], undefined, read), {
      message: "the kubeconfig isn't valid YAML",
    });
  });

  it("knows a cluster by its authority, else by its address", () => {
    const of = (cluster: object, user = "u") =>
      fingerprint(JSON.stringify({ clusters: [{ name: "c", cluster }], users: [{ name: user }] }));
    const ca = { "certificate-authority-data": "Yg==" };
    assert.equal(of({ ...ca, server: "https://1" }), of({ ...ca, server: "https://2" }, "other"));
    assert.notEqual(of({ ...ca }), of({ "certificate-authority-data": "Yw==" }));
    assert.notEqual(of({ server: "https://1" }), of({ server: "https://2" }));
    assert.match(of(ca), /^[0-9a-f]{16}$/);
  });
});
