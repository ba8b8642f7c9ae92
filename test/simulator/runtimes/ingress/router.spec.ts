import assert from "node:assert/strict";
import fc from "fast-check";
import type { KubernetesObject } from "../../../../micromesh/resources/declared.ts";
import {
  compileRoutes,
  matchRoutes,
  type RouterOptions,
  routingPath,
  sanitizePath,
} from "../../../../micromesh/simulator/runtimes/ingress/router.ts";

type Path = [path: string, service: string, type?: string];

function ingress(
  name: string,
  hosts: Record<string, Path[]>,
  more: { class?: string; annotations?: Record<string, string>; spec?: object } = {},
): KubernetesObject {
  const rules = Object.entries(hosts).map(([host, paths]) => ({
    ...(host && { host }),
    http: {
      paths: paths.map(([path, service, pathType = "Prefix"]) => ({
        path,
        pathType,
        backend: { service: { name: service, port: { number: 80 } } },
      })),
    },
  }));
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: "n", annotations: more.annotations },
    spec: { ingressClassName: more.class, rules, ...more.spec },
  };
}

/** The service that gets a request, or undefined. */
function served(
  ingresses: KubernetesObject[],
  host: string,
  path: string,
  options?: RouterOptions,
) {
  const { routes } = compileRoutes(ingresses, options);
  return matchRoutes(routes, host, path)[0]?.backend.service;
}

describe("ingress routes", () => {
  it("match a host exactly, whatever its case, port or last dot", () => {
    const all = [ingress("a", { "Pippo.lan": [["/", "a"]] })];
    for (const host of ["pippo.lan", "PIPPO.LAN", "pippo.lan:8080", "pippo.lan."])
      assert.equal(served(all, host, "/"), "a", host);
    for (const host of ["x.pippo.lan", "pippo.la", ""])
      assert.equal(served(all, host, "/"), undefined, host);
  });

  it("match a wildcard for one label", () => {
    const all = [ingress("a", { "*.pippo.lan": [["/", "a"]] })];
    assert.equal(served(all, "x.pippo.lan", "/"), "a");
    assert.equal(served(all, "x.y.pippo.lan", "/"), undefined);
    assert.equal(served(all, "pippo.lan", "/"), undefined);
  });

  it("without a host match every host, after those with one", () => {
    const all = [ingress("a", { "": [["/", "any"]], "pippo.lan": [["/", "named"]] })];
    assert.equal(served(all, "pippo.lan", "/x"), "named");
    assert.equal(served(all, "other", "/x"), "any");
  });

  it("match Exact to the letter", () => {
    const all = [ingress("a", { "": [["/foo", "a", "Exact"]] })];
    assert.equal(served(all, "h", "/foo"), "a");
    for (const path of ["/foo/", "/foo/bar", "/Foo", "/"])
      assert.equal(served(all, "h", path), undefined, path);
  });

  it("match Prefix by characters as Traefik does, unless told to be strict", () => {
    const all = [ingress("a", { "": [["/v1", "a"]] })];
    assert.equal(served(all, "h", "/v12"), "a");
    const strict = { strictPrefixMatching: true };
    assert.equal(served(all, "h", "/v12", strict), undefined);
    for (const path of ["/v1", "/v1/", "/v1/x"]) assert.equal(served(all, "h", path, strict), "a");
    const slash = [ingress("a", { "": [["/v1/", "a"]] })];
    assert.equal(served(slash, "h", "/v1", strict), "a");
    assert.equal(served(slash, "h", "/v1"), undefined);
  });

  it("take ImplementationSpecific for a prefix, or what pathmatcher says", () => {
    const of = (annotations?: Record<string, string>) => [
      ingress("a", { "": [["/x", "a", "ImplementationSpecific"]] }, { annotations }),
    ];
    assert.equal(served(of(), "h", "/x/y"), "a");
    const exact = { "traefik.ingress.kubernetes.io/router.pathmatcher": "Path" };
    assert.equal(served(of(exact), "h", "/x/y"), undefined);
  });

  it("go by the longest rule", () => {
    const all = [
      ingress("a", {
        "": [
          ["/", "root"],
          ["/a", "short"],
          ["/a/b", "long"],
        ],
      }),
    ];
    assert.equal(served(all, "h", "/a/b/c"), "long");
    assert.equal(served(all, "h", "/a/c"), "short");
    assert.equal(served(all, "h", "/c"), "root");
  });

  it("put Prefix before Exact on the same path, since its rule is longer", () => {
    const all = [
      ingress("a", {
        "": [
          ["/a", "exact", "Exact"],
          ["/a", "prefix"],
        ],
      }),
    ];
    assert.equal(served(all, "h", "/a"), "prefix");
  });

  it("obey a given priority", () => {
    const annotations = { "traefik.ingress.kubernetes.io/router.priority": "1000" };
    const all = [
      ingress("a", { "pippo.lan": [["/long/path", "long"]] }),
      ingress("b", { "": [["/", "first"]] }, { annotations }),
    ];
    assert.equal(served(all, "pippo.lan", "/long/path"), "first");
  });

  it("belong to this controller by class, default class or annotation", () => {
    const of = (more: object, options?: RouterOptions) =>
      served([ingress("a", { "": [["/", "a"]] }, more)], "h", "/", options);
    const annotated = (name: string) => ({ annotations: { "kubernetes.io/ingress.class": name } });
    assert.equal(of({}), "a");
    assert.equal(of({ class: "traefik" }, { classes: ["traefik"] }), "a");
    assert.equal(of({ class: "nginx" }, { classes: ["traefik"] }), undefined);
    assert.equal(of({ class: "traefik" }), undefined);
    assert.equal(of({}, { classes: ["traefik"], defaultClass: "traefik" }), "a");
    assert.equal(of({}, { classes: ["traefik"], defaultClass: "nginx" }), undefined);
    assert.equal(of(annotated("traefik"), { defaultClass: "nginx" }), "a");
    assert.equal(of(annotated("nginx")), undefined);
    assert.equal(of({ class: "traefik", ...annotated("nginx") }, { classes: ["traefik"] }), "a");
  });

  it("have a default backend from an Ingress without rules, last of all and once", () => {
    const backend = (name: string) => ({
      defaultBackend: { service: { name, port: { name: "web" } } },
    });
    const all = [
      ingress("a", {}, { spec: backend("fallback") }),
      ingress("b", {}, { spec: backend("second") }),
      ingress("c", { "pippo.lan": [["/x", "x"]] }, { spec: { ...backend("beside") } }),
    ];
    assert.equal(served(all, "h", "/any"), "fallback");
    assert.equal(served(all, "pippo.lan", "/x"), "x");
    const { routes, notes } = compileRoutes(all);
    assert.equal(routes.at(-1)?.backend.port, "web");
    assert.equal(notes.length, 2);
  });

  it("leave out what Traefik can't serve, and say so", () => {
    const resource = { resource: { kind: "Bucket", name: "b" } };
    const odd = ingress("a", { "": [["x", "relative"]] }, { spec: { tls: [{ hosts: ["h"] }] } });
    const both: KubernetesObject = {
      ...odd,
      spec: {
        ...odd.spec,
        rules: [...odd.spec.rules, { http: { paths: [{ path: "/", backend: resource }] } }],
      },
    };
    const { routes, notes } = compileRoutes([both]);
    assert.deepEqual(routes, []);
    assert.equal(notes.length, 3);
  });

  it("compare decoded paths, but for reserved characters", () => {
    assert.equal(routingPath("/a%20b%41"), "/a bA");
    assert.equal(routingPath("/a%2Fb%3F%25"), "/a%2Fb%3F%25");
    assert.equal(routingPath("/%C3%A9"), "/é");
    assert.equal(routingPath("/%ff"), "/%ff");
  });

  it("see sanitised paths", () => {
    const cases = {
      "/a//b": "/a/b",
      "/a/./b": "/a/b",
      "/a/../b": "/b",
      "/../..": "/",
      "/a/": "/a/",
      "/a/..": "/",
      "/a/b/..": "/a/",
      "": "/",
    };
    for (const [given, wanted] of Object.entries(cases)) assert.equal(sanitizePath(given), wanted);
  });

  it("don't depend on the order of the Ingresses", () => {
    const all = [
      ingress("a", { "": [["/", "a"]], "h.x": [["/p", "b"]] }),
      ingress("b", {
        "h.x": [
          ["/q", "c"],
          ["/", "d"],
        ],
      }),
      ingress("c", { "*.x": [["/", "e"]] }),
    ];
    const wanted = compileRoutes(all);
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: 3 }), (shuffled) => {
        assert.deepEqual(compileRoutes(shuffled).routes, wanted.routes);
      }),
    );
  });
});
