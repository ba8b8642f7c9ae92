import assert from "node:assert/strict";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import {
  ciliumPolicy,
  closed,
  deployment,
  flows,
  mistakes,
  namespace,
  needed,
  networkPolicy,
  object,
  platform,
  predicted,
  server,
  service,
  toDns,
  verdicts,
  withCilium,
  workload,
} from "./objects.ts";

const client = deployment("shop/web", { env: { DB_URL: "postgres://db:5432" } });
const db = server("shop/db", 5432);
const fromWeb = (ports: object[] = [{ port: 5432 }]) =>
  networkPolicy("shop/db", {
    podSelector: { matchLabels: { app: "db" } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: "web" } } }], ports }],
  });

/** The one flow from the client to the database, or to its Service. */
function needOf(objects: KubernetesObject[], on = platform()) {
  const found = predicted(objects, on).flows.filter(({ neededBy }) => neededBy.length > 0);
  assert.equal(found.length, 1);
  const [flow] = found;
  assert.ok(flow);
  assert.deepEqual(flow.neededBy, ["env DB_URL of shop/web names db, port 5432"]);
  return { ...flow, because: flow.because };
}

describe("a needed flow is allowed", () => {
  it("where no policy says anything", () => {
    const { verdict, ports, because } = needOf([client, ...db]);
    assert.equal(`${verdict} ${ports}`, "allow All Connections");
    assert.deepEqual(because, [
      "no enforced policy isolates shop/web for egress",
      "no enforced policy isolates shop/db for ingress",
    ]);
  });

  it("where policies allow it at both ends, by rules that it names", () => {
    const egress = networkPolicy("shop/web", {
      podSelector: { matchLabels: { app: "web" } },
      policyTypes: ["Egress"],
      egress: [toDns, { to: [{ podSelector: {} }] }],
    });
    const { verdict, ports, because } = needOf([client, ...db, egress, fromWeb()]);
    assert.equal(`${verdict} ${ports}`, "allow TCP 5432");
    assert.deepEqual(because, [
      "NetworkPolicy shop/web spec.egress[1].to[0]: allows TCP 5432 to shop/db",
      "NetworkPolicy shop/db spec.ingress[0].from[0]: allows TCP 5432 from shop/web",
    ]);
  });
});

describe("a needed flow is denied", () => {
  it("by a policy that allows nothing", () => {
    const flow = needOf([client, ...db, closed("shop")]);
    assert.equal(`${flow.verdict} ${flow.ports}`, "deny TCP 5432");
    assert.deepEqual(flow.because, [
      "NetworkPolicy shop/closed: isolates shop/db for ingress and allows nothing",
    ]);
  });

  it("on another port than the policy allows, while that is allowed", () => {
    const prediction = predicted([client, ...db, fromWeb([{ port: 80 }])]);
    assert.deepEqual(verdicts(prediction, "shop/web", "shop/db"), [
      "allow TCP 80",
      "deny TCP 5432",
    ]);
    const [other, denied] = flows(prediction, "shop/web", "shop/db");
    assert.equal(other?.reachesListener, false);
    assert.equal(denied?.reachesListener, true);
    assert.deepEqual(denied?.because, [
      "NetworkPolicy shop/db spec.ingress[0].from[0]: isolates shop/db for ingress and allows this source on TCP 80, not on TCP 5432",
    ]);
  });

  it("where the rule for it looks into the wrong namespace, which the reason says", () => {
    const policy = networkPolicy("data/db", {
      podSelector: {},
      ingress: [{ from: [{ podSelector: { matchLabels: { app: "web" } } }] }],
    });
    const other = deployment("shop/web", { env: { DB_URL: "postgres://db.data:5432" } });
    const prediction = predicted([other, ...server("data/db", 5432), policy]);
    assert.deepEqual(verdicts(prediction, "shop/web", "data/db"), ["deny TCP 5432"]);
    assert.match(
      flows(prediction, "shop/web", "data/db")[0]?.because.join() ?? "",
      /spec\.ingress\[0\]\.from\[0\] matches its labels, but without a namespaceSelector only pods in data/,
    );
  });
});

describe("a needed flow is broken", () => {
  const cases: [why: string, objects: KubernetesObject[], because: string, to?: string][] = [
    [
      "where the Service selects nothing",
      [service("shop/db", 5432)],
      "Service shop/db selects no pod: no workload of shop has the labels app=db",
    ],
    [
      "where the Service's labels are another namespace's",
      [deployment("data/db", { ports: [5432] }), service("shop/db", 5432)],
      "Service shop/db selects no pod: no workload of shop has the labels app=db",
    ],
    [
      "where there are no replicas",
      server("shop/db", 5432, { replicas: 0 }),
      "Service shop/db selects no pod: shop/db[Deployment] has no replicas",
    ],
    [
      "where the Service has no such port",
      server("shop/db", 3306),
      "Service shop/db has no port 5432; it has 3306",
    ],
    [
      "where no container has the port's name",
      [
        deployment("shop/db", { ports: [{ name: "sql", containerPort: 5432 }] }),
        service("shop/db", [{ port: 5432, targetPort: "postgres" }]),
      ],
      "Service shop/db port 5432 leads to the port named postgres, which no container of shop/db[Deployment] declares for TCP",
    ],
    [
      "where the port of that name is of another protocol",
      [
        deployment("shop/db", { ports: [{ name: "sql", containerPort: 5432, protocol: "UDP" }] }),
        service("shop/db", [{ port: 5432, targetPort: "sql" }]),
      ],
      "Service shop/db port 5432 leads to the port named sql, which no container of shop/db[Deployment] declares for TCP",
    ],
    ["where there is no such Service", [], "there is no Service shop/db, so the name isn't found"],
  ];
  for (const [why, objects, because] of cases) {
    it(why, () => {
      const flow = needOf([client, ...objects]);
      assert.equal(`${flow.to} ${flow.verdict} ${flow.ports}`, "shop/db[Service] broken TCP 5432");
      assert.deepEqual(flow.because, [because]);
    });
  }

  const egress = (...rules: object[]) =>
    networkPolicy("shop/egress", { podSelector: {}, policyTypes: ["Egress"], egress: rules });
  const toDb = { to: [{ podSelector: { matchLabels: { app: "db" } } }] };

  it("where a default deny of egress cuts DNS", () => {
    const prediction = predicted([client, ...db, egress(toDb)]);
    assert.deepEqual(verdicts(prediction, "shop/web", "shop/db"), [
      "allow SCTP 1-65535,TCP 1-5431,5433-65535,UDP 1-65535",
      "broken TCP 5432",
    ]);
    const broken = flows(prediction, "shop/web", "shop/db")[1];
    assert.match(
      broken?.because.join() ?? "",
      /^the name can't be looked up: NetworkPolicy shop\/egress.*isolates shop\/web for egress/,
    );
    assert.deepEqual(mistakes(prediction), [
      "NetworkPolicy shop/egress spec.egress: leaves shop/db[Deployment], shop/web[Deployment] without DNS, so no name can be looked up; allow UDP and TCP 53 to k8s-app=kube-dns in kube-system",
    ]);
    const mended = predicted([client, ...db, egress(toDb, toDns)]);
    assert.deepEqual(verdicts(mended, "shop/web", "shop/db"), ["allow All Connections"]);
    assert.deepEqual(mistakes(mended), []);
  });

  it("by the cluster's DNS as it's declared, where it is", () => {
    const dns = (labels: Record<string, string>) =>
      deployment("kube-system/coredns", {
        labels: { "k8s-app": "kube-dns", ...labels },
        ports: [{ name: "dns", containerPort: 53, protocol: "UDP" }],
      });
    const toNamed = {
      to: [{ namespaceSelector: {}, podSelector: { matchLabels: { dns: "yes" } } }],
      ports: [{ protocol: "UDP", port: "dns" }],
    };
    const rules = egress(toDb, toNamed);
    const verdict = (coreDns: KubernetesObject) => needOf([client, ...db, rules, coreDns]).verdict;
    assert.equal(verdict(dns({ dns: "yes" })), "allow");
    assert.equal(verdict(dns({})), "broken");
  });

  it("only once where it's denied too", () => {
    const prediction = predicted([client, ...db, egress()]);
    assert.deepEqual(verdicts(prediction, "shop/web", "shop/db"), ["deny TCP 5432"]);
    assert.deepEqual(mistakes(prediction), [], "who may talk to nobody needs no names");
  });
});

describe("flows", () => {
  const three = ["a", "b", "c"].map((name) => deployment(`x/${name}`, { ports: [80] }));
  const pairsOf = (objects: KubernetesObject[], all = false) =>
    predicted(objects, platform(), { all })
      .flows.filter(({ from, to }) => !/External/.test(from + to))
      .map(({ from, to, verdict, ports }) => `${from[2]}${to[2]} ${verdict} ${ports}`);

  it("are every permitted one, but a workload's to itself, by destination and source", () => {
    const every = ["ba", "ca", "ab", "cb", "ac", "bc"];
    assert.deepEqual(
      pairsOf(three),
      every.map((pair) => `${pair} allow All Connections`),
    );
    assert.deepEqual(pairsOf([...three].reverse()), pairsOf(three));
  });

  it("are the denied ones too, if all are asked for", () => {
    const policy = networkPolicy("x/a", {
      podSelector: { matchLabels: { app: "a" } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: "b" } } }], ports: [{ port: 80 }] }],
    });
    const toA = (all: boolean) =>
      pairsOf([...three, policy], all).filter((line) => /^.a /.test(line));
    assert.deepEqual(toA(false), ["ba allow TCP 80"]);
    assert.deepEqual(toA(true), [
      "ba allow TCP 80",
      "ba deny SCTP 1-65535,TCP 1-79,81-65535,UDP 1-65535",
      "ca deny All Connections",
    ]);
  });

  it("don't multiply by replicas", () => {
    const many = [deployment("x/a", { replicas: 9 }), deployment("x/b")];
    assert.deepEqual(pairsOf(many), ["ba allow All Connections", "ab allow All Connections"]);
  });

  it("are of named ports as each pod has them", () => {
    const policy = networkPolicy("x/all", {
      podSelector: {},
      ingress: [{ ports: [{ port: "web" }] }],
    });
    const web = (path: string, containerPort: number, protocol = "TCP") =>
      deployment(path, { ports: [{ name: "web", containerPort, protocol }] });
    const objects = [web("x/a", 80), web("x/b", 8080), web("x/c", 80, "UDP"), policy];
    assert.deepEqual(pairsOf(objects), [
      "ba allow TCP 80",
      "ca allow TCP 80",
      "ab allow TCP 8080",
      "cb allow TCP 8080",
    ]);
  });

  it("reach what a workload listens on, as far as it says", () => {
    const policy = networkPolicy("x/all", {
      podSelector: {},
      ingress: [{ ports: [{ port: 80 }] }],
    });
    const listening = (path: string, ...ports: number[]) => deployment(path, { ports });
    const objects = [listening("x/a", 80, 81), listening("x/b", 8080), listening("x/c"), policy];
    const { flows: list, parties } = predicted(objects);
    const reached = (to: string) => [
      ...new Set(
        list.filter((flow) => flow.to === to).map(({ reachesListener }) => reachesListener),
      ),
    ];
    assert.deepEqual(reached("x/a[Deployment]"), [true]);
    assert.deepEqual(reached("x/b[Deployment]"), [false]);
    assert.deepEqual(reached("x/c[Deployment]"), [true], "it doesn't say");
    assert.deepEqual(
      parties.slice(0, 3).map(({ listens }) => listens),
      ["TCP 80-81", "TCP 8080", ""],
    );
  });

  it("of pods in their node's network are their node's, whatever policies select them", () => {
    const host = workload("DaemonSet", "x/agent", { pod: { hostNetwork: true } });
    const objects = [host, deployment("x/a"), closed("x")];
    const prediction = predicted(objects);
    assert.deepEqual(verdicts(prediction, "x/agent[DaemonSet]", "x/a"), ["allow All Connections"]);
    assert.deepEqual(verdicts(prediction, "x/a", "x/agent[DaemonSet]"), ["allow All Connections"]);
    assert.match(
      mistakes(prediction).join(),
      /NetworkPolicy x\/closed spec\.podSelector: doesn't reach x\/agent\[DaemonSet\]/,
    );
    const asPods = predicted(objects, platform({ hostNetworkPods: "pod" }));
    assert.deepEqual(verdicts(asPods, "x/agent[DaemonSet]", "x/a"), []);
    assert.deepEqual(mistakes(asPods), []);
  });

  it("name parties that are all listed: workloads first, then the outside", () => {
    const prediction = predicted([...three, client, closed("x")]);
    const ids = prediction.parties.map(({ id }) => id);
    for (const { from, to } of prediction.flows) {
      assert.ok(ids.includes(from), from);
      assert.ok(ids.includes(to), to);
    }
    assert.deepEqual(ids, [
      "shop/web[Deployment]",
      "x/a[Deployment]",
      "x/b[Deployment]",
      "x/c[Deployment]",
      "0.0.0.0-255.255.255.255[External]",
      "shop/db[Service]",
    ]);
  });
});

describe("the outside", () => {
  const everything = "0.0.0.0-255.255.255.255[External]";
  const app = deployment("x/a", { ports: [80] });
  const ranges = (policy: KubernetesObject, on = platform(), ...more: KubernetesObject[]) =>
    predicted([app, policy, ...more], on)
      .flows.filter(({ from, to }) => /External/.test(from + to))
      .map(({ from, to, verdict, ports }) => {
        const short = (id: string) => id.replace(/\[.*/, "");
        return `${short(from)} -> ${short(to)} ${verdict} ${ports}`;
      });
  const policy = (spec: object) => networkPolicy("x/p", { podSelector: {}, ...spec });

  it("is one where no policy cuts it, and nothing comes in where one closes it", () => {
    const prediction = predicted([app]);
    assert.deepEqual(verdicts(prediction, everything, "x/a"), ["allow All Connections"]);
    assert.deepEqual(verdicts(prediction, "x/a", everything), ["allow All Connections"]);
    assert.deepEqual(ranges(closed("x")), ["x/a -> 0.0.0.0-255.255.255.255 allow All Connections"]);
  });

  it("is cut into ranges by blocks and what they leave out, and merged where these say the same", () => {
    const from = [
      { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } },
      { ipBlock: { cidr: "11.0.0.0/8" } },
    ];
    assert.deepEqual(ranges(policy({ ingress: [{ from, ports: [{ port: 80 }] }] })).slice(0, 2), [
      "x/a -> 0.0.0.0-255.255.255.255 allow All Connections",
      "10.0.0.0-10.0.255.255 -> x/a allow TCP 80",
    ]);
    assert.deepEqual(ranges(policy({ ingress: [{ from, ports: [{ port: 80 }] }] })).slice(2), [
      "10.2.0.0-11.255.255.255 -> x/a allow TCP 80",
    ]);
  });

  it("has ranges of different ports apart", () => {
    const rule = (cidr: string, port: number) => ({
      to: [{ ipBlock: { cidr } }],
      ports: [{ port }],
    });
    const egress = [rule("0.0.0.0/0", 443), rule("10.0.0.0/8", 5432)];
    assert.deepEqual(
      ranges(policy({ policyTypes: ["Egress"], egress })).filter((line) => /^x/.test(line)),
      [
        "x/a -> 0.0.0.0-9.255.255.255 allow TCP 443",
        "x/a -> 10.0.0.0-10.255.255.255 allow TCP 443,5432",
        "x/a -> 11.0.0.0-255.255.255.255 allow TCP 443",
      ],
    );
  });

  it("is denied too, if all is asked for", () => {
    const prediction = predicted([app, closed("x")], platform(), { all: true });
    assert.deepEqual(verdicts(prediction, everything, "x/a"), ["deny All Connections"]);
  });

  it("doesn't talk to itself", () => {
    const objects = [app, policy({ ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }] })];
    for (const { from, to } of predicted(objects, platform(), { all: true }).flows) {
      assert.ok(!(/External/.test(from) && /External/.test(to)));
    }
  });

  const six = "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  it("has IPv6 addresses where the cluster speaks it", () => {
    const has = (...objects: KubernetesObject[]) =>
      predicted([app, ...objects]).parties.some(({ id }) => id === `${six}[External]`);
    assert.ok(!has());
    assert.ok(has(service("x/a", 80, { ipFamilies: ["IPv4", "IPv6"] })));
    const pod = { ...workload("Pod", "x/b"), status: { podIPs: [{ ip: "fd00::1" }] } };
    assert.ok(has(pod));
  });

  for (const cidr of ["2001:db8::/32", "2001:db8:0:0:0:0:0:0/32"]) {
    it(`has IPv6 addresses where a policy names ${cidr}`, () => {
      const spec = { ingress: [{ from: [{ ipBlock: { cidr } }] }] };
      assert.deepEqual(ranges(policy(spec)), [
        "x/a -> 0.0.0.0-255.255.255.255 allow All Connections",
        `x/a -> ${six} allow All Connections`,
        "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff -> x/a allow All Connections",
      ]);
    });
  }

  it("has IPv6 addresses where one of a policy's many specs, or a group of blocks, names them", () => {
    const specs = [{ endpointSelector: {}, ingress: [{ fromCIDR: ["2001:db8::1"] }] }];
    const of = object("cilium.io/v2", "CiliumNetworkPolicy", "x/p", { specs });
    assert.ok(
      ranges(of, withCilium).includes("2001:db8::1-2001:db8::1 -> x/a allow All Connections"),
    );
    const groups = object("cilium.io/v2", "CiliumCIDRGroup", "g", {
      spec: { externalCIDRs: ["2001:db8::/128"] },
    });
    const byGroup = ciliumPolicy("x/p", {
      endpointSelector: {},
      ingress: [{ fromCIDRSet: [{ cidrGroupRef: "g" }] }],
    });
    assert.ok(
      ranges(byGroup, withCilium, groups).includes(
        "2001:db8::-2001:db8:: -> x/a allow All Connections",
      ),
    );
  });
});

describe("hosts outside", () => {
  const app = deployment("x/a", { env: { API: "https://api.example.com" } });
  const dns = {
    toEndpoints: [
      { matchLabels: { "k8s:io.kubernetes.pod.namespace": "kube-system", "k8s-app": "kube-dns" } },
    ],
    toPorts: [
      { ports: [{ port: "53", protocol: "ANY" }], rules: { dns: [{ matchPattern: "*" }] } },
    ],
  };
  const fqdn = (toFQDNs: object[], ...ports: string[]) => ({
    toFQDNs,
    ...(ports.length > 0 && {
      toPorts: [{ ports: ports.map((port) => ({ port, protocol: "TCP" })) }],
    }),
  });
  const egress = (...rules: object[]) =>
    ciliumPolicy("x/egress", { endpointSelector: {}, egress: rules });
  const toHosts = (objects: KubernetesObject[]) =>
    predicted(objects, withCilium)
      .flows.filter(({ to }) => /example/.test(to))
      .map(({ to, verdict, ports, neededBy }) => {
        return `${to} ${verdict} ${ports}${neededBy.length > 0 ? " needed" : ""}`;
      });

  it("are reached by the names that toFQDNs permits", () => {
    const rules = [dns, fqdn([{ matchName: "api.example.com" }], "443")];
    assert.deepEqual(toHosts([app, egress(...rules)]), [
      "api.example.com[External] allow TCP 443 needed",
    ]);
    const pattern = [dns, fqdn([{ matchPattern: "*.example.com" }], "443", "8443")];
    assert.deepEqual(toHosts([app, egress(...pattern)]), [
      "*.example.com[External] allow TCP 443,8443",
      "api.example.com[External] allow TCP 443 needed",
    ]);
    assert.deepEqual(
      toHosts([deployment("x/a"), egress(dns, fqdn([{ matchName: "api.example.com" }]))]),
      ["api.example.com[External] allow All Connections"],
    );
  });

  it("aren't told of for whom everything is open anyway", () => {
    const rules = egress(dns, fqdn([{ matchName: "api.example.com" }], "443"));
    assert.deepEqual(toHosts([deployment("y/b"), rules]), []);
  });

  it("are reached on ranges of ports, of every protocol, and as each rule with their name says", () => {
    const ports = [
      { port: "8000", endPort: 8010, protocol: "TCP" },
      { port: "443", protocol: "UDP" },
    ];
    const ranges = { toFQDNs: [{ matchName: "api.example.com" }], toPorts: [{ ports }] };
    assert.deepEqual(toHosts([deployment("x/a"), egress(dns, ranges)]), [
      "api.example.com[External] allow TCP 8000-8010,UDP 443",
    ]);
    const any = ciliumPolicy("x/any", {
      endpointSelector: { matchLabels: { app: "b" } },
      egress: [fqdn([{ matchName: "api.example.com" }])],
    });
    assert.deepEqual(toHosts([deployment("x/a"), deployment("x/b"), egress(dns, ranges), any]), [
      "api.example.com[External] allow TCP 8000-8010,UDP 443",
      "api.example.com[External] allow All Connections",
    ]);
  });

  it("are denied where no rule permits them, and where Cilium never sees their look-up", () => {
    assert.deepEqual(toHosts([app, egress(dns)]), [
      "api.example.com[External] deny TCP 443 needed",
    ]);
    const plain = { ...dns, toPorts: [{ ports: [{ port: "53", protocol: "ANY" }] }] };
    const objects = [app, egress(plain, fqdn([{ matchName: "api.example.com" }], "443"))];
    assert.deepEqual(toHosts(objects), ["api.example.com[External] deny TCP 443 needed"]);
    const [flow] = predicted(objects, withCilium).flows.filter(({ verdict }) => verdict === "deny");
    assert.match(flow?.because.join() ?? "", /rules\.dns, so Cilium never learns its addresses/);
  });

  it("are denied on a port that the rule for their name doesn't open", () => {
    const objects = [app, egress(dns, fqdn([{ matchName: "api.example.com" }], "80"))];
    assert.deepEqual(toHosts(objects), [
      "api.example.com[External] allow TCP 80",
      "api.example.com[External] deny TCP 443 needed",
    ]);
  });

  it("can't be called where their names can't be looked up", () => {
    const policy = networkPolicy("x/egress", {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: [{ port: 443 }] }],
    });
    const prediction = predicted([app, policy]);
    assert.deepEqual(needed(prediction), [
      "x/a[Deployment] -> api.example.com[External] broken TCP 443",
    ]);
    const [flow] = flows(prediction, "x/a", "api.example.com[External]");
    assert.match(
      flow?.because.join() ?? "",
      /^the name can't be looked up: NetworkPolicy x\/egress/,
    );
  });

  it("are one flow, whoever names them", () => {
    const two = deployment("x/a", {
      env: { API: "https://api.example.com", API_URL: "https://api.example.com/v2" },
      container: { args: ["--api=https://api.example.com"] },
    });
    assert.deepEqual(needed(predicted([two])), [
      "x/a[Deployment] -> api.example.com[External] allow TCP 443",
    ]);
  });
});

it("a namespace counts by its labels, and by its name without any", () => {
  const from = (namespaceSelector: object) =>
    networkPolicy("x/p", { podSelector: {}, ingress: [{ from: [{ namespaceSelector }] }] });
  const reaches = (selector: object, ...more: KubernetesObject[]) => {
    const prediction = predicted([deployment("x/a"), deployment("y/b"), from(selector), ...more]);
    return verdicts(prediction, "y/b", "x/a").length > 0;
  };
  assert.ok(reaches({ matchLabels: { "kubernetes.io/metadata.name": "y" } }));
  assert.ok(!reaches({ matchLabels: { team: "y" } }));
  assert.ok(reaches({ matchLabels: { team: "y" } }, namespace("y", { team: "y" })));
});
