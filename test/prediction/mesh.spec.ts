import assert from "node:assert/strict";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import {
  authorizationPolicy,
  closed,
  deployment,
  flows,
  mistakes,
  namespace,
  networkPolicy,
  peerAuthentication,
  predicted,
  service,
  verdicts,
  type WorkloadFields,
  withIstio,
} from "./objects.ts";

/** A namespace whose pods have sidecars, with an HTTP server and a database; and one without sidecars. */
const mesh = (fields: WorkloadFields = {}) => [
  namespace("shop", { "istio-injection": "enabled" }),
  deployment("shop/api", { ports: [8080] }),
  service("shop/api", [{ name: "http", port: 80, targetPort: 8080 }]),
  deployment("shop/db", { ports: [5432] }),
  service("shop/db", [{ name: "tcp", port: 5432 }]),
  deployment("shop/web", { pod: { serviceAccountName: "web" }, ...fields }),
  deployment("bare/web", fields),
];

const strict = peerAuthentication("shop/default", { mtls: { mode: "STRICT" } });
const allow = (rules: object[], app?: string) =>
  authorizationPolicy("shop/allow", {
    ...(app && { selector: { matchLabels: { app } } }),
    action: "ALLOW",
    rules,
  });
const web = { source: { principals: ["cluster.local/ns/shop/sa/web"] } };

function between(from: string, to: string, ...objects: KubernetesObject[]): string[] {
  return verdicts(predicted([...mesh(), ...objects], withIstio), from, to);
}

const allButTcp = "SCTP 1-65535,UDP 1-65535";
/** What its Service leads to: on any other port the client's sidecar has no identity to show. */
const apiPort = "SCTP 1-65535,TCP 8080,UDP 1-65535";

describe("strict mTLS", () => {
  it("resets a client without a sidecar, whose flow is broken where it's needed", () => {
    const env = { API: "http://api.shop" };
    const prediction = predicted([...mesh({ env }), strict], withIstio);
    assert.deepEqual(verdicts(prediction, "bare/web", "shop/api"), [
      `allow ${allButTcp}`,
      "broken TCP 8080",
    ]);
    const [, broken] = flows(prediction, "bare/web", "shop/api");
    assert.deepEqual(broken?.because.slice(-2), [
      "PeerAuthentication shop/default spec.mtls: sets STRICT for namespace shop: mTLS only, plaintext is reset",
      "bare/web has no sidecar, so it speaks plaintext, which strict mTLS resets",
    ]);
    assert.deepEqual(verdicts(prediction, "shop/web", "shop/api"), [`allow ${apiPort}`]);
  });

  it("resets a client's sidecar where no Service leads to the port", () => {
    const all = predicted([...mesh(), strict], withIstio, { all: true });
    const broken = flows(all, "shop/web", "shop/api").find(({ verdict }) => verdict === "broken");
    assert.equal(broken?.ports, "TCP 1-8079,8081-65535");
    assert.match(
      broken?.because.join() ?? "",
      /no Service leads to port 1, so the sidecar of shop\/web passes plaintext on, which strict mTLS resets/,
    );
  });

  it("resets who comes from outside", () => {
    const everything = "0.0.0.0-255.255.255.255[External]";
    assert.deepEqual(between(everything, "shop/api", strict), [`allow ${allButTcp}`]);
  });

  it("doesn't hold where a server has no sidecar, on ports that are excepted, or by an override", () => {
    assert.deepEqual(between("shop/api", "bare/web", strict), ["allow All Connections"]);
    const excepted = peerAuthentication("shop/api", {
      selector: { matchLabels: { app: "api" } },
      mtls: { mode: "STRICT" },
      portLevelMtls: { 8080: { mode: "PERMISSIVE" } },
    });
    assert.deepEqual(between("bare/web", "shop/api", excepted), [
      "allow SCTP 1-65535,TCP 8080,UDP 1-65535",
    ]);
    assert.deepEqual(between("bare/web", "shop/db", excepted), ["allow All Connections"]);
  });

  it("of the whole mesh stands in its root namespace", () => {
    const everywhere = peerAuthentication("istio-system/default", { mtls: { mode: "STRICT" } });
    assert.deepEqual(between("bare/web", "shop/api", everywhere), [`allow ${allButTcp}`]);
  });

  it("means nothing without a mesh, which is a mistake", () => {
    const prediction = predicted([...mesh(), strict]);
    assert.deepEqual(verdicts(prediction, "bare/web", "shop/api"), ["allow All Connections"]);
    assert.match(
      mistakes(prediction).join(),
      /PeerAuthentication shop\/default: has no effect: nothing in this cluster enforces PeerAuthentications/,
    );
  });
});

describe("an AuthorizationPolicy", () => {
  it("lets a principal in, and nobody else", () => {
    const policy = allow([{ from: [web] }]);
    assert.deepEqual(between("shop/web", "shop/api", policy), [`allow ${apiPort}`]);
    assert.deepEqual(between("shop/db", "shop/api", policy), [`allow ${allButTcp}`]);
    assert.deepEqual(between("bare/web", "shop/api", policy), [`allow ${allButTcp}`]);
    const all = predicted([...mesh(), policy], withIstio, { all: true });
    assert.match(
      flows(all, "bare/web", "shop/api")
        .find(({ verdict }) => verdict === "deny")
        ?.because.join() ?? "",
      /AuthorizationPolicy shop\/allow: allows only what its rules match.*plaintext carries no identity/,
    );
  });

  it("lets a namespace in", () => {
    const policy = allow([{ from: [{ source: { namespaces: ["shop"] } }] }]);
    assert.deepEqual(between("shop/db", "shop/api", policy), [`allow ${apiPort}`]);
    assert.deepEqual(between("bare/web", "shop/api", policy), [`allow ${allButTcp}`]);
  });

  it("lets some requests in on HTTP ports, and none on TCP ports", () => {
    const operation = { methods: ["GET"], paths: ["/count/*"] };
    const policy = allow([{ from: [web], to: [{ operation }] }]);
    const prediction = predicted([...mesh(), policy], withIstio);
    const [api] = flows(prediction, "shop/web", "shop/api");
    assert.deepEqual(api?.requests, ["GET /count/*"]);
    assert.equal(api?.ports, apiPort);
    const [database] = flows(prediction, "shop/web", "shop/db");
    assert.equal(database?.ports, allButTcp);
    assert.deepEqual(verdicts(prediction, "shop/db", "shop/api"), [`allow ${allButTcp}`]);
  });

  it("keeps some requests out", () => {
    const policy = authorizationPolicy("shop/deny", {
      action: "DENY",
      rules: [{ to: [{ operation: { paths: ["/admin*"], ports: ["8080"] } }] }],
    });
    const prediction = predicted([...mesh(), policy], withIstio);
    const [api] = flows(prediction, "shop/web", "shop/api");
    assert.deepEqual(api?.requests, ["not any method /admin*"]);
    assert.deepEqual(verdicts(prediction, "shop/web", "shop/api"), ["allow All Connections"]);
  });

  it("denies a TCP port for what it says of requests, which a connection has none of", () => {
    const policy = authorizationPolicy("shop/deny", {
      action: "DENY",
      rules: [{ to: [{ operation: { methods: ["POST"] } }] }],
    });
    assert.deepEqual(between("shop/web", "shop/db", policy), [
      "allow SCTP 1-65535,TCP 1-5431,5433-65535,UDP 1-65535",
    ]);
  });

  it("is about ports", () => {
    const policy = allow([{ from: [web], to: [{ operation: { ports: ["5432"] } }] }], "db");
    assert.deepEqual(between("shop/web", "shop/db", policy), [
      "allow SCTP 1-65535,TCP 5432,UDP 1-65535",
    ]);
    assert.deepEqual(between("shop/web", "shop/api", policy), ["allow All Connections"]);
    const other = allow([{ from: [web], to: [{ operation: { notPorts: ["5432"] } }] }], "db");
    assert.deepEqual(between("shop/web", "shop/db", other), [`allow ${allButTcp}`]);
  });

  it("is about ports that nothing declares, too", () => {
    const policy = allow([{ to: [{ operation: { notPorts: ["9999"] } }] }], "db");
    assert.deepEqual(between("shop/web", "shop/db", policy), [
      "allow SCTP 1-65535,TCP 1-9998,10000-65535,UDP 1-65535",
    ]);
    const plain = peerAuthentication("shop/db", {
      selector: { matchLabels: { app: "db" } },
      mtls: { mode: "STRICT" },
      portLevelMtls: { 9999: { mode: "DISABLE" } },
    });
    assert.deepEqual(between("bare/web", "shop/db", plain), [
      "allow SCTP 1-65535,TCP 9999,UDP 1-65535",
    ]);
  });

  it("tells pods apart that differ in their service accounts alone", () => {
    const twins = ["web", "other"].map((serviceAccountName) =>
      deployment(`shop/twin-${serviceAccountName}`, {
        labels: { app: "twin" },
        pod: { serviceAccountName },
      }),
    );
    const prediction = predicted([...mesh(), ...twins, allow([{ from: [web] }], "api")], withIstio);
    assert.deepEqual(verdicts(prediction, "shop/twin-web", "shop/api"), [`allow ${apiPort}`]);
    assert.deepEqual(verdicts(prediction, "shop/twin-other", "shop/api"), [`allow ${allButTcp}`]);
  });

  it("that has no rules denies everything", () => {
    assert.deepEqual(between("shop/web", "shop/api", authorizationPolicy("shop/none", {})), [
      `allow ${allButTcp}`,
    ]);
  });

  it("comes after the network's policies, which may deny first", () => {
    const policy = allow([{}]);
    assert.deepEqual(between("shop/web", "shop/api", policy, closed("shop")), []);
    const open = networkPolicy("shop/open", {
      podSelector: {},
      ingress: [{ ports: [{ port: 8080 }] }],
    });
    assert.deepEqual(between("shop/web", "shop/api", allow([{ from: [web] }]), open), [
      "allow TCP 8080",
    ]);
    assert.deepEqual(between("shop/db", "shop/api", allow([{ from: [web] }]), open), []);
  });

  it("tells parts of the outside apart by their addresses", () => {
    const policy = allow([{ from: [{ source: { ipBlocks: ["203.0.113.0/24"] } }] }], "api");
    const prediction = predicted([...mesh(), policy], withIstio);
    const fromOutside = prediction.flows
      .filter(({ from, to }) => /External/.test(from) && to === "shop/api[Deployment]")
      .map(({ from, ports }) => `${from} ${ports}`);
    assert.deepEqual(fromOutside, [
      `0.0.0.0-203.0.112.255[External] ${allButTcp}`,
      "203.0.113.0-203.0.113.255[External] All Connections",
      `203.0.114.0-255.255.255.255[External] ${allButTcp}`,
    ]);
  });

  it("tells pods apart by their addresses where they have some", () => {
    const pods = ["10.0.0.1", "10.0.0.2"].map((podIP, i) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: "bare", name: `p${i + 1}`, labels: { app: "p" } },
      spec: { containers: [] },
      status: { podIP },
    }));
    const policy = allow([{ from: [{ source: { ipBlocks: ["10.0.0.1"] } }] }], "api");
    const prediction = predicted([...mesh(), ...pods, policy], withIstio);
    assert.deepEqual(verdicts(prediction, "bare/p1[Pod]", "shop/api"), ["allow All Connections"]);
    assert.deepEqual(verdicts(prediction, "bare/p2[Pod]", "shop/api"), [`allow ${allButTcp}`]);
  });

  it("has no effect where no pod that it selects has a sidecar", () => {
    const policy = authorizationPolicy("bare/none", {});
    const prediction = predicted([...mesh(), policy], withIstio);
    assert.deepEqual(verdicts(prediction, "shop/web", "bare/web"), ["allow All Connections"]);
    assert.deepEqual(mistakes(prediction), [
      "AuthorizationPolicy bare/none: has no effect: bare/web[Deployment] has no sidecar that could enforce it",
    ]);
  });
});
