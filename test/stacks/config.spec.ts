import assert from "node:assert/strict";
import * as fc from "fast-check";
import { z } from "zod";
import { collect } from "../../micromesh/resources/collect.ts";
import { ConfigError, loadConfig, parseConfig } from "../../stacks/config.ts";

const labs = {
  counter: { scenarios: ["open", "isolated", "isolated-mesh"] },
  shop: {
    scenarios: ["open"],
    settings: z.strictObject({
      replicas: z.int({ error: "it must be a number" }).default(2),
      open: z.boolean().default(true),
    }),
  },
};

function problems(raw: Record<string, unknown>, known = labs as Parameters<typeof parseConfig>[1]) {
  try {
    parseConfig(raw, known);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
  return [];
}
const set = (path: string, value: string) =>
  `run "pulumi config set --path micromesh:${path} ${value}"`;
const setToken = (value: string) =>
  `run "pulumi config set --secret --path micromesh:cluster.token ${value}"`;
const RANDOM = "$(openssl rand -hex 32)";

const TOKEN = "0123456789abcdef";
/** Settings of K3s on one host, and on EC2, that are all right. */
const k3s = (change: object) => ({
  cluster: { kind: "k3s", servers: [{ address: "a.lan" }], ...change },
});
const ec2 = (change: object) => ({
  cluster: { kind: "ec2", region: "eu-central-1", adminCidrs: ["203.0.113.7/32"], ...change },
});

describe("parseConfig", () => {
  it("gives a stack that says nothing a minikube with all that labs use", () => {
    assert.deepEqual(parseConfig({}, labs), {
      cluster: {
        kind: "minikube",
        memoryMiB: 6144,
        cpus: 2,
        kubernetesVersion: "v1.35.1",
        containerRuntime: "containerd",
        addons: [],
        keep: false,
      },
      cni: { kind: "cilium", hubble: { ui: false } },
      mesh: { kind: "istio" },
      ingress: { kind: "traefik", namespace: "a-ingress-traefik" },
      observability: { kind: "none" },
      mirror: {},
      labs: {},
    });
  });

  it("installs nothing unasked on a cluster that was there before", () => {
    const { cni, mesh, ingress, observability } = parseConfig(
      { cluster: { kind: "existing" } },
      labs,
    );
    assert.deepEqual(
      [cni, mesh, ingress, observability],
      [{ kind: "none" }, { kind: "none" }, { kind: "none" }, { kind: "none" }],
    );
  });

  it("fills in the defaults of existing parts", () => {
    const config = parseConfig(
      {
        cluster: { kind: "existing", context: "bed" },
        cni: { kind: "existing", enforcesNetworkPolicy: true },
        mesh: { kind: "existing" },
        ingress: { kind: "existing", className: "nginx" },
        observability: { kind: "existing", prometheusUrl: "http://127.0.0.1:9090" },
      },
      labs,
    );
    assert.deepEqual(config.cni, {
      kind: "existing",
      enforcesNetworkPolicy: true,
      ciliumPolicies: false,
    });
    assert.deepEqual(config.mesh, {
      kind: "existing",
      namespace: "istio-system",
      trustDomain: "cluster.local",
    });
  });

  it("fills in the defaults of K3s on a host", () => {
    const { cluster, cni, mesh, ingress } = parseConfig(k3s({}), labs);
    assert.deepEqual(cluster, {
      kind: "k3s",
      servers: [{ address: "a.lan", port: 22 }],
      agents: [],
      user: "ubuntu",
      privateKey: "~/.ssh/id_ed25519",
      version: "v1.36.3+k3s1",
      protect: false,
    });
    assert.deepEqual([cni.kind, mesh.kind, ingress.kind], ["cilium", "istio", "traefik"]);
  });

  it("fills in the defaults of K3s on EC2", () => {
    const { cluster, cni, mesh, ingress } = parseConfig(ec2({}), labs);
    assert.deepEqual(cluster, {
      kind: "ec2",
      region: "eu-central-1",
      instanceType: "m7i-flex.large",
      adminCidrs: ["203.0.113.7/32"],
      publicCidrs: ["0.0.0.0/0", "::/0"],
      haServers: 1,
      agents: 0,
      access: "ssh",
      volumeGiB: 30,
      version: "v1.36.3+k3s1",
      protect: false,
    });
    assert.deepEqual([cni.kind, mesh.kind, ingress.kind], ["cilium", "istio", "traefik"]);
  });

  it("takes several hosts, at one address by different ports too, that have a token", () => {
    const servers = [1, 2, 3].map((port) => ({ address: "a.lan", port }));
    const agents = [{ address: "b.lan" }];
    assert.deepEqual(problems(k3s({ servers, agents, token: TOKEN })), []);
    assert.deepEqual(problems(ec2({ haServers: 3, agents: 2, token: TOKEN })), []);
  });

  it("takes a part without its kind for the default kind", () => {
    assert.deepEqual(parseConfig({ cni: { hubble: { ui: true } } }, labs).cni, {
      kind: "cilium",
      hubble: { ui: true },
    });
  });

  it("hands a lab its own settings, with the defaults of its schema", () => {
    const config = parseConfig(
      { labs: { shop: { replicas: 3 }, counter: { scenario: "isolated" } } },
      labs,
    );
    assert.deepEqual(config.labs, {
      shop: { scenario: undefined, settings: { replicas: 3, open: true } },
      counter: { scenario: "isolated", settings: {} },
    });
  });

  const cases: [string, Record<string, unknown>, string[]][] = [
    [
      "too little memory for Cilium and Istio",
      { cluster: { memoryMiB: 512 } },
      [
        `micromesh:cluster.memoryMiB is 512; Cilium and Istio need at least 4096: ${set("cluster.memoryMiB", "6144")}`,
      ],
    ],
    [
      "too little memory for Istio alone",
      { cluster: { memoryMiB: 4000 }, cni: { kind: "none" } },
      [
        `micromesh:cluster.memoryMiB is 4000; Istio needs at least 4096: ${set("cluster.memoryMiB", "6144")}`,
      ],
    ],
    [
      "too little memory for minikube itself",
      { cluster: { memoryMiB: 1799 }, cni: { kind: "none" }, mesh: { kind: "none" } },
      [
        `micromesh:cluster.memoryMiB is 1799; minikube needs at least 1800: ${set("cluster.memoryMiB", "2048")}`,
      ],
    ],
    [
      "too few CPUs",
      { cluster: { cpus: 1 } },
      [`micromesh:cluster.cpus is 1; minikube needs at least 2: ${set("cluster.cpus", "2")}`],
    ],
    [
      "values of the wrong type",
      { cluster: { cpus: "two", keep: "yes", addons: "ingress" } },
      [
        `micromesh:cluster.addons is "ingress"; it must be a list of names: ${set("cluster.addons", `'["metrics-server"]'`)}`,
        `micromesh:cluster.cpus is "two"; it must be a whole number: ${set("cluster.cpus", "2")}`,
        `micromesh:cluster.keep is "yes"; it must be true or false: ${set("cluster.keep", "true")}`,
      ],
    ],
    [
      "a value in a list",
      { cluster: { addons: ["ingress", "Dash Board"] } },
      [
        'micromesh:cluster.addons[1] is "Dash Board"; it must be the name of an addon, as minikube ' +
          `lists them: ${set("cluster.addons[1]", "VALUE")}`,
      ],
    ],
    [
      "a Kubernetes version of the wrong form",
      { cluster: { kubernetesVersion: "1.35" } },
      [
        `micromesh:cluster.kubernetesVersion is "1.35"; it must be of the form v1.35.1: ${set("cluster.kubernetesVersion", "v1.35.1")}`,
      ],
    ],
    [
      "a Kubernetes too old for Istio",
      { cluster: { kubernetesVersion: "v1.31.9" } },
      [
        `micromesh:cluster.kubernetesVersion is "v1.31.9"; Istio needs at least v1.32.0: ${set("cluster.kubernetesVersion", "v1.35.1")}`,
      ],
    ],
    [
      "a profile name that minikube refuses",
      { cluster: { profile: "my_lab" } },
      [
        `micromesh:cluster.profile is "my_lab"; it must be two or more letters, digits, - or .: ${set("cluster.profile", "micromesh-dev")}`,
      ],
    ],
    [
      "a misspelt kind",
      { cni: { kind: "cillium" } },
      [
        `micromesh:cni.kind is "cillium"; it must be cilium, none or existing (did you mean cilium?): ${set("cni.kind", "cilium")}`,
      ],
    ],
    [
      "a kind that is no text",
      { mesh: { kind: 3 } },
      [
        `micromesh:mesh.kind is 3; it must be istio, none or existing: ${set("mesh.kind", "istio")}`,
      ],
    ],
    [
      "a kind in place of the object",
      { cni: "none", mesh: null },
      [
        `micromesh:cni is "none"; it must be an object with a kind: ${set("cni.kind", "none")}`,
        `micromesh:mesh is null; it must be an object with a kind: ${set("mesh.kind", "istio")}`,
      ],
    ],
    [
      "misspelt settings",
      { cni: { kindd: "none" }, mesh: { kind: "existing", trustDomian: "x" }, meshh: {} },
      [
        "micromesh:cni.kindd is not a setting; did you mean kind?",
        "micromesh:mesh.trustDomian is not a setting; did you mean trustDomain?",
        "micromesh:meshh is not a setting; did you mean mesh?",
      ],
    ],
    [
      "a misspelt setting of a setting",
      { cni: { kind: "cilium", hubble: { uii: true } } },
      ["micromesh:cni.hubble.uii is not a setting; did you mean ui?"],
    ],
    [
      "a setting of another kind",
      { cni: { kind: "none", hubble: { ui: true } } },
      [
        `micromesh:cni.hubble is not a setting of kind none: run "pulumi config rm --path micromesh:cni.hubble"`,
      ],
    ],
    [
      "a part that doesn't exist",
      { database: {} },
      [
        "micromesh:database is not a setting; there are cluster, cni, mesh, ingress, observability, " +
          'mirror, labs: run "pulumi config rm micromesh:database"',
      ],
    ],
    [
      "what an existing part needs",
      {
        cni: { kind: "existing" },
        ingress: { kind: "existing", service: { namespace: "x", name: "y" } },
      },
      [
        `micromesh:cni.enforcesNetworkPolicy is missing; it must be true or false: ${set("cni.enforcesNetworkPolicy", "true")}`,
        `micromesh:ingress.className is missing; it must be text: ${set("ingress.className", "traefik")}`,
        `micromesh:ingress.service.port is missing; it must be a port, 1 to 65535: ${set("ingress.service.port", "80")}`,
      ],
    ],
    [
      "claims that contradict each other",
      { cni: { kind: "existing", enforcesNetworkPolicy: false, ciliumPolicies: true } },
      [
        "micromesh:cni.enforcesNetworkPolicy is false; with ciliumPolicies it must be true, for " +
          `Cilium enforces both: ${set("cni.enforcesNetworkPolicy", "true")}`,
      ],
    ],
    [
      "ports and URLs",
      {
        ingress: { nodePort: 80 },
        observability: { kind: "existing", prometheusUrl: "prom:9090" },
      },
      [
        `micromesh:ingress.nodePort is 80; it must be a port, 30000 to 32767: ${set("ingress.nodePort", "30080")}`,
        `micromesh:observability.prometheusUrl is "prom:9090"; it must be an http or https URL: ${set("observability.prometheusUrl", "http://127.0.0.1:9090")}`,
      ],
    ],
    [
      "mirrors of the wrong form",
      { mirror: { charts: "charts.lan", images: "https://registry.lan" } },
      [
        'micromesh:mirror.charts is "charts.lan"; it must be a Helm repository (https://…) or an OCI ' +
          `prefix (oci://…): ${set("mirror.charts", "https://charts.example.com")}`,
        'micromesh:mirror.images is "https://registry.lan"; it must be a registry with or without a ' +
          `path, e.g. registry.lan:5000/mirror: ${set("mirror.images", "registry.example.com/mirror")}`,
      ],
    ],
    [
      "a cluster of K3s that says nothing more",
      { cluster: { kind: "k3s" } },
      [
        `micromesh:cluster.servers is missing; it must be a list of hosts: ${set("cluster.servers", `'[{"address": "ADDRESS"}]'`)}`,
      ],
    ],
    [
      "a cluster on EC2 that says nothing more",
      { cluster: { kind: "ec2" } },
      [
        `micromesh:cluster.adminCidrs is missing; it must be a list of networks: ${set("cluster.adminCidrs", `'["ADDRESS/32"]'`)}`,
        `micromesh:cluster.region is missing; it must be text: ${set("cluster.region", "eu-central-1")}`,
      ],
    ],
    [
      "settings of K3s of the wrong form, with neither key nor token in the lines",
      k3s({
        agents: 2,
        podCidr: "10.42.0.0",
        privateKey: 7,
        protect: "yes",
        publicAddress: "",
        serviceCidr: "fd00::/108",
        token: "too-short",
        user: "",
        version: "1.36.3",
      }),
      [
        `micromesh:cluster.agents is 2; it must be a list of hosts: ${set("cluster.agents", `'[{"address": "ADDRESS"}]'`)}`,
        `micromesh:cluster.podCidr is "10.42.0.0"; it must be a network, e.g. 10.42.0.0/16: ${set("cluster.podCidr", "10.42.0.0/16")}`,
        `micromesh:cluster.privateKey is a value of the wrong form; it must be text: ${set("cluster.privateKey", "VALUE")}`,
        `micromesh:cluster.protect is "yes"; it must be true or false: ${set("cluster.protect", "true")}`,
        `micromesh:cluster.publicAddress is ""; it must not be empty: ${set("cluster.publicAddress", "VALUE")}`,
        `micromesh:cluster.serviceCidr is "fd00::/108"; it must be a network, e.g. 10.42.0.0/16: ${set("cluster.serviceCidr", "10.43.0.0/16")}`,
        `micromesh:cluster.token is a value of the wrong form; it must be 16 or more printable characters without spaces: ${setToken(RANDOM)}`,
        `micromesh:cluster.user is ""; it must not be empty: ${set("cluster.user", "VALUE")}`,
        `micromesh:cluster.version is "1.36.3"; it must be of the form v1.36.3+k3s1: ${set("cluster.version", "v1.36.3+k3s1")}`,
      ],
    ],
    [
      "hosts without an address, and what hosts aren't",
      k3s({
        servers: [{ privateAddress: "10.0.0.1" }, { address: "a", port: 0, hostKey: "" }, "b.lan"],
        token: TOKEN,
      }),
      [
        `micromesh:cluster.servers[0].address is missing; it must be text: ${set("cluster.servers[0].address", "VALUE")}`,
        `micromesh:cluster.servers[1].hostKey is ""; it must not be empty: ${set("cluster.servers[1].hostKey", "VALUE")}`,
        `micromesh:cluster.servers[1].port is 0; it must be a port, 1 to 65535: ${set("cluster.servers[1].port", "VALUE")}`,
        `micromesh:cluster.servers[2] is "b.lan"; it must be an object with an address: ${set("cluster.servers[2]", "VALUE")}`,
      ],
    ],
    [
      "no host at all",
      k3s({ servers: [] }),
      [
        `micromesh:cluster.servers is []; it must name a host: ${set("cluster.servers", `'[{"address": "ADDRESS"}]'`)}`,
      ],
    ],
    [
      "a host's setting that is misspelt",
      k3s({ servers: [{ address: "a.lan", hostkey: "x" }] }),
      ["micromesh:cluster.servers[0].hostkey is not a setting; did you mean hostKey?"],
    ],
    [
      "a host that is named twice, beside what can't be read",
      k3s({
        servers: [{ address: "a.lan" }],
        agents: [{ address: "b.lan" }, { address: "a.lan", port: 22 }],
        token: TOKEN,
        protect: "yes",
      }),
      [
        "micromesh:cluster.agents[1] is at a.lan:22, as is cluster.servers[0]; a host is one node: " +
          'run "pulumi config rm --path micromesh:cluster.agents[1]"',
        `micromesh:cluster.protect is "yes"; it must be true or false: ${set("cluster.protect", "true")}`,
      ],
    ],
    [
      "an even number of hosts as servers",
      k3s({ servers: [{ address: "a" }, { address: "b" }], token: TOKEN }),
      [
        "micromesh:cluster.servers names 2 hosts; etcd needs an odd number of servers to agree: make it one more or less",
      ],
    ],
    [
      "an even number of machines as servers",
      ec2({ haServers: 4, token: TOKEN }),
      [
        "micromesh:cluster.haServers is 4; etcd needs an odd number of servers to agree: make it one more or less",
      ],
    ],
    [
      "agents on hosts without a token",
      k3s({ agents: [{ address: "b.lan" }] }),
      [`micromesh:cluster.token is missing; 2 nodes join by one: ${setToken(RANDOM)}`],
    ],
    [
      "agents on EC2 without a token",
      ec2({ agents: 1 }),
      [`micromesh:cluster.token is missing; 2 nodes join by one: ${setToken(RANDOM)}`],
    ],
    [
      "several servers without a token",
      ec2({ haServers: 3 }),
      [`micromesh:cluster.token is missing; 3 nodes join by one: ${setToken(RANDOM)}`],
    ],
    [
      "a key pair without its private key",
      ec2({ keyName: "mine" }),
      [
        `micromesh:cluster.privateKey is missing; it goes with keyName: ${set("cluster.privateKey", "PATH")}`,
      ],
    ],
    [
      "a private key without its key pair",
      ec2({ privateKey: "~/.ssh/id_ed25519" }),
      [
        `micromesh:cluster.keyName is missing; it goes with privateKey: ${set("cluster.keyName", "NAME")}`,
      ],
    ],
    [
      "settings of EC2 of the wrong form",
      ec2({
        access: "vpn",
        adminCidrs: "203.0.113.7/32",
        agents: -1,
        haServers: "1",
        imageId: "",
        instanceType: 4,
        publicCidrs: ["0.0.0.0/0", "all"],
        region: 7,
        subnetId: 1,
        version: "v1.36.3",
        volumeGiB: "30",
      }),
      [
        `micromesh:cluster.access is "vpn"; it must be ssh or session-manager: ${set("cluster.access", "ssh")}`,
        `micromesh:cluster.adminCidrs is "203.0.113.7/32"; it must be a list of networks: ${set("cluster.adminCidrs", `'["ADDRESS/32"]'`)}`,
        `micromesh:cluster.agents is -1; it must not be negative: ${set("cluster.agents", "1")}`,
        `micromesh:cluster.haServers is "1"; it must be a whole number: ${set("cluster.haServers", "3")}`,
        `micromesh:cluster.imageId is ""; it must not be empty: ${set("cluster.imageId", "VALUE")}`,
        `micromesh:cluster.instanceType is 4; it must be text: ${set("cluster.instanceType", "m7i-flex.large")}`,
        `micromesh:cluster.publicCidrs[1] is "all"; it must be a network, e.g. 10.42.0.0/16: ${set("cluster.publicCidrs[1]", "VALUE")}`,
        `micromesh:cluster.region is 7; it must be text: ${set("cluster.region", "eu-central-1")}`,
        `micromesh:cluster.subnetId is 1; it must be text: ${set("cluster.subnetId", "VALUE")}`,
        `micromesh:cluster.version is "v1.36.3"; it must be of the form v1.36.3+k3s1: ${set("cluster.version", "v1.36.3+k3s1")}`,
        `micromesh:cluster.volumeGiB is "30"; it must be a whole number of GiB: ${set("cluster.volumeGiB", "30")}`,
      ],
    ],
    [
      "nobody who may come in as an administrator",
      ec2({ adminCidrs: [] }),
      [
        `micromesh:cluster.adminCidrs is []; it must name the network that you come from: ${set("cluster.adminCidrs", `'["ADDRESS/32"]'`)}`,
      ],
    ],
    [
      "a setting of EC2 on hosts of one's own",
      k3s({ region: "eu-central-1" }),
      [
        'micromesh:cluster.region is not a setting of kind k3s: run "pulumi config rm --path micromesh:cluster.region"',
      ],
    ],
    [
      "hosts of one's own on EC2",
      ec2({ servers: [{ address: "a.lan" }] }),
      [
        'micromesh:cluster.servers is not a setting of kind ec2: run "pulumi config rm --path micromesh:cluster.servers"',
      ],
    ],
    [
      "who packages an existing cluster",
      { cluster: { kind: "existing", distribution: "k8s" } },
      [
        `micromesh:cluster.distribution is "k8s"; it must be kubernetes or k3s: ${set("cluster.distribution", "k3s")}`,
      ],
    ],
    [
      "a mirror of K3s that nobody can download from",
      { mirror: { k3s: "ftp://k3s.lan" } },
      [
        `micromesh:mirror.k3s is "ftp://k3s.lan"; it must be an http or https URL: ${set("mirror.k3s", "https://k3s.example.com/releases")}`,
      ],
    ],
    [
      "settings that a lab doesn't take",
      { labs: { shop: { replicas: "3", opn: false } } },
      [
        `micromesh:labs.shop.replicas is "3"; it must be a number: ${set("labs.shop.replicas", "VALUE")}`,
        "micromesh:labs.shop.opn is not a setting; did you mean open?",
      ].sort(),
    ],
    [
      "labs and scenarios",
      {
        labs: {
          conter: {},
          bank: {},
          shop: { scenario: 1 },
          counter: { scenario: "isolatd", colour: "red" },
        },
      },
      [
        'micromesh:labs.bank is not a lab; there are counter, shop: run "pulumi config rm --path micromesh:labs.bank"',
        "micromesh:labs.conter is not a lab; did you mean counter?",
        'micromesh:labs.counter.colour is not a setting: run "pulumi config rm --path micromesh:labs.counter.colour"',
        'micromesh:labs.counter.scenario is "isolatd"; it must be open, isolated or isolated-mesh ' +
          `(did you mean isolated?): ${set("labs.counter.scenario", "isolated")}`,
        `micromesh:labs.shop.scenario is 1; it must be text: ${set("labs.shop.scenario", "VALUE")}`,
      ],
    ],
  ];
  for (const [name, raw, expected] of cases) {
    it(`refuses ${name}`, () => assert.deepEqual(problems(raw), expected));
  }

  it("never shows a kubeconfig", () => {
    const [problem] = problems({ cluster: { kind: "existing", kubeconfig: { token: "s3cret" } } });
    assert.equal(
      problem,
      `micromesh:cluster.kubeconfig is a value of the wrong form; it must be text: ${set("cluster.kubeconfig", "VALUE")}`,
    );
  });

  it("says everything at once, sorted, one line each, and what it was told is its message", () => {
    const raw = { zoo: {}, cluster: { cpus: 1, memoryMiB: 1 }, cni: { kind: "x" } };
    const found = problems(raw);
    assert.equal(found.length, 4);
    assert.deepEqual(found, [...found].sort());
    assert.throws(() => parseConfig(raw, labs), { name: "ConfigError", message: found.join("\n") });
  });

  it("answers anything at all with a configuration or with lines", () => {
    const names = ["cluster", "cni", "mesh", "ingress", "observability", "mirror", "labs"];
    const part = fc.oneof(
      fc.jsonValue(),
      fc.record({
        kind: fc.oneof(
          fc.constantFrom("minikube", "k3s", "ec2", "existing", "none", "istio"),
          fc.jsonValue(),
        ),
      }),
      // What is read before it is known to be of the right form.
      fc.record({
        kind: fc.constantFrom("k3s", "ec2"),
        servers: fc.jsonValue(),
        agents: fc.jsonValue(),
        haServers: fc.jsonValue(),
        token: fc.jsonValue(),
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), part), (raw) => {
        for (const line of problems(raw)) assert.match(line, /^micromesh:[^\n]+$/);
      }),
      { numRuns: 300 },
    );
  });
});

describe("loadConfig", () => {
  const load = async (config: Record<string, unknown>, secretKeys?: string[]) => {
    const { outputs } = await collect(async () => ({ config: loadConfig(labs) }), {
      project: "micromesh",
      stack: "dev",
      config,
      secretKeys,
    });
    return outputs.config as ReturnType<typeof parseConfig>;
  };

  it("reads what Pulumi hands over, and only what stands under micromesh:", async () => {
    const { cni, labs: configured } = await load({
      "micromesh:cni": { kind: "none" },
      "micromesh:labs": { counter: { scenario: "isolated" } },
      "aws:region": "eu-central-1",
    });
    assert.deepEqual(cni, { kind: "none" });
    assert.deepEqual(configured, { counter: { scenario: "isolated", settings: {} } });
  });

  it("shows a setting that is plain text as it is", async () => {
    await assert.rejects(load({ "micromesh:cni": "none" }), {
      name: "ConfigError",
      message: `micromesh:cni is "none"; it must be an object with a kind: ${set("cni.kind", "none")}`,
    });
  });

  const CONTENTS = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n";
  const plain = "in plain, where the stack's file shows it to everybody";
  const file = (key: string) =>
    `micromesh:cluster.${key} holds a file's contents ${plain}: ${set(`cluster.${key}`, "PATH")}, or ` +
    `"pulumi config set --secret --path micromesh:cluster.${key} < PATH"`;
  const inPlain: [string, { cluster: object }, string[]][] = [
    [
      "a token",
      k3s({ token: TOKEN }),
      [`micromesh:cluster.token is ${plain}: ${setToken("TOKEN")}`],
    ],
    ["a private key", k3s({ privateKey: CONTENTS }), [file("privateKey")]],
    [
      "a private key of a key pair, and a token",
      ec2({ keyName: "mine", privateKey: CONTENTS, token: TOKEN }),
      [file("privateKey"), `micromesh:cluster.token is ${plain}: ${setToken("TOKEN")}`],
    ],
    [
      "a kubeconfig",
      { cluster: { kind: "existing", kubeconfig: "apiVersion: v1\nusers: []\n" } },
      [file("kubeconfig")],
    ],
    [
      "a kubeconfig as JSON",
      { cluster: { kind: "existing", kubeconfig: ' {"apiVersion": "v1"}' } },
      [file("kubeconfig")],
    ],
  ];
  for (const [name, { cluster }, lines] of inPlain) {
    it(`refuses ${name} in plain, without showing it, and takes it as a secret`, async () => {
      const config = { "micromesh:cluster": cluster };
      await assert.rejects(load(config), { name: "ConfigError", message: lines.join("\n") });
      await assert.rejects(load(config, ["micromesh:cni"]), { name: "ConfigError" });
      await load(config, ["micromesh:cluster"]);
    });
  }

  it("takes paths of keys and kubeconfigs in plain", async () => {
    for (const { cluster } of [
      k3s({ privateKey: "~/.ssh/id_rsa" }),
      { cluster: { kind: "existing", kubeconfig: "/etc/rancher/k3s/k3s.yaml" } },
    ]) {
      await load({ "micromesh:cluster": cluster });
    }
  });
});
