/** What AuthorizationPolicies do: actions, scope, TCP, and the reasons given. */
import assert from "node:assert/strict";
import type { HttpRequest } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import {
  allow,
  client,
  deny,
  destination,
  inbound,
  overTcp,
  passes,
  plaintext,
  policy,
} from "./authorization-world.ts";
import { authorizationPolicy, get, lines } from "./world.ts";

describe("AuthorizationPolicy", () => {
  describe("actions", () => {
    it("without any: everything is allowed", () => {
      const decision = inbound().authorize(plaintext, destination);
      assert.deepEqual(
        [decision.allowed, lines(decision)],
        [true, ["no AuthorizationPolicy with ALLOW applies"]],
      );
    });
    it("an empty spec allows nothing", () => {
      assert.equal(passes(policy({})), false);
      assert.equal(passes(authorizationPolicy("a/p", undefined)), false);
      assert.deepEqual(lines(inbound(policy({})).authorize(client, destination)), [
        "AuthorizationPolicy a/p: has no rules, so it allows nothing",
      ]);
    });
    it("an empty rule matches everything", () => {
      assert.equal(passes(allow({})), true);
      assert.equal(passes(deny({})), false);
    });
    it("DENY alone leaves the rest open; with ALLOW it wins", () => {
      const no = deny({ to: [{ operation: { paths: ["/admin"] } }] });
      assert.deepEqual([passes(no), passes(no, client, get("/admin"))], [true, false]);
      const both = inbound(no, allow({}));
      assert.equal(both.authorize(client, destination, get("/admin")).allowed, false);
      assert.equal(both.authorize(client, destination, get("/")).allowed, true);
    });
    it("ALLOW adds up over policies and rules", () => {
      const methods = (...names: string[]) => ({ to: [{ operation: { methods: names } }] });
      const of = inbound(
        allow(methods("GET"), methods("PUT")),
        policy({ rules: [methods("POST")] }, "a/q"),
      );
      const passed = ["GET", "PUT", "POST", "DELETE"].map(
        (method) => of.authorize(client, destination, get("/", { method })).allowed,
      );
      assert.deepEqual(passed, [true, true, true, false]);
    });
    it("AUDIT decides nothing", () => {
      assert.equal(passes(policy({ action: "AUDIT", rules: [{}] })), true);
    });
    it("a dry run decides nothing, and tells what it would have denied", () => {
      const dry = deny({});
      dry.metadata.annotations = { "istio.io/dry-run": "true" };
      const decision = inbound(dry).authorize(client, destination);
      assert.equal(decision.allowed, true);
      assert.match(lines(decision).join(), /a\/no spec.rules\[0\]: dry run only: denies TCP 80/);
      const dryAllow = policy({});
      dryAllow.metadata.annotations = { "istio.io/dry-run": "T" };
      assert.equal(passes(dryAllow), true);
      const real = policy({});
      real.metadata.annotations = { "istio.io/dry-run": "yes" };
      assert.equal(passes(real), false);
    });
  });

  describe("scope", () => {
    const rules = [{}];
    it("is the policy's namespace, and every one for the root namespace", () => {
      assert.equal(passes(policy({ action: "DENY", rules }, "b/no")), true);
      assert.equal(passes(policy({ action: "DENY", rules }, "istio-system/no")), false);
    });
    it("narrows to what the selector selects", () => {
      const selected = (app: string, path: string) =>
        passes(policy({ action: "DENY", rules, selector: { matchLabels: { app } } }, path));
      assert.deepEqual([selected("web", "a/no"), selected("other", "a/no")], [false, true]);
      assert.deepEqual(
        [selected("web", "istio-system/no"), selected("other", "istio-system/no")],
        [false, true],
      );
    });
    it("leaves sidecars out where it has targetRefs", () => {
      assert.equal(
        passes(policy({ action: "DENY", rules, targetRefs: [{ kind: "Gateway", name: "g" }] })),
        true,
      );
    });
  });

  describe("on TCP, where HTTP attributes are absent", () => {
    const paths = { to: [{ operation: { paths: ["/x"], ports: ["80"] } }] };
    it("an ALLOW rule that uses one never matches, whatever its other items ask", () => {
      assert.equal(overTcp(allow(paths)), false);
      assert.equal(
        overTcp(
          allow({ to: [{ operation: { methods: ["GET"] } }, { operation: { ports: ["80"] } }] }),
        ),
        false,
      );
      assert.equal(overTcp(allow(paths, { to: [{ operation: { ports: ["80"] } }] })), true);
      assert.equal(overTcp(allow({ to: [{ operation: { notPaths: ["/x"] } }] })), false);
    });
    it("a DENY rule denies as if it didn't ask for it", () => {
      assert.equal(overTcp(deny(paths)), false);
      assert.equal(overTcp(deny(paths), client, { ...destination, port: 81 }), true);
      assert.equal(overTcp(deny({ to: [{ operation: { notMethods: ["GET"] } }] })), false);
      assert.equal(overTcp(deny({ when: [{ key: "request.headers[x]", values: ["1"] }] })), false);
      assert.equal(overTcp(deny({ from: [{ source: { namespaces: ["c"] } }], ...paths })), true);
    });
    it("needsHttp tells that requests must be looked at", () => {
      assert.deepEqual(
        [inbound(allow(paths)).needsHttp, inbound(allow({})).needsHttp, inbound().needsHttp],
        [true, false, false],
      );
      const when = [{ key: "request.headers[x]", values: ["1"] }];
      assert.equal(inbound(deny({ when })).needsHttp, true);
      assert.equal(
        inbound(deny({ from: [{ source: { remoteIpBlocks: ["10.0.0.0/8"] } }] })).needsHttp,
        false,
      );
      assert.equal(inbound(policy({ action: "AUDIT", rules: [paths] })).needsHttp, false);
    });
  });

  describe("reasons", () => {
    const because = (of: KubernetesObject, source = client, http?: HttpRequest): string =>
      lines(inbound(of).authorize(source, destination, http)).join();
    it("name the rule that decides", () => {
      assert.equal(
        because(allow({ to: [{ operation: { ports: ["81"] } }] }, {})),
        "AuthorizationPolicy a/p spec.rules[1]: allows TCP 80 from cluster.local/ns/b/sa/client",
      );
      assert.equal(
        because(deny({}), plaintext, get("/x")),
        "AuthorizationPolicy a/no spec.rules[0]: denies GET /x from 10.244.7.7 without identity",
      );
    });
    it("name what plaintext and TCP lack", () => {
      assert.equal(
        because(allow({ from: [{ source: { principals: ["*"] } }] }), plaintext),
        "AuthorizationPolicy a/p: allows only what its rules match, and none matches TCP 80 from 10.244.7.7 without identity; plaintext carries no identity that its rules could match",
      );
      assert.match(
        because(allow({ to: [{ operation: { paths: ["/"] } }] })),
        /rules that ask for HTTP attributes never match a TCP connection$/,
      );
    });
  });
});
