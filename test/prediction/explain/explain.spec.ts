import assert from "node:assert/strict";
import { explain } from "../../../micromesh/prediction/explain/explain.ts";
import { applied } from "../../../micromesh/prediction/explain/world.ts";
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import { UsageError } from "../../../micromesh/resources/usage-error.ts";
import {
  authorizationPolicy,
  ciliumPolicy,
  closed,
  deployment,
  namespace,
  networkPolicy,
  object,
  peerAuthentication,
  platform,
  server,
  service,
  toDns,
  withCilium,
  withIngress,
  withIstio,
  workload,
} from "../objects.ts";

/** A shop: a frontend, a cart that keeps things in Redis, and a database of another namespace. */
const shop: KubernetesObject[] = [
  deployment("shop/web", { ports: [{ containerPort: 8080, name: "http" }] }),
  service("shop/web-svc", [{ port: 80, targetPort: "http", name: "web" }], {
    selector: { app: "web" },
  }),
  ...server("shop/cart", 7070),
  deployment("shop/many", {
    ports: [8080, { containerPort: 9090, name: "metrics" }, { containerPort: 53, protocol: "UDP" }],
  }),
  deployment("data/db", { ports: [5432] }),
  service("data/db-svc", 5432, { selector: { app: "db" } }),
  workload("StatefulSet", "data/redis", { ports: [6379] }),
  service("data/redis-peers", 6379, { selector: { app: "redis" }, clusterIP: "None" }),
  ...server("ops/cart", 7070),
  workload("DaemonSet", "ops/agent", { pod: { hostNetwork: true } }),
  service("shop/nobody", 80),
  service("shop/lost", [{ port: 80, targetPort: "no-such-port" }], { selector: { app: "web" } }),
  object("v1", "Service", "shop/mail", {
    spec: { type: "ExternalName", externalName: "smtp.example.com" },
  }),
];

const asked = (
  source: string,
  destination: string,
  more: KubernetesObject[] = [],
  on = platform(),
) => explain([...shop, ...more], on, source, destination);

const egress = (path: string, app: string, rules: object[]) =>
  networkPolicy(path, {
    podSelector: { matchLabels: { app } },
    policyTypes: ["Egress"],
    egress: rules,
  });

describe("explain", () => {
  describe("takes its ends", () => {
    const web = "shop/web[Deployment]";
    const cases: [source: string, destination: string, from: string, to: string][] = [
      ["shop/web", "data/db", web, "data/db[Deployment] TCP 5432"],
      ["web", "db", web, "data/db[Deployment] TCP 5432"],
      [web, "redis[StatefulSet]", web, "data/redis[StatefulSet] TCP 6379"],
      ["web", "data/redis[StatefulSet]:6379", web, "data/redis[StatefulSet] TCP 6379"],
      ["web", "db:1", web, "data/db[Deployment] TCP 1"],
      ["web", "many:metrics", web, "shop/many[Deployment] TCP 9090"],
      ["web", "many:53", web, "shop/many[Deployment] UDP 53"],
      ["web", "many:8080/udp", web, "shop/many[Deployment] UDP 8080"],
      ["web", "db:5432/SCTP", web, "data/db[Deployment] SCTP 5432"],
      ["web", "data/db-svc", web, "data/db[Deployment] TCP 5432"],
      ["web", "db-svc:5432", web, "data/db[Deployment] TCP 5432"],
      ["db", "web-svc.shop", "data/db[Deployment]", `${web} TCP 8080`],
      ["db", "web-svc.shop.svc:80", "data/db[Deployment]", `${web} TCP 8080`],
      ["db", "web-svc.shop.svc.cluster.local:web", "data/db[Deployment]", `${web} TCP 8080`],
      ["web", "redis-0.redis-peers.data", web, "data/redis[StatefulSet] TCP 6379"],
      ["web", "redis-peers.data:26379", web, "data/redis[StatefulSet] TCP 26379"],
      ["outside", "web", "outside", `${web} TCP 8080`],
      ["203.0.113.7", "web", "203.0.113.7", `${web} TCP 8080`],
      ["10.0.0.0/8", "web", "10.0.0.0/8", `${web} TCP 8080`],
      [
        "0.0.0.0-255.255.255.255[External]",
        "web",
        "0.0.0.0-255.255.255.255[External]",
        `${web} TCP 8080`,
      ],
      ["web", "outside:443", web, "outside TCP 443"],
      ["web", "198.51.100.1:443", web, "198.51.100.1 TCP 443"],
      ["web", "10.0.0.0-10.0.0.9:443", web, "10.0.0.0-10.0.0.9 TCP 443"],
      ["web", "10.0.0.0-10.0.0.9[External]:443", web, "10.0.0.0-10.0.0.9[External] TCP 443"],
      ["web", "[2001:db8::1]:443", web, "2001:db8::1 TCP 443"],
      ["[2001:db8::/32]", "web", "2001:db8::/32", `${web} TCP 8080`],
      ["web", "api.example.com:443", web, "api.example.com TCP 443"],
      ["web", "api.example.com[External]:443", web, "api.example.com TCP 443"],
      ["web", "mail:25", web, "smtp.example.com TCP 25"],
      // Of workloads with the same name, the one behind the Service that the source's DNS would find.
      ["web", "cart:7070", web, "shop/cart[Deployment] TCP 7070"],
      ["agent", "cart", "ops/agent[DaemonSet]", "ops/cart[Deployment] TCP 7070"],
    ];
    for (const [source, destination, from, to] of cases) {
      it(`${source} ${destination}`, () => {
        const found = asked(source, destination);
        assert.deepEqual([found.from, found.to, found.verdict], [from, to, "allow"]);
      });
    }

    it("a bare Service name as a pod of the source's namespace would call it", () => {
      const two = [
        service("shop/cache", 6379, { selector: { app: "cart" } }),
        service("ops/cache", 6379, { selector: { app: "cart" } }),
      ];
      assert.equal(asked("web", "cache", two).to, "shop/cart[Deployment] TCP 6379");
      assert.equal(asked("ops/cart", "cache", two).to, "ops/cart[Deployment] TCP 6379");
    });

    it("a name that a workload and a Service have by the port that is asked for", () => {
      const both = [
        deployment("shop/api", { ports: [8080] }),
        service("shop/api", [{ port: 80, targetPort: 8080 }]),
      ];
      for (const end of ["api", "api:80", "shop/api:8080"]) {
        assert.equal(asked("web", end, both).to, "shop/api[Deployment] TCP 8080", end);
      }
      assert.equal(asked("web", "api:81", both).to, "shop/api[Deployment] TCP 81");
    });

    it("the port that a Service leads to, where the pods declare none", () => {
      const silent = [
        deployment("shop/quiet"),
        service("shop/quiet-svc", [{ port: 80, targetPort: 3000 }], { selector: { app: "quiet" } }),
      ];
      assert.equal(asked("web", "quiet", silent).to, "shop/quiet[Deployment] TCP 3000");
    });

    it("a running pod by its address", () => {
      const pod = {
        ...workload("Pod", "shop/one", { ports: [80] }),
        status: { podIP: "10.244.0.9" },
      };
      assert.equal(asked("10.244.0.9", "web", [pod]).from, "shop/one[Pod]");
      assert.equal(asked("10.244.0.0/24", "web", [pod]).from, "10.244.0.0/24");
    });

    const ingress = object("networking.k8s.io/v1", "Ingress", "shop/in", {
      spec: { defaultBackend: { service: { name: "web-svc", port: { number: 80 } } } },
    });

    it("{ingress-controller}, whose pods aren't declared", () => {
      const found = asked("{ingress-controller}", "shop/web", [ingress, closed("shop")]);
      assert.deepEqual([found.from, found.verdict], ["{ingress-controller}", "deny"]);
      const [policy] = found.change?.objects ?? [];
      assert.deepEqual(policy?.spec.ingress[0].from, [{ namespaceSelector: {} }]);
    });

    it("{ingress-controller} as the pods of the one that is declared", () => {
      const found = asked("{ingress-controller}", "shop/web", [ingress], withIngress);
      assert.equal(found.from, "traefik/traefik[Deployment]");
    });
  });

  describe("refuses, in one clear line,", () => {
    const refused: [source: string, destination: string, told: RegExp][] = [
      [
        "web",
        "wbe:80",
        /^--explain wbe: there is no such workload or Service; did you mean shop\/web\?$/,
      ],
      ["wbe", "db", /^--explain wbe: there is no such workload; did you mean shop\/web\?$/],
      ["nothing-like-it", "db", /no such workload; there is data\/db, data\/redis, ops\/agent,/],
      ["web", "redis[Deployment]", /no such workload .*did you mean|there is data\/db/],
      [
        "cart",
        "db",
        /^--explain cart: that may be ops\/cart\[\w+\] or shop\/cart\[\w+\]; write one/,
      ],
      ["db-svc", "web", /^--explain db-svc: that is a Service, .*; write data\/db\[Deployment\]$/],
      ["web:80", "db", /^--explain web:80: .*the destination's port .*leave :80 out$/],
      ["{gateway}", "web", /^--explain \{gateway\}: nothing declared here leads in from outside$/],
      ["web", "many", /^--explain many: which port \(8080, 9090, 53\)\? Write many:PORT$/],
      ["web", "outside", /^--explain outside: which port\? Write outside:PORT$/],
      ["web", "2001:db8::1", /^--explain 2001:db8::1: which port\? Write \[2001:db8::1\]:PORT$/],
      ["web", "db:0", /^--explain db:0: 0 is no port; write a number from 1 to 65535/],
      ["web", "db:65536", /^--explain db:65536: 65536 is no port/],
      ["web", "db:80/icmp", /^--explain db:80\/icmp: 80\/icmp is no port/],
      ["web", "db:", /^--explain db:: nothing stands behind the colon/],
      ["web", "many:grpc", /^--explain many:grpc: no port is named grpc there; there is metrics$/],
      ["web", "db:grpc", /no port is named grpc there; write its number$/],
      ["web", "web-svc:8080", /Service shop\/web-svc has no port 8080; it has 80 \(web\)$/],
      ["web", "web-svc:80/udp", /Service shop\/web-svc has no UDP port 80; it has 80 \(web\)$/],
      [
        "web",
        "db.data",
        /there is no Service data\/db, so the name isn't found; data has db-svc, /,
      ],
      ["web", "db.nowhere.svc:80", /there is no Service nowhere\/db, .*; nowhere has none$/],
      [
        "web",
        "10.0.0.9-10.0.0.0:80",
        /^--explain 10\.0\.0\.9-10\.0\.0\.0: .*no address, block or range/,
      ],
      ["300.1.1.1", "web", /^--explain 300\.1\.1\.1: that is no address/],
      ["web", "10.0.0.0/33:80", /^--explain 10\.0\.0\.0\/33: that is no address/],
    ];
    for (const [source, destination, told] of refused) {
      it(`${source} ${destination}`, () => {
        assert.throws(
          () => asked(source, destination),
          (error: Error) => {
            assert.ok(error instanceof UsageError, String(error));
            assert.match(error.message, told);
            assert.ok(!error.message.includes("\n"));
            return true;
          },
        );
      });
    }

    it("anything where nothing is declared", () => {
      assert.throws(() => explain([], platform(), "a", "b"), /no such workload: none is declared$/);
    });

    it("addresses that don't all fare alike, with those that do", () => {
      const some = networkPolicy("shop/some", {
        podSelector: {},
        ingress: [{ from: [{ ipBlock: { cidr: "10.1.0.0/16" } }] }],
      });
      assert.throws(
        () => asked("10.0.0.0/8", "shop/web", [some]),
        /^UsageError: --explain 10\.0\.0\.0\/8: not all of its addresses fare alike; ask about one of 10\.0\.0\.0-10\.0\.255\.255 \(deny\), 10\.1\.0\.0-10\.1\.255\.255 \(allow\), 10\.2\.0\.0-10\.255\.255\.255 \(deny\)$/,
      );
      assert.equal(asked("10.1.2.0/24", "shop/web", [some]).verdict, "allow");
      assert.equal(asked("10.2.0.0-10.3.0.0", "shop/web", [some]).verdict, "deny");
    });
  });

  describe("tells the steps in which it's decided", () => {
    const stepsOf = (
      source: string,
      destination: string,
      more: KubernetesObject[] = [],
      on = platform(),
    ) => asked(source, destination, more, on).steps.map(({ at, verdict }) => `${at} ${verdict}`);

    it("the network alone", () => {
      assert.deepEqual(stepsOf("web", "db"), ["network allow"]);
      assert.deepEqual(stepsOf("web", "db", [closed("data")]), ["network deny"]);
    });

    it("the Service and its name first", () => {
      const { steps } = asked("web", "db-svc", [closed("data")]);
      assert.deepEqual(
        steps.map(({ at, verdict }) => `${at} ${verdict}`),
        ["way allow", "name allow", "network deny"],
      );
      assert.deepEqual(steps[0]?.because, [
        "Service data/db-svc port 5432 leads to data/db[Deployment] TCP 5432",
      ]);
      assert.match(
        steps[2]?.because.join() ?? "",
        /^NetworkPolicy data\/closed: isolates data\/db/,
      );
    });

    it("other workloads behind the Service by their names", () => {
      const second = deployment("data/other", { ports: [5432], labels: { app: "db", v: "2" } });
      const [way] = asked("web", "db-svc", [second]).steps;
      assert.match(
        way?.because[0] ?? "",
        /, and to data\/other\[Deployment\]: ask about each by its name/,
      );
    });

    it("a host's name, and then its addresses", () => {
      assert.deepEqual(stepsOf("web", "api.example.com:443"), ["name allow", "network allow"]);
    });

    it("a name that can't be looked up: broken, whatever the network says", () => {
      const noDns = egress("shop/no-dns", "web", [{ ports: [{ port: 5432 }] }]);
      const found = asked("web", "db-svc", [noDns]);
      assert.equal(found.verdict, "broken");
      assert.deepEqual(
        found.steps.map(({ at, verdict }) => `${at} ${verdict}`),
        ["way allow", "name broken", "network allow"],
      );
    });

    it("a pod in its node's network looks names up with its node", () => {
      assert.deepEqual(stepsOf("agent", "db-svc"), ["way allow", "network allow"]);
    });

    it("a Service that leads nowhere: broken, with the reason", () => {
      for (const [end, told] of [
        ["nobody", /selects no pod: no workload of shop has the labels app=nobody; .*refused/],
        ["lost", /leads to the port named no-such-port, which no container of shop\/web/],
      ] as const) {
        const found = asked("web", `shop/${end}`);
        assert.deepEqual([found.to, found.verdict], [`shop/${end}[Service] TCP 80`, "broken"]);
        assert.match(found.steps.at(-1)?.because.join() ?? "", told);
        assert.equal(found.change, undefined);
      }
      const asleep = [
        deployment("shop/asleep", { ports: [80], replicas: 0 }),
        service("shop/asleep", 80),
      ];
      const { steps } = asked("web", "asleep.shop", asleep);
      assert.match(
        steps.at(-1)?.because.join() ?? "",
        /shop\/asleep\[Deployment\] has no replicas/,
      );
    });

    it("a pod's way to itself, unless policies judge that too", () => {
      const both = [closed("data")];
      const found = asked("db", "db", both);
      assert.deepEqual([found.verdict, found.change], ["allow", undefined]);
      assert.equal(asked("db", "db", both, platform({ selfTraffic: "judged" })).verdict, "deny");
    });

    it("the mesh behind the network, and only where it lets through", () => {
      const meshed = [
        deployment("mesh/a", { labels: { app: "a", "sidecar.istio.io/inject": "true" } }),
        deployment("mesh/b", {
          ports: [80],
          labels: { app: "b", "sidecar.istio.io/inject": "true" },
        }),
        authorizationPolicy("mesh/nobody", {}),
      ];
      assert.deepEqual(stepsOf("mesh/a", "mesh/b", meshed, withIstio), [
        "network allow",
        "mesh deny",
      ]);
      assert.deepEqual(stepsOf("mesh/a", "mesh/b", [...meshed, closed("mesh")], withIstio), [
        "network deny",
      ]);
      assert.deepEqual(stepsOf("mesh/a", "mesh/b:80/udp", meshed, withIstio), ["network allow"]);
    });

    it("a range by its own name, not by its first address", () => {
      const [step] = asked("10.0.0.0/8", "shop/web", [closed("shop")]).steps;
      assert.match(step?.because.join() ?? "", /allows nothing$/);
      const near = networkPolicy("shop/near", {
        podSelector: {},
        ingress: [{ from: [{ podSelector: {} }] }],
      });
      const [other] = asked("10.0.0.0/8", "shop/web", [near]).steps;
      assert.match(other?.because.join() ?? "", /no rule allows TCP 8080 from 10\.0\.0\.0\/8$/);
    });

    it("the requests that are let in", () => {
      const reads = ciliumPolicy("shop/reads", {
        endpointSelector: { matchLabels: { app: "web" } },
        ingress: [
          {
            toPorts: [
              { ports: [{ port: "8080", protocol: "TCP" }], rules: { http: [{ method: "GET" }] } },
            ],
          },
        ],
      });
      const found = asked("shop/cart", "web", [reads], withCilium);
      assert.equal(found.verdict, "allow");
      assert.match(found.requests?.join() ?? "", /GET/);
    });
  });

  describe("finds the smallest change", () => {
    /** What turns the verdict, with a check that it does. */
    const turned = (
      source: string,
      destination: string,
      more: KubernetesObject[],
      on = platform(),
    ) => {
      const { verdict, change } = asked(source, destination, more, on);
      assert.ok(change, "no change was found");
      const objects = applied([...shop, ...more], change.objects);
      const after = explain(objects, on, source, destination).verdict;
      assert.equal(after, verdict === "allow" ? "deny" : "allow");
      return change;
    };
    const titles = ({ objects }: { objects: KubernetesObject[] }) =>
      objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);

    it("one rule more in the policy that isolates", () => {
      const change = turned("web", "db", [closed("data")]);
      assert.equal(
        change.text,
        "add to NetworkPolicy data/closed an ingress rule that lets TCP 5432 in from shop/web[Deployment]",
      );
      assert.deepEqual(change.objects[0]?.spec.ingress, [
        {
          from: [
            {
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "shop" } },
              podSelector: { matchLabels: { app: "web" } },
            },
          ],
          ports: [{ protocol: "TCP", port: 5432 }],
        },
      ]);
      assert.deepEqual(change.also, []);
    });

    it("a policy of its own, where that rule would let more in", () => {
      const replica = deployment("data/replica", { ports: [5432] });
      const change = turned("web", "db", [closed("data"), replica]);
      assert.deepEqual(titles(change), ["NetworkPolicy data/db-from-web"]);
      assert.deepEqual(change.also, []);
      const taken = networkPolicy("data/db-from-web", {
        podSelector: {},
        policyTypes: ["Ingress"],
      });
      assert.deepEqual(titles(turned("web", "db", [taken, replica])), [
        "NetworkPolicy data/db-from-web-2",
      ]);
    });

    it("both ends, where both are closed", () => {
      const noWay = egress("shop/no-way", "web", []);
      const change = turned("web", "db", [closed("data"), noWay]);
      assert.deepEqual(titles(change).sort(), [
        "NetworkPolicy data/closed",
        "NetworkPolicy shop/no-way",
      ]);
      assert.match(change.text, /; and /);
    });

    it("DNS besides, in one object or in two", () => {
      const noWay = egress("shop/no-way", "web", []);
      const one = turned("web", "db-svc", [noWay]);
      assert.deepEqual(titles(one), ["NetworkPolicy shop/no-way"]);
      assert.equal(one.objects[0]?.spec.egress.length, 2);
      const three = turned("web", "db-svc", [noWay, closed("data"), closed("kube-system")]);
      assert.deepEqual(titles(three).sort(), [
        "NetworkPolicy data/closed",
        "NetworkPolicy kube-system/closed",
        "NetworkPolicy shop/no-way",
      ]);
    });

    it("an address for an address, a block for a block, everywhere for outside", () => {
      const noWay = egress("shop/no-way", "web", [toDns]);
      const blocks = (destination: string) =>
        turned("web", destination, [noWay]).objects[0]?.spec.egress.at(-1).to;
      const block = (cidr: string) => ({ ipBlock: { cidr } });
      assert.deepEqual(blocks("198.51.100.1:443"), [block("198.51.100.1/32")]);
      assert.deepEqual(blocks("198.51.100.0/24:443"), [block("198.51.100.0/24")]);
      assert.deepEqual(blocks("10.0.0.1-10.0.0.4:443"), [
        block("10.0.0.1/32"),
        block("10.0.0.2/31"),
        block("10.0.0.4/32"),
      ]);
      assert.deepEqual(blocks("outside:443"), [block("0.0.0.0/0")]);
      assert.deepEqual(blocks("api.example.com:443"), [block("0.0.0.0/0")]);
      assert.deepEqual(blocks("[2001:db8::]:443"), [block("2001:db8::/128")]);
    });

    it("a rule in Cilium's words", () => {
      const nobody = ciliumPolicy("data/nobody", { endpointSelector: {}, ingress: [{}] });
      const change = turned("web", "db", [nobody], withCilium);
      assert.deepEqual(change.objects[0]?.spec.ingress.at(-1), {
        fromEndpoints: [
          { matchLabels: { "k8s:io.kubernetes.pod.namespace": "shop", "k8s:app": "web" } },
        ],
        toPorts: [{ ports: [{ port: "5432", protocol: "TCP" }] }],
      });
      const outside = turned("outside", "db", [nobody], withCilium);
      assert.deepEqual(outside.objects[0]?.spec.ingress.at(-1).fromEntities, ["world"]);
      const office = turned("198.51.100.0/24", "db", [nobody], withCilium);
      assert.deepEqual(office.objects[0]?.spec.ingress.at(-1).fromCIDR, ["198.51.100.0/24"]);
    });

    it("a host by its name, where Cilium's DNS proxy watches", () => {
      const dns = {
        toEndpoints: [
          {
            matchLabels: {
              "k8s:io.kubernetes.pod.namespace": "kube-system",
              "k8s:k8s-app": "kube-dns",
            },
          },
        ],
        toPorts: [
          {
            ports: [{ port: "53", protocol: "ANY" }],
            rules: { dns: [{ matchPattern: "*.example.com" }] },
          },
        ],
      };
      const watched = ciliumPolicy("shop/watched", {
        endpointSelector: { matchLabels: { app: "web" } },
        egress: [dns],
      });
      const change = turned("web", "api.example.com:443", [watched], withCilium);
      assert.deepEqual(change.objects[0]?.spec.egress.at(-1).toFQDNs, [
        { matchName: "api.example.com" },
      ]);
      const other = turned("web", "api.example.org:443", [watched], withCilium);
      assert.match(JSON.stringify(other.objects[0]?.spec.egress), /"matchName":"api.example.org"/);
    });

    it("without a rule that denies", () => {
      const deny = ciliumPolicy("data/deny", {
        endpointSelector: {},
        ingressDeny: [
          { fromEntities: ["host"] },
          {
            fromEndpoints: [
              { matchLabels: { "k8s:io.kubernetes.pod.namespace": "shop" } },
              { matchLabels: { "k8s:io.kubernetes.pod.namespace": "ops" } },
            ],
          },
        ],
        enableDefaultDeny: { ingress: false },
      });
      const change = turned("web", "db", [deny], withCilium);
      assert.equal(
        change.text,
        "remove spec.ingressDeny[1].fromEndpoints[0] of CiliumNetworkPolicy data/deny",
      );
      assert.deepEqual(change.also, [
        "shop/cart[Deployment] => data/db[Deployment] TCP 5432",
        "shop/many[Deployment] => data/db[Deployment] TCP 5432",
      ]);
    });

    it("an exception before a rule of a tier that denies", () => {
      const deny = object("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", "no-data", {
        spec: {
          tier: "Admin",
          priority: 1,
          subject: { namespaces: { matchLabels: { "kubernetes.io/metadata.name": "data" } } },
          ingress: [{ action: "Deny", from: [{ namespaces: {} }] }],
        },
      });
      const change = turned("web", "db", [deny], platform({ clusterNetworkPolicy: true }));
      assert.match(change.text, /^put first in spec\.ingress of ClusterNetworkPolicy no-data/);
      assert.deepEqual(change.objects[0]?.spec.ingress.length, 2);
    });

    describe("in the mesh:", () => {
      const inject = { "sidecar.istio.io/inject": "true" };
      const a = deployment("mesh/a", {
        labels: { app: "a", ...inject },
        pod: { serviceAccountName: "a" },
      });
      // An identity is shown where a Service leads.
      const b = server("mesh/b", 80, { labels: { app: "b", ...inject } });
      const bare = deployment("mesh/bare");
      const principals = ["cluster.local/ns/mesh/sa/x", "cluster.local/ns/mesh/sa/a"];

      it("an identity let in, or taken out", () => {
        const allow = authorizationPolicy("mesh/allow", {
          rules: [{ from: [{ source: { principals: principals.slice(0, 1) } }] }],
        });
        const opening = turned("mesh/a", "mesh/b", [a, ...b, allow], withIstio);
        assert.deepEqual(opening.objects[0]?.spec.rules.at(-1), {
          from: [{ source: { principals: ["cluster.local/ns/mesh/sa/a"] } }],
          to: [{ operation: { ports: ["80"] } }],
        });
        const both = authorizationPolicy("mesh/allow", {
          rules: [{ from: [{ source: { principals } }] }],
        });
        const closing = turned("mesh/a", "mesh/b", [a, ...b, both], withIstio);
        assert.deepEqual(closing.objects[0]?.spec.rules[0].from[0].source.principals, [
          "cluster.local/ns/mesh/sa/x",
        ]);
      });

      it("left out of a rule that denies", () => {
        const deny = authorizationPolicy("mesh/deny", { action: "DENY", rules: [{}] });
        const change = turned("mesh/a", "mesh/b", [a, ...b, deny], withIstio);
        assert.deepEqual(change.objects[0]?.spec.rules, [
          { from: [{ source: { notPrincipals: ["cluster.local/ns/mesh/sa/a"] } }] },
        ]);
        assert.deepEqual(
          turned("mesh/bare", "mesh/b", [bare, ...b, deny], withIstio).objects[0]?.spec.rules,
          [{ from: [{ source: { principals: ["*"] } }] }],
        );
      });

      it("plaintext taken on one port of one workload", () => {
        const strict = peerAuthentication("mesh/strict", { mtls: { mode: "STRICT" } });
        const change = turned("mesh/bare", "mesh/b", [bare, ...b, strict], withIstio);
        assert.deepEqual(titles(change), ["PeerAuthentication mesh/b-from-bare"]);
        assert.deepEqual(change.objects[0]?.spec, {
          selector: { matchLabels: { app: "b" } },
          portLevelMtls: { 80: { mode: "PERMISSIVE" } },
        });
        const own = peerAuthentication("mesh/own", {
          selector: { matchLabels: { app: "b" } },
          mtls: { mode: "STRICT" },
        });
        const there = turned("mesh/bare", "mesh/b", [bare, ...b, own], withIstio);
        assert.deepEqual(titles(there), ["PeerAuthentication mesh/own"]);
      });

      for (const kind of ["Deployment", "CronJob", "Pod"]) {
        it(`a sidecar for a ${kind}, and nothing of its manifest besides`, () => {
          const strict = peerAuthentication("mesh/strict", { mtls: { mode: "STRICT" } });
          // Plaintext would let this one in, too.
          const other = deployment("mesh/other");
          const client = workload(kind, "mesh/client", { env: { PASSWORD: "s3cret" } });
          const more = [client, other, ...b, strict];
          const { text, objects } = turned("mesh/client", "mesh/b", more, withIstio);
          assert.equal(text, `give mesh/client[${kind}] a sidecar`);
          assert.match(JSON.stringify(objects), /"labels":{"sidecar.istio.io\/inject":"true"}/);
          assert.doesNotMatch(JSON.stringify(objects), /s3cret|containers/);
        });
      }

      it("a sidecar and a rule, or plaintext and a rule", () => {
        const strict = peerAuthentication("mesh/strict", { mtls: { mode: "STRICT" } });
        const allow = authorizationPolicy("mesh/allow", {
          rules: [{ from: [{ source: { principals: principals.slice(0, 1) } }] }],
        });
        const change = turned("mesh/bare", "mesh/b", [bare, ...b, strict, allow], withIstio);
        assert.equal(change.objects.length, 2);
      });

      it("denied by the sidecar, where the network enforces nothing", () => {
        const on = { ...withIstio, settings: { ...withIstio.settings, networkPolicy: false } };
        const change = turned("mesh/a", "mesh/b", [a, ...b], on);
        assert.deepEqual(titles(change), ["AuthorizationPolicy mesh/b-not-from-a"]);
        assert.equal(change.objects[0]?.spec.action, "DENY");
      });
    });

    it("to cut: without the peer, or the rule if it has no other", () => {
      const peer = (app: string) => ({ podSelector: { matchLabels: { app } } });
      const two = networkPolicy("shop/two", {
        podSelector: { matchLabels: { app: "web" } },
        ingress: [{ from: [peer("cart"), peer("many")] }],
      });
      const one = turned("shop/cart", "web", [two]);
      assert.deepEqual(one.objects[0]?.spec.ingress, [{ from: [peer("many")] }]);
      const only = networkPolicy("shop/only", {
        podSelector: { matchLabels: { app: "web" } },
        ingress: [{ from: [peer("cart")] }],
      });
      const rule = turned("shop/cart", "web", [only]);
      assert.equal(rule.text, "remove spec.ingress[0] of NetworkPolicy shop/only");
      assert.deepEqual(rule.objects[0]?.spec.ingress, []);
    });

    it("to cut: without every rule that lets it in, in all policies", () => {
      const letIn = (name: string, count: number) =>
        networkPolicy(`shop/${name}`, {
          podSelector: { matchLabels: { app: "web" } },
          ingress: Array.from({ length: count }, () => ({ from: [{ podSelector: {} }] })),
        });
      const change = turned("shop/cart", "web", [letIn("one", 2), letIn("two", 1)]);
      assert.deepEqual(titles(change), ["NetworkPolicy shop/one", "NetworkPolicy shop/two"]);
      assert.deepEqual(
        change.objects.map(({ spec }) => spec.ingress),
        [[], []],
      );
    });

    it("to cut: who was isolated stays so, without a rule left", () => {
      const out = networkPolicy("shop/out", {
        podSelector: { matchLabels: { app: "web" } },
        ingress: [{}],
        egress: [{ to: [{ ipBlock: { cidr: "198.51.100.0/24" } }] }],
      });
      const change = turned("web", "198.51.100.7:443", [out]);
      assert.deepEqual(change.objects[0]?.spec.policyTypes, ["Ingress", "Egress"]);
      const cilium = ciliumPolicy("shop/out", {
        endpointSelector: { matchLabels: { app: "web" } },
        egress: [{ toCIDR: ["198.51.100.0/24"] }],
      });
      const other = turned("web", "198.51.100.7:443", [cilium], withCilium);
      assert.deepEqual(other.objects[0]?.spec.egress, [{}]);
    });

    it("to cut: a policy that keeps what else is needed at that end", () => {
      const users = [
        deployment("shop/a", { env: { DB_URL: "postgres://db-svc.data:5432" } }),
        deployment("shop/b", { env: { DB_URL: "postgres://db-svc.data:5432" } }),
      ];
      const change = turned("shop/a", "db", users);
      assert.deepEqual(titles(change), ["NetworkPolicy data/only-needed-db"]);
      assert.deepEqual(change.also, []);
      const objects = applied([...shop, ...users], change.objects);
      assert.equal(explain(objects, platform(), "shop/b", "db").verdict, "allow");
    });

    it("to cut: what else that would cut is told, where it can't be helped", () => {
      const users = ["a", "b"].map((name) =>
        deployment(`shop/${name}`, { env: { DB_URL: "postgres://db-svc.data:5432" } }),
      );
      const everything = [
        networkPolicy("data/only-needed-db", { podSelector: {}, ingress: [{}] }),
        networkPolicy("shop/out", { podSelector: {}, egress: [{}] }),
      ];
      const change = turned("shop/a", "db", [...users, ...everything]);
      assert.equal(change.text, "remove spec.ingress[0] of NetworkPolicy data/only-needed-db");
      assert.deepEqual(change.also, ["shop/b[Deployment] => data/db[Deployment] TCP 5432"]);
    });

    it("to cut: a new policy takes no name that is taken", () => {
      const other = networkPolicy("data/only-needed-db", {
        podSelector: { matchLabels: { app: "redis" } },
      });
      assert.deepEqual(titles(turned("web", "db", [other])), [
        "NetworkPolicy data/only-needed-db-2",
      ]);
    });

    it("to cut one port: a needed one stays", () => {
      const user = deployment("shop/a", { env: { DB_URL: "postgres://db-svc.data:5432" } });
      const change = turned("shop/a", "db:22", [user]);
      const objects = applied([...shop, user], change.objects);
      assert.equal(explain(objects, platform(), "shop/a", "db:5432").verdict, "allow");
    });

    it("none, where nothing enforces what could be changed", () => {
      const nobody = platform({ networkPolicy: false });
      assert.equal(asked("web", "db", [], nobody).change, undefined);
    });

    it("none that the API server would reject", () => {
      const many = Array.from({ length: 25 }, (_, i) => ({
        action: "Deny",
        from: [{ namespaces: { matchLabels: { n: `${i}` } } }],
      }));
      const full = object("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", "full", {
        spec: {
          tier: "Admin",
          priority: 1,
          subject: { namespaces: {} },
          ingress: [{ action: "Deny", from: [{ namespaces: {} }] }, ...many.slice(1)],
        },
      });
      const change = turned(
        "web",
        "db",
        [full, namespace("data")],
        platform({ clusterNetworkPolicy: true }),
      );
      assert.equal(
        change.text,
        "remove spec.ingress[0].from[0] of ClusterNetworkPolicy full".replace(".from[0]", ""),
      );
    });
  });
});
