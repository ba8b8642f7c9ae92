import assert from "node:assert/strict";
import { validate } from "../../../micromesh/connectivity/index.ts";
import { analyse } from "../../../micromesh/prediction/analysis.ts";
import { suggest } from "../../../micromesh/prediction/suggest/suggest.ts";
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import {
  deployment,
  networkPolicy,
  object,
  platform,
  predicted,
  server,
  service,
  toDns,
  withIngress,
  withIstio,
  workload,
} from "../objects.ts";

const inNamespace = (name: string) => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});
const labelled = (app: string) => ({ podSelector: { matchLabels: { app } } });
const tcp = (port: number) => ({ protocol: "TCP", port });

/** The specs of the policies by `namespace/name`, all of them valid. */
function suggested(
  objects: KubernetesObject[],
  on = platform(),
): Record<string, KubernetesObject["spec"]> {
  const policies = suggest(analyse(objects, on));
  assert.deepEqual(validate(policies), []);
  const entries = policies.map(({ kind, metadata: { namespace, name }, spec }) => {
    assert.equal(kind, "NetworkPolicy");
    return [`${namespace}/${name}`, spec] as const;
  });
  assert.equal(
    new Set(entries.map(([path]) => path)).size,
    entries.length,
    "a name is there twice",
  );
  return Object.fromEntries(entries);
}

const calls = (url: string) => ({ env: { API_URL: url } });
const db = server("data/db", 5432);

describe("suggest", () => {
  it("lets in and out what is needed, by name, and nothing else", () => {
    const web = deployment("shop/web", { ports: [80], ...calls("postgres://db.data:5432") });
    assert.deepEqual(suggested([web, ...db]), {
      "data/only-needed-db": {
        podSelector: { matchLabels: { app: "db" } },
        policyTypes: ["Ingress", "Egress"],
        ingress: [{ from: [{ ...inNamespace("shop"), ...labelled("web") }], ports: [tcp(5432)] }],
        egress: [],
      },
      "shop/only-needed-web": {
        podSelector: { matchLabels: { app: "web" } },
        policyTypes: ["Ingress", "Egress"],
        ingress: [],
        egress: [
          { to: [{ ...inNamespace("data"), ...labelled("db") }], ports: [tcp(5432)] },
          toDns,
        ],
      },
    });
  });

  it("names no namespace for a neighbour, and puts peers with the same ports together", () => {
    const users = ["a", "b"].map((name) => deployment(`data/${name}`, calls("http://db:5432")));
    assert.deepEqual(suggested([...users, ...db])["data/only-needed-db"].ingress, [
      { from: [labelled("a"), labelled("b")], ports: [tcp(5432)] },
    ]);
  });

  it("puts ports of one peer together, each once", () => {
    const user = deployment("data/a", {
      env: { ONE_URL: "http://two:80", TWO_URL: "http://two:81", THREE_URL: "http://two.data:81" },
    });
    const two = [
      deployment("data/two", { ports: [80, 81] }),
      service("data/two", [
        { port: 80, name: "a" },
        { port: 81, name: "b" },
      ]),
    ];
    assert.deepEqual(suggested([user, ...two])["data/only-needed-two"].ingress, [
      { from: [labelled("a")], ports: [tcp(80), tcp(81)] },
    ]);
  });

  it("lets a host outside be called on its port, at any address", () => {
    const caller = deployment("shop/web", calls("https://api.example.com"));
    const egress = (more: KubernetesObject[]) =>
      suggested([caller, ...more])["shop/only-needed-web"].egress[0];
    const anywhere = { ipBlock: { cidr: "0.0.0.0/0" } };
    assert.deepEqual(egress([]), { to: [anywhere], ports: [tcp(443)] });
    const dual = service("shop/six", 80, { ipFamilies: ["IPv4", "IPv6"] });
    assert.deepEqual(egress([dual]).to, [anywhere, { ipBlock: { cidr: "::/0" } }]);
  });

  it("lets in from anywhere what a Service brings in from outside, and says it once", () => {
    const open = [
      deployment("shop/web", { ports: [{ containerPort: 8080, name: "http" }] }),
      service("shop/web", [{ port: 80, targetPort: "http" }], { type: "LoadBalancer" }),
      deployment("shop/user", calls("http://web.shop")),
    ];
    const policies = suggested(open);
    assert.deepEqual(policies["shop/only-needed-web"].ingress, [{ ports: [tcp(8080)] }]);
    assert.deepEqual(policies["shop/only-needed-user"].egress[0], {
      to: [labelled("web")],
      ports: [tcp(8080)],
    });
  });

  it("lets in the ingress controller by its pods, or from any namespace where they aren't declared", () => {
    const web = server("shop/web", 80);
    const ingress = object("networking.k8s.io/v1", "Ingress", "shop/in", {
      spec: { defaultBackend: { service: { name: "web", port: { number: 80 } } } },
    });
    const peer = (on = platform()) =>
      suggested([...web, ingress], on)["shop/only-needed-web"].ingress[0].from;
    assert.deepEqual(peer(), [{ namespaceSelector: {} }]);
    assert.deepEqual(peer(withIngress), [
      {
        ...inNamespace("traefik"),
        podSelector: { matchLabels: { "app.kubernetes.io/name": "traefik" } },
      },
    ]);
  });

  it("lets a pod talk to those of its own kind, if it's told to", () => {
    const redis = [
      workload("StatefulSet", "data/redis", {
        ports: [6379],
        replicas: 3,
        env: { PEERS: "redis-0.redis.data:6379,redis-1.redis.data:6379" },
      }),
      service("data/redis", 6379, { clusterIP: "None" }),
    ];
    const { ingress, egress } = suggested(redis)["data/only-needed-redis"];
    assert.deepEqual(ingress, [{ from: [labelled("redis")], ports: [tcp(6379)] }]);
    assert.deepEqual(egress, [{ to: [labelled("redis")], ports: [tcp(6379)] }, toDns]);
  });

  describe("pods in their nodes' network", () => {
    const agent = workload("DaemonSet", "ops/agent", {
      ports: [9100],
      pod: { hostNetwork: true },
      ...calls("http://db.data:5432"),
    });
    const scraper = deployment("ops/scraper", calls("http://agent.ops:9100"));
    const objects = [agent, service("ops/agent", 9100), scraper, ...db];

    it("are everyone to a NetworkPolicy, and get none", () => {
      const policies = suggested(objects);
      assert.deepEqual(policies["data/only-needed-db"].ingress, [{ ports: [tcp(5432)] }]);
      assert.deepEqual(policies["ops/only-needed-scraper"].egress, [{ ports: [tcp(9100)] }, toDns]);
      assert.equal(policies["ops/only-needed-agent"], undefined);
    });

    it("are pods as any other where the CNI takes them so", () => {
      const policies = suggested(objects, platform({ hostNetworkPods: "pod" }));
      assert.deepEqual(policies["data/only-needed-db"].ingress[0].from, [
        { ...inNamespace("ops"), ...labelled("agent") },
      ]);
      assert.ok(policies["ops/only-needed-agent"]);
    });
  });

  it("gives a sidecar its control plane, and names", () => {
    const injected = { app: "web", "sidecar.istio.io/inject": "true" };
    const meshed = deployment("shop/web", { labels: injected });
    const istiod = deployment("istio-system/istiod", { ports: [15012] });
    const policies = suggested([meshed, istiod], withIstio);
    assert.deepEqual(policies["shop/only-needed-web"].egress, [
      toDns,
      { to: [{ ...inNamespace("istio-system"), ...labelled("istiod") }], ports: [tcp(15012)] },
    ]);
    assert.deepEqual(Object.keys(policies), ["shop/only-needed-web"]);
  });

  it("leaves out what the cluster and charts bring", () => {
    const system = deployment("kube-system/coredns", { labels: { "k8s-app": "kube-dns" } });
    assert.deepEqual(suggested([system, ...db], withIngress), suggested(db));
  });

  it("asks for DNS only where a name is looked up", () => {
    const none = suggested(db)["data/only-needed-db"].egress;
    assert.deepEqual(none, []);
  });

  it("names the policies after the workloads, with the kind where a name is there twice", () => {
    const twins = [
      deployment("shop/a", { labels: { app: "one" } }),
      workload("StatefulSet", "shop/a", { labels: { app: "two" } }),
      deployment("shop/a-deployment"),
      deployment("shop/b"),
      deployment(`shop/${"long".repeat(62)}`, { labels: { app: "long" } }),
    ];
    const names = Object.keys(suggested(twins)).map((path) =>
      path.slice("shop/only-needed-".length),
    );
    assert.equal(names.pop()?.length, 253 - "only-needed-".length);
    assert.deepEqual(names.sort(), ["a-deployment", "a-deployment-2", "a-statefulset", "b"]);
  });

  it("suggests the same again where its policies are there already", () => {
    const objects = [deployment("shop/web", calls("postgres://db.data:5432")), ...db];
    const policies = suggest(analyse(objects, platform()));
    assert.deepEqual(suggest(analyse([...objects, ...policies], platform())), policies);
  });

  it("takes nothing for needed that a policy happens to permit", () => {
    const open = networkPolicy("data/open", { podSelector: {}, ingress: [{}] });
    assert.deepEqual(suggested([...db, open])["data/only-needed-db"].ingress, []);
  });

  describe("selects pods", () => {
    const selectors = (...all: Record<string, string>[]) => {
      const objects = all.map((labels, i) => deployment(`shop/w${i}`, { labels }));
      return Object.values(suggested(objects)).map((spec) => spec.podSelector);
    };
    const name = "app.kubernetes.io/name";

    it("by the recommended label, if that tells them apart", () => {
      assert.deepEqual(selectors({ app: "a", [name]: "a", version: "1" }, { [name]: "b" }), [
        { matchLabels: { [name]: "a" } },
        { matchLabels: { [name]: "b" } },
      ]);
    });

    it("by as few others as it takes, and by versions last", () => {
      const [first] = selectors(
        { app: "shop", tier: "web", team: "x", version: "1" },
        { app: "shop", tier: "db", team: "x", version: "1" },
        { app: "blog", tier: "web", team: "x", version: "1" },
      );
      assert.deepEqual(first, { matchLabels: { app: "shop", tier: "web" } });
      assert.deepEqual(selectors({ team: "x", version: "1" }), [{ matchLabels: { team: "x" } }]);
      assert.deepEqual(selectors({ version: "1" }, { version: "2" }), [
        { matchLabels: { version: "1" } },
        { matchLabels: { version: "2" } },
      ]);
    });

    it("by labels that they lack, where another has all of theirs", () => {
      assert.deepEqual(selectors({ app: "a" }, { app: "a", canary: "yes" }, {}), [
        {
          matchLabels: { app: "a" },
          matchExpressions: [{ key: "canary", operator: "DoesNotExist" }],
        },
        { matchLabels: { canary: "yes" } },
        { matchExpressions: [{ key: "app", operator: "DoesNotExist" }] },
      ]);
    });

    it("together, where nothing tells them apart", () => {
      assert.deepEqual(selectors({ app: "a" }, { app: "a" }), [
        { matchLabels: { app: "a" } },
        { matchLabels: { app: "a" } },
      ]);
      assert.deepEqual(selectors({}), [{}]);
    });
  });

  it("keeps every needed flow of what it doesn't know the pods of, too", () => {
    const web = server("shop/web", 80, calls("https://api.example.com:8443"));
    const policies = suggest(analyse(web, platform()));
    const { flows } = predicted([...web, ...policies]);
    const [out] = flows.filter(({ to }) => to === "api.example.com[External]");
    assert.deepEqual([out?.verdict, out?.ports], ["allow", "TCP 8443"]);
  });
});
