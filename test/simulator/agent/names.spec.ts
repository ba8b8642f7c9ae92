import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { KUBEADM_COREFILE } from "../../../micromesh/resources/corefile/defaults.ts";
import { nameServerFrom } from "../../../micromesh/resources/corefile/name-server.ts";
import { COREFILE } from "../../../micromesh/resources/corefile/parse.ts";
import { withRule } from "../../../micromesh/resources/corefile/rule.ts";
import type { View } from "../../../micromesh/simulator/network/view.ts";
import { pod, service, view } from "../network/world.ts";

const agent = (file: string) =>
  JSON.stringify(new URL(`../../../micromesh/simulator/agent/${file}.ts`, import.meta.url).href);

/** What the machine's own resolver would say. */
const WORLD = {
  "api.example.com": "203.0.113.7",
  "www.example.com": "203.0.113.7",
  "x.org": "203.0.113.9",
};

const client = pod("client", "10.244.0.10");
const coreDns = pod("coredns", "10.244.0.2", {
  namespace: "kube-system",
  labels: { "k8s-app": "kube-dns" },
});

const policy = (egress: object[]) => ({
  apiVersion: "cilium.io/v2",
  kind: "CiliumNetworkPolicy",
  metadata: { name: "out", namespace: "lab" },
  spec: { endpointSelector: {}, egress },
});
const ports = [{ port: "53", protocol: "ANY" }];
const lookups = (...dns: object[]) => ({ toPorts: [{ ports, rules: { dns } }] });
const api = { toFQDNs: [{ matchName: "api.example.com" }] };

interface Outcome {
  /** What each step ended with. */
  ends: unknown[];
  /** Timers of a second and more, in milliseconds. */
  waits: number[];
  flows: { verdict: string; destination: string; port: number; because: string[] }[];
}

const viewUnder = (egress: object[], version = 1) =>
  view({ version, policies: [policy(egress)], pods: [client, coreDns] });

/**
 * Runs steps in a process with a pod's network, e.g. under one policy. Time is a thousand times as fast. A
 * connection that leaves the cluster ends with `out to ADDRESS`, one that is dropped with its error.
 */
const inPod = (egress: object[], steps: string[]) => inPodThatKnows(viewUnder(egress), steps);

async function inPodThatKnows(known: View, steps: string[]): Promise<Outcome> {
  const identity = { namespace: "lab", pod: "client", ip: "10.244.0.10", hostname: "client" };
  const program = `
    import dns from "node:dns";
    import net from "node:net";
    import { virtualiseNames } from ${agent("names")};
    import { virtualiseOutgoing } from ${agent("outgoing")};
    import { PodNetwork } from ${agent("pod-network")};

    const world = ${JSON.stringify(WORLD)};
    const missing = () => Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
    dns.lookup = (host, options, done) => process.nextTick(() => {
      const address = world[host];
      if (!address) done(missing());
      else if (options.all) done(null, [{ address, family: 4 }]);
      else done(null, address, 4);
    });
    dns.resolve4 = (host, done) =>
      process.nextTick(() => (world[host] ? done(null, [world[host]]) : done(missing())));
    net.Socket.prototype.connect = function ({ host }) {
      process.nextTick(() => this.destroy(Object.assign(new Error(), { code: "out to " + host })));
      return this;
    };
    const waits = [];
    const { setTimeout: wait } = globalThis;
    globalThis.setTimeout = (work, ms, ...rest) => {
      if (ms >= 1000) waits.push(ms);
      return wait(work, ms / 1000, ...rest);
    };

    const flows = [];
    const network = new PodNetwork(
      ${JSON.stringify(identity)},
      ${JSON.stringify(known)},
      ({ verdict, destination, port, because }) => flows.push({ verdict, destination, port, because }),
    );
    virtualiseNames(network);
    virtualiseOutgoing(network, {});
    const connect = (host, more = {}) => new Promise((_, reject) =>
      net.connect({ host, port: 443, ...more }).on("error", reject));
    const ends = [];
    const run = async (step) => {
      try {
        ends.push(await step());
      } catch (error) {
        ends.push(error.code);
      }
    };
    ${steps.map((step) => `await run(async () => ${step});`).join("\n")}
    process.stdout.write(JSON.stringify({ ends, waits, flows }));
  `;
  const args = ["--import", "tsx", "--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Outcome;
}

describe("a pod under rules by name", () => {
  it("reaches what it looked up by a name that matches, in whatever way it looked", async () => {
    const ways = [
      `dns.promises.lookup("api.example.com")`,
      `dns.promises.lookup("api.example.com", { all: true })`,
      `dns.promises.resolve4("api.example.com")`,
      `new dns.promises.Resolver().resolve("api.example.com")`,
    ];
    for (const way of ways) {
      const { ends } = await inPod(
        [lookups({ matchPattern: "*" }), api],
        [`connect("203.0.113.7")`, way, `connect("203.0.113.7")`, `connect("203.0.113.9")`],
      );
      assert.deepEqual(
        [ends[0], ...ends.slice(2)],
        ["ETIMEDOUT", "out to 203.0.113.7", "ETIMEDOUT"],
      );
    }
  });

  it("reaches it by name at once, and nothing else at the names that don't match", async () => {
    const { ends, flows } = await inPod(
      [lookups({ matchPattern: "*" }), api],
      [
        `connect("x.org")`,
        `connect("www.example.com")`,
        `connect("api.example.com")`,
        `connect("api.example.com", { lookup: dns.lookup })`,
        `connect("nowhere.example.com")`,
      ],
    );
    assert.deepEqual(ends, [
      "ETIMEDOUT",
      "ETIMEDOUT",
      "out to 203.0.113.7",
      "out to 203.0.113.7",
      "ENOTFOUND",
    ]);
    assert.deepEqual(
      flows.map(({ verdict, destination }) => [verdict, destination]),
      [
        ["dropped", "203.0.113.9"],
        ["dropped", "203.0.113.7"],
      ],
    );
  });

  it("reaches nothing by name where Cilium doesn't see its look-ups", async () => {
    const toPorts = [{ ports }];
    const { ends } = await inPod([{ toPorts }, api], [`connect("api.example.com")`]);
    assert.deepEqual(ends, ["ETIMEDOUT"]);
  });

  it("reaches nothing by what it looked up before Cilium saw its look-ups", async () => {
    const later = viewUnder([lookups({ matchPattern: "*" }), api], 2);
    const { ends } = await inPod(
      [{ toPorts: [{ ports }] }, api],
      [
        `dns.promises.lookup("api.example.com")`,
        `network.update(${JSON.stringify(later)})`,
        `connect("203.0.113.7")`,
        `connect("api.example.com")`,
      ],
    );
    assert.deepEqual(ends.slice(2), ["ETIMEDOUT", "out to 203.0.113.7"]);
  });

  it("is refused look-ups that no DNS rule admits: a search ends, a query fails at once", async () => {
    const dns = lookups({ matchName: "api.example.com" });
    const { ends, waits, flows } = await inPod(
      [dns, api],
      [
        `dns.promises.lookup("api.example.com")`,
        `connect("api.example.com")`,
        `dns.promises.resolve4("x.org")`,
        `connect("api.example.com.")`,
      ],
    );
    assert.deepEqual(ends, ["EAI_AGAIN", "EAI_AGAIN", "EREFUSED", "out to 203.0.113.7"]);
    assert.deepEqual(waits, [5000, 5000]);
    const searched = "api.example.com.lab.svc.cluster.local";
    assert.deepEqual(
      flows.map(({ verdict, destination, port }) => [verdict, destination, port]),
      [
        ["denied", searched, 53],
        ["denied", searched, 53],
        ["denied", "x.org", 53],
      ],
    );
    assert.match(flows[2]?.because.join() ?? "", /admits no look-up of x.org by its DNS rules/);
  });

  it("gets no answer where it can't reach the cluster's DNS", async () => {
    const { ends, waits } = await inPod(
      [api],
      [
        `dns.promises.lookup("api.example.com")`,
        `connect("api.example.com")`,
        `dns.promises.resolve4("api.example.com")`,
      ],
    );
    assert.deepEqual(ends, ["EAI_AGAIN", "EAI_AGAIN", "ETIMEOUT"]);
    assert.deepEqual(waits, [10_000, 10_000, 10_000]);
  });
}).timeout(30_000);

describe("a pod, and a CoreDNS with rules of its own", () => {
  const web = service("web", { clusterIp: "10.96.1.1" });
  const under = (rule: string) => {
    const { nameServer } = nameServerFrom({ [COREFILE]: withRule(KUBEADM_COREFILE, rule) });
    return view({ pods: [client, coreDns], services: [web], nameServer });
  };
  const full = "web.lab.svc.cluster.local";
  const steps = [
    `dns.promises.lookup("web")`,
    `connect("web")`,
    `dns.promises.resolve4("${full}")`,
    `dns.promises.resolveSrv("${full}")`,
  ];
  const template = (rcode: string, type = "ANY") =>
    `template ANY ${type} ${full} {\n rcode ${rcode}\n}`;

  it("that denies a name: no such name", async () => {
    const { ends, waits } = await inPodThatKnows(under(template("NXDOMAIN")), steps);
    assert.deepEqual(ends, ["ENOTFOUND", "ENOTFOUND", "ENOTFOUND", "ENOTFOUND"]);
    assert.deepEqual(waits, []);
  });

  it("that fails or refuses: look-ups wait, as musl does, and queries end at once", async () => {
    for (const [rcode, code] of [
      ["SERVFAIL", "ESERVFAIL"],
      ["REFUSED", "EREFUSED"],
      ["NOTIMP", "ENOTIMP"],
    ] as const) {
      const { ends, waits } = await inPodThatKnows(under(template(rcode)), steps);
      assert.deepEqual(ends, ["EAI_AGAIN", "EAI_AGAIN", code, code]);
      assert.deepEqual(waits, [5000, 5000]);
    }
  });

  it("that denies a name one type of record: look-ups ask for both", async () => {
    const { ends } = await inPodThatKnows(under(template("NXDOMAIN", "AAAA")), [
      ...steps.slice(0, 1),
      `dns.promises.resolve4("${full}")`,
      `dns.promises.resolve6("${full}")`,
    ]);
    assert.deepEqual(ends, ["ENOTFOUND", ["10.96.1.1"], "ENOTFOUND"]);
  });

  it("that gives a name another address, or another name", async () => {
    const rule = [
      "hosts {\n 203.0.113.7 old.example.com\n fallthrough\n}",
      `rewrite name exact shop.example.com ${full}`,
      `template IN A any.example.com {\n answer "{{ .Name }} 60 IN A 203.0.113.8"\n}`,
      `template IN ANY alias.example.com {\n answer "{{ .Name }} 60 IN CNAME ${full}."\n}`,
    ].join("\n");
    const names = ["old", "shop", "any", "alias", "www"].map((name) => `${name}.example.com`);
    const { ends } = await inPodThatKnows(
      under(rule),
      names.map((name) => `dns.promises.resolve4("${name}")`),
    );
    assert.deepEqual(ends, [
      ["203.0.113.7"],
      ["10.96.1.1"],
      ["203.0.113.8"],
      ["10.96.1.1"],
      ["203.0.113.7"],
    ]);
  });

  it("looks nothing up of a type that Node doesn't know, in Node's words", async () => {
    const { ends } = await inPodThatKnows(view({ pods: [client, coreDns] }), [
      `dns.promises.resolve("${full}", "B")`,
    ]);
    assert.deepEqual(ends, ["ERR_INVALID_ARG_VALUE"]);
  });
}).timeout(30_000);
