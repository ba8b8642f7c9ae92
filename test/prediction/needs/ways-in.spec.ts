import assert from "node:assert/strict";
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import type { DeclaredPlatform } from "../../../micromesh/resources/platform.ts";
import {
  deployment,
  mistakes,
  namespace,
  needed,
  object,
  platform,
  predicted,
  server,
  service,
  withIngress,
  withIstio,
} from "../objects.ts";

function ingress(fields: object, path = "shop/web"): KubernetesObject {
  return object("networking.k8s.io/v1", "Ingress", path, { spec: fields });
}

function backend(name: string, port: object = { number: 80 }): object {
  return { service: { name, port } };
}

function toBackend(of: object): object {
  return { rules: [{ http: { paths: [{ path: "/", pathType: "Prefix", backend: of }] } }] };
}

const web = [
  deployment("shop/web", { ports: [{ name: "web", containerPort: 8080 }] }),
  service("shop/web", [{ name: "http", port: 80, targetPort: "web" }]),
];
const closedTo = (...from: object[]) =>
  object("networking.k8s.io/v1", "NetworkPolicy", "shop/web", {
    spec: { podSelector: { matchLabels: { app: "web" } }, ingress: [{ from }] },
  });

/** The needed flows, and the mistakes. */
function result(objects: KubernetesObject[], on?: DeclaredPlatform) {
  const prediction = predicted([...web, ...objects], on);
  return { needed: needed(prediction), mistakes: mistakes(prediction) };
}

const inPlace = "Ingress shop/web spec.rules[0].http.paths[0].backend";

describe("the way in by an Ingress", () => {
  const reached = ["traefik/traefik[Deployment] -> shop/web[Deployment] allow All Connections"];

  it("leads from the controller's pods through the Service to the pods behind it", () => {
    for (const port of [{ number: 80 }, { name: "http" }]) {
      const way = ingress({ ingressClassName: "traefik", ...toBackend(backend("web", port)) });
      assert.deepEqual(result([way], withIngress), { needed: reached, mistakes: [] });
    }
  });

  it("leads to the default backend", () => {
    const way = ingress({ defaultBackend: backend("web") });
    assert.deepEqual(result([way], withIngress), { needed: reached, mistakes: [] });
  });

  it("is taken by the default class's controller where it names none", () => {
    assert.deepEqual(result([ingress(toBackend(backend("web")))], withIngress).needed, reached);
    const { ingress: controller } = withIngress;
    assert.ok(controller);
    const choosy = platform({}, { ingress: { ...controller, isDefaultClass: false } });
    assert.deepEqual(result([ingress(toBackend(backend("web")))], choosy), {
      needed: ["{ingress-controller} -> shop/web[Deployment] broken TCP 8080"],
      mistakes: [
        `${inPlace}: no ingress controller serves class none; the declared one serves traefik`,
      ],
    });
  });

  it("is taken by nobody where it names another class", () => {
    const way = ingress({ ingressClassName: "nginx", ...toBackend(backend("web")) });
    assert.deepEqual(result([way], withIngress).mistakes, [
      `${inPlace}: no ingress controller serves class nginx; the declared one serves traefik`,
    ]);
  });

  it("heeds the class in the annotation of old", () => {
    const way = ingress(toBackend(backend("web")));
    way.metadata.annotations = { "kubernetes.io/ingress.class": "traefik" };
    assert.deepEqual(result([way], withIngress).needed, reached);
  });

  it("leads from a controller of which nothing is declared, wherever it may stand", () => {
    const way = ingress(toBackend(backend("web")));
    const from = "{ingress-controller} -> shop/web[Deployment]";
    assert.deepEqual(result([way]), { needed: [`${from} allow TCP 8080`], mistakes: [] });
    const open = closedTo({ namespaceSelector: {} });
    assert.deepEqual(result([way, open]).needed, [`${from} allow TCP 8080`]);
    const closed = closedTo({ podSelector: {} });
    assert.deepEqual(result([way, closed]).needed, [`${from} deny TCP 8080`]);
  });

  it("is all that is told of such a controller", () => {
    const prediction = predicted([
      ...web,
      deployment("shop/db"),
      ingress(toBackend(backend("web"))),
    ]);
    const told = prediction.flows
      .filter(({ from, to }) => /controller/.test(from + to))
      .map(({ from, to }) => `${from} ${to}`);
    assert.deepEqual(told, ["{ingress-controller} shop/web[Deployment]"]);
  });

  it("isn't taken for one from a namespace that happens to have the controller's name", () => {
    const own = closedTo({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ingress-controller" } },
    });
    const objects = [ingress(toBackend(backend("web"))), namespace("ingress-controller"), own];
    assert.match(result(objects).needed.join(), /deny TCP 8080/);
  });

  it("is cut by a policy that lets the controller's namespace not in", () => {
    const way = ingress(toBackend(backend("web")));
    const from = "traefik/traefik[Deployment] -> shop/web[Deployment]";
    const closed = closedTo({ podSelector: {} });
    assert.deepEqual(result([way, closed], withIngress).needed, [`${from} deny TCP 8080`]);
    const open = closedTo({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "traefik" } },
    });
    assert.deepEqual(result([way, open], withIngress).needed, [`${from} allow All Connections`]);
  });

  it("leads nowhere without a Service, or without that port, and says so", () => {
    const nowhere = (of: object) => result([ingress(toBackend(of))], withIngress);
    assert.deepEqual(nowhere(backend("shop")), {
      needed: ["traefik/traefik[Deployment] -> shop/shop[Service] broken TCP 80"],
      mistakes: [`${inPlace}: there is no Service shop/shop`],
    });
    assert.deepEqual(nowhere(backend("web", { number: 8080 })), {
      needed: ["traefik/traefik[Deployment] -> shop/web[Service] broken TCP 8080"],
      mistakes: [`${inPlace}: Service shop/web has no port 8080; it has 80 (http)`],
    });
    assert.deepEqual(nowhere(backend("web", { name: "https" })).mistakes, [
      `${inPlace}: Service shop/web has no port https; it has 80 (http)`,
    ]);
    assert.deepEqual(result([ingress(toBackend({ resource: { kind: "Bucket" } }))]).needed, []);
  });

  it("looks for the Service in the Ingress's namespace", () => {
    const way = ingress(toBackend(backend("web")), "other/web");
    assert.deepEqual(result([way], withIngress).mistakes, [
      "Ingress other/web spec.rules[0].http.paths[0].backend: there is no Service other/web",
    ]);
  });
});

describe("the way in by an Istio Gateway", () => {
  const gateway = (hosts: string[], path = "shop/gate") =>
    object("networking.istio.io/v1", "Gateway", path, {
      spec: {
        selector: { istio: "ingressgateway" },
        servers: [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts }],
      },
    });
  const route = (fields: object = {}) =>
    object("networking.istio.io/v1", "VirtualService", "shop/web", {
      spec: {
        hosts: ["shop.example.com"],
        gateways: ["gate"],
        http: [{ route: [{ destination: { host: "web", port: { number: 80 } } }] }],
        ...fields,
      },
    });
  const gatewayPods = deployment("istio-ingress/gateway", { labels: { istio: "ingressgateway" } });
  const from = "istio-ingress/gateway[Deployment] -> shop/web[Deployment]";
  const reached = { needed: [`${from} allow All Connections`], mistakes: [] };
  const at = "VirtualService shop/web spec.http[0].route[0].destination";

  it("leads from the pods that the Gateway selects, in whatever namespace", () => {
    const objects = [gatewayPods, gateway(["shop.example.com"]), route()];
    assert.deepEqual(result(objects, withIstio), reached);
  });

  it("leads from a gateway whose pods aren't declared", () => {
    assert.deepEqual(result([gateway(["*"]), route()], withIstio).needed, [
      "{gateway} -> shop/web[Deployment] allow TCP 8080",
    ]);
  });

  for (const host of [
    "*",
    "*.example.com",
    "shop.example.com",
    "*/shop.example.com",
    "SHOP.example.com",
  ]) {
    it(`is open where the Gateway serves ${host}`, () => {
      assert.deepEqual(result([gatewayPods, gateway([host]), route()], withIstio), reached);
    });
  }

  for (const host of ["example.com", "*.example.org", "other.example.com"]) {
    it(`is closed where the Gateway serves ${host}`, () => {
      assert.deepEqual(result([gatewayPods, gateway([host]), route()], withIstio), {
        needed: [`${from} broken TCP 8080`],
        mistakes: [`${at}: Gateway gate serves none of its hosts (shop.example.com)`],
      });
    });
  }

  it("is closed without that Gateway, and without Istio", () => {
    assert.deepEqual(result([route()], withIstio).mistakes, [`${at}: there is no Gateway gate`]);
    const objects = [gatewayPods, gateway(["*"], "infra/gate")];
    assert.deepEqual(result([...objects, route()], withIstio).mistakes, [
      `${at}: there is no Gateway gate`,
    ]);
    const named = route({ gateways: ["infra/gate"] });
    assert.deepEqual(result([...objects, named], withIstio), reached);
    assert.deepEqual(result([...objects, named]).mistakes, [
      `${at}: no Istio is declared, so nobody reads it`,
    ]);
  });

  it("is blamed once, however many pods of the gateway there are", () => {
    const http = [{ route: [{ destination: { host: "none" } }] }];
    const second = deployment("istio-ingress/second", { labels: { istio: "ingressgateway" } });
    const objects = [gatewayPods, second, gateway(["*"]), route({ http })];
    const { needed: flows, mistakes: found } = result(objects, withIstio);
    assert.equal(flows.length, 2);
    assert.deepEqual(found, [`${at}: there is no Service shop/none`]);
  });

  it("finds the Service by its short and its full name", () => {
    for (const host of ["web", "web.shop.svc.cluster.local", "web.shop.svc", "web.shop"]) {
      const http = [{ route: [{ destination: { host, port: { number: 80 } } }] }];
      const objects = [gatewayPods, gateway(["*"]), route({ http })];
      assert.deepEqual(result(objects, withIstio), reached, host);
    }
  });

  it("doesn't take a host outside, which a ServiceEntry brings in, for a Service", () => {
    for (const host of ["www.example.com", "example.com", "web.shop.example.com"]) {
      const http = [{ route: [{ destination: { host } }] }];
      const objects = [gatewayPods, gateway(["*"]), route({ http })];
      assert.deepEqual(result(objects, withIstio), { needed: [], mistakes: [] });
    }
  });

  it("isn't one where the routes are for the mesh alone", () => {
    for (const gateways of [undefined, ["mesh"]]) {
      const objects = [gatewayPods, gateway(["*"]), route({ gateways })];
      assert.deepEqual(result(objects, withIstio), { needed: [], mistakes: [] });
    }
  });

  it("leads to every destination, of tcp and tls routes too", () => {
    const to = (host: string) => [{ route: [{ destination: { host } }] }];
    const objects = [
      gatewayPods,
      gateway(["*"]),
      route({ http: undefined, tcp: to("db"), tls: to("vault") }),
      ...server("shop/db", 5432),
      ...server("shop/vault", 8200),
    ];
    assert.deepEqual(result(objects, withIstio).needed, [
      "istio-ingress/gateway[Deployment] -> shop/db[Deployment] allow All Connections",
      "istio-ingress/gateway[Deployment] -> shop/vault[Deployment] allow All Connections",
    ]);
  });
});

describe("the way in by a Gateway of the Gateway API", () => {
  const gateway = object("gateway.networking.k8s.io/v1", "Gateway", "infra/gate", {
    spec: { gatewayClassName: "istio", listeners: [{ name: "http", port: 80, protocol: "HTTP" }] },
  });
  const route = (fields: object = {}, kind = "HTTPRoute") =>
    object("gateway.networking.k8s.io/v1", kind, "shop/web", {
      spec: {
        parentRefs: [{ name: "gate", namespace: "infra" }],
        rules: [{ backendRefs: [{ name: "web", port: 80 }] }],
        ...fields,
      },
    });

  for (const kind of ["HTTPRoute", "GRPCRoute", "TCPRoute"]) {
    it(`leads by an ${kind} to its backends`, () => {
      assert.deepEqual(result([gateway, route({}, kind)]), {
        needed: ["{gateway} -> shop/web[Deployment] allow TCP 8080"],
        mistakes: [],
      });
    });
  }

  it("leads from the Deployment that Istio makes of it, where that is declared", () => {
    assert.deepEqual(result([gateway, deployment("infra/gate-istio"), route()]).needed, [
      "infra/gate-istio[Deployment] -> shop/web[Deployment] allow All Connections",
    ]);
  });

  it("is closed without the Gateway, the Service or its port", () => {
    const at = "HTTPRoute shop/web spec.rules[0].backendRefs[0]";
    assert.deepEqual(result([route()]).mistakes, [`${at}: there is no Gateway infra/gate`]);
    const to = (backend: object) =>
      result([gateway, route({ rules: [{ backendRefs: [backend] }] })]).mistakes;
    assert.deepEqual(to({ name: "shop", port: 80 }), [`${at}: there is no Service shop/shop`]);
    assert.deepEqual(to({ name: "web", port: 81 }), [
      `${at}: Service shop/web has no port 81; it has 80 (http)`,
    ]);
    assert.deepEqual(to({ name: "web", namespace: "other", port: 80 }), [
      `${at}: there is no Service other/web`,
    ]);
  });

  it("isn't one where the parent is a Service, or the backend isn't one", () => {
    const mesh = route({ parentRefs: [{ kind: "Service", group: "", name: "web" }] });
    assert.deepEqual(result([gateway, mesh]).needed, []);
    const bucket = route({ rules: [{ backendRefs: [{ kind: "Bucket", name: "web" }] }] });
    assert.deepEqual(result([gateway, bucket]).needed, []);
  });
});
