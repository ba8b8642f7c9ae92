import assert from "node:assert/strict";
import { nameServerFrom } from "../../../micromesh/resources/corefile/name-server.ts";
import { COREFILE } from "../../../micromesh/resources/corefile/parse.ts";
import { query, resolve } from "../../../micromesh/simulator/network/names.ts";
import { pod, service, view } from "./world.ts";

const missing = { kind: "no-such-name" };

describe("resolve", () => {
  const web = service("web", { clusterIp: "10.96.1.1" });
  const there = service("web", { namespace: "other", clusterIp: "10.96.1.2" });
  const headless = service("db", {
    addresses: [
      { ip: "10.244.0.10", hostname: "db-0", ready: true },
      { ip: "10.244.0.11", ready: true },
      { ip: "10.244.0.12", hostname: "db-2", ready: false },
    ],
  });
  const world = view({ services: [web, there, headless] });
  const addresses = (host: string, namespace = "lab", in_ = world) => {
    const answer = resolve(in_, namespace, host);
    return answer.kind === "addresses" ? answer.addresses : answer.kind;
  };

  describe("a Service with an address", () => {
    for (const host of [
      "web",
      "web.lab",
      "web.lab.svc",
      "web.lab.svc.cluster.local",
      "web.lab.svc.cluster.local.",
    ]) {
      it(`has the name ${host} in its own namespace`, () => {
        assert.deepEqual(resolve(world, "lab", host), {
          kind: "addresses",
          addresses: ["10.96.1.1"],
        });
      });
    }

    it("is meant by its bare name only in its own namespace", () => {
      assert.deepEqual(addresses("web", "other"), ["10.96.1.2"]);
    });

    it("is reached from elsewhere by name and namespace", () => {
      assert.deepEqual(addresses("web.lab", "other"), ["10.96.1.1"]);
    });

    it("has a name that cares for no case", () => {
      assert.deepEqual(addresses("Web.LAB.svc.Cluster.Local"), ["10.96.1.1"]);
    });

    it("has an address without any endpoint", () => {
      assert.deepEqual(addresses("web"), ["10.96.1.1"]);
    });

    it("has its endpoints' names too, as CoreDNS has", () => {
      const services = [{ ...web, addresses: [{ ip: "10.244.0.10", ready: true }] }];
      assert.deepEqual(addresses("10-244-0-10.web", "lab", view({ services })), ["10.244.0.10"]);
    });
  });

  describe("a headless Service", () => {
    it("is its ready pods' addresses", () => {
      assert.deepEqual(addresses("db"), ["10.244.0.10", "10.244.0.11"]);
    });

    it("is its pods' addresses, ready or not, where it publishes them", () => {
      const services = [{ ...headless, publishNotReadyAddresses: true }];
      assert.equal(addresses("db", "lab", view({ services })).length, 3);
    });

    it("names a pod by its host name", () => {
      assert.deepEqual(addresses("db-0.db.lab.svc.cluster.local"), ["10.244.0.10"]);
    });

    it("names a pod without host name by its address", () => {
      assert.deepEqual(addresses("10-244-0-11.db"), ["10.244.0.11"]);
    });

    it("names a pod with host name by that alone", () => {
      assert.equal(addresses("10-244-0-10.db.lab.svc.cluster.local"), "no-such-name");
    });

    it("has no name for a pod that isn't ready", () => {
      assert.equal(addresses("db-2.db.lab.svc.cluster.local"), "no-such-name");
    });

    it("has no name where no pod is ready", () => {
      const services = [{ ...headless, addresses: [] }];
      assert.equal(
        addresses("db.lab.svc.cluster.local", "lab", view({ services })),
        "no-such-name",
      );
    });
  });

  describe("an ExternalName Service", () => {
    const alias = (name: string, externalName: string) =>
      service(name, { type: "ExternalName", externalName });

    it("is a name of the world", () => {
      const services = [alias("shop", "shop.example.com")];
      assert.deepEqual(resolve(view({ services }), "lab", "shop"), {
        kind: "external",
        name: "shop.example.com",
        asked: "shop.lab.svc.cluster.local",
      });
    });

    it("may lead back into the cluster", () => {
      const services = [alias("shop", "web.other.svc.cluster.local."), there];
      assert.deepEqual(addresses("shop", "lab", view({ services })), ["10.96.1.2"]);
    });

    it("may lead to another one", () => {
      const services = [alias("a", "b.lab.svc.cluster.local"), alias("b", "b.example.com")];
      assert.deepEqual(resolve(view({ services }), "lab", "a"), {
        kind: "external",
        name: "b.example.com",
        asked: "a.lab.svc.cluster.local",
      });
    });

    it("has no address when its target isn't there, search list or not", () => {
      const services = [alias("shop", "gone.lab.svc.cluster.local"), web];
      assert.equal(addresses("shop", "lab", view({ services })), "no-data");
    });

    it("has no address when it leads to itself", () => {
      const services = [alias("a", "a.lab.svc.cluster.local")];
      assert.equal(addresses("a.lab.svc.cluster.local", "lab", view({ services })), "no-data");
    });

    it("has no pods of its own", () => {
      const services = [alias("shop", "shop.example.com")];
      assert.deepEqual(resolve(view({ services }), "lab", "x.shop.lab.svc.cluster.local"), missing);
    });
  });

  describe("a pod", () => {
    it("has a name by its address, in a namespace that exists", () => {
      assert.deepEqual(addresses("10-244-0-9.lab.pod.cluster.local"), ["10.244.0.9"]);
    });

    it("has none in a namespace that doesn't", () => {
      assert.equal(addresses("10-244-0-9.nowhere.pod.cluster.local"), "no-such-name");
    });

    it("has none by anything but an address", () => {
      assert.equal(addresses("web-1.lab.pod.cluster.local"), "no-such-name");
    });
  });

  describe("a refused name", () => {
    const refusing = (host: string, admitted: RegExp, services = [web]) => {
      const asked: string[] = [];
      const answer = resolve(view({ services }), "lab", host, (name) => {
        asked.push(name);
        return admitted.test(name);
      });
      return [answer.kind === "refused" ? `${answer.name} refused` : answer.kind, asked];
    };

    it("ends the search, as musl does", () => {
      assert.deepEqual(refusing("example.com", /^example\.com$/), [
        "example.com.lab.svc.cluster.local refused",
        ["example.com.lab.svc.cluster.local"],
      ]);
      assert.deepEqual(refusing("example.com.", /^example\.com$/), ["external", ["example.com"]]);
    });

    it("may be one of the cluster", () => {
      assert.equal(refusing("web", /^other/)[0], "web.lab.svc.cluster.local refused");
      assert.equal(refusing("web", /^web\.lab/)[0], "addresses");
    });

    it("is never one that an ExternalName leads to", () => {
      const alias = service("shop", { type: "ExternalName", externalName: "shop.example.com" });
      assert.deepEqual(refusing("shop", /^shop\.lab\./, [alias]), [
        "external",
        ["shop.lab.svc.cluster.local"],
      ]);
    });
  });

  describe("another name", () => {
    it("of the cluster's domain doesn't exist", () => {
      for (const host of [
        "gone.lab.svc.cluster.local",
        "gone.svc.cluster.local",
        "web.lab.service.cluster.local",
        "a.b.web.lab.svc.cluster.local",
      ]) {
        assert.deepEqual(resolve(world, "lab", host), missing, host);
      }
    });

    it("of a namespace, or above, exists without an address, which ends the search", () => {
      for (const host of ["lab.svc.cluster.local", "lab", "svc.cluster.local", "cluster.local."]) {
        assert.equal(addresses(host), "no-data", host);
      }
    });

    it("is the world's, asked as it stands", () => {
      assert.deepEqual(resolve(world, "lab", "example.com"), {
        kind: "external",
        name: "example.com",
      });
    });

    it("is the world's although it ends like the cluster's", () => {
      assert.equal(resolve(world, "lab", "web.lab.svc.notcluster.local").kind, "external");
    });
  });

  describe("the search list", () => {
    // Were these names tried as they stand, they would be the world's.
    const named = (name: string, namespace: string) =>
      view({
        namespaces: [{ name: namespace, labels: {} }],
        services: [service(name, { namespace, clusterIp: "10.96.2.2" })],
      });

    it("is tried before a name of fewer than five dots", () => {
      assert.deepEqual(addresses("shop.com", "lab", named("shop", "com")), ["10.96.2.2"]);
    });

    it("ends with the cluster's domain alone", () => {
      assert.deepEqual(addresses("db-0.db.lab.svc", "other"), ["10.244.0.10"]);
    });

    it("is tried after a name of five dots and more", () => {
      const host = "a.b.c.d.e.f";
      assert.deepEqual(resolve(world, "lab", host), { kind: "external", name: host });
    });

    it("isn't tried for a name with a dot at its end", () => {
      assert.deepEqual(resolve(named("shop", "com"), "lab", "shop.com."), {
        kind: "external",
        name: "shop.com",
      });
    });

    it("prefers the pod's own namespace", () => {
      const services = [
        service("web", {
          namespace: "lab",
          addresses: [{ ip: "10.244.0.1", hostname: "other", ready: true }],
        }),
        there,
      ];
      assert.deepEqual(addresses("other.web", "lab", view({ services })), ["10.244.0.1"]);
      assert.deepEqual(addresses("web.other", "lab", view({ services })), ["10.96.1.2"]);
    });
  });
});

describe("query", () => {
  const endpoints = [
    { ip: "10.244.0.10", port: 8080 },
    { ip: "10.244.0.11", port: 8081 },
  ];
  const port = (name: string, number: number, protocol: "TCP" | "UDP" = "TCP", to = endpoints) => ({
    name,
    port: number,
    protocol,
    appProtocol: "http" as const,
    endpoints: to,
  });
  const addresses = [
    { ip: "10.244.0.10", hostname: "db-0", ready: true },
    { ip: "10.244.0.11", ready: true },
    { ip: "10.244.0.12", hostname: "db-2", ready: false },
  ];
  const metrics = port("metrics", 9000, "TCP", [
    { ip: "10.244.0.10", port: 9090 },
    { ip: "10.244.0.11", port: 9090 },
  ]);
  const services = [
    service("web", { clusterIp: "10.96.1.1", ports: [port("http", 80)], addresses }),
    service("dns", {
      clusterIp: "10.96.1.2",
      ports: [port("dns", 53, "UDP"), port("dns-tcp", 53), port("metrics", 9153)],
    }),
    service("db", { ports: [port("http", 80)], addresses }),
    service("both", { ports: [port("http", 80), metrics], addresses }),
    service("bare", { addresses }),
    service("empty", { ports: [port("http", 80, "TCP", [])] }),
    service("out", { type: "ExternalName", externalName: "db.example.com" }),
  ];
  const world = view({ services });
  const found = (name: string, type = "SRV", in_ = world) => {
    const answer = query(in_, name, type);
    if (answer.kind === "records") return answer.records.map(({ value }) => value);
    return answer.kind === "failure" ? answer.rcode : answer;
  };

  const cases: [what: string, name: string, expected: string[] | string, type?: string][] = [
    [
      "a Service's name and port",
      "_http._tcp.web.lab.svc.cluster.local",
      ["0 100 80 web.lab.svc.cluster.local"],
    ],
    [
      "whatever case, with a dot at the end",
      "_HTTP._TCP.Web.lab.svc.cluster.local.",
      ["0 100 80 web.lab.svc.cluster.local"],
    ],
    [
      "each ready pod's name and own port behind a headless Service",
      "_http._tcp.db.lab.svc.cluster.local",
      ["0 50 8080 db-0.db.lab.svc.cluster.local", "0 50 8081 10-244-0-11.db.lab.svc.cluster.local"],
    ],
    [
      "all ports where none is named",
      "both.lab.svc.cluster.local",
      [
        "0 25 8080 db-0.both.lab.svc.cluster.local",
        "0 25 9090 db-0.both.lab.svc.cluster.local",
        "0 25 8081 10-244-0-11.both.lab.svc.cluster.local",
        "0 25 9090 10-244-0-11.both.lab.svc.cluster.local",
      ],
    ],
    [
      "one pod's ports",
      "db-0.both.lab.svc.cluster.local",
      ["0 50 8080 db-0.both.lab.svc.cluster.local", "0 50 9090 db-0.both.lab.svc.cluster.local"],
    ],
    [
      "a port of both protocols once, with its share of the weight",
      "dns.lab.svc.cluster.local",
      ["0 33 53 dns.lab.svc.cluster.local", "0 33 9153 dns.lab.svc.cluster.local"],
    ],
    ["no port of a Service that has none", "bare.lab.svc.cluster.local", []],
    ["nothing of what lies outside", "out.lab.svc.cluster.local", []],
    ["nothing for another port", "_grpc._tcp.web.lab.svc.cluster.local", "NXDOMAIN"],
    ["nothing for another protocol", "_http._udp.web.lab.svc.cluster.local", "NXDOMAIN"],
    ["nothing where no pod is ready", "_http._tcp.empty.lab.svc.cluster.local", "NXDOMAIN"],
    ["nothing for a Service that isn't there", "_http._tcp.gone.lab.svc.cluster.local", "NXDOMAIN"],
    ["nothing for a port of an ExternalName", "_http._tcp.out.lab.svc.cluster.local", "NXDOMAIN"],
    ["nothing by the search list", "_http._tcp.web.lab", "NXDOMAIN"],
    ["a port's address", "_http._tcp.web.lab.svc.cluster.local", ["10.96.1.1"], "A"],
    [
      "a Service without ports by address",
      "bare.lab.svc.cluster.local",
      ["10.244.0.10", "10.244.0.11"],
      "A",
    ],
    ["no IPv6", "web.lab.svc.cluster.local", [], "AAAA"],
    ["where an ExternalName leads", "out.lab.svc.cluster.local", ["db.example.com"], "CNAME"],
    ["a Service by its address", "1.1.96.10.in-addr.arpa", ["web.lab.svc.cluster.local"], "PTR"],
  ];
  for (const [what, name, expected, type = "SRV"] of cases) {
    const external = expected === "NXDOMAIN" && !name.endsWith("cluster.local");
    it(`gives ${what}: ${type} ${name}`, () => {
      assert.deepEqual(found(name, type), external ? { kind: "external", name } : expected);
    });
  }

  it("gives pods with a host name by their address, and no others", () => {
    assert.deepEqual(found("10.0.244.10.in-addr.arpa", "PTR"), [
      "db-0.web.lab.svc.cluster.local",
      "db-0.db.lab.svc.cluster.local",
      "db-0.both.lab.svc.cluster.local",
      "db-0.bare.lab.svc.cluster.local",
    ]);
    const unknown = found("11.0.244.10.in-addr.arpa", "PTR");
    assert.deepEqual(unknown, { kind: "external", name: "11.0.244.10.in-addr.arpa" });
  });

  it("gives pods that aren't ready where a Service publishes them", () => {
    const to = [...endpoints, { ip: "10.244.0.12", port: 8080 }];
    const db = service("db", {
      publishNotReadyAddresses: true,
      ports: [port("http", 80, "TCP", to)],
      addresses,
    });
    assert.deepEqual(
      found("_http._tcp.db.lab.svc.cluster.local", "SRV", view({ services: [db] }))[2 as never],
      "0 33 8080 db-2.db.lab.svc.cluster.local",
    );
  });
});

describe("settings of CoreDNS' plugin kubernetes", () => {
  const ports = [
    {
      name: "http",
      port: 80,
      protocol: "TCP" as const,
      appProtocol: "http" as const,
      endpoints: [{ ip: "10.244.0.10", port: 8080 }],
    },
  ];
  const addresses = [{ ip: "10.244.0.10", ready: true }];
  const found = (settings: string, name: string, type = "A") => {
    const corefile = `.:53 {\n kubernetes cluster.local in-addr.arpa {\n ${settings}\n }\n}\n`;
    const { nameServer } = nameServerFrom({ [COREFILE]: corefile });
    const world = view({
      nameServer,
      pods: [pod("web-1", "10.244.0.10")],
      services: [
        service("web", { ports, addresses }),
        service("idle", { clusterIp: "10.96.1.1", ports }),
        service("web", { namespace: "other", clusterIp: "10.96.1.2", ports, addresses }),
      ],
    });
    const answer = query(world, name, type);
    if (answer.kind === "records") return answer.records.map(({ value }) => value);
    return answer.kind === "failure" ? answer.rcode : answer.kind;
  };
  const cases: [settings: string, name: string, expected: string | string[]][] = [
    ["", "10-244-0-10.lab.pod.cluster.local", "NXDOMAIN"],
    ["pods disabled", "10-244-0-10.lab.pod.cluster.local", "NXDOMAIN"],
    ["pods insecure", "10-9-9-9.lab.pod.cluster.local", ["10.9.9.9"]],
    ["pods verified", "10-9-9-9.lab.pod.cluster.local", "NXDOMAIN"],
    ["pods verified", "10-244-0-10.lab.pod.cluster.local", ["10.244.0.10"]],
    ["pods verified", "10-244-0-10.other.pod.cluster.local", "NXDOMAIN"],
    ["namespaces other", "web.lab.svc.cluster.local", "NXDOMAIN"],
    ["namespaces other", "web.other.svc.cluster.local", ["10.96.1.2"]],
    ["", "idle.lab.svc.cluster.local", ["10.96.1.1"]],
    ["ignore empty_service", "idle.lab.svc.cluster.local", "NXDOMAIN"],
    ["ignore empty_service", "web.other.svc.cluster.local", ["10.96.1.2"]],
    ["endpoint_pod_names", "web-1.web.lab.svc.cluster.local", ["10.244.0.10"]],
    ["endpoint_pod_names", "10-244-0-10.web.lab.svc.cluster.local", "NXDOMAIN"],
    ["ttl 5", "www.example.com", "SERVFAIL"],
  ];
  for (const [settings, name, expected] of cases) {
    it(`${settings || "none"}: ${name}`, () => assert.deepEqual(found(settings, name), expected));
  }

  it("endpoint_pod_names: SRV records lead to pods by their names", () => {
    assert.deepEqual(found("endpoint_pod_names", "web.lab.svc.cluster.local", "SRV"), [
      "0 100 8080 web-1.web.lab.svc.cluster.local",
    ]);
  });

  it("a Corefile without the plugin: the world is never asked for the cluster's names", () => {
    const { nameServer } = nameServerFrom({ [COREFILE]: ". {\n forward . /etc/resolv.conf\n}\n" });
    const world = view({ nameServer, services: [service("web", { clusterIp: "10.96.1.1" })] });
    assert.deepEqual(resolve(world, "lab", "web.lab"), { kind: "external", name: "web.lab" });
    assert.deepEqual(query(world, "web.lab.svc.cluster.local", "A"), {
      kind: "failure",
      rcode: "NXDOMAIN",
    });
  });
});
