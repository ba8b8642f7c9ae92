import assert from "node:assert/strict";
import { isMeshed } from "../../micromesh/resources/injection.ts";
import type { Settings } from "../../micromesh/resources/settings.ts";

describe("isMeshed", () => {
  const meshed = (
    namespace: Record<string, string>,
    pod: Record<string, string> = {},
    hostNetwork = false,
    mesh: Settings["mesh"] = { rootNamespace: "istio-system", trustDomain: "cluster.local" },
  ) => isMeshed(mesh, namespace, pod, hostNetwork);
  const on = { "istio-injection": "enabled" };
  const inject = (value: string) => ({ "sidecar.istio.io/inject": value });
  const revision = { "istio.io/rev": "default" };

  for (const [what, namespace, pod, expected] of [
    ["a pod of an unlabelled namespace", {}, {}, false],
    ["a pod of an enabled namespace", on, {}, true],
    ["a pod of an enabled namespace that opts out", on, inject("false"), false],
    ["a pod of a disabled namespace", { "istio-injection": "disabled" }, {}, false],
    [
      "a pod of a disabled namespace that opts in",
      { "istio-injection": "disabled" },
      inject("true"),
      false,
    ],
    [
      "a pod of a namespace with another value that opts in",
      { "istio-injection": "on" },
      inject("true"),
      false,
    ],
    ["a pod of a namespace with a revision", revision, {}, true],
    ["a pod of a namespace with a revision that opts out", revision, inject("false"), false],
    [
      "a pod of a disabled namespace with a revision",
      { ...revision, "istio-injection": "disabled" },
      {},
      false,
    ],
    ["a pod that opts in by itself", {}, inject("true"), true],
    ["a pod with a revision of its own", {}, revision, true],
    [
      "a pod with a revision of its own that opts out",
      {},
      { ...revision, ...inject("false") },
      false,
    ],
  ] as const) {
    it(`${expected ? "holds" : "doesn't hold"} for ${what}`, () => {
      assert.equal(meshed(namespace, pod), expected);
    });
  }

  it("doesn't hold on the host's network", () => {
    assert.equal(meshed(on, inject("true"), true), false);
  });

  it("doesn't hold where no mesh is declared", () => {
    assert.equal(isMeshed(undefined, on, inject("true"), false), false);
  });
});
