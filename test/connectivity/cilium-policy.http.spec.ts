/** Which requests Cilium's HTTP rules admit. */
import assert from "node:assert/strict";
import type { HttpRequest } from "../../micromesh/connectivity/model.ts";
import { client, web } from "./cast.ts";
import { byLabel, of } from "./cilium-world.ts";
import { ciliumPolicy, connect, get, lines } from "./world.ts";

describe("Cilium's HTTP rules", () => {
  const rules = (http: object[], from: object = {}) => ({
    ...from,
    toPorts: [{ ports: [{ port: "80", protocol: "TCP" }], rules: { http } }],
  });
  const decide = (...ingress: object[]) =>
    connect(
      of(ciliumPolicy("a/p", { endpointSelector: byLabel("app=web"), ingress })),
      client,
      web,
      80,
    );
  /** Whether the request passes; fails where nobody judges requests. */
  const passes = (http: object, request: HttpRequest) => {
    const decision = decide(rules([http]));
    assert.ok(decision.allowed && decision.http);
    return decision.http(request).allowed;
  };

  it("judge requests on a connection that is let through", () => {
    const decision = decide(rules([{ method: "GET", path: "/public/.*" }, { method: "PUT" }]));
    assert.equal(decision.allowed, true);
    const hit = decision.http?.(get("/public/x"));
    assert.deepEqual(
      [hit?.allowed, lines(hit ?? decision)],
      [
        true,
        ["CiliumNetworkPolicy a/p spec.ingress[0].toPorts[0].rules.http[0]: admits GET /public/x"],
      ],
    );
    const miss = decision.http?.(get("/private"));
    assert.deepEqual(
      [miss?.allowed, lines(miss ?? decision)],
      [
        false,
        [
          "CiliumNetworkPolicy a/p spec.ingress[0]: admits no GET /private by its HTTP rules for ingress",
        ],
      ],
    );
    assert.equal(decision.http?.(get("/private", { method: "PUT" })).allowed, true);
  });
  it("match whole values, the path with its query, in RE2's syntax", () => {
    assert.equal(passes({ path: "/a" }, get("/a")), true);
    assert.equal(passes({ path: "/a" }, get("/ab")), false);
    assert.equal(passes({ path: "/a" }, get("/a?b=1")), false);
    assert.equal(passes({ path: "/a(\\?.*)?" }, get("/a?b=1")), true);
    assert.equal(passes({ method: "GET|HEAD" }, get("/", { method: "HEAD" })), true);
    assert.equal(passes({ method: "GET" }, get("/", { method: "FORGET" })), false);
    assert.equal(passes({ host: "web(:\\d+)?" }, get("/", { host: "web:80" })), true);
    assert.equal(passes({ host: "web" }, get("/", { host: "web:80" })), false);
    assert.equal(passes({ path: "(?i)/A" }, get("/a")), true);
  });
  it("ask for headers, by presence or by value", () => {
    const headers = { "x-a": "1" };
    assert.equal(passes({ headers: ["X-A"] }, get("/", { headers })), true);
    assert.equal(passes({ headers: ["X-A: 1"] }, get("/", { headers })), true);
    assert.equal(passes({ headers: ["X-A: 2"] }, get("/", { headers })), false);
    assert.equal(passes({ headers: ["X-B"] }, get("/", { headers })), false);
    assert.equal(
      passes({ headerMatches: [{ name: "X-A", value: "1" }] }, get("/", { headers })),
      true,
    );
    assert.equal(
      passes({ headerMatches: [{ name: "X-A", value: "2" }] }, get("/", { headers })),
      false,
    );
    assert.equal(
      passes(
        { headerMatches: [{ name: "X-A", value: "2", mismatch: "LOG" }] },
        get("/", { headers }),
      ),
      true,
    );
    assert.equal(passes({ headerMatches: [{ name: "X-B" }] }, get("/", { headers })), false);
  });
  it("have no effect beside a rule for the same port and peer without any", () => {
    assert.equal(decide(rules([{ method: "GET" }]), { fromEndpoints: [{}] }).http, undefined);
    assert.equal(
      decide(rules([{ method: "GET" }]), { toPorts: [{ ports: [{ port: "80" }] }] }).http,
      undefined,
    );
    assert.notEqual(
      decide(rules([{ method: "GET" }]), { fromEntities: ["world"] }).http,
      undefined,
    );
    assert.equal(decide(rules([])).http, undefined);
  });
  it("deny nothing where default deny is off", () => {
    const spec = {
      endpointSelector: {},
      enableDefaultDeny: { ingress: false },
      ingress: [rules([{ method: "GET" }])],
    };
    assert.equal(connect(of(ciliumPolicy("a/p", spec)), client, web, 80).http, undefined);
  });
  it("must admit a request at both ends", () => {
    const ingress = ciliumPolicy("a/in", {
      endpointSelector: byLabel("app=web"),
      ingress: [rules([{ method: "GET" }])],
    });
    const egress = ciliumPolicy("a/out", {
      endpointSelector: byLabel("app=client"),
      egress: [rules([{ path: "/a" }])],
    });
    const { http } = connect(of(ingress, egress), client, web, 80);
    assert.deepEqual(
      [get("/a"), get("/b"), get("/a", { method: "PUT" })].map(
        (request) => http?.(request).allowed,
      ),
      [true, false, false],
    );
  });
});
