/** Which requests the operations of AuthorizationPolicies mean. */
import assert from "node:assert/strict";
import { allow, client, passes } from "./authorization-world.ts";
import { get } from "./world.ts";

describe("AuthorizationPolicy", () => {
  describe("operations", () => {
    const to = (operation: object, request = get()) =>
      passes(allow({ to: [{ operation }] }), client, request);
    it("methods and hosts, the latter in any case and with the port as sent", () => {
      assert.deepEqual(
        [
          to({ methods: ["GET"] }),
          to({ methods: ["get"] }),
          to({ methods: ["G*"] }),
          to({ notMethods: ["GET"] }),
        ],
        [true, false, true, false],
      );
      const host = (pattern: string, sent: string) =>
        to({ hosts: [pattern] }, get("/", { host: sent }));
      assert.deepEqual(
        [
          host("WEB.example", "web.Example"),
          host("*.example", "web.example"),
          host("web.example", "web.example:80"),
          host("web.example:*", "web.example:80"),
          host("*", "x"),
        ],
        [true, true, false, true, true],
      );
      assert.equal(to({ notHosts: ["web"] }), false);
      assert.equal(host("*", ""), false);
    });
    it("paths: exact, prefix, suffix; without query; as normalised", () => {
      const path = (pattern: string, sent: string) => to({ paths: [pattern] }, get(sent));
      for (const [pattern, sent, matches] of [
        ["/a", "/a", true],
        ["/a", "/a?b=1", true],
        ["/a", "/a/", false],
        ["/a*", "/abc", true],
        ["*.txt", "/x.txt", true],
        ["*", "/", true],
        ["/admin", "/public/../admin", true],
        ["/admin", "/%61dmin", true],
        ["/public/*", "/public/../admin", false],
      ] as const) {
        assert.equal(path(pattern, sent), matches, `${pattern} ${sent}`);
      }
      assert.equal(to({ notPaths: ["/admin*"] }, get("/x/../admin")), false);
    });
    it("path templates, as the API reference has them", () => {
      for (const [pattern, sent, matches] of [
        ["/foo/{*}", "/foo/bar", true],
        ["/foo/{*}", "/foo/bar/baz", false],
        ["/foo/{*}", "/foo/", false],
        ["/foo/{**}/", "/foo/bar/", true],
        ["/foo/{**}/", "/foo/bar/baz.txt/", true],
        ["/foo/{**}/", "/foo//", true],
        ["/foo/{**}/", "/foo/bar", false],
        ["/foo/{*}/bar/{**}", "/foo/buzz/bar/", true],
        ["/foo/{*}/bar/{**}", "/foo/buzz/bar/baz", true],
        ["/a.b/{*}", "/aXb/c", false],
      ] as const) {
        assert.equal(to({ paths: [pattern] }, get(sent)), matches, `${pattern} ${sent}`);
      }
    });
    it("ports", () => {
      assert.deepEqual(
        [to({ ports: ["80"] }), to({ ports: ["81"] }), to({ notPorts: ["80"] })],
        [true, false, false],
      );
    });
    it("fields are ANDed, operations ORed, and both with the source", () => {
      assert.equal(to({ methods: ["GET"], paths: ["/x"] }), false);
      const rule = {
        from: [{ source: { namespaces: ["b"] } }],
        to: [{ operation: { methods: ["PUT"] } }, { operation: { methods: ["GET"] } }],
      };
      assert.equal(passes(allow(rule)), true);
      assert.equal(passes(allow({ ...rule, from: [{ source: { namespaces: ["c"] } }] })), false);
    });
  });
});
