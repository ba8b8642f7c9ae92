/** Whom the sources of AuthorizationPolicies mean. */
import assert from "node:assert/strict";
import { compile } from "../../micromesh/connectivity/index.ts";
import { allow, client, destination, passes, plaintext } from "./authorization-world.ts";
import { web } from "./cast.ts";
import { get, istio, world } from "./world.ts";

describe("AuthorizationPolicy", () => {
  describe("sources", () => {
    const from = (source: object, who = client, http = get()) =>
      passes(allow({ from: [{ source }] }), who, http);
    it("principals: exact, prefix, suffix, presence; never over plaintext", () => {
      for (const pattern of [
        "cluster.local/ns/b/sa/client",
        "cluster.local/ns/b/*",
        "*/sa/client",
        "*",
      ]) {
        assert.deepEqual(
          [from({ principals: [pattern] }), from({ principals: [pattern] }, plaintext)],
          [true, false],
          pattern,
        );
      }
      assert.equal(from({ principals: ["cluster.local/ns/b/sa/clien"] }), false);
      assert.equal(
        from({ principals: ["cluster.local/ns/*/sa/client"] }),
        false,
        "one wildcard, at an end",
      );
    });
    it("principals in cluster.local mean the mesh's own trust domain", () => {
      const settings = {
        ...istio,
        mesh: { rootNamespace: "istio-system", trustDomain: "td.example" },
      };
      const of = compile(
        world(
          settings,
          allow({ from: [{ source: { principals: ["cluster.local/ns/b/sa/client"] } }] }),
        ),
      );
      const who = (principal: string) =>
        of.inbound(web, 80)?.authorize({ ip: client.ip, principal }, destination).allowed;
      assert.deepEqual(
        [who("td.example/ns/b/sa/client"), who("other.example/ns/b/sa/client")],
        [true, false],
      );
    });
    it("notPrincipals let plaintext through, which has none", () => {
      const notPrincipals = ["cluster.local/ns/b/sa/client"];
      assert.deepEqual(
        [from({ notPrincipals }), from({ notPrincipals }, plaintext)],
        [false, true],
      );
    });
    it("namespaces: with wildcards anywhere", () => {
      const who = { ...client, principal: "cluster.local/ns/team-b-prod/sa/client" };
      for (const [pattern, matches] of [
        ["team-b-prod", true],
        ["team-*", true],
        ["*-prod", true],
        ["t*b*d", true],
        ["team", false],
        ["*-b", false],
      ] as const) {
        assert.equal(from({ namespaces: [pattern] }, who), matches, pattern);
      }
      assert.deepEqual(
        [
          from({ namespaces: ["b"] }, plaintext),
          from({ notNamespaces: ["b"] }, plaintext),
          from({ notNamespaces: ["b"] }),
        ],
        [false, true, false],
      );
    });
    it("service accounts: in the policy's namespace unless they name one", () => {
      const local = { ...client, principal: "cluster.local/ns/a/sa/client" };
      assert.deepEqual(
        [from({ serviceAccounts: ["client"] }, local), from({ serviceAccounts: ["client"] })],
        [true, false],
      );
      assert.deepEqual(
        [from({ serviceAccounts: ["b/client"] }), from({ serviceAccounts: ["b/clien"] })],
        [true, false],
      );
      assert.deepEqual(
        [from({ notServiceAccounts: ["b/client"] }), from({ notServiceAccounts: ["b/other"] })],
        [false, true],
      );
    });
    it("trust domains", () => {
      for (const [pattern, matches] of [
        ["cluster.local", true],
        ["cluster.*", true],
        ["*.local", true],
        ["*", true],
        ["cluster", false],
      ] as const) {
        assert.equal(from({ trustDomains: [pattern] }), matches, pattern);
      }
      assert.equal(from({ trustDomains: ["*"] }, plaintext), false);
    });
    it("ipBlocks are the direct peer's, remoteIpBlocks the first client's", () => {
      assert.deepEqual(
        [
          from({ ipBlocks: ["10.244.0.0/16"] }),
          from({ ipBlocks: ["10.244.7.8"] }),
          from({ notIpBlocks: ["10.244.7.7"] }),
        ],
        [true, false, false],
      );
      const forwarded = get("/", { headers: { "x-forwarded-for": "198.51.100.1, 203.0.113.7" } });
      assert.deepEqual(
        [
          from({ remoteIpBlocks: ["203.0.113.0/24"] }, client, forwarded),
          from({ remoteIpBlocks: ["198.51.100.0/24"] }, client, forwarded),
        ],
        [true, false],
      );
      assert.deepEqual(
        [
          from({ remoteIpBlocks: ["10.244.7.7"] }),
          from({ ipBlocks: ["203.0.113.0/24"] }, client, forwarded),
        ],
        [true, false],
      );
    });
    it("requestPrincipals never match, since nobody validates a JWT", () => {
      assert.deepEqual(
        [from({ requestPrincipals: ["*"] }), from({ notRequestPrincipals: ["*"] })],
        [false, true],
      );
    });
    it("fields are ANDed, sources ORed", () => {
      assert.equal(from({ namespaces: ["b"], ipBlocks: ["203.0.113.0/24"] }), false);
      assert.equal(
        passes(
          allow({ from: [{ source: { namespaces: ["x"] } }, { source: { namespaces: ["b"] } }] }),
        ),
        true,
      );
    });
  });
});
