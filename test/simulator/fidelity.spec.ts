import assert from "node:assert/strict";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { checkImages, unhonoured } from "../../micromesh/simulator/fidelity.ts";
import { BARE, object } from "./cluster/objects.ts";

const CUSTOM = { ...BARE, customGroups: ["cilium.io", "security.istio.io", "networking.istio.io"] };
const found = (...objects: KubernetesObject[]) => unhonoured(objects, CUSTOM);
const fields = (...objects: KubernetesObject[]) =>
  found(...objects).map((finding) => finding.field);
const deployment = (container: object, pod: object = {}, spec: object = {}) =>
  object("apps/v1", "Deployment", "web", {
    spec: {
      ...spec,
      template: { spec: { containers: [{ name: "web", image: "node", ...container }], ...pod } },
    },
  });
const CONTAINER = "spec.template.spec.containers[]";

describe("unhonoured", () => {
  it("names object, field and what that means", () => {
    assert.deepEqual(found(deployment({ stdin: true })), [
      {
        object: "apps/Deployment lab/web",
        field: `${CONTAINER}.stdin`,
        why: "has no effect in the simulator",
      },
    ]);
  });

  it("finds nothing in a load balancer, but what no load balancer here does", () => {
    const spec = {
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      loadBalancerSourceRanges: ["10.0.0.0/8"],
      ports: [{ port: 80 }],
    };
    assert.deepEqual(fields(object("v1", "Service", "web", { spec })), []);
    const classed = { ...spec, loadBalancerClass: "own" };
    assert.deepEqual(fields(object("v1", "Service", "web", { spec: classed })), [
      "spec.loadBalancerClass",
    ]);
  });

  it("finds nothing in a workload of fields that are all honoured", () => {
    const probe = {
      httpGet: { path: "/", port: "http", httpHeaders: [{ name: "a", value: "b" }] },
      initialDelaySeconds: 1,
      periodSeconds: 1,
      timeoutSeconds: 1,
      successThreshold: 1,
      failureThreshold: 1,
    };
    const web = deployment(
      {
        command: ["node"],
        args: ["/app/main.mjs"],
        env: [
          { name: "A", value: "1" },
          { name: "B", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
          { name: "C", valueFrom: { secretKeyRef: { name: "s", key: "k", optional: true } } },
        ],
        envFrom: [{ prefix: "P_", configMapRef: { name: "c" } }],
        ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
        readinessProbe: probe,
        livenessProbe: { ...probe, httpGet: undefined, tcpSocket: { port: 1 } },
        securityContext: { readOnlyRootFilesystem: true },
        volumeMounts: [{ name: "v", mountPath: "/app", subPath: "a", readOnly: true }],
        imagePullPolicy: "Always",
      },
      {
        initContainers: [{ name: "i", image: "node", restartPolicy: "Always" }],
        volumes: [
          { name: "v", configMap: { name: "c", items: [{ key: "k", path: "p" }] } },
          { name: "w", emptyDir: {} },
          { name: "x", secret: { secretName: "s", optional: true } },
        ],
        serviceAccountName: "robot",
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 5,
      },
      {
        replicas: 2,
        selector: { matchLabels: { "app.kubernetes.io/name": "web" } },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } },
      },
    );
    assert.deepEqual(found(web), []);
  });

  it("finds the plugins of CoreDNS that have no effect, and a Corefile that doesn't parse", () => {
    const coreDns = (name: string, data: object) => ({
      ...object("v1", "ConfigMap", name, { data }),
      metadata: { name, namespace: "kube-system" },
    });
    const served = "errors\n forward . /etc/resolv.conf\n";
    assert.deepEqual(found(coreDns("coredns", { Corefile: `. {\n ${served}}` })), []);
    assert.deepEqual(found(coreDns("coredns", { Corefile: `. {\n ${served} autopath\n}` })), [
      {
        object: "ConfigMap kube-system/coredns",
        field: "data.Corefile line 4",
        why: "autopath: this plugin of CoreDNS isn't simulated",
      },
    ]);
    assert.deepEqual(found(coreDns("coredns-custom", { "a.override": "log\nwhat" })), [
      {
        object: "ConfigMap kube-system/coredns-custom",
        field: 'data["a.override"] line 2',
        why: "Unknown directive 'what': CoreDNS keeps the Corefile that it has",
      },
    ]);
  });

  it("finds nothing in the other kinds that labs declare", () => {
    const objects = [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "lab", labels: { a: "b" } } },
      object("v1", "ServiceAccount", "robot", { automountServiceAccountToken: false }),
      object("v1", "ConfigMap", "c", { immutable: true, data: { "httpd.conf": "x" } }),
      object("v1", "Secret", "s", { type: "Opaque", stringData: { a: "b" }, data: { c: "ZA==" } }),
      object("v1", "Service", "web", {
        spec: {
          selector: { "app.kubernetes.io/name": "web" },
          clusterIP: "None",
          ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
        },
      }),
      object("networking.k8s.io/v1", "Ingress", "web", {
        spec: {
          ingressClassName: "traefik",
          rules: [
            {
              host: "pippo.lan",
              http: {
                paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "a" } } }],
              },
            },
          ],
        },
      }),
      object("networking.k8s.io/v1", "NetworkPolicy", "isolate", {
        spec: {
          podSelector: {},
          policyTypes: ["Ingress"],
          ingress: [{}, { from: [{ podSelector: {} }] }],
        },
      }),
      object("cilium.io/v2", "CiliumNetworkPolicy", "isolate", {
        spec: {
          endpointSelector: {},
          ingress: [{ fromEndpoints: [{ matchLabels: { "k8s:a": "b" } }] }],
        },
      }),
      object("security.istio.io/v1", "PeerAuthentication", "strict", {
        spec: { mtls: { mode: "STRICT" } },
      }),
      object("security.istio.io/v1", "AuthorizationPolicy", "nothing", { spec: {} }),
    ];
    assert.deepEqual(found(...objects), []);
  });

  it("takes empty lists and objects, and null, for what they are: nothing", () => {
    const web = deployment({ command: [], env: [], ports: [], envFrom: null });
    const data = object("v1", "ConfigMap", "c", { data: {} });
    assert.deepEqual(found(web, data, object("v1", "Service", "s", { spec: { ports: [] } })), []);
  });

  it("names a field once, however often it's there", () => {
    const one = { name: "a", image: "node", tty: true };
    const web = deployment({}, { containers: [one, { ...one, name: "b" }] });
    assert.deepEqual(fields(web), [`${CONTAINER}.tty`]);
  });

  it("names a deep setting, not each of its leaves", () => {
    const web = deployment({
      resources: { requests: { cpu: "1", memory: "1Mi" }, limits: { memory: "1Mi" } },
      securityContext: { runAsNonRoot: true, capabilities: { drop: ["ALL"] } },
      lifecycle: { preStop: { exec: { command: ["sleep", "1"] } } },
      livenessProbe: { exec: { command: ["true"] } },
    });
    assert.deepEqual(fields(web).sort(), [
      `${CONTAINER}.lifecycle`,
      `${CONTAINER}.livenessProbe.exec`,
      `${CONTAINER}.resources`,
      `${CONTAINER}.securityContext`,
    ]);
  });

  it("honours pg_isready as the probe of a postgres container, and no other command", () => {
    const ready = { exec: { command: ["pg_isready", "-U", "postgres", "-h", "127.0.0.1"] } };
    const probes = { readinessProbe: ready, livenessProbe: ready, startupProbe: ready };
    assert.deepEqual(fields(deployment({ image: "postgres:17", ...probes })), []);
    assert.deepEqual(fields(deployment({ image: "node", readinessProbe: ready })), [
      `${CONTAINER}.readinessProbe.exec`,
    ]);
    const elsewhere = { exec: { command: ["pg_isready", "-h", "db.other"] } };
    assert.deepEqual(fields(deployment({ image: "postgres:17", readinessProbe: elsewhere })), [
      `${CONTAINER}.readinessProbe.exec`,
    ]);
  });

  it("finds a neighbour of an honoured field, and one below it", () => {
    const service = object("v1", "Service", "web", {
      spec: { sessionAffinity: "ClientIP", ports: [{ port: 80, nodePort: 30080 }] },
    });
    assert.deepEqual(fields(service).sort(), ["spec.ports[].nodePort", "spec.sessionAffinity"]);
    const claim = deployment({}, { volumes: [{ name: "v", emptyDir: { medium: "Memory" } }] });
    assert.deepEqual(fields(claim), ["spec.template.spec.volumes[].emptyDir.medium"]);
  });

  it("finds a field of a policy that no decision depends on", () => {
    const policy = object("cilium.io/v2", "CiliumNetworkPolicy", "egress", {
      spec: { endpointSelector: {}, egress: [{ toNodes: [{ matchLabels: { a: "b" } }] }] },
    });
    assert.deepEqual(fields(policy), ["spec.egress[].toNodes[].matchLabels.a"]);
  });

  it("finds a kind that isn't simulated, as a whole", () => {
    const job = object("batch/v1", "Job", "j", { spec: { template: {} } });
    assert.deepEqual(found(job), [{ object: "batch/Job lab/j", why: "this kind isn't simulated" }]);
  });

  it("finds a custom resource whose platform isn't declared", () => {
    const policy = object("cilium.io/v2", "CiliumNetworkPolicy", "p", {
      spec: { endpointSelector: {} },
    });
    assert.deepEqual(unhonoured([policy], BARE), [
      {
        object: "cilium.io/CiliumNetworkPolicy lab/p",
        why: "this cluster knows no CiliumNetworkPolicy: nothing that brings cilium.io is declared",
      },
    ]);
  });

  it("takes Kubernetes' own groups for present on every cluster", () => {
    const role = object("rbac.authorization.k8s.io/v1", "Role", "r", { rules: [] });
    assert.deepEqual(unhonoured([role], BARE)[0]?.why, "this kind isn't simulated");
  });
});

describe("checkImages", () => {
  it("is content with images that the simulator knows, and with what has none", () => {
    checkImages([deployment({ image: "registry.lan/node:24" }), object("v1", "ConfigMap", "c")]);
  });

  it("names every container whose image it doesn't, init containers first", () => {
    const web = deployment(
      { image: "mysql:9" },
      { initContainers: [{ name: "i", image: "busybox" }] },
    );
    assert.throws(() => checkImages([web]), {
      message:
        "the simulator can't run Deployment lab/web: image busybox, Deployment lab/web: image mysql:9; it knows node, httpd, postgres and redis (see docs/fidelity.md)",
    });
  });
});
