/** What the conditions of AuthorizationPolicies ask. */
import assert from "node:assert/strict";
import { allow, client, destination, passes } from "./authorization-world.ts";
import { get } from "./world.ts";

describe("AuthorizationPolicy", () => {
  describe("conditions", () => {
    const when = (key: string, values?: string[], notValues?: string[], request = get()) =>
      passes(allow({ when: [{ key, values, notValues }] }), client, request);
    const cases: [key: string, yes: string, no: string][] = [
      ["source.ip", "10.244.7.0/24", "10.0.0.1"],
      ["remote.ip", "10.244.7.7", "10.0.0.1"],
      ["source.namespace", "b", "a"],
      ["source.principal", "*/sa/client", "*/sa/other"],
      ["source.serviceAccount", "b/client", "client"],
      ["source.trustDomain", "cluster.local", "td"],
      ["destination.ip", `${destination.ip}/32`, "10.0.0.1"],
      ["destination.port", "80", "81"],
      ["request.headers[X-Team]", "r*", "blue"],
      ["request.headers[:method]", "GET", "PUT"],
    ];
    for (const [key, yes, no] of cases) {
      it(key, () => {
        const request = get("/", { headers: { "x-team": "red" } });
        assert.deepEqual(
          [
            when(key, [yes], undefined, request),
            when(key, [no], undefined, request),
            when(key, [no, yes], undefined, request),
          ],
          [true, false, true],
        );
        assert.deepEqual(
          [when(key, undefined, [yes], request), when(key, undefined, [no], request)],
          [false, true],
        );
      });
    }
    it("a header that's absent has no value, and none of the notValues", () => {
      assert.deepEqual(
        [when("request.headers[x]", ["*"]), when("request.headers[x]", undefined, ["a"])],
        [false, true],
      );
      assert.equal(
        when("request.headers[x]", ["*"], undefined, get("/", { headers: { x: "" } })),
        true,
      );
    });
    it("what nobody provides is absent", () => {
      for (const key of [
        "connection.sni",
        "request.auth.claims[group]",
        "request.auth.principal",
      ]) {
        assert.deepEqual([when(key, ["*"]), when(key, undefined, ["a"])], [false, true], key);
      }
    });
    it("are all to hold", () => {
      const conditions = [
        { key: "source.namespace", values: ["b"] },
        { key: "destination.port", values: ["81"] },
      ];
      assert.equal(passes(allow({ when: conditions })), false);
    });
  });
});
