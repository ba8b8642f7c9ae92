import assert from "node:assert/strict";
import { outcomeOf, outcomes, worse } from "../../../micromesh/verify/timeline/outcome.ts";
import { pathsOf } from "../../../micromesh/verify/timeline/paths.ts";
import { probeOf } from "../samples.ts";

const url = "http://a.lan/";
const http = (name: string, more: object = {}) =>
  probeOf({ name, request: { kind: "http", url, ...more } });

describe("a timeline's paths", () => {
  it("are the probes that change nothing and ask once", () => {
    const probes = [
      http("get"),
      http("head", { method: "HEAD" }),
      http("post", { method: "POST" }),
      http("many", { tally: { times: 3 } }),
      probeOf({ name: "tcp", request: { kind: "tcp", host: "db", port: 1 } }),
      probeOf({ name: "dns", request: { kind: "dns", name: "db" } }),
    ];
    const paths = pathsOf({ before: [], probes });
    assert.deepEqual(
      paths.map(({ name }) => name),
      ["get", "head", "tcp", "dns"],
    );
  });

  it("are one where place and request are the same, whatever is expected", () => {
    const pod = { namespace: "n", workload: "w" };
    const again = { ...http("again"), expect: { failure: "timeout" as const } };
    const inPod = { ...http("from a pod"), from: pod };
    const other = http("another header", { headers: { host: "b.lan" } });
    const paths = pathsOf({ before: [http("first")], probes: [again, inPod, other] });
    assert.deepEqual(
      paths.map(({ name }) => name),
      ["first", "from a pod", "another header"],
    );
  });
});

describe("a request's outcome", () => {
  const ms = 1;
  it("is told by its answer, for each kind", () => {
    for (const [status, outcome] of [
      [101, "ok"],
      [200, "ok"],
      [302, "ok"],
      [399, "ok"],
      [400, "error"],
      [503, "error"],
    ] as const) {
      assert.equal(outcomeOf("http", { status, ms }), outcome, String(status));
    }
    assert.equal(outcomeOf("tcp", { ms }), "ok");
    assert.equal(outcomeOf("dns", { addresses: ["10.0.0.1"], ms }), "ok");
  });

  it("is the failure's name, of an answer that broke off, too", () => {
    assert.equal(outcomeOf("dns", { failure: "no-such-name", ms }), "no-such-name");
    assert.equal(outcomeOf("http", { status: 200, failure: "reset", ms }), "reset");
  });

  it("is the worse of two, in either order", () => {
    for (const [index, one] of outcomes.entries()) {
      for (const other of outcomes.slice(index)) {
        assert.deepEqual([worse(one, other), worse(other, one)], [other, other]);
      }
      assert.equal(worse(undefined, one), one);
    }
  });
});
