import assert from "node:assert/strict";
import { candidates } from "../../micromesh/verify/client/names.ts";
import { requestWords } from "../../micromesh/verify/words.ts";

describe("the names that a probe's SRV look-up asks for", () => {
  const pod =
    "search lab.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";
  const cases: [what: string, name: string, conf: string, expected: string[]][] = [
    [
      "the search list first, for a name of few dots",
      "_pg._tcp.db",
      pod,
      ["_pg._tcp.db.lab.svc.cluster.local", "_pg._tcp.db.svc.cluster.local", "_pg._tcp.db"],
    ],
    [
      "the name first, where it has enough dots",
      "_pg._tcp.db.lab.svc.cluster.local",
      pod,
      [
        "_pg._tcp.db.lab.svc.cluster.local",
        "_pg._tcp.db.lab.svc.cluster.local.lab.svc.cluster.local",
        "_pg._tcp.db.lab.svc.cluster.local.svc.cluster.local",
      ],
    ],
    ["the name alone, where it ends with a dot", "db.", pod, ["db."]],
    ["the name alone, without a search list", "db", "nameserver 192.0.2.1", ["db"]],
    ["one dot is enough where nothing is said", "a.b", "search x", ["a.b", "a.b.x"]],
    ["fewer than one dot isn't", "a", "search x", ["a.x", "a"]],
    [
      "the last words count",
      "a.b",
      "search x\n  search y\tz \noptions ndots:1 timeout:2\noptions rotate ndots:3\n",
      ["a.b.y", "a.b.z", "a.b"],
    ],
  ];
  for (const [what, name, conf, expected] of cases) {
    it(what, () => assert.deepEqual(candidates(name, conf), expected));
  }
});

describe("a DNS probe in words", () => {
  it("says which records it asks for, where they aren't addresses", () => {
    assert.equal(requestWords({ kind: "dns", name: "db" }), "dns db");
    assert.equal(requestWords({ kind: "dns", name: "db", record: "A" }), "dns db");
    assert.equal(requestWords({ kind: "dns", name: "db", record: "SRV" }), "dns SRV db");
  });
});
