/** Predictions to look at: the counter lab by hand, and generated ones of any size. */
import type { Flow, Mistake, Party, Prediction } from "../../../micromesh/prediction/prediction.ts";

function workload(namespace: string, name: string, listens: string, kind = "Deployment"): Party {
  return { id: `${namespace}/${name}[${kind}]`, kind: "workload", namespace, name, listens };
}

function range(addresses: string): Party {
  return { id: `${addresses}[External]`, kind: "external", name: addresses, listens: "" };
}

/** The counter lab: `isolated` keeps all but the app and d-redis' own from d-redis. */
export function counterLab(scenario: "open" | "isolated"): Prediction {
  const apache = workload("b-apacherr", "apache", "TCP 8080");
  const counter = workload("c-app-count", "counter", "TCP 8080");
  const redis = workload("d-redis", "redis", "TCP 6379");
  const front = workload("d-redis", "redis-http", "TCP 7379");
  const traefik = workload("traefik", "traefik", "TCP 8000,8443");
  const parties = [apache, counter, redis, front, traefik, range("0.0.0.0-255.255.255.255")];
  const needs = new Map([
    [`${traefik.id} ${apache.id}`, "Ingress b-apacherr/apache: host pippo.lan, path /"],
    [
      `${apache.id} ${counter.id}`,
      "ConfigMap b-apacherr/apache-files: httpd.conf says http://counter-svc.c-app-count",
    ],
    [
      `${apache.id} ${front.id}`,
      "ConfigMap b-apacherr/apache-files: httpd.conf says http://redis-http-svc.d-redis:7379",
    ],
    [
      `${counter.id} ${redis.id}`,
      "Deployment c-app-count/counter: REDIS_ENDPOINT=redis-svc.d-redis",
    ],
    [`${front.id} ${redis.id}`, "Deployment d-redis/redis-http: REDIS_HOST=redis-svc"],
  ]);
  const mayEnter = (from: Party) => from.namespace === "d-redis" || from.id === counter.id;
  const flows: Flow[] = [];
  for (const to of parties) {
    for (const from of parties) {
      if (from.id === to.id) continue;
      const cut = scenario === "isolated" && to.namespace === "d-redis" && !mayEnter(from);
      const need = needs.get(`${from.id} ${to.id}`);
      flows.push({
        from: from.id,
        to: to.id,
        ports: "All Connections",
        verdict: cut ? "deny" : "allow",
        because: cut
          ? [
              `NetworkPolicy d-redis/isolate-namespace: isolates ${to.namespace}/${to.name} for ingress, and none of its rules allows this source`,
              "NetworkPolicy d-redis/allow-app: spec.ingress[0].from[0] allows app=counter of c-app-count only",
            ]
          : ["no policy selects either end"],
        neededBy: need ? [need] : [],
        reachesListener: true,
      });
    }
  }
  return { of: `counter=${scenario}`, parties, flows, mistakes: [] };
}

const NAMESPACES: Record<string, string[]> = {
  shop: ["frontend", "cart", "checkout", "currency", "recommendation", "ad", "email", "shipping"],
  catalog: ["catalog-api", "search", "indexer", "images", "reviews"],
  payments: ["payment-gateway", "ledger", "fraud-detection", "invoices"],
  data: ["postgres", "redis-primary", "redis-replica", "kafka", "object-store"],
  monitoring: ["prometheus", "grafana", "alertmanager", "loki", "node-exporter"],
  "identity-provider": ["keycloak", "user-directory", "session-store"],
  batch: ["nightly-report", "reconcile", "cleanup", "export"],
  "ml-platform": [
    "model-server",
    "feature-store",
    "trainer",
    "notebook",
    "vector-index",
    "gpu-scheduler",
  ],
};

/** Mulberry32: a small generator of numbers in [0, 1), the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A cluster as people have them: some namespaces open to everyone, some closed but for a few allows,
 * a way in, a world outside, and some things that don't work.
 */
export function generated(seed: number, size: number): Prediction {
  const random = seeded(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const every = Object.entries(NAMESPACES).flatMap(([ns, names], i) =>
    names.map((name, j) => ({ ns, name, order: j * 10 + i })),
  );
  every.sort((a, b) => a.order - b.order);
  const workloads = every
    .slice(0, size)
    .sort((a, b) => a.ns.localeCompare(b.ns) || a.name.localeCompare(b.name))
    .map(({ ns, name }, i) =>
      workload(
        ns,
        name,
        pick(["TCP 8080", "TCP 80", "TCP 9090,9091", "TCP 5432", "TCP 8080,UDP 53"]),
        i % 9 === 4 ? "StatefulSet" : "Deployment",
      ),
    );
  const controller: Party = {
    id: "{ingress-controller}",
    kind: "controller",
    name: "ingress-controller",
    listens: "",
  };
  const legacy: Party = {
    id: "shop/legacy-orders[Service]",
    kind: "service",
    namespace: "shop",
    name: "legacy-orders",
    listens: "TCP 80",
  };
  const ranges = [
    range("0.0.0.0-9.255.255.255"),
    range("10.0.0.0-10.255.255.255"),
    range("11.0.0.0-255.255.255.255"),
  ];
  const bank: Party = {
    id: "api.bank.example[External]",
    kind: "external",
    name: "api.bank.example",
    listens: "",
  };
  const parties = [...workloads, legacy, controller, ...ranges, bank];
  const open = new Set(["shop", "catalog", "monitoring"]);
  const first = workloads.find((w) => w.namespace === "shop") ?? (workloads[0] as Party);
  const needs = new Map<string, string>();
  const need = (from: Party, to: Party, why: string) => {
    if (from.id !== to.id) needs.set(`${from.id} ${to.id}`, why);
  };
  need(controller, first, `Ingress ${first.namespace}/${first.name}: host shop.example, path /`);
  for (const from of workloads) {
    const count = random() < 0.3 ? 0 : random() < 0.7 ? 1 : 2;
    for (let i = 0; i < count; i++) {
      // Own neighbours and data stores are called more often than others.
      const near = (w: Party) => w.namespace === "data" || w.namespace === from.namespace;
      const to = pick(workloads.filter((w) => random() < 0.6 || near(w)));
      need(
        from,
        to,
        `Deployment ${from.namespace}/${from.name}: ${to.name.toUpperCase().replaceAll("-", "_")}_ADDR=${to.name}.${to.namespace}`,
      );
    }
  }
  const buyer = workloads.find((w) => w.namespace === "payments") ?? first;
  need(
    buyer,
    bank,
    `Deployment ${buyer.namespace}/${buyer.name}: BANK_URL=https://api.bank.example`,
  );
  need(first, legacy, `Deployment ${first.namespace}/${first.name}: ORDERS=http://legacy-orders`);
  const allowed = (from: Party, to: Party): boolean => {
    if (to === legacy) return true;
    if (from.kind === "external" && to.kind === "workload")
      return from === ranges[1] && open.has(to.namespace ?? "");
    if (to.kind === "external")
      return to === bank ? from !== buyer : open.has(from.namespace ?? "") || to === ranges[1];
    if (from === controller) return to.namespace === "shop";
    if (open.has(to.namespace ?? "") || from.namespace === to.namespace) return true;
    if (from.namespace === "monitoring") return true;
    return needs.has(`${from.id} ${to.id}`) ? random() < 0.75 : random() < 0.06;
  };
  const flows: Flow[] = [];
  for (const to of parties) {
    if (to === controller) continue;
    for (const from of parties) {
      if (from.id === to.id || from === legacy || from === bank) continue;
      if (from.kind !== "workload" && to.kind !== "workload") continue;
      const why = needs.get(`${from.id} ${to.id}`);
      const flow = { from: from.id, to: to.id, neededBy: why ? [why] : [], reachesListener: true };
      const at = `${to.namespace}/${to.name}`;
      if (!allowed(from, to)) {
        const policy =
          to.kind === "external"
            ? `${from.namespace}/default-deny-egress`
            : `${to.namespace}/default-deny`;
        flows.push({
          ...flow,
          ports: "All Connections",
          verdict: "deny",
          because: [
            `NetworkPolicy ${policy}: isolates ${to.kind === "external" ? `${from.namespace}/${from.name} for egress` : `${at} for ingress`}, and no rule of any policy allows this`,
          ],
        });
      } else if (to === legacy) {
        if (from === first)
          flows.push({
            ...flow,
            ports: "TCP 80",
            verdict: "broken",
            because: ["Service shop/legacy-orders: its selector app=legacy-orders selects no pod"],
          });
      } else if (why && random() < 0.06) {
        flows.push({
          ...flow,
          ports: to.listens || "All Connections",
          verdict: "broken",
          because: [
            `PeerAuthentication ${to.namespace}/default: STRICT, and ${from.namespace}/${from.name} has no sidecar`,
          ],
        });
      } else if (
        open.has(to.namespace ?? "") ||
        to.kind === "external" ||
        from.namespace === to.namespace
      ) {
        flows.push({
          ...flow,
          ports: "All Connections",
          verdict: "allow",
          because: ["no policy selects the destination for ingress"],
        });
      } else {
        flows.push({
          ...flow,
          ports: to.listens.split(",")[0] ?? to.listens,
          verdict: "allow",
          because: [`NetworkPolicy ${to.namespace}/allow-${from.name}: spec.ingress[0]`],
        });
        if (to.listens.includes(",")) {
          flows.push({
            ...flow,
            neededBy: [],
            ports: `${to.listens.startsWith("TCP") ? "TCP " : ""}${to.listens.split(",").slice(1).join(",")}`,
            verdict: "deny",
            because: [
              `NetworkPolicy ${to.namespace}/default-deny: isolates ${at} for ingress, and no rule of any policy allows this port`,
            ],
          });
        }
      }
    }
  }
  const mistakes: Mistake[] = [
    {
      object: "Service shop/legacy-orders",
      field: "spec.selector",
      text: "selects no pod: connections to it are refused. Pods of shop have app=orders; write that, or remove the Service.",
    },
  ];
  if (size > 20) {
    mistakes.push({
      object: "NetworkPolicy payments/allow-shop",
      field: "spec.ingress[0].from[0].namespaceSelector",
      text: "selects no namespace: none has the label team=shop, so the rule allows nobody. Write kubernetes.io/metadata.name: shop.",
    });
  }
  return { of: `${workloads.length} workloads`, parties, flows, mistakes };
}
