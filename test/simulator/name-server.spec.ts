import assert from "node:assert/strict";
import { KUBEADM_COREFILE } from "../../micromesh/resources/corefile/defaults.ts";
import { noSuchNames, withRule } from "../../micromesh/resources/corefile/rule.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { Simulator } from "../../micromesh/simulator/simulator.ts";
import { app, declarationOf, namespace, object, service, until } from "./declaration.ts";

const READY_MS = 20_000;

const SERVER = `
import http from "node:http";
http.createServer((request, response) => response.end("hello")).listen(8080);
`;

/** Prints each answer once it differs from the one before, as \`NAME ANSWER\`. */
const CLIENT = `
import dns from "node:dns";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const SRV = "_http._tcp.db-headless.net.svc.cluster.local";
const coded = (asked) => asked.then((found) => JSON.stringify(found), (error) => error.code);
const questions = {
  fetch: () => fetch("http://db/", { headers: { connection: "close" } }).then((r) => r.text(), (error) => Promise.reject(error.cause)),
  lookup: () => dns.promises.lookup("db", { all: true }),
  full: () => dns.promises.resolve4("db.net.svc.cluster.local"),
  short: () => dns.promises.resolve4("db"),
  callback: () => promisify(dns.resolveSrv)(SRV),
  promise: () => dns.promises.resolve(SRV, "SRV"),
  resolver: () => new dns.promises.Resolver().resolveSrv(SRV),
  ttl: () => dns.promises.resolve4("db.net.svc.cluster.local", { ttl: true }),
  six: () => dns.promises.resolve6("db.net.svc.cluster.local"),
  text: () => dns.promises.resolveTxt("db.net.svc.cluster.local"),
  reverse: async () => dns.promises.reverse((await dns.promises.resolve4("db.net.svc.cluster.local"))[0]),
  conf: () => readFile("/etc/resolv.conf", "utf8"),
};
const before = {};
for (;;) {
  for (const [name, ask] of Object.entries(questions)) {
    const answer = await coded(ask());
    if (before[name] !== answer) console.log(name + " " + answer);
    before[name] = answer;
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
}
`;

const from = { namespace: "net", workload: "client" };
const port = { name: "http", port: 80, targetPort: 8080 };
const base = [
  namespace("net"),
  ...app({ namespace: "net", name: "db", source: SERVER, port: 8080, replicas: 2 }),
  service("net", "db", port),
  object(
    "v1",
    "Service",
    { name: "db-headless", namespace: "net" },
    {
      spec: { clusterIP: "None", selector: { "app.kubernetes.io/name": "db" }, ports: [port] },
    },
  ),
];
const corefile = (text: string): KubernetesObject =>
  object(
    "v1",
    "ConfigMap",
    { name: "coredns", namespace: "kube-system" },
    { data: { Corefile: text } },
  );

describe("the cluster's DNS, as pods see it", () => {
  let simulator: Simulator;
  const client = app({ namespace: "net", name: "client", source: CLIENT });
  const printed = (name: string): string[] => {
    const pod = simulator.cluster.statuses.find((p) => p.name.startsWith("client-"));
    return simulator.lines
      .of(`net/${pod?.name}`)
      .map(({ line }) => line)
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length + 1));
  };
  const answered = (name: string, answer: string | RegExp) =>
    until(`${name} is ${answer}`, () => {
      const last = printed(name).at(-1);
      return (
        last !== undefined && (typeof answer === "string" ? last === answer : answer.test(last))
      );
    }).catch((error) => assert.fail(`${error.message}; it was ${printed(name).join(" then ")}`));
  const apply = async (...more: KubernetesObject[]) => {
    await simulator.apply(declarationOf([...base, ...client, ...more]));
    await simulator.settled(READY_MS);
  };
  const ask = (name: string, record: "A" | "SRV" = "A") =>
    simulator.observe(from, { kind: "dns", name, record }, 8_000);
  const pods = () =>
    simulator.cluster.statuses
      .filter(({ owner }) => owner === "Deployment db")
      .map(({ ips }) => ips[0] as string);

  before(async function () {
    this.timeout(45_000);
    simulator = await Simulator.start(declarationOf(base), { gatewayPort: 0 });
    await simulator.settled(READY_MS);
    await apply();
  });

  after(async function () {
    this.timeout(15_000);
    await simulator?.stop();
  });

  it("answers by every name, and queries by full names alone", async () => {
    await answered("fetch", '"hello"');
    await answered("full", /^\["10\.96\./);
    await answered("ttl", /^\[\{"address":"10\.96\.[\d.]+","ttl":30\}\]$/);
    await answered("reverse", '["db.net.svc.cluster.local"]');
    await answered("six", "ENODATA");
    await answered("text", "ENODATA");
    await answered("short", /^E/);
  });

  it("tells a headless Service's pods and ports, in whatever way it's asked", async () => {
    const expected = pods().map((ip) => {
      const name = `${ip.replaceAll(".", "-")}.db-headless.net.svc.cluster.local`;
      return { name, port: 8080, priority: 0, weight: 50 };
    });
    for (const way of ["callback", "promise", "resolver"]) {
      await answered(way, JSON.stringify(expected));
    }
  });

  it("gives pods the resolver's file that a kubelet gives them", async () => {
    const text =
      "search net.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";
    await answered("conf", JSON.stringify(text));
  });

  it("is asked by probes with the pod's search domains, for SRV too", async () => {
    const expected = pods()
      .map((ip) => `0 50 8080 ${ip.replaceAll(".", "-")}.db-headless.net.svc.cluster.local`)
      .sort();
    for (const name of [
      "db-headless",
      "_http._tcp.db-headless",
      "_http._tcp.db-headless.net.svc",
    ]) {
      assert.deepEqual((await ask(name, "SRV")).services, expected, name);
    }
    assert.deepEqual((await ask("db", "SRV")).services, ["0 100 80 db.net.svc.cluster.local"]);
    assert.equal((await ask("gone", "SRV")).failure, "no-such-name");
    assert.deepEqual((await ask("db-headless")).addresses?.sort(), pods().sort());
  });

  it("follows its Corefile while pods run, and forgets what is no longer declared", async () => {
    await answered("fetch", '"hello"');
    const before = simulator.cluster.statuses.map(({ name }) => name).sort();
    const rule = noSuchNames(["db.net.svc.cluster.local"]);
    await apply(corefile(withRule(KUBEADM_COREFILE, rule)));
    for (const way of ["fetch", "lookup", "full", "ttl"]) await answered(way, "ENOTFOUND");
    assert.equal((await ask("db")).failure, "no-such-name");
    assert.equal((await ask("db", "SRV")).failure, "no-such-name");
    assert.equal((await ask("db-headless")).addresses?.length, 2);
    await apply();
    await answered("fetch", '"hello"');
    assert.deepEqual((await ask("db")).addresses?.length, 1);
    assert.deepEqual(simulator.cluster.statuses.map(({ name }) => name).sort(), before);
  });

  it("reads what K3s imports", async () => {
    const data = { "micromesh.override": noSuchNames(["db.net.svc.cluster.local"]) };
    await apply(
      object("v1", "ConfigMap", { name: "coredns-custom", namespace: "kube-system" }, { data }),
    );
    await answered("full", "ENOTFOUND");
    assert.deepEqual(
      simulator.findings.filter(({ object: of }) => of.includes("coredns")),
      [],
    );
  });

  it("keeps the Corefile that it has where it can't read the new one, which is told", async () => {
    const rule = noSuchNames(["db.net.svc.cluster.local"]);
    await apply(corefile(withRule(KUBEADM_COREFILE, rule)));
    await answered("full", "ENOTFOUND");
    await apply(corefile(".:53 {\n  nonsense\n}\n"));
    assert.equal((await ask("db")).failure, "no-such-name");
    assert.deepEqual(
      simulator.findings.filter(({ object: of }) => of.includes("coredns")),
      [
        {
          object: "ConfigMap kube-system/coredns",
          field: "data.Corefile line 2",
          why: "Unknown directive 'nonsense': CoreDNS keeps the Corefile that it has",
        },
      ],
    );
    await apply();
    await answered("full", /^\["10\.96\./);
  });
});
