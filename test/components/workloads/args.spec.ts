import assert from "node:assert/strict";
import { mebibytes, problemWith, type WorkloadArgs } from "../../../components/workloads/args.ts";
import { configFiles } from "../../../components/workloads/files.ts";

const good: WorkloadArgs = {
  namespace: "ns",
  partOf: "test",
  image: "httpd:1",
  port: { name: "http", container: 8080, service: 80 },
  probes: { startup: "tcp", readiness: "tcp", liveness: "tcp" },
  resources: { cpu: "10m", memory: "32Mi", memoryLimit: "64Mi" },
  user: 82,
  files: { "/conf": configFiles("web", { a: "1" }) },
  writable: ["/logs"],
};

describe("workloads: arguments", () => {
  it("has nothing to say about good ones", () => {
    assert.equal(problemWith("web", good), undefined);
    assert.equal(
      problemWith("web", { ...good, port: { ...good.port, name: "tcp-redis" } }),
      undefined,
    );
  });

  it("has nothing to say about ranges of addresses, and commands that ask", () => {
    const sourceRanges = ["0.0.0.0/0", "203.0.113.7/32", "::/0", "2001:db8::/32"];
    const readiness = { exec: ["true"] };
    const probes = { ...good.probes, readiness };
    const change = { loadBalancer: { sourceRanges }, headlessService: "web-each", probes };
    assert.equal(problemWith("web", { ...good, ...change }), undefined);
  });

  it("reads quantities of memory, and no others", () => {
    const read = ["512Ki", "192Mi", "2Gi"].map(mebibytes);
    assert.deepEqual(read, [0.5, 192, 2048]);
    for (const quantity of ["1.5Gi", "64M", "64", "Mi", ""]) {
      assert.throws(() => mebibytes(quantity), RangeError, quantity);
    }
  });

  const cases: [string, Partial<WorkloadArgs>, string, string?][] = [
    [
      "a name that is no DNS label",
      {},
      "workload Web_1: the name must be a DNS label: lower-case letters, digits and dashes, at most 63",
      "Web_1",
    ],
    [
      "a port without a protocol",
      { port: { ...good.port, name: "web" } },
      'workload web: port name "web" must begin with its protocol, e.g. "http" or "tcp-redis", and have at most 15 characters',
    ],
    [
      "a port name that Kubernetes won't take",
      { port: { ...good.port, name: "http-a-very-long-name" } },
      'workload web: port name "http-a-very-long-name" must begin with its protocol, e.g. "http" or "tcp-redis", and have at most 15 characters',
    ],
    [
      "two ports of one name",
      { extraPorts: [{ name: "http", container: 9901, service: 9901 }] },
      'workload web: two ports are called "http"',
    ],
    [
      "an extra port without a protocol",
      { extraPorts: [{ name: "admin", container: 9901, service: 9901 }] },
      'workload web: port name "admin" must begin with its protocol, e.g. "http" or "tcp-redis", and have at most 15 characters',
    ],
    [
      "a probe of a port that there isn't",
      { probes: { ...good.probes, readiness: { path: "/ready", port: "http-admin" } } },
      'workload web: a probe asks port "http-admin"; the ports are http',
    ],
    [
      "a probe that runs nothing",
      { probes: { ...good.probes, readiness: { exec: [] } } },
      "workload web: a probe runs no command; give exec a program and its arguments",
    ],
    [
      "a load balancer before a headless Service",
      { headless: true, loadBalancer: {} },
      "workload web: its Service can't be headless and have a load balancer; leave one of them out",
    ],
    [
      "a headless Service of the other one's name",
      { headlessService: "web" },
      'workload web: two Services are called "web"',
    ],
    [
      "a selector that selects everybody",
      { selector: {} },
      "workload web: the Service's selector is empty; name a label, or leave it out",
    ],
    ...[
      "203.0.113.0",
      "203.0.113.0/33",
      "203.0.113/24",
      "2001:db8::/129",
      "all",
      "10.0.0.0/8/8",
    ].map((range): [string, Partial<WorkloadArgs>, string] => [
      `${range} for a range`,
      { loadBalancer: { sourceRanges: ["2001:db8::/32", range] } },
      `workload web: source range "${range}" must be a range of addresses such as 203.0.113.0/24`,
    ]),
    [
      "root",
      { user: 0 },
      "workload web: user is 0; it must be a numeric user id above 0, not root",
    ],
    [
      "a volume for pods that are there at once",
      { volume: { path: "/data", size: "1Gi" } },
      'workload web: volume /data is for one pod at a time; give it update "replace" or a StatefulSet, and one replica',
    ],
    [
      "a StatefulSet whose pods have no names of their own",
      { controller: "StatefulSet" },
      "workload web: a StatefulSet has a headless Service: give it headlessService",
    ],
    [
      "a volume for several pods",
      { volume: { path: "/data", size: "1Gi" }, update: "replace", replicas: 2 },
      'workload web: volume /data is for one pod at a time; give it update "replace" or a StatefulSet, and one replica',
    ],
    [
      "a relative directory",
      { writable: ["logs"] },
      'workload web: directory "logs" must be an absolute path',
    ],
    [
      "a directory that's mounted twice",
      { writable: ["/conf"] },
      'workload web: directory "/conf" is mounted twice',
    ],
    [
      "two sets of files of one kind",
      {
        files: { "/a": configFiles("web", { a: "1" }), "/b": configFiles("web", { b: "1" }) },
      },
      'workload web: two sets of files are called "config"',
    ],
  ];
  for (const [what, change, message, name = "web"] of cases) {
    it(`refuses ${what}`, () => {
      assert.equal(problemWith(name, { ...good, ...change }), message);
    });
  }
});
