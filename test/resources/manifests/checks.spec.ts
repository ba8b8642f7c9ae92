import assert from "node:assert/strict";
import { read } from "./folder.ts";

type Values = Record<string, unknown>;

/** A value with the one at a path, such as `spec.ports.0.port`, replaced; undefined takes it away. */
function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as Values) }) as Values;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

/** Problems with an object, without file and line, or none. */
const clear = /make the two agree$|each needs a name$|name the container$/;

async function problemsOf(object: unknown): Promise<string[]> {
  const { objects, lines } = await read({ "a.json": JSON.stringify(object) });
  // What leaves clear what is meant is told, and the object is taken all the same.
  const unclear = lines.filter((line) => !clear.test(line));
  assert.equal(objects.length, unclear.length === 0 ? 1 : 0, "left out exactly if it's unclear");
  return lines.map((line) => line.replace(/^a\.json:[0-9]+: \w+ default\/x: /, ""));
}

/** An object that's good, and what's wrong once a value in it is replaced. */
function describeKind(
  good: Values & { kind: string },
  wrong: [path: string, by: unknown, ...problems: string[]][],
  right: [path: string, by: unknown][] = [],
): void {
  const object: Values = { metadata: { name: "x" }, ...good };
  describe(`${good.apiVersion} ${good.kind}`, () => {
    it("is taken where it's good", async () => {
      assert.deepEqual(await problemsOf(object), []);
    });
    for (const [path, by] of right) {
      it(`is taken with ${path} ${JSON.stringify(by)}`, async () => {
        assert.deepEqual(await problemsOf(replaced(object, path.split("."), by)), []);
      });
    }
    for (const [path, by, ...problems] of wrong) {
      it(`is refused with ${path} ${JSON.stringify(by)}`, async () => {
        assert.deepEqual(await problemsOf(replaced(object, path.split("."), by)), problems);
      });
    }
  });
}

const container = {
  name: "main",
  image: "node:20",
  command: ["node", ""],
  args: ["main.js"],
  ports: [
    { name: "http", containerPort: 8080, protocol: "TCP" },
    { name: "metrics", containerPort: 9090 },
  ],
  env: [
    { name: "A", value: "1" },
    { name: "B", valueFrom: { configMapKeyRef: { name: "c", key: "k" } } },
    { name: "C", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
  ],
  envFrom: [{ configMapRef: { name: "c" } }, { secretRef: { name: "s" } }],
  volumeMounts: [{ name: "v", mountPath: "/v" }],
};

const pod = {
  serviceAccountName: "x",
  hostNetwork: false,
  nodeSelector: { a: "b" },
  volumes: [{ name: "v", emptyDir: {} }],
  initContainers: [{ name: "init", image: "node:20" }],
  containers: [container, { name: "side", image: "node:20" }],
};

const metadata = { labels: { app: "x", tier: "a" }, annotations: { a: "b" } };

describe("what a manifest's object must be", () => {
  describeKind(
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      spec: {
        replicas: 0,
        selector: {
          matchLabels: { app: "x" },
          matchExpressions: [
            { key: "tier", operator: "In", values: ["a", "b"] },
            { key: "app", operator: "NotIn", values: ["y"] },
            { key: "app", operator: "Exists" },
            { key: "none", operator: "DoesNotExist" },
          ],
        },
        template: { metadata, spec: pod },
      },
    },
    [
      ["spec", undefined, "spec is missing; the API server requires it"],
      ["spec", [], "spec is []; it must be an object"],
      ["spec.replicas", "2", 'spec.replicas is "2"; write a number without quotes, 0 or more'],
      ["spec.replicas", -1, "spec.replicas is -1; write a whole number, 0 or more"],
      ["spec.template", null, "spec.template is missing; the API server requires it"],
      [
        "spec.template.spec",
        undefined,
        "spec.template.spec is missing; the API server requires it",
      ],
      [
        "spec.selector",
        undefined,
        "spec.selector selects nothing; give matchLabels that the template's labels have",
      ],
      [
        "spec.selector",
        {},
        "spec.selector selects nothing; give matchLabels that the template's labels have",
      ],
      [
        "spec.selector.matchLabels.app",
        "y",
        'spec.selector.matchLabels.app is "y", but the template has "x"; make the two agree',
      ],
      [
        "spec.selector.matchLabels.constructor",
        "y",
        'spec.selector.matchLabels.constructor is "y", but the template has no such label; make the two agree',
      ],
      [
        "spec.selector.matchLabels.app",
        1,
        "spec.selector.matchLabels.app is 1; it must be text: put it in quotes",
      ],
      ["spec.selector.matchLabels", [], "spec.selector.matchLabels is []; it must be an object"],
      [
        "spec.selector.matchExpressions.0.values",
        ["c"],
        "spec.selector.matchExpressions[0] doesn't match the template's own labels; make the two agree",
      ],
      [
        "spec.selector.matchExpressions.1.values",
        ["x"],
        "spec.selector.matchExpressions[1] doesn't match the template's own labels; make the two agree",
      ],
      [
        "spec.selector.matchExpressions.2.key",
        "none",
        "spec.selector.matchExpressions[2] doesn't match the template's own labels; make the two agree",
      ],
      [
        "spec.selector.matchExpressions.3.key",
        "app",
        "spec.selector.matchExpressions[3] doesn't match the template's own labels; make the two agree",
      ],
      [
        "spec.selector.matchExpressions.0.operator",
        "in",
        'spec.selector.matchExpressions[0].operator is "in"; write one of In, NotIn, Exists, DoesNotExist',
      ],
      [
        "spec.selector.matchExpressions.0.operator",
        undefined,
        "spec.selector.matchExpressions[0].operator is missing; write one of In, NotIn, Exists, DoesNotExist",
      ],
      [
        "spec.selector.matchExpressions.0.values",
        [],
        "spec.selector.matchExpressions[0].values is empty; In needs at least one value",
      ],
      [
        "spec.selector.matchExpressions.0.values",
        [true],
        "spec.selector.matchExpressions[0].values[0] is true; it must be text: put it in quotes",
      ],
      [
        "spec.selector.matchExpressions.2.values",
        ["a"],
        "spec.selector.matchExpressions[2].values is set; Exists takes no values, remove them",
      ],
      [
        "spec.selector.matchExpressions.2.key",
        "a b",
        'spec.selector.matchExpressions[2].key is "a b"; write [prefix/]name',
      ],
      [
        "spec.selector.matchExpressions.2.key",
        undefined,
        "spec.selector.matchExpressions[2].key is missing; name a label",
      ],
      [
        "spec.template.metadata.labels.tier",
        2,
        "spec.template.metadata.labels.tier is 2; it must be text: put it in quotes",
      ],
      [
        "spec.template.metadata.annotations.a",
        true,
        "spec.template.metadata.annotations.a is true; it must be text: put it in quotes",
      ],
      [
        "spec.template.spec.containers",
        undefined,
        "spec.template.spec.containers is empty; a pod needs at least one container",
      ],
      [
        "spec.template.spec.containers",
        [],
        "spec.template.spec.containers is empty; a pod needs at least one container",
      ],
      [
        "spec.template.spec.containers",
        {},
        "spec.template.spec.containers is {}; it must be a list",
      ],
      [
        "spec.template.spec.containers.1",
        "x",
        'spec.template.spec.containers[1] is "x"; it must be an object',
      ],
      [
        "spec.template.spec.containers.1",
        null,
        "spec.template.spec.containers[1] is empty; remove the item",
      ],
      [
        "spec.template.spec.containers.1.name",
        undefined,
        "spec.template.spec.containers[1].name is missing; name the container",
      ],
      [
        "spec.template.spec.containers.1.name",
        "A",
        'spec.template.spec.containers[1].name is "A"; write lower-case letters, digits and -, 63 at most',
      ],
      [
        "spec.template.spec.containers.1.name",
        "main",
        'spec.template.spec.containers[1].name is "main", as another container of the pod is; rename one',
      ],
      [
        "spec.template.spec.initContainers.0.name",
        "main",
        'spec.template.spec.containers[0].name is "main", as another container of the pod is; rename one',
      ],
      [
        "spec.template.spec.containers.0.image",
        1,
        "spec.template.spec.containers[0].image is 1; it must be text: put it in quotes",
      ],
      [
        "spec.template.spec.containers.0.args",
        [80],
        "spec.template.spec.containers[0].args[0] is 80; it must be text: put it in quotes",
      ],
      [
        "spec.template.spec.containers.0.command",
        [null],
        'spec.template.spec.containers[0].command[0] is empty; write "" or remove the item',
      ],
      [
        "spec.template.spec.containers.0.ports",
        80,
        "spec.template.spec.containers[0].ports is 80; it must be a list",
      ],
      [
        "spec.template.spec.containers.0.ports.1.containerPort",
        undefined,
        "spec.template.spec.containers[0].ports[1].containerPort is missing; write a port, 1 to 65535",
      ],
      [
        "spec.template.spec.containers.0.ports.1.containerPort",
        "80",
        'spec.template.spec.containers[0].ports[1].containerPort is "80"; write a number without quotes, 1 to 65535',
      ],
      [
        "spec.template.spec.containers.0.ports.1.containerPort",
        0,
        "spec.template.spec.containers[0].ports[1].containerPort is 0; write a whole number, 1 to 65535",
      ],
      [
        "spec.template.spec.containers.0.ports.1.containerPort",
        65536,
        "spec.template.spec.containers[0].ports[1].containerPort is 65536; write a whole number, 1 to 65535",
      ],
      [
        "spec.template.spec.containers.0.ports.1.containerPort",
        80.5,
        "spec.template.spec.containers[0].ports[1].containerPort is 80.5; write a whole number, 1 to 65535",
      ],
      [
        "spec.template.spec.containers.0.ports.1.hostPort",
        70000,
        "spec.template.spec.containers[0].ports[1].hostPort is 70000; write a whole number, 0 to 65535",
      ],
      [
        "spec.template.spec.containers.0.ports.1.protocol",
        "tcp",
        'spec.template.spec.containers[0].ports[1].protocol is "tcp"; write one of TCP, UDP, SCTP',
      ],
      [
        "spec.template.spec.containers.0.ports.1.name",
        "http",
        'spec.template.spec.containers[0].ports[1].name is "http", as another port of the container is; rename one',
      ],
      [
        "spec.template.spec.containers.0.ports.1.name",
        "80",
        'spec.template.spec.containers[0].ports[1].name is "80"; a port\'s name has 15 of a-z, 0-9 and - at most, and a letter',
      ],
      [
        "spec.template.spec.containers.0.ports.1.name",
        80,
        "spec.template.spec.containers[0].ports[1].name is 80; it must be text: put it in quotes",
      ],
      [
        "spec.template.spec.containers.0.env",
        { A: "1" },
        'spec.template.spec.containers[0].env is {"A":"1"}; it must be a list',
      ],
      [
        "spec.template.spec.containers.0.env.0.name",
        undefined,
        "spec.template.spec.containers[0].env[0].name is missing; name the variable",
      ],
      [
        "spec.template.spec.containers.0.env.0.value",
        8080,
        "spec.template.spec.containers[0].env[0].value is 8080; it must be text: put it in quotes",
      ],
      [
        "spec.template.spec.containers.0.env.1.value",
        "x",
        "spec.template.spec.containers[0].env[1] has both value and valueFrom; remove one",
      ],
      [
        "spec.template.spec.containers.0.env.1.valueFrom",
        "x",
        'spec.template.spec.containers[0].env[1].valueFrom is "x"; it must be an object',
      ],
      [
        "spec.template.spec.containers.0.env.1.valueFrom.configMapKeyRef.key",
        undefined,
        "spec.template.spec.containers[0].env[1].valueFrom.configMapKeyRef.key is missing; name the key",
      ],
      [
        "spec.template.spec.containers.0.env.1.valueFrom.configMapKeyRef.name",
        1,
        "spec.template.spec.containers[0].env[1].valueFrom.configMapKeyRef.name is 1; it must be text: put it in quotes",
      ],
      [
        "spec.template.spec.containers.0.envFrom.1.secretRef",
        "s",
        'spec.template.spec.containers[0].envFrom[1].secretRef is "s"; it must be an object',
      ],
      [
        "spec.template.spec.containers.0.volumeMounts.0.name",
        undefined,
        "spec.template.spec.containers[0].volumeMounts[0].name is missing; name one of the pod's volumes",
      ],
      [
        "spec.template.spec.volumes.0.name",
        undefined,
        "spec.template.spec.volumes[0].name is missing; name the volume",
      ],
      [
        "spec.template.spec.hostNetwork",
        "true",
        'spec.template.spec.hostNetwork is "true"; write true or false, without quotes',
      ],
      [
        "spec.template.spec.serviceAccountName",
        7,
        "spec.template.spec.serviceAccountName is 7; it must be text: put it in quotes",
      ],
      [
        "spec.template.spec.nodeSelector.a",
        true,
        "spec.template.spec.nodeSelector.a is true; it must be text: put it in quotes",
      ],
    ],
    [
      ["spec.selector.matchExpressions", undefined],
      ["spec.selector.matchLabels", null],
      ["spec.template.spec.containers.0.ports", null],
      ["spec.template.spec.containers.0.ports.1.name", "http2"],
      ["spec.template.spec.containers.0.env.0.value", ""],
      ["spec.template.spec.containers.0.env.0.value", null],
    ],
  );

  for (const kind of ["ReplicaSet", "StatefulSet", "DaemonSet"]) {
    const spec = { selector: { matchLabels: { app: "x" } }, template: { metadata, spec: pod } };
    describeKind({ apiVersion: "apps/v1", kind, spec }, [
      [
        "spec.selector.matchLabels.app",
        "y",
        'spec.selector.matchLabels.app is "y", but the template has "x"; make the two agree',
      ],
      ["spec.template.spec.containers", 7, "spec.template.spec.containers is 7; it must be a list"],
    ]);
  }

  describeKind({ apiVersion: "v1", kind: "Pod", spec: pod }, [
    ["spec", undefined, "spec is missing; the API server requires it"],
    [
      "spec.containers.0.ports.0.containerPort",
      -1,
      "spec.containers[0].ports[0].containerPort is -1; write a whole number, 1 to 65535",
    ],
  ]);

  describeKind(
    {
      apiVersion: "v1",
      kind: "ReplicationController",
      spec: { selector: { app: "x" }, template: { metadata, spec: pod } },
    },
    [
      [
        "spec.selector.app",
        "y",
        'spec.selector.matchLabels.app is "y", but the template has "x"; make the two agree',
      ],
      [
        "spec.template.spec.containers",
        [],
        "spec.template.spec.containers is empty; a pod needs at least one container",
      ],
    ],
    [["spec.selector", undefined]],
  );

  describeKind({ apiVersion: "batch/v1", kind: "Job", spec: { template: { spec: pod } } }, [
    [
      "spec.template.spec.containers",
      [],
      "spec.template.spec.containers is empty; a pod needs at least one container",
    ],
  ]);

  describeKind(
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      spec: { schedule: "* * * * *", jobTemplate: { spec: { template: { spec: pod } } } },
    },
    [
      ["spec.jobTemplate", undefined, "spec.jobTemplate is missing; the API server requires it"],
      [
        "spec.jobTemplate.spec",
        undefined,
        "spec.jobTemplate.spec is missing; the API server requires it",
      ],
      [
        "spec.jobTemplate.spec.template.spec.containers",
        [],
        "spec.jobTemplate.spec.template.spec.containers is empty; a pod needs at least one container",
      ],
    ],
  );

  describeKind(
    {
      apiVersion: "v1",
      kind: "Service",
      spec: {
        type: "NodePort",
        selector: { app: "x" },
        ports: [
          { name: "http", port: 80, targetPort: "http", nodePort: 30080 },
          { name: "dns", port: 80, protocol: "UDP", targetPort: 53 },
        ],
      },
    },
    [
      [
        "spec.type",
        "Nodeport",
        'spec.type is "Nodeport"; write one of ClusterIP, NodePort, LoadBalancer, ExternalName',
      ],
      ["spec.type", "ExternalName", "spec.externalName is missing; write a host name"],
      ["spec.selector", "app", 'spec.selector is "app"; it must be an object'],
      ["spec.selector.app", 1, "spec.selector.app is 1; it must be text: put it in quotes"],
      ["spec.clusterIP", 1, "spec.clusterIP is 1; it must be text: put it in quotes"],
      ["spec.ports", undefined, "spec.ports is empty; give at least one port"],
      ["spec.ports", [], "spec.ports is empty; give at least one port"],
      ["spec.ports", { port: 80 }, 'spec.ports is {"port":80}; it must be a list'],
      ["spec.ports.0.port", undefined, "spec.ports[0].port is missing; write a port, 1 to 65535"],
      [
        "spec.ports.0.port",
        "80",
        'spec.ports[0].port is "80"; write a number without quotes, 1 to 65535',
      ],
      [
        "spec.ports.0.protocol",
        "HTTP",
        'spec.ports[0].protocol is "HTTP"; write one of TCP, UDP, SCTP',
      ],
      [
        "spec.ports.0.targetPort",
        70000,
        "spec.ports[0].targetPort is 70000; write a whole number, 1 to 65535",
      ],
      [
        "spec.ports.0.targetPort",
        "8080",
        'spec.ports[0].targetPort is "8080"; write the number without quotes',
      ],
      [
        "spec.ports.0.targetPort",
        "Http",
        'spec.ports[0].targetPort is "Http"; a port\'s name has 15 of a-z, 0-9 and - at most, and a letter',
      ],
      [
        "spec.ports.0.targetPort",
        [80],
        "spec.ports[0].targetPort is [80]; write a whole number, 1 to 65535",
      ],
      [
        "spec.ports.0.nodePort",
        70000,
        "spec.ports[0].nodePort is 70000; write a whole number, 0 to 65535",
      ],
      [
        "spec.ports.0.appProtocol",
        1,
        "spec.ports[0].appProtocol is 1; it must be text: put it in quotes",
      ],
      [
        "spec.ports.0.name",
        undefined,
        "spec.ports[0].name is missing; of several ports each needs a name",
      ],
      [
        "spec.ports.0.name",
        "dns",
        'spec.ports[1].name is "dns", as another port of the Service is; rename one',
      ],
      [
        "spec.ports.0.name",
        "Http",
        'spec.ports[0].name is "Http"; write lower-case letters, digits and -, 63 at most',
      ],
      ["spec.ports.0.name", 1, "spec.ports[0].name is 1; it must be text: put it in quotes"],
      ["spec.ports.1.protocol", "TCP", "spec.ports[1].port is 80/TCP a second time; remove one"],
    ],
    [
      ["spec", { clusterIP: "None", selector: { app: "x" } }],
      ["spec", { type: "ExternalName", externalName: "db.example" }],
      ["spec", { ports: [{ port: 80, targetPort: null }] }],
      ["spec", { ports: [{ port: 80, targetPort: 0 }] }],
      ["spec.selector", null],
    ],
  );

  const backend = { service: { name: "web", port: { number: 80 } } };
  const ingress = "spec.rules[0].http.paths[0]";
  describeKind(
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      spec: {
        ingressClassName: "traefik",
        tls: [{ hosts: ["a.example"], secretName: "s" }],
        rules: [
          { host: "a.example", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } },
        ],
      },
    },
    [
      ["spec", {}, "spec has neither rules nor defaultBackend; give one"],
      ["spec.ingressClassName", 1, "spec.ingressClassName is 1; it must be text: put it in quotes"],
      ["spec.rules", {}, "spec.rules is {}; it must be a list"],
      ["spec.rules.0", "x", 'spec.rules[0] is "x"; it must be an object'],
      ["spec.rules.0.host", 1, "spec.rules[0].host is 1; it must be text: put it in quotes"],
      ["spec.rules.0.http", [], "spec.rules[0].http is []; it must be an object"],
      ["spec.rules.0.http.paths", [], "spec.rules[0].http.paths is empty; give at least one path"],
      [
        "spec.rules.0.http.paths",
        undefined,
        "spec.rules[0].http.paths is empty; give at least one path",
      ],
      ["spec.rules.0.http.paths.0.path", "x", `${ingress}.path is "x"; a path begins with /`],
      [
        "spec.rules.0.http.paths.0.path",
        undefined,
        `${ingress}.path is missing; a path begins with /`,
      ],
      [
        "spec.rules.0.http.paths.0.path",
        1,
        `${ingress}.path is 1; it must be text: put it in quotes`,
      ],
      [
        "spec.rules.0.http.paths.0.pathType",
        undefined,
        `${ingress}.pathType is missing; write one of Exact, Prefix, ImplementationSpecific`,
      ],
      [
        "spec.rules.0.http.paths.0.backend",
        undefined,
        `${ingress}.backend must have either service: {name, port} or resource; write one of them`,
      ],
      [
        "spec.rules.0.http.paths.0.backend",
        { serviceName: "web", servicePort: 80 },
        `${ingress}.backend must have either service: {name, port} or resource; write one of them`,
      ],
      [
        "spec.rules.0.http.paths.0.backend.service",
        "web",
        `${ingress}.backend.service is "web"; it must be an object`,
      ],
      [
        "spec.rules.0.http.paths.0.backend.service.name",
        undefined,
        `${ingress}.backend.service.name is missing; name the Service`,
      ],
      [
        "spec.rules.0.http.paths.0.backend.service.port",
        undefined,
        `${ingress}.backend.service.port must have either number or name; write one of them`,
      ],
      [
        "spec.rules.0.http.paths.0.backend.service.port",
        80,
        `${ingress}.backend.service.port is 80; it must be an object`,
      ],
      [
        "spec.rules.0.http.paths.0.backend.service.port.number",
        "80",
        `${ingress}.backend.service.port.number is "80"; write a number without quotes, 1 to 65535`,
      ],
      [
        "spec.rules.0.http.paths.0.backend.service.port",
        { name: "80" },
        `${ingress}.backend.service.port.name is "80"; a port's name has 15 of a-z, 0-9 and - at most, and a letter`,
      ],
      [
        "spec.defaultBackend",
        { service: { name: "x", port: { number: 0 } } },
        "spec.defaultBackend.service.port.number is 0; write a whole number, 1 to 65535",
      ],
      ["spec.tls.0.hosts", "a.example", 'spec.tls[0].hosts is "a.example"; it must be a list'],
    ],
    [
      ["spec", { defaultBackend: backend }],
      ["spec.rules.0.http", undefined],
      ["spec.rules.0.http.paths.0.backend", { resource: { kind: "Bucket", name: "b" } }],
      ["spec.rules.0.http.paths.0", { pathType: "ImplementationSpecific", backend }],
    ],
  );

  describeKind(
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      spec: {
        selector: { istio: "ingressgateway" },
        servers: [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }],
      },
    },
    [
      ["spec.selector.istio", 1, "spec.selector.istio is 1; it must be text: put it in quotes"],
      ["spec.servers", {}, "spec.servers is {}; it must be a list"],
      [
        "spec.servers.0.port",
        undefined,
        "spec.servers[0].port is missing; write {number, name, protocol}",
      ],
      ["spec.servers.0.port", 80, "spec.servers[0].port is 80; it must be an object"],
      [
        "spec.servers.0.port.number",
        0,
        "spec.servers[0].port.number is 0; write a whole number, 1 to 65535",
      ],
      [
        "spec.servers.0.port.name",
        1,
        "spec.servers[0].port.name is 1; it must be text: put it in quotes",
      ],
      [
        "spec.servers.0.port.protocol",
        1,
        "spec.servers[0].port.protocol is 1; it must be text: put it in quotes",
      ],
      [
        "spec.servers.0.hosts",
        undefined,
        'spec.servers[0].hosts is empty; write host names, or "*"',
      ],
      ["spec.servers.0.hosts", [], 'spec.servers[0].hosts is empty; write host names, or "*"'],
      [
        "spec.servers.0.hosts",
        [7],
        "spec.servers[0].hosts[0] is 7; it must be text: put it in quotes",
      ],
    ],
  );

  const destination = { host: "web", subset: "v1", port: { number: 80 } };
  describeKind(
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      spec: {
        hosts: ["a.example"],
        gateways: ["mesh"],
        http: [
          {
            match: [{ port: 80, gateways: ["mesh"] }],
            route: [{ destination, weight: 100 }],
            mirror: { host: "web" },
          },
        ],
        tls: [{ match: [{ sniHosts: ["a.example"] }], route: [{ destination }] }],
        tcp: [{ route: [{ destination }] }],
      },
    },
    [
      ["spec.hosts", "a.example", 'spec.hosts is "a.example"; it must be a list'],
      ["spec.hosts", [""], "spec.hosts[0] is empty; remove the item"],
      ["spec.gateways", [1], "spec.gateways[0] is 1; it must be text: put it in quotes"],
      ["spec.exportTo", "*", 'spec.exportTo is "*"; it must be a list'],
      ["spec.http", {}, "spec.http is {}; it must be a list"],
      ["spec.http.0.match", {}, "spec.http[0].match is {}; it must be a list"],
      [
        "spec.http.0.match.0.port",
        "80",
        'spec.http[0].match[0].port is "80"; write a number without quotes, 1 to 65535',
      ],
      [
        "spec.http.0.match.0.gateways",
        "mesh",
        'spec.http[0].match[0].gateways is "mesh"; it must be a list',
      ],
      [
        "spec.http.0.route.0.weight",
        -1,
        "spec.http[0].route[0].weight is -1; write a whole number, 0 or more",
      ],
      [
        "spec.http.0.route.0.destination",
        undefined,
        "spec.http[0].route[0].destination.host is missing; name the Service",
      ],
      [
        "spec.http.0.route.0.destination",
        "web",
        'spec.http[0].route[0].destination is "web"; it must be an object',
      ],
      [
        "spec.http.0.route.0.destination.subset",
        1,
        "spec.http[0].route[0].destination.subset is 1; it must be text: put it in quotes",
      ],
      [
        "spec.http.0.route.0.destination.port",
        80,
        "spec.http[0].route[0].destination.port is 80; it must be an object",
      ],
      [
        "spec.http.0.mirror.host",
        1,
        "spec.http[0].mirror.host is 1; it must be text: put it in quotes",
      ],
      ["spec.http.0.redirect", "/", 'spec.http[0].redirect is "/"; it must be an object'],
      [
        "spec.tls.0.match.0.sniHosts",
        "x",
        'spec.tls[0].match[0].sniHosts is "x"; it must be a list',
      ],
      [
        "spec.tcp.0.route.0.destination.port.number",
        0,
        "spec.tcp[0].route[0].destination.port.number is 0; write a whole number, 1 to 65535",
      ],
    ],
  );

  describeKind(
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      spec: {
        gatewayClassName: "istio",
        listeners: [{ name: "http", port: 80, protocol: "HTTP", hostname: "*.example" }],
      },
    },
    [
      ["spec.gatewayClassName", undefined, "spec.gatewayClassName is missing; name a GatewayClass"],
      ["spec.listeners.0.name", undefined, "spec.listeners[0].name is missing; name the listener"],
      [
        "spec.listeners.0.port",
        "80",
        'spec.listeners[0].port is "80"; write a number without quotes, 1 to 65535',
      ],
      [
        "spec.listeners.0.protocol",
        "",
        "spec.listeners[0].protocol is missing; write HTTP, HTTPS, TLS, TCP or UDP",
      ],
      [
        "spec.listeners.0.hostname",
        1,
        "spec.listeners[0].hostname is 1; it must be text: put it in quotes",
      ],
    ],
  );

  for (const kind of ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"]) {
    describeKind(
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind,
        spec: {
          parentRefs: [{ name: "g", namespace: "n", sectionName: "http", port: 80 }],
          hostnames: ["a.example"],
          rules: [
            {
              matches: [{ path: { type: "PathPrefix", value: "/" } }],
              backendRefs: [{ name: "web", port: 80, weight: 1 }],
            },
          ],
        },
      },
      [
        [
          "spec.parentRefs.0.name",
          undefined,
          "spec.parentRefs[0].name is missing; name the Gateway",
        ],
        [
          "spec.parentRefs.0.sectionName",
          1,
          "spec.parentRefs[0].sectionName is 1; it must be text: put it in quotes",
        ],
        [
          "spec.parentRefs.0.namespace",
          1,
          "spec.parentRefs[0].namespace is 1; it must be text: put it in quotes",
        ],
        ["spec.hostnames", "a", 'spec.hostnames is "a"; it must be a list'],
        ["spec.rules", 7, "spec.rules is 7; it must be a list"],
        [
          "spec.rules.0.matches.0.path",
          "/",
          'spec.rules[0].matches[0].path is "/"; it must be an object',
        ],
        [
          "spec.rules.0.backendRefs.0.name",
          undefined,
          "spec.rules[0].backendRefs[0].name is missing; name the Service",
        ],
        [
          "spec.rules.0.backendRefs.0.port",
          "80",
          'spec.rules[0].backendRefs[0].port is "80"; write a number without quotes, 1 to 65535',
        ],
        [
          "spec.rules.0.backendRefs.0.weight",
          -1,
          "spec.rules[0].backendRefs[0].weight is -1; write a whole number, 0 or more",
        ],
      ],
    );
  }

  describeKind(
    { apiVersion: "v1", kind: "ConfigMap", data: { a: "1" }, binaryData: { b: "aGk=" } },
    [
      ["data.a", 1, "data.a is 1; it must be text: put it in quotes"],
      ["data", "x", 'data is "x"; it must be an object'],
      ["binaryData.b", 1, "binaryData.b is 1; it must be text: put it in quotes"],
    ],
  );

  describeKind({ apiVersion: "v1", kind: "Secret", stringData: { a: "1" } }, [
    ["stringData.a", { b: 1 }, 'stringData.a is {"b":1}; it must be text'],
  ]);

  it("has a name that its kind may have", async () => {
    const named = (apiVersion: string, kind: string, name: string) => ({
      ...{ apiVersion, kind, metadata: { name } },
      ...(kind === "Service" && { spec: { ports: [{ port: 80 }] } }),
    });
    const { titles, lines } = await read({
      "a.json": JSON.stringify({
        kind: "List",
        items: [
          named("rbac.authorization.k8s.io/v1", "ClusterRole", "system:node"),
          named("rbac.authorization.k8s.io/v1", "Role", "a/b"),
          named("v1", "Service", "a.b"),
          named("v1", "Namespace", "a.b"),
          named("v1", "ConfigMap", "a.b"),
          named("v1", "ConfigMap", "a..b"),
          named("v1", "ConfigMap", "a".repeat(254)),
        ],
      }),
    });
    assert.deepEqual(titles, ["ClusterRole system:node", "ConfigMap default/a.b"]);
    assert.equal(lines.length, 5);
    assert.match(lines[0] as string, /: Role default\/a\/b: metadata\.name is "a\/b"; it may have/);
    assert.match(lines[1] as string, /"a\.b"; write lower-case letters, digits, -, 63 characters/);
  });
});
