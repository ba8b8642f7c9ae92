import assert from "node:assert/strict";
import { ask } from "../../../micromesh/resources/corefile/ask.ts";
import {
  declaredNameServer,
  defaultNameServer,
  placeText,
} from "../../../micromesh/resources/corefile/declared.ts";
import { KUBEADM_COREFILE } from "../../../micromesh/resources/corefile/defaults.ts";
import { nameServerFrom } from "../../../micromesh/resources/corefile/name-server.ts";
import { COREFILE, type Files } from "../../../micromesh/resources/corefile/parse.ts";
import { object } from "../../prediction/objects.ts";

const FORWARD = "forward . /etc/resolv.conf";
const inBlock = (...lines: string[]) => `.:53 {\n${lines.join("\n")}\n}\n`;
const read = (text: string, files: Files = {}) => nameServerFrom({ ...files, [COREFILE]: text });

/** In short: the code, the records' values, `forward NAME`, or what the cluster knows. */
function answer(text: string, name: string, type = "A", known: string[] = [], files: Files = {}) {
  const { nameServer } = read(text, files);
  const reply = ask(nameServer, { name, type }, (question) =>
    known.includes(question.name) ? `cluster ${question.name}` : undefined,
  );
  switch (reply.kind) {
    case "records":
      return reply.records.map((record) => `${record.type} ${record.value}`);
    case "failure":
      return reply.rcode;
    case "found":
      return reply.found;
    case "forward":
      return `forward ${reply.name}`;
  }
}

// What CoreDNS 1.12.0 answers to the same questions.
describe("CoreDNS, as its Corefile makes it", () => {
  const template = (text: string, ...block: string[]) =>
    inBlock(`template ${text} {`, ...block, "}", FORWARD);
  const record = (address: string) => `answer "{{ .Name }} 60 IN A ${address}"`;
  const hosts = (...block: string[]) => ["hosts {", ...block, "}"];
  const cases: {
    [what: string]: [text: string, ...answers: [question: string, expected: string | string[]][]];
  } = {
    "a server without plugins refuses": [".:53 {\n}\n", ["a.b", "REFUSED"]],
    "plugins that answer nothing": [inBlock("errors", "cache"), ["a.b", "SERVFAIL"]],
    "plugins beside the way of a question": [inBlock("health", "ready"), ["a.b", "REFUSED"]],
    "a name that no server serves": [
      "a.b:53 {\n log\n}\n",
      ["b", "REFUSED"],
      ["x.a.b", "SERVFAIL"],
    ],
    "the most specific server": [
      `${inBlock(FORWARD)}a.b {\n ${template("ANY ANY", "rcode NXDOMAIN").split("\n").slice(1, 4).join("\n")}\n}\n`,
      ["a.b", "NXDOMAIN"],
      ["x.a.b", "NXDOMAIN"],
      ["xa.b", "forward xa.b"],
    ],
    "a server by a block of addresses": [
      `10.0.0.0/22 {\n template ANY ANY {\n rcode NXDOMAIN\n }\n}\n${inBlock(FORWARD)}`,
      ["5.3.0.10.in-addr.arpa", "NXDOMAIN"],
      ["5.4.0.10.in-addr.arpa", "forward 5.4.0.10.in-addr.arpa"],
    ],
    "a template": [
      template("ANY ANY db.a.b", "rcode NXDOMAIN"),
      ["db.a.b", "NXDOMAIN"],
      ["x.db.a.b", "NXDOMAIN"],
      ["mydb.a.b", "forward mydb.a.b"],
      ["db.a.b SRV", "NXDOMAIN"],
    ],
    "a template for one type": [
      template("IN AAAA .", "rcode NXDOMAIN"),
      ["a.b", "forward a.b"],
      ["a.b AAAA", "NXDOMAIN"],
    ],
    "a template by an expression": [
      template("IN A a.b", 'match "^(?P<n>[0-9]+)\\.a" "^y\\."', record("10.0.0.{{ .Group.n }}")),
      ["7.a.b", ["A 10.0.0.7"]],
      ["y.a.b", "SERVFAIL"],
      ["z.a.b", "SERVFAIL"],
      ["z.b", "forward z.b"],
    ],
    "a template by an expression, and what follows": [
      template("IN A a.b", "match ^x", record("10.0.0.1"), "fallthrough db.a.b"),
      ["x.a.b", ["A 10.0.0.1"]],
      ["y.db.a.b", "forward y.db.a.b"],
      ["y.a.b", "SERVFAIL"],
    ],
    "templates in their order": [
      inBlock(
        "template ANY ANY a.b {",
        "rcode REFUSED",
        "}",
        "template ANY ANY b {",
        "rcode NXDOMAIN",
        "}",
      ),
      ["x.a.b", "REFUSED"],
      ["x.b", "NXDOMAIN"],
      ["c", "SERVFAIL"],
    ],
    "an answer without a code": [
      template("IN A a.b", record("10.0.0.1"), 'answer "{{ .Name }} IN SRV 1 2 3 T.C."'),
      ["a.b", ["A 10.0.0.1", "SRV 1 2 3 t.c"]],
    ],
    "an answer that is none": [template("IN A a.b", 'answer "nonsense"'), ["a.b", "SERVFAIL"]],
    hosts: [
      inBlock(...hosts("10.0.0.5 X.a.b y.b", "10.0.0.6 x.a.b", "::1 six.b"), FORWARD),
      ["x.a.b", ["A 10.0.0.5", "A 10.0.0.6"]],
      ["x.a.b AAAA", []],
      ["six.b AAAA", ["AAAA ::1"]],
      ["gone.b", "SERVFAIL"],
      ["5.0.0.10.in-addr.arpa PTR", ["PTR x.a.b", "PTR y.b"]],
      ["9.0.0.10.in-addr.arpa PTR", "forward 9.0.0.10.in-addr.arpa"],
    ],
    "hosts of some zones, and what follows": [
      inBlock("hosts /none a.b {", "10.0.0.5 x.a.b y.c", "fallthrough z.a.b", "}", FORWARD),
      ["x.a.b", ["A 10.0.0.5"]],
      ["y.c", "forward y.c"],
      ["w.z.a.b", "forward w.z.a.b"],
      ["w.a.b", "SERVFAIL"],
      ["5.0.0.10.in-addr.arpa PTR", ["PTR x.a.b"]],
    ],
    "plugins in CoreDNS' own order": [
      inBlock(
        FORWARD,
        ...hosts("10.0.0.5 x.a.b y.a.b", "fallthrough"),
        "template ANY ANY x.a.b {",
        "rcode NXDOMAIN",
        "}",
      ),
      ["x.a.b", "NXDOMAIN"],
      ["y.a.b", ["A 10.0.0.5"]],
      ["z.a.b", "forward z.a.b"],
    ],
    "a rewriting of one name": [
      inBlock("rewrite name x.a.b y.c", FORWARD),
      ["x.a.b", "forward y.c"],
      ["w.x.a.b", "forward w.x.a.b"],
    ],
    "a rewriting of ends": [
      inBlock("rewrite name suffix .a.b .c", FORWARD),
      ["x.a.b", "forward x.c"],
      ["a.b", "forward a.b"],
    ],
    // The rule's words are made names in full, so that they end with a dot.
    "a rewriting of beginnings": [
      inBlock("rewrite name prefix x y", FORWARD),
      ["x.b", "forward y.b"],
      ["xy.b", "forward xy.b"],
    ],
    "a rewriting anywhere": [
      inBlock("rewrite name substring a.b q", FORWARD),
      ["a.b.a.b", "forward q.q"],
    ],
    "a rewriting by an expression": [
      inBlock("rewrite name regex (.*)\\.a\\.b {1}.c", FORWARD),
      ["x.a.b", "forward x.c"],
      ["x.a.b.d", "forward x.c"],
    ],
    "a rewriting that goes on": [
      inBlock("rewrite continue name suffix .a.b .c", "rewrite name suffix .c .d", FORWARD),
      ["x.a.b", "forward x.d"],
    ],
    "a rewriting that stops": [
      inBlock("rewrite stop name suffix .a.b .c", "rewrite name suffix .c .d", FORWARD),
      ["x.a.b", "forward x.c"],
      ["x.c", "forward x.d"],
    ],
    "a rewriting in a block": [
      inBlock("rewrite stop {", "name regex (.*)\\.a\\.b\\.$ {1}.c", "answer auto", "}", FORWARD),
      ["x.a.b", "forward x.c"],
    ],
    "the cluster, and what follows": [
      inBlock("kubernetes cluster.local in-addr.arpa {", "fallthrough in-addr.arpa", "}", FORWARD),
      ["web.cluster.local", "cluster web.cluster.local"],
      ["gone.cluster.local", "NXDOMAIN"],
      ["1.2.3.4.in-addr.arpa PTR", "forward 1.2.3.4.in-addr.arpa"],
      ["a.b", "forward a.b"],
    ],
    "a name that leads into the cluster": [
      inBlock("rewrite name db.b web.cluster.local", "kubernetes cluster.local"),
      ["db.b", "cluster web.cluster.local"],
    ],
    "forwarding of one zone": [
      inBlock("forward a.b /etc/resolv.conf"),
      ["x.a.b", "forward x.a.b"],
      ["x.b", "SERVFAIL"],
    ],
  };
  for (const [what, [text, ...questions]] of Object.entries(cases)) {
    it(what, () => {
      for (const [question, expected] of questions) {
        const [name = "", type] = question.split(" ");
        assert.deepEqual(answer(text, name, type, ["web.cluster.local"]), expected, question);
      }
    });
  }

  it("reads a file of hosts beside it", () => {
    const files = { "/etc/coredns/NodeHosts": "# nodes\n192.0.2.1 node-1 # first\nx y\n" };
    const text = inBlock(
      "hosts /etc/coredns/NodeHosts {",
      "ttl 60",
      "reload 15s",
      "fallthrough",
      "}",
    );
    assert.deepEqual(answer(text, "node-1", "A", [], files), ["A 192.0.2.1"]);
    assert.equal(answer(text, "y", "A", [], files), "SERVFAIL");
  });
});

describe("a Corefile that CoreDNS refuses", () => {
  const cases: [lines: string, problem: RegExp][] = [
    ["nonsense", /line 2: Unknown directive 'nonsense'/],
    ["hosts\nhosts", /line 3: hosts: this plugin can only be used once per Server Block/],
    ["template IN", /invalid RR class/],
    ["template IN Q .", /invalid RR class Q/],
    ["template ANY ANY {\n rcode WHAT\n}", /line 3: template: unknown rcode WHAT/],
    ["template ANY ANY {\n match (\n}", /line 3: could not parse regex: \(/],
    ["template ANY ANY {\n what\n}", /unknown property what/],
    ["rewrite", /no rule type specified/],
    ["rewrite what a b", /invalid rule type "what"/],
    ["rewrite name a", /too few arguments for a name rule/],
    ["rewrite name fuzzy a b", /not fuzzy/],
    ["hosts {\n fallthrough\n 10.0.0.1 a\n}", /line 4: hosts: unknown property '10.0.0.1'/],
    ["kubernetes in-addr.arpa", /non-reverse zone name must be used/],
    ["kubernetes {\n pods some\n}", /pods is one of disabled, insecure, verified/],
    ["kubernetes {\n what\n}", /unknown property 'what'/],
    ["forward .", /needs a zone and name servers/],
    ["}\n.:53 {\n log", /cannot serve dns:\/\/\.:53 - it is already defined/],
    ["}\nx.org {\n what", /line 4: Unknown directive 'what'/],
  ];
  for (const [lines, problem] of cases) {
    it(JSON.stringify(lines), () => assert.throws(() => read(inBlock(lines)), problem));
  }
  it("one that serves no port 53", () => {
    assert.throws(() => read(".:5353 {\n log\n}\n"), /no server block serves port 53/);
  });
});

describe("what of a Corefile isn't simulated", () => {
  const told = (text: string) =>
    read(text).unhonoured.map(({ plugin, place, why }) => `${plugin} ${place.line}: ${why}`);

  it("is nothing of what clusters bring", () => {
    assert.deepEqual(told(KUBEADM_COREFILE), []);
  });

  const cases: [text: string, expected: RegExp][] = [
    [inBlock("file db.example.org"), /^file 2: this plugin of CoreDNS isn't simulated$/],
    [inBlock("forward . 192.0.2.1"), /^forward 2: this machine's own resolver is asked, not 192/],
    [inBlock("rewrite ttl exact a.b 30"), /^rewrite 2: rules on ttl aren't simulated/],
    [inBlock("kubernetes cluster.local {", "labels a=b", "}"), /^kubernetes 2: labels isn't/],
    [inBlock('template IN A { answer "{{ if .Name }}{{ end }}" }'), /^template 2: an answer of/],
    [`tls://x.org {\n log\n}\n${inBlock("log")}`, /^tls:\/\/x.org 1: pods ask on port 53/],
    [`X.org {\n log\n}\n${inBlock("log")}`, /^X.org 1: CoreDNS never answers for .* capitals$/],
  ];
  for (const [text, expected] of cases) {
    it(JSON.stringify(text), () => {
      const [first = "", ...others] = told(text);
      assert.match(first, expected);
      assert.deepEqual(others, []);
    });
  }
});

describe("the declared CoreDNS", () => {
  const map = (name: string, data: object) =>
    object("v1", "ConfigMap", `kube-system/${name}`, { data });
  const denying = (name: string) => `template ANY ANY ${name} {\n  rcode NXDOMAIN\n}\n`;
  const asked = (objects: Parameters<typeof declaredNameServer>[0], name: string) => {
    const { nameServer } = declaredNameServer(objects);
    assert.ok(nameServer);
    return ask(nameServer, { name, type: "A" }, () => true);
  };

  it("is the cluster's own where nothing is declared, or elsewhere", () => {
    const other = object("v1", "ConfigMap", "lab/coredns", { data: { Corefile: inBlock("log") } });
    assert.deepEqual(declaredNameServer([]).nameServer, defaultNameServer());
    assert.deepEqual(declaredNameServer([other]).nameServer, defaultNameServer());
  });

  it("is the Corefile of its ConfigMap", () => {
    const objects = [map("coredns", { Corefile: inBlock(denying("a.b")) })];
    const reply = asked(objects, "a.b");
    assert.equal(reply.kind === "failure" && reply.rcode, "NXDOMAIN");
    assert.equal(
      reply.kind === "failure" && placeText(reply.by.place),
      "ConfigMap kube-system/coredns data.Corefile line 2",
    );
  });

  it("is K3s' with what the user's ConfigMap adds, servers too", () => {
    const objects = [
      map("coredns-custom", {
        "a.override": denying("a.b"),
        "c.server": `c.d:53 {\n${denying("c.d")}}\n`,
        "ignored.txt": "nonsense",
      }),
    ];
    for (const [name, where] of [
      ["a.b", 'ConfigMap kube-system/coredns-custom data["a.override"] line 1'],
      ["x.c.d", 'ConfigMap kube-system/coredns-custom data["c.server"] line 2'],
    ] as const) {
      const reply = asked(objects, name);
      assert.equal(reply.kind === "failure" && placeText(reply.by.place), where);
    }
    assert.equal(asked(objects, "web.lab.svc.cluster.local").kind, "found");
  });

  it("isn't known where it doesn't parse", () => {
    const { nameServer, error } = declaredNameServer([map("coredns", { Corefile: ". {\n" })]);
    assert.equal(nameServer, undefined);
    assert.match(error?.message ?? "", /a } is missing/);
  });
});
