import assert from "node:assert/strict";
import { compile } from "../../micromesh/connectivity/index.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { web } from "./cast.ts";
import {
  inboundMesh,
  istio,
  kubernetes,
  lines,
  peerAuthentication,
  problems,
  world,
} from "./world.ts";

const mtls = (port: number, ...policies: KubernetesObject[]) =>
  inboundMesh(web, port, ...policies).mtls;
const mode = (...policies: KubernetesObject[]) => mtls(80, ...policies).mode;
const selecting = (app: string, rest: object) => ({ selector: { matchLabels: { app } }, ...rest });
const mesh = (value: string, name = "default") =>
  peerAuthentication(`istio-system/${name}`, { mtls: { mode: value } });
const namespace = (value: string, name = "default") =>
  peerAuthentication(`a/${name}`, { mtls: { mode: value } });
const workload = (value: string, rest: object = {}) =>
  peerAuthentication("a/web", selecting("web", { mtls: { mode: value }, ...rest }));

describe("PeerAuthentication", () => {
  it("is PERMISSIVE where none sets a mode", () => {
    assert.equal(mode(), "PERMISSIVE");
    assert.match(lines(mtls(80)).join(), /^no PeerAuthentication sets a mode/);
    assert.equal(mode(peerAuthentication("a/x", {}), mesh("UNSET")), "PERMISSIVE");
  });
  it("lets the narrower win: workload over namespace over mesh", () => {
    assert.equal(mode(mesh("STRICT")), "STRICT");
    assert.equal(mode(mesh("STRICT"), namespace("DISABLE")), "DISABLE");
    assert.equal(mode(mesh("STRICT"), namespace("DISABLE"), workload("PERMISSIVE")), "PERMISSIVE");
    assert.deepEqual(lines(mtls(80, mesh("STRICT"), namespace("DISABLE"))), [
      "PeerAuthentication a/default spec.mtls: sets DISABLE for namespace a: plaintext only",
    ]);
  });
  it("inherits what's UNSET or not said", () => {
    assert.equal(mode(mesh("STRICT"), namespace("UNSET"), workload("UNSET")), "STRICT");
    assert.equal(
      mode(namespace("STRICT"), peerAuthentication("a/web", selecting("web", {}))),
      "STRICT",
    );
  });
  it("counts in its own namespace only", () => {
    const other = peerAuthentication("b/default", { mtls: { mode: "STRICT" } });
    assert.equal(mode(other), "PERMISSIVE");
    assert.equal(
      mode(peerAuthentication("a/x", selecting("other", { mtls: { mode: "STRICT" } }))),
      "PERMISSIVE",
    );
  });
  it("takes a selector without labels for none", () => {
    assert.equal(
      mode(peerAuthentication("a/x", { selector: {}, mtls: { mode: "STRICT" } })),
      "STRICT",
    );
  });
  it("is ignored in the root namespace where it has a selector", () => {
    assert.equal(
      mode(peerAuthentication("istio-system/x", selecting("web", { mtls: { mode: "STRICT" } }))),
      "PERMISSIVE",
    );
  });
  it("sets ports apart, by the workload's port", () => {
    const policy = workload("STRICT", {
      portLevelMtls: { 8080: { mode: "DISABLE" }, 9090: { mode: "UNSET" } },
    });
    assert.deepEqual(
      [80, 8080, 9090].map((port) => mtls(port, policy).mode),
      ["STRICT", "DISABLE", "STRICT"],
    );
    assert.match(
      lines(mtls(8080, policy)).join(),
      /a\/web spec.portLevelMtls.8080: sets DISABLE for port 8080/,
    );
    const unset = workload("UNSET", { portLevelMtls: { 8080: { mode: "UNSET" } } });
    assert.equal(mtls(8080, unset, namespace("STRICT")).mode, "STRICT");
  });
  it("counts once at a level: the oldest, then the first by name", () => {
    assert.equal(mode(namespace("STRICT", "b"), namespace("DISABLE", "a")), "DISABLE");
    const old = namespace("STRICT", "b");
    Object.assign(old.metadata, { creationTimestamp: "2026-01-01T00:00:00Z" });
    const young = namespace("DISABLE", "a");
    Object.assign(young.metadata, { creationTimestamp: "2026-02-01T00:00:00Z" });
    assert.equal(mode(young, old), "STRICT");
    const twins = ["z", "y"].map((name) =>
      peerAuthentication(
        `a/${name}`,
        selecting("web", { mtls: { mode: name === "y" ? "STRICT" : "DISABLE" } }),
      ),
    );
    assert.equal(mode(...twins), "STRICT");
  });
  it("a second one at a level counts for nothing, not where the first is UNSET either", () => {
    assert.equal(mode(namespace("UNSET", "a"), namespace("STRICT", "b")), "PERMISSIVE");
  });
  it("doesn't count without a mesh, or for a pod without a sidecar", () => {
    assert.equal(compile(world(kubernetes, mesh("STRICT"))).inbound(web, 80), undefined);
    assert.equal(
      compile(world(istio, mesh("STRICT"))).inbound({ ...web, meshed: false }, 80),
      undefined,
    );
  });

  const cases: [spec: object, problem: string][] = [
    [
      { mtls: { mode: "strict" } },
      'spec.mtls.mode is "strict"; write one of UNSET, DISABLE, PERMISSIVE, STRICT',
    ],
    [
      { portLevelMtls: { 80: { mode: "STRICT" } } },
      "spec.portLevelMtls needs spec.selector.matchLabels; say which workloads",
    ],
    [
      selecting("web", { portLevelMtls: {} }),
      "spec.portLevelMtls is empty; remove it, or name a port",
    ],
    [
      selecting("web", { portLevelMtls: { http: {} } }),
      "spec.portLevelMtls.http is no port; ports are 1 to 65535",
    ],
    [
      selecting("w*", {}),
      "spec.selector.matchLabels.app has a wildcard, which selectors don't take; write it out",
    ],
  ];
  for (const [spec, problem] of cases) {
    it(`is rejected: ${problem}`, () => {
      assert.deepEqual(problems(peerAuthentication("a/p", spec)), [problem]);
    });
  }
});
