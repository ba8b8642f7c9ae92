import assert from "node:assert/strict";
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import {
  configMap,
  deployment,
  namespace,
  needed,
  object,
  predicted,
  server,
  service,
  type WorkloadFields,
  workload,
} from "../objects.ts";

/** What a web server of the namespace `shop` needs, besides a Redis there and in another namespace. */
function needsOfWeb(fields: WorkloadFields, ...more: KubernetesObject[]): string[] {
  return needed(predictedWith(fields, ...more)).map((line) =>
    line.replace("shop/web[Deployment] -> ", ""),
  );
}

function predictedWith(fields: WorkloadFields, ...more: KubernetesObject[]) {
  return predicted([
    deployment("shop/web", fields),
    ...server("shop/redis", 6379),
    ...server("data/cache", 6379),
    ...more,
  ]);
}

const redis = "shop/redis[Deployment] allow All Connections";
const cache = "data/cache[Deployment] allow All Connections";

describe("needs, by the environment", () => {
  const values: [name: string, value: string, ...needs: string[]][] = [
    ["REDIS_ENDPOINT", "redis:6379", redis],
    ["REDIS_ENDPOINT", "redis", redis],
    ["REDIS_URL", "redis://:secret@redis:6379/0", redis],
    ["CACHE", "redis://cache.data", cache],
    ["CACHE", "cache.data.svc.cluster.local", cache],
    ["CACHE", "cache.data.svc:6379", cache],
    ["SERVERS", "redis:6379,cache.data:6379", cache, redis],
    ["servers", "redis cache.data", cache, redis],
    ["spring.redis.host", "redis", redis],
    ["SETTINGS", '{"cache": {"url": "redis://redis"}}', redis],
    ["DSN", "Host=redis;Port=6379;Password=secret", redis],
  ];
  for (const [name, value, ...expected] of values) {
    it(`${name}=${value}`, () => {
      assert.deepEqual(needsOfWeb({ env: { [name]: value } }), expected);
    });
  }

  it("a host with its port beside it", () => {
    const env = { REDIS_HOST: "redis", REDIS_PORT: "6379", CACHE_HOST: "cache.data" };
    assert.deepEqual(needsOfWeb({ env }), [cache, redis]);
    const [flow] = predictedWith({ env: { ...env, REDIS_PORT: "6380" } }).flows.filter(
      ({ verdict }) => verdict === "broken",
    );
    assert.deepEqual(flow?.because, ["Service shop/redis has no port 6380; it has 6379"]);
  });

  it("variables that refer to others", () => {
    const env = {
      NAME: "cache",
      HOST: "$(NAME).data",
      CACHE_URL: "redis://$(HOST):6379",
      LATER_URL: "http://$(LATER)",
      LATER: "redis",
    };
    assert.deepEqual(needsOfWeb({ env }), [cache]);
  });

  it("ConfigMaps, in whole and by key", () => {
    const settings = configMap("shop/settings", {
      REDIS_HOST: "redis",
      cache: "redis://cache.data",
    });
    const whole = { container: { envFrom: [{ configMapRef: { name: "settings" } }] } };
    assert.deepEqual(needsOfWeb(whole, settings), [cache, redis]);
    const ref = { configMapKeyRef: { name: "settings", key: "cache" } };
    const byKey = { env: { CACHE: { valueFrom: ref } } };
    assert.deepEqual(needsOfWeb(byKey, settings), [cache]);
    assert.deepEqual(needsOfWeb(byKey), [], "one that isn't there");
    const other = configMap("data/settings", { REDIS_HOST: "redis" });
    assert.deepEqual(needsOfWeb(whole, other), [], "one of another namespace");
  });

  it("a ConfigMap's variables under a prefix, and those that the container's own replace", () => {
    const settings = configMap("shop/settings", { HOST: "redis" });
    const envFrom = [{ prefix: "CACHE_", configMapRef: { name: "settings" } }];
    assert.deepEqual(needsOfWeb({ container: { envFrom } }, settings), [redis]);
    const env = { CACHE_HOST: "cache.data" };
    const container = { env: [{ name: "CACHE_HOST", value: env.CACHE_HOST }], envFrom };
    assert.deepEqual(needsOfWeb({ container }, settings), [cache]);
  });

  it("no Secrets, whose values aren't read", () => {
    const secret = object("v1", "Secret", "shop/secrets", {
      data: { url: Buffer.from("redis://user:hunter2@cache.data:6379").toString("base64") },
      stringData: { REDIS_URL: "redis://:hunter2@redis" },
    });
    const ref = { secretKeyRef: { name: "secrets", key: "url" } };
    const container = {
      env: [{ name: "CACHE_URL", valueFrom: ref }],
      envFrom: [{ secretRef: { name: "secrets" } }],
    };
    const prediction = predictedWith({ container }, secret);
    assert.deepEqual(needed(prediction), []);
    assert.doesNotMatch(JSON.stringify(prediction), /hunter2/);
  });

  it("URLs with passwords, which aren't shown", () => {
    const env = {
      REDIS_URL: "redis://user:hunter2@redis:6379",
      CACHE: "redis://:hun@ter2@cache.data",
    };
    const prediction = predictedWith({ env });
    assert.equal(needed(prediction).length, 2);
    assert.doesNotMatch(JSON.stringify(prediction), /hunter2|ter2|user/);
  });

  it("every container, those that run first too", () => {
    const pod = {
      initContainers: [
        { name: "wait", command: ["sh", "-c", "until nc -z redis 6379; do :; done"] },
      ],
    };
    const env = { CACHE: "redis://cache.data" };
    assert.deepEqual(needsOfWeb({ pod, env }), [cache, redis]);
  });

  it("say where they stand", () => {
    const { flows } = predictedWith({ env: { REDIS_URL: "redis://:secret@redis" } });
    const texts = flows.flatMap(({ neededBy }) => neededBy);
    assert.deepEqual(texts, ["env REDIS_URL of shop/web names redis, port 6379"]);
  });
});

describe("needs, by arguments", () => {
  const argumentLists: [args: string[], ...needs: string[]][] = [
    [["--redis=redis:6379"], redis],
    [["--redis-host", "redis", "--redis-port", "6379"], redis],
    [["--upstream=http://redis:6379", "-v"], redis],
    [["serve", "redis://cache.data"], cache],
    [["--cache=$(CACHE)"], cache],
    [["sh", "-c", "exec app --redis redis:6379"], redis],
    [["--verbose", "redis"]],
    [["redis"]],
  ];
  for (const [args, ...expected] of argumentLists) {
    it(args.join(" "), () => {
      const container = { args, env: [{ name: "CACHE", value: "redis://cache.data" }] };
      const without = { container: { env: container.env } };
      const plain = needsOfWeb(without);
      const extra = needsOfWeb({ container }).filter(
        (need) => !plain.includes(need) || expected.includes(need),
      );
      assert.deepEqual(extra, expected);
    });
  }

  it("a script's comments don't count", () => {
    const script =
      "# see http://docs.example.com\nexec app http://redis:6379 # or http://x.example.com";
    assert.deepEqual(needsOfWeb({ container: { args: ["sh", "-c", script] } }), [redis]);
  });

  it("show no more than the flag", () => {
    const container = {
      command: ["app"],
      args: ["--url=redis://:hunter2@redis", "http://u:hunter2@cache.data:6379"],
    };
    const texts = predictedWith({ container }).flows.flatMap(({ neededBy }) => neededBy);
    assert.deepEqual(texts.sort(), [
      "an argument of shop/web names cache.data, port 6379",
      "argument --url of shop/web names redis, port 6379",
    ]);
  });
});

describe("needs, by mounted files", () => {
  const mounted = (volume: object) => ({
    pod: { volumes: [{ name: "files", ...volume }] },
    container: { volumeMounts: [{ name: "files", mountPath: "/etc/app" }] },
  });
  const asConfigMap = mounted({ configMap: { name: "files" } });

  it("a server's configuration", () => {
    const files = configMap("shop/files", {
      "proxy.conf":
        "# http://docs.example.com\nProxyPass /count http://redis:6379/\nserver cache.data:6379;",
    });
    assert.deepEqual(needsOfWeb(asConfigMap, files), [cache, redis]);
    const sources = [{ configMap: { name: "files" } }];
    assert.deepEqual(needsOfWeb(mounted({ projected: { sources } }), files), [cache, redis]);
    assert.deepEqual(needsOfWeb({ pod: asConfigMap.pod }, files), [], "that no container mounts");
  });

  it("programs and pages don't count", () => {
    for (const name of ["main.mjs", "app.py", "index.html", "init.sql"]) {
      assert.deepEqual(
        needsOfWeb(asConfigMap, configMap("shop/files", { [name]: "http://redis:6379" })),
        [],
      );
    }
  });

  it("a proxy's own upstreams aren't taken for Services that are missing", () => {
    const conf = "upstream backend { server redis:6379; }\nproxy_pass http://backend;";
    assert.deepEqual(needsOfWeb(asConfigMap, configMap("shop/files", { conf })), [redis]);
  });
});

describe("needs, by annotation", () => {
  const annotations = { "micromesh/needs": "redis:6379,cache.data:6379" };

  it("what no setting names", () => {
    assert.deepEqual(needsOfWeb({ annotations }), [cache, redis]);
    assert.deepEqual(needsOfWeb({ annotations: { other: "redis:6379" } }), []);
    const pod = workload("Pod", "shop/web", { annotations });
    const all = predicted([pod, ...server("shop/redis", 6379), ...server("data/cache", 6379)]);
    assert.equal(needed(all).length, 2);
  });

  it("say where they stand, and which names nobody has", () => {
    const [flow] = predictedWith({ annotations }).flows.filter(({ neededBy }) => neededBy.length);
    assert.deepEqual(flow?.neededBy, [
      "annotation micromesh/needs of shop/web names cache.data, port 6379",
    ]);
    const wrong = { "micromesh/needs": "nobody:80" };
    const broken = predictedWith({ annotations: wrong }).flows.filter(
      ({ verdict }) => verdict === "broken",
    );
    assert.equal(broken.length, 1);
  });
});

describe("what isn't needed", () => {
  const env: Record<string, string> = {
    APP: "redis",
    NAME: "redis",
    VERSION: "redis",
    MODE: "cache.data",
    IMAGE: "redis:7",
    TAG: "cache.data:7",
    FILE: "/etc/redis/redis.conf",
    VOLUME: "/data/redis:ro",
    MAIL: "redis@example.com",
    RELEASE: "1.2.3",
    LABELS: '{"app":"redis","name":"cache.data"}',
    BUCKET: "s3://redis-backups",
    HOST: "0.0.0.0",
    LISTEN_ADDR: ":8080",
    BIND_ADDRESS: "web:8080",
    SELF_URL: "http://localhost:8080",
    DEV_URL: "http://shop.localhost",
    KUBERNETES_URL: "https://kubernetes.default.svc",
    METRICS_URL: "https://metrics-server.kube-system",
    PUBLIC_URL: "https://shop.example.com",
    CORS_ORIGINS: "https://a.example.com,https://b.example.com",
    "web.external-url": "https://shop.example.com",
    PORT: "6379",
    DEBUG: "app:*",
    EMPTY: "",
  };
  for (const [name, value] of Object.entries(env)) {
    it(`${name}=${value}`, () => {
      assert.deepEqual(needsOfWeb({ env: { [name]: value } }), []);
    });
  }

  it("a variable without a value, and one of the cluster's", () => {
    const env = { A: {}, B: { valueFrom: { fieldRef: { fieldPath: "status.podIP" } } } };
    assert.deepEqual(needsOfWeb({ env }), []);
  });

  it("oneself", () => {
    const [self, ...rest] = server("shop/kafka", 9092, { env: { KAFKA_HOST: "kafka:9092" } });
    assert.deepEqual(needed(predicted([self as KubernetesObject, ...rest])), []);
  });
});

describe("where needs lead", () => {
  it("from a Service's port to the pods'", () => {
    const ports = [{ name: "web", containerPort: 8080 }, 9090];
    const objects = [
      deployment("shop/api", { ports }),
      service("shop/api", [
        { name: "http", port: 80, targetPort: "web" },
        { name: "admin", port: 9090 },
      ]),
      object("networking.k8s.io/v1", "NetworkPolicy", "shop/closed", { spec: { podSelector: {} } }),
    ];
    const env = { API: "http://api" };
    assert.deepEqual(needsOfWeb({ env }, ...objects), ["shop/api[Deployment] deny TCP 8080"]);
    assert.deepEqual(
      needsOfWeb({ env: { API_HOST: "api" } }, ...objects),
      ["shop/api[Deployment] deny TCP 8080,9090"],
      "without a port: all of the Service's",
    );
  });

  it("by one setting to several ports, which is one reason", () => {
    const [flow] = predictedWith(
      { env: { API_HOST: "api" } },
      deployment("shop/api", { ports: [80, 81] }),
      service("shop/api", [
        { name: "a", port: 80 },
        { name: "b", port: 81 },
      ]),
    ).flows.filter(({ neededBy }) => neededBy.length > 0);
    assert.deepEqual(flow?.neededBy, ["env API_HOST of shop/web names api"]);
  });

  it("to every workload behind it", () => {
    const objects = [
      deployment("shop/v1", { labels: { app: "api", version: "1" } }),
      workload("StatefulSet", "shop/v2", { labels: { app: "api", version: "2" } }),
      service("shop/api", 80),
    ];
    assert.deepEqual(needsOfWeb({ env: { API: "http://api" } }, ...objects), [
      "shop/v1[Deployment] allow All Connections",
      "shop/v2[StatefulSet] allow All Connections",
    ]);
  });

  it("by a headless Service to the port that is asked for, whatever ports it names", () => {
    const objects = [
      workload("StatefulSet", "shop/db", { ports: [5432] }),
      service("shop/db", [{ port: 80, targetPort: 8080 }], { clusterIP: "None" }),
      object("networking.k8s.io/v1", "NetworkPolicy", "shop/closed", { spec: { podSelector: {} } }),
    ];
    const to = (host: string) => needsOfWeb({ env: { DB_HOST: host } }, ...objects);
    assert.deepEqual(to("db:5432"), ["shop/db[StatefulSet] deny TCP 5432"]);
    for (const host of ["db-0.db", "db-0.db.shop", "db-0.db.shop.svc.cluster.local"]) {
      assert.deepEqual(to(`${host}:5432`), ["shop/db[StatefulSet] deny TCP 5432"], host);
    }
  });

  it("by an ExternalName to the host outside, or to another Service", () => {
    const alias = (name: string) =>
      object("v1", "Service", "shop/db", { spec: { type: "ExternalName", externalName: name } });
    const env = { DB: "postgres://db" };
    assert.deepEqual(needsOfWeb({ env }, alias("db.example.com")), [
      "db.example.com[External] allow TCP 5432",
    ]);
    const inside = alias("cache.data.svc.cluster.local");
    assert.deepEqual(needsOfWeb({ env: { DB: "http://db:6379" } }, inside), [cache]);
    assert.deepEqual(needsOfWeb({ env }, alias("db.shop.svc.cluster.local")), [], "to itself");
  });

  it("to hosts outside", () => {
    const env = { API: "https://api.example.com/v1", BROKERS: "b1.example.com:9093" };
    assert.deepEqual(needsOfWeb({ env }), [
      "api.example.com[External] allow TCP 443",
      "b1.example.com[External] allow TCP 9093",
    ]);
  });
});

describe("names that nobody has", () => {
  const broken = (env: Record<string, string>, ...more: KubernetesObject[]) =>
    predictedWith({ env }, ...more)
      .flows.filter(({ verdict }) => verdict === "broken")
      .map(({ to, ports, because }) => `${to} ${ports}: ${because.join(" ")}`);

  const cases: [env: Record<string, string>, expected: string][] = [
    [
      { CACHE_URL: "redis://cache" },
      "shop/cache[Service] TCP 6379: there is no Service shop/cache, so the name isn't found; Service data/cache is called cache.data from there",
    ],
    [
      { CACHE_HOST: "cache", CACHE_PORT: "6379" },
      "shop/cache[Service] TCP 6379: there is no Service shop/cache, so the name isn't found; Service data/cache is called cache.data from there",
    ],
    [
      { CACHE_URL: "redis://cache.dat" },
      "dat/cache[Service] TCP 6379: there is no Service dat/cache, so the name isn't found; Service data/cache is called cache.data from there",
    ],
    [
      { REDIS_URL: "redis://redis.data" },
      "data/redis[Service] TCP 6379: there is no Service data/redis, so the name isn't found; Service shop/redis is called redis from there",
    ],
    [
      { API: "api.shop.svc.cluster.local" },
      "shop/api[Service] All Connections: there is no Service shop/api, so the name isn't found",
    ],
  ];
  for (const [env, expected] of cases) {
    it(
      Object.entries(env)
        .map((pair) => pair.join("="))
        .join(" "),
      () => {
        assert.deepEqual(broken(env), [expected]);
      },
    );
  }

  it("aren't blamed where a name may be any word", () => {
    assert.deepEqual(
      broken({ MODE: "cache", CACHE_HOST: "cache", BACKEND: "memory", X: "a:1" }),
      [],
    );
  });

  it("are looked for in namespaces that nothing but a Namespace declares", () => {
    const env = { API: "http://api.empty" };
    assert.deepEqual(broken(env), [], "a host outside");
    assert.match(broken(env, namespace("empty")).join(), /there is no Service empty\/api/);
  });
});
