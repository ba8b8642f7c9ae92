import assert from "node:assert/strict";
import { resolve, resolveSrv } from "../../../micromesh/simulator/network/names.ts";
import { service, view } from "./world.ts";

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
          service: web,
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

    it("leads nowhere when its target isn't there, search list or not", () => {
      const services = [alias("shop", "gone.lab.svc.cluster.local"), web];
      assert.deepEqual(resolve(view({ services }), "lab", "shop"), missing);
    });

    it("leads nowhere when it leads to itself", () => {
      const services = [alias("a", "a.lab.svc.cluster.local")];
      assert.equal(addresses("a.lab.svc.cluster.local", "lab", view({ services })), "no-such-name");
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
        "lab.svc.cluster.local",
        "svc.cluster.local",
        "cluster.local.",
        "a.b.web.lab.svc.cluster.local",
      ]) {
        assert.deepEqual(resolve(world, "lab", host), missing, host);
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
      view({ services: [service(name, { namespace, clusterIp: "10.96.2.2" })] });

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

describe("resolveSrv", () => {
  const ports = [
    {
      name: "http",
      port: 80,
      protocol: "TCP" as const,
      appProtocol: "http" as const,
      endpoints: [
        { ip: "10.244.0.10", port: 8080 },
        { ip: "10.244.0.11", port: 8081 },
      ],
    },
  ];
  const addresses = [
    { ip: "10.244.0.10", hostname: "db-0", ready: true },
    { ip: "10.244.0.11", ready: true },
  ];
  const world = view({
    services: [
      service("web", { clusterIp: "10.96.1.1", ports }),
      service("db", { ports, addresses }),
    ],
  });

  it("gives a Service's name and port", () => {
    assert.deepEqual(resolveSrv(world, "lab", "_http._tcp.web.lab.svc.cluster.local"), [
      { name: "web.lab.svc.cluster.local", port: 80, priority: 0, weight: 100 },
    ]);
  });

  it("gives each pod's name and own port behind a headless Service", () => {
    assert.deepEqual(
      resolveSrv(world, "lab", "_http._tcp.db.lab.svc.cluster.local")?.map((r) => [r.name, r.port]),
      [
        ["db-0.db.lab.svc.cluster.local", 8080],
        ["10-244-0-11.db.lab.svc.cluster.local", 8081],
      ],
    );
  });

  it("cares for no case and takes a dot at the end", () => {
    assert.equal(resolveSrv(world, "lab", "_HTTP._TCP.Web.lab.svc.cluster.local.")?.length, 1);
  });

  for (const [what, query] of [
    ["another port", "_grpc._tcp.web.lab.svc.cluster.local"],
    ["another protocol", "_http._udp.web.lab.svc.cluster.local"],
    ["a Service that isn't there", "_http._tcp.gone.lab.svc.cluster.local"],
    ["a plain name", "web.lab.svc.cluster.local"],
    ["a name of the world", "_http._tcp.example.com."],
  ] as const) {
    it(`has nothing for ${what}`, () => {
      assert.equal(resolveSrv(world, "lab", query), undefined);
    });
  }
});
