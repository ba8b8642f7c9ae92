import assert from "node:assert/strict";
import fc from "fast-check";
import { type Routed, routeTable } from "../../../../apps/router/router/route-table.ts";
import { seed } from "./world.ts";

/** One route after the other, as it's described. */
function naive(routes: Routed[], target: string): { route: Routed; target: string } | undefined {
  const [path = ""] = target.split(/[?#]/);
  let best: Routed | undefined;
  for (const route of routes) {
    const matches = route.path === "/" || path === route.path || path.startsWith(`${route.path}/`);
    if (matches && route.path.length > (best?.path.length ?? 0)) best = route;
  }
  if (!best) return undefined;
  const rest = best.path === "/" ? target : target.slice(best.path.length);
  const whole = best.rewrite === "/" ? rest : best.rewrite + rest;
  return { route: best, target: whole.startsWith("/") ? whole : `/${whole}` };
}

describe(`router: the table of routes (MICROMESH_SEED=${seed})`, () => {
  const segment = fc.constantFrom("a", "b", "ab", "A", "~", "a.b");
  const path = fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
  const routes = fc.uniqueArray(fc.record({ path, rewrite: path }), {
    maxLength: 12,
    selector: (route) => route.path,
  });
  const target = fc
    .tuple(
      fc.array(fc.oneof(segment, fc.constantFrom("", "..", "%2F", "a%2Fb", "%", "a;b")), {
        maxLength: 6,
      }),
      fc.constantFrom("", "/", "?", "?a/b=/c/d", "#x", "/?x#y"),
    )
    .map(([parts, end]) => `/${parts.join("/")}${end}`);

  it("finds what looking at one route after the other finds", () => {
    fc.assert(
      fc.property(routes, target, (routes, target) => {
        assert.deepEqual(routeTable(routes)(target), naive(routes, target));
      }),
      { seed, numRuns: 3000 },
    );
  });

  it("finds the same however unreserved characters are written, and nothing more by reserved ones", () => {
    const encoded = (text: string) =>
      text.replace(/[a-z.~]/gi, (one) => `%${one.charCodeAt(0).toString(16)}`);
    fc.assert(
      fc.property(routes, path, (routes, path) => {
        const find = routeTable(routes);
        assert.equal(find(encoded(path))?.route, find(path)?.route);
      }),
      { seed, numRuns: 1000 },
    );
    const find = routeTable([{ path: "/a/b", rewrite: "/" }]);
    for (const target of ["/a%2Fb", "/a%2fb/c", "/a%5Cb"]) assert.equal(find(target), undefined);
  });

  it("takes a path with a host before it, and nothing that is no path", () => {
    const find = routeTable([{ path: "/", rewrite: "/" }]);
    assert.equal(find("http://mesh.local:80/a?b")?.target, "/a?b");
    assert.equal(find("HTTP://mesh.local")?.target, "/");
    assert.equal(find("http://mesh.local?a")?.target, "/?a");
    for (const target of ["*", "", "a/b", "mesh.local:443", "//"]) {
      assert.equal(find(target)?.target, target.startsWith("/") ? target : undefined);
    }
  });

  it("takes no long time for a path of many segments", () => {
    const find = routeTable([{ path: "/a/a", rewrite: "/" }]);
    const began = performance.now();
    for (let i = 0; i < 200; i++) find("/a".repeat(8000));
    assert.ok(performance.now() - began < 1000);
  });
});
