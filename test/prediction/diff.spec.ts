import assert from "node:assert/strict";
import { diff } from "../../micromesh/prediction/diff.ts";
import type { Change, Flow, Prediction } from "../../micromesh/prediction/prediction.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import {
  authorizationPolicy,
  ciliumPolicy,
  closed,
  deployment,
  networkPolicy,
  platform,
  predicted,
  server,
  service,
  toDns,
  withCilium,
} from "./objects.ts";

const web = deployment("shop/web", { ports: [80], env: { DB_URL: "postgres://db.data:5432" } });
const shop = [web, ...server("data/db", 5432)];
const [webId, dbId] = ["shop/web[Deployment]", "data/db[Deployment]"];

const all = (objects: KubernetesObject[], on = platform()) => predicted(objects, on, { all: true });
const compared = (before: KubernetesObject[], after: KubernetesObject[], on = platform()) =>
  diff(all(before, on), all(after, on));

/** In short: `shop/web => data/db: All Connections -> none, needed`. */
const short = ({ from, to, before = "none", after = "none", needed }: Change) =>
  `${bare(from)} => ${bare(to)}: ${before} -> ${after}${needed ? ", needed" : ""}`;
const bare = (id: string) => id.replace(/\[\w+\]$/, "");

const ipBlocks = (path: string, ...cidrs: string[]) =>
  networkPolicy(path, {
    podSelector: {},
    ingress: [{ from: cidrs.map((cidr) => ({ ipBlock: { cidr } })) }],
  });

describe("diff", () => {
  it("of the same is empty", () => {
    for (const objects of [[], shop, [...shop, closed("data")]]) {
      const { changes, newMistakes, mendedMistakes } = compared(objects, objects);
      assert.deepEqual([changes, newMistakes, mendedMistakes], [[], [], []]);
    }
  });

  it("tells what is removed, with what cuts it now", () => {
    const { changes, before, after } = compared(shop, [...shop, closed("data")]);
    assert.deepEqual([before, after], ["test", "test"]);
    assert.deepEqual(changes.map(short), [
      "0.0.0.0-255.255.255.255 => data/db: All Connections -> none",
      "shop/web => data/db: All Connections -> none, needed",
    ]);
    for (const { because } of changes) {
      assert.deepEqual(because, [
        "NetworkPolicy data/closed: isolates data/db for ingress and allows nothing",
      ]);
    }
  });

  it("tells what is added, with what lets it through", () => {
    const { changes } = compared([...shop, closed("data")], shop);
    assert.deepEqual(changes.map(short), [
      "0.0.0.0-255.255.255.255 => data/db: none -> All Connections",
      "shop/web => data/db: none -> All Connections, needed",
    ]);
    assert.match(changes[1]?.because.join() ?? "", /no enforced policy isolates data\/db/);
  });

  describe("tells changed ports", () => {
    const open = (...ports: object[]) =>
      networkPolicy("data/open", {
        podSelector: {},
        ingress: [{ from: [{ namespaceSelector: {} }], ports }],
      });
    const change = (before: object[], after: object[]) => {
      const { changes } = compared([...shop, open(...before)], [...shop, open(...after)]);
      return changes.filter(({ from }) => from === webId);
    };
    const [db, ssh] = [{ port: 5432 }, { port: 22 }];

    it("with what cuts those that are lost", () => {
      const [fewer] = change([db, ssh], [db]);
      assert.equal(short(fewer as Change), "shop/web => data/db: TCP 22,5432 -> TCP 5432");
      assert.match(fewer?.because.join() ?? "", /allows this source on .*5432, not on/);
    });

    it("with what opens those that are gained", () => {
      const [more] = change([db], [db, ssh]);
      assert.equal(short(more as Change), "shop/web => data/db: TCP 5432 -> TCP 22,5432");
      assert.match(more?.because.join() ?? "", /spec\.ingress\[0\]\.from\[0\]: allows TCP/);
    });

    it("as needed only where it's the needed ones", () => {
      assert.deepEqual(change([db, ssh], [ssh]).map(short), [
        "shop/web => data/db: TCP 22,5432 -> TCP 22, needed",
      ]);
      assert.deepEqual(change([ssh], [ssh, db]).map(short), [
        "shop/web => data/db: TCP 22 -> TCP 22,5432, needed",
      ]);
      assert.deepEqual(change([db], [ssh]).map(short), [
        "shop/web => data/db: TCP 5432 -> TCP 22, needed",
      ]);
    });
  });

  it("tells who is new and who is gone", () => {
    const more = [...shop, deployment("data/new")];
    const added = compared(shop, more).changes;
    assert.equal(added.length, 6);
    assert.ok(
      added.every(({ from, to, before }) => !before && `${from}${to}`.includes("data/new")),
    );
    const removed = compared(more, shop).changes;
    assert.ok(removed.every(({ after }) => after === undefined));
    assert.deepEqual(
      [...new Set(removed.flatMap(({ because }) => because))],
      ["data/new[Deployment] is no longer declared"],
    );
  });

  it("tells that something works no longer, though it's permitted, and the reverse", () => {
    const noDns = networkPolicy("shop/no-dns", {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 5432 }] }],
    });
    const dns = { ...noDns, spec: { ...noDns.spec, egress: [...noDns.spec.egress, toDns] } };
    const { changes, newMistakes } = compared([...shop, dns], [...shop, noDns]);
    const toDb = changes.filter(({ from, to }) => from === webId && to === dbId);
    assert.deepEqual(toDb.map(short), ["shop/web => data/db: TCP 5432 -> none, needed"]);
    assert.match(toDb[0]?.because.join() ?? "", /^the name can't be looked up: NetworkPolicy/);
    assert.equal(newMistakes[0]?.object, "NetworkPolicy shop/no-dns");
    const { changes: back, mendedMistakes } = compared([...shop, noDns], [...shop, dns]);
    assert.deepEqual(back.filter(({ to }) => to === dbId).map(short), [
      "shop/web => data/db: none -> TCP 5432, needed",
    ]);
    assert.equal(mendedMistakes.length, newMistakes.length);
  });

  it("says nothing where it's another reason why it doesn't work", () => {
    const asleep = [web, ...server("data/db", 5432, { replicas: 0 })];
    const { changes } = compared([...shop, closed("data")], [...asleep, closed("data")]);
    assert.deepEqual(changes, []);
  });

  it("tells mistakes that are new or mended, and not those that stay", () => {
    const nobody = (name: string) => service(`shop/${name}`, 80);
    const { newMistakes, mendedMistakes } = compared(
      [nobody("stays"), nobody("goes")],
      [nobody("comes"), nobody("stays")],
    );
    assert.deepEqual(
      [newMistakes, mendedMistakes].map((list) => list.map(({ object }) => object)),
      [["Service shop/comes"], ["Service shop/goes"]],
    );
  });

  describe("compares addresses outside, however they're cut", () => {
    const outsideOnly = platform({ ipBlockMatchesPods: false });
    const toDb = (before: string[], after: string[]) =>
      compared(
        [...shop, ipBlocks("data/p", ...before)],
        [...shop, ipBlocks("data/p", ...after)],
        outsideOnly,
      ).changes.map(
        ({ from, before = "none", after = "none" }) => `${from}: ${before} -> ${after}`,
      );

    it("the same in other pieces is no change", () => {
      assert.deepEqual(toDb(["10.0.0.0/8"], ["10.0.0.0/9", "10.128.0.0/9"]), []);
      assert.deepEqual(toDb(["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"]), []);
    });

    it("only what differs, in as few pieces as that takes", () => {
      assert.deepEqual(toDb(["10.0.0.0/8"], ["10.0.0.0/9", "11.0.0.0/8"]), [
        "10.128.0.0-10.255.255.255[External]: All Connections -> none",
        "11.0.0.0-11.255.255.255[External]: none -> All Connections",
      ]);
      assert.deepEqual(toDb(["10.0.0.0/8", "12.0.0.0/8"], ["0.0.0.0/0"]), [
        "0.0.0.0-9.255.255.255[External]: none -> All Connections",
        "11.0.0.0-11.255.255.255[External]: none -> All Connections",
        "13.0.0.0-255.255.255.255[External]: none -> All Connections",
      ]);
    });

    it("neighbours that change alike for different reasons, as one with both", () => {
      const from = (range: string, verdict: Flow["verdict"], because: string): Flow => ({
        from: `${range}[External]`,
        to: "a",
        ports: "All Connections",
        verdict,
        because: [because],
        neededBy: because === "two" ? ["somebody"] : [],
        reachesListener: true,
      });
      const of = (...flows: Flow[]) => ({ of: "test", parties: [], flows, mistakes: [] });
      const { changes } = diff(
        of(from("0.0.0.0-255.255.255.255", "allow", "open")),
        of(
          from("0.0.0.0-9.255.255.255", "deny", "one"),
          from("10.0.0.0-10.255.255.255", "deny", "two"),
          from("11.0.0.0-255.255.255.255", "allow", "three"),
        ),
      );
      assert.deepEqual(changes, [
        {
          from: "0.0.0.0-10.255.255.255[External]",
          to: "a",
          before: "All Connections",
          after: undefined,
          needed: true,
          because: ["one", "two"],
        },
      ]);
    });

    it("a piece that only one of them lists, and no more", () => {
      const piece: Flow = {
        from: "10.0.0.0-10.255.255.255[External]",
        to: "a",
        ports: "TCP 80",
        verdict: "allow",
        because: [],
        neededBy: [],
        reachesListener: true,
      };
      const of = (...flows: Flow[]) => ({ of: "test", parties: [], flows, mistakes: [] });
      assert.deepEqual(diff(of(), of(piece)).changes.map(short), [
        "10.0.0.0-10.255.255.255 => a: none -> TCP 80",
      ]);
      const narrow = { ...piece, from: "10.0.0.0-10.0.0.255[External]" };
      assert.deepEqual(diff(of(piece), of(narrow)).changes.map(short), [
        "10.0.1.0-10.255.255.255 => a: TCP 80 -> none",
      ]);
    });

    it("towards the outside too", () => {
      const out = (cidr: string) =>
        networkPolicy("shop/out", {
          podSelector: {},
          policyTypes: ["Egress"],
          egress: [{ to: [{ ipBlock: { cidr } }] }],
        });
      const [before, after] = [out("10.0.0.0/8"), out("10.0.0.0/9")];
      const { changes } = compared([web, before], [web, after]);
      assert.deepEqual(changes.map(short), [
        "shop/web => 10.128.0.0-10.255.255.255: All Connections -> none",
      ]);
    });

    it("of IPv6 where both list it", () => {
      const six = (cidr: string) => [...shop, ipBlocks("data/p", "10.0.0.0/8", cidr)];
      const { changes } = compared(six("2001:db8::/32"), six("2001:db8::/33"));
      assert.deepEqual(changes.map(short), [
        "2001:db8:8000::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff => data/db: All Connections -> none",
      ]);
      const onlyNow = compared([...shop, ipBlocks("data/p", "10.0.0.0/8")], six("2001:db8::/32"));
      assert.deepEqual(onlyNow.changes, []);
      const onlyThen = compared(six("2001:db8::/32"), [...shop, ipBlocks("data/p", "10.0.0.0/8")]);
      assert.deepEqual(onlyThen.changes, []);
      assert.ok(compared([], six("2001:db8::/32")).changes.some(({ from }) => from.includes("::")));
    });
  });

  describe("of requests", () => {
    const http = (...rules: object[]) =>
      ciliumPolicy("data/http", {
        endpointSelector: {},
        ingress: [
          {
            fromEndpoints: [{ matchLabels: { "k8s:io.kubernetes.pod.namespace": "shop" } }],
            toPorts: [{ ports: [{ port: "5432", protocol: "TCP" }], rules: { http: rules } }],
          },
        ],
      });

    it("tells which are let in", () => {
      const { changes } = compared(
        [...shop, http({ method: "GET" })],
        [...shop, http({ method: "GET" }, { method: "PUT" })],
        withCilium,
      );
      const [change] = changes.filter(({ from }) => from === webId);
      assert.match(change?.before ?? "", /^TCP 5432 \(GET[^;]*\)$/);
      assert.match(change?.after ?? "", /^TCP 5432 \(GET.*; PUT.*\)$/);
      assert.equal(change?.needed, true);
      assert.match(change?.because.join() ?? "", /spec\.ingress\[0\]/);
    });
  });

  it("of names outside tells each port that is opened by name", () => {
    const names = (...ports: number[]) =>
      ciliumPolicy("shop/names", {
        endpointSelector: {},
        egress: [
          {
            toEndpoints: [
              {
                matchLabels: {
                  "k8s:io.kubernetes.pod.namespace": "kube-system",
                  "k8s:k8s-app": "kube-dns",
                },
              },
            ],
            toPorts: [
              { ports: [{ port: "53", protocol: "ANY" }], rules: { dns: [{ matchPattern: "*" }] } },
            ],
          },
          {
            toFQDNs: [{ matchName: "api.example.com" }],
            toPorts: [{ ports: ports.map((port) => ({ port: `${port}`, protocol: "TCP" })) }],
          },
        ],
      });
    const { changes } = compared([web, names(443)], [web, names(443, 8443)], withCilium);
    assert.deepEqual(changes.map(short), ["shop/web => api.example.com: TCP 443 -> TCP 443,8443"]);
  });

  it("of several flows between two ends is about all of them, in whatever order they stand", () => {
    const flow = (ports: string, rest: Partial<Flow> = {}): Flow => ({
      from: "a",
      to: "b",
      ports,
      verdict: "allow",
      because: [`because of ${ports}`],
      neededBy: [],
      reachesListener: true,
      ...rest,
    });
    const prediction = (...flows: Flow[]): Prediction => ({
      of: "test",
      parties: [],
      flows,
      mistakes: [],
    });
    const old = [flow("TCP 80"), flow("TCP 90", { requests: ["GET /"] }), flow("UDP 53")];
    const now = [
      flow("TCP 80,UDP 53"),
      flow("TCP 90", { verdict: "deny" }),
      flow("SCTP 1-65535", { verdict: "broken" }),
    ];
    const there = diff(prediction(...old), prediction(...now));
    assert.deepEqual(there.changes, [
      {
        from: "a",
        to: "b",
        before: "TCP 80,UDP 53; TCP 90 (GET /)",
        after: "TCP 80,UDP 53",
        needed: false,
        because: ["because of TCP 90"],
      },
    ]);
    const reversed = diff(prediction(...old.toReversed()), prediction(...now.toReversed()));
    assert.deepEqual(reversed, there);
    const apart = diff(
      prediction(...old),
      prediction(old[1] as Flow, flow("UDP 53"), flow("TCP 80")),
    );
    assert.deepEqual(apart.changes, []);
  });

  it("tells the reasons for what is listened on, where there are others too", () => {
    const flow = (ports: string, reachesListener: boolean): Flow => ({
      from: "a",
      to: "b",
      ports,
      verdict: "deny",
      because: [`because of ${ports}`],
      neededBy: [],
      reachesListener,
    });
    const open: Flow = { ...flow("All Connections", true), verdict: "allow" };
    const of = (...flows: Flow[]) => ({ of: "test", parties: [], flows, mistakes: [] });
    const because = (...now: Flow[]) => diff(of(open), of(...now)).changes[0]?.because;
    const [other, listened] = [flow("TCP 1-79", false), flow("TCP 80", true)];
    assert.deepEqual(because(other, listened), ["because of TCP 80"]);
    assert.deepEqual(because(other), ["because of TCP 1-79"]);
  });

  it("of what the mesh closes tells the ports that stay", () => {
    const inject = { "sidecar.istio.io/inject": "true" };
    const meshed = [
      deployment("mesh/a", { labels: { app: "a", ...inject } }),
      deployment("mesh/b", { ports: [80], labels: { app: "b", ...inject } }),
    ];
    const on = platform({ mesh: { rootNamespace: "istio-system", trustDomain: "cluster.local" } });
    const nobody = authorizationPolicy("mesh/nobody", {
      selector: { matchLabels: { app: "b" } },
    });
    const { changes } = compared(meshed, [...meshed, nobody], on);
    const [change] = changes.filter(({ from }) => from === "mesh/a[Deployment]");
    assert.equal(
      short(change as Change),
      "mesh/a => mesh/b: All Connections -> SCTP 1-65535,UDP 1-65535",
    );
    assert.match(change?.because.join() ?? "", /^AuthorizationPolicy mesh\/nobody/);
  });
});
