/** The kinds of clusters that K3s makes, as parts of a whole stack. */
import assert from "node:assert/strict";
import type { DeclaredResource } from "../../micromesh/resources/declared.ts";
import { answerWithoutEngine, withoutEngine } from "../../micromesh/resources/stand-ins.ts";
import { buildPlatform } from "../../stacks/build-platform.ts";
import { parseConfig } from "../../stacks/config.ts";
import type { Platform } from "../../stacks/platform.ts";
import { type Collected, collected } from "./collected.ts";

const TOKEN = "a-token-that-nobody-may-see";
const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==";
const KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n";

type Built = Collected & { platform: Platform };

async function built(raw: Record<string, unknown>, stack = "staging"): Promise<Built> {
  let platform: Platform | undefined;
  const result = await collected(
    async () => {
      platform = await buildPlatform(parseConfig(raw, {}));
      return {
        kubeconfig: platform.cluster.kubeconfig,
        endpoint: platform.ingress.endpoint,
      };
    },
    answerWithoutEngine,
    { stack, outputs: withoutEngine },
  );
  return { ...result, platform: platform as Platform };
}

const k3s = (change: object = {}, parts: object = {}) => ({
  cluster: { kind: "k3s", servers: [{ address: "a.lan" }], ...change },
  ...parts,
});
const ec2 = (change: object = {}, parts: object = {}) => ({
  cluster: {
    kind: "ec2",
    region: "eu-central-1",
    adminCidrs: ["10.20.0.0/16"],
    ...change,
  },
  ...parts,
});
const several = {
  servers: ["a.lan", "b.lan", "c.lan"].map((address) => ({ address })),
  agents: [{ address: "d.lan" }, { address: "e.lan" }],
  token: TOKEN,
  privateKey: KEY,
};

const roots = ({ resources, nameOf }: Collected) =>
  resources
    .filter(({ parent }) => !nameOf(parent))
    .map(({ type, name }) => `${type} ${name}`)
    .sort();
const values = (stack: Built, name: string) =>
  stack.the(name).inputs.values as Record<string, unknown>;
const INSTALLED = [
  "micromesh:cni:Cilium cilium",
  "micromesh:ingress:Traefik traefik",
  "micromesh:mesh:Istio istio",
];

/** What a resource shows of itself to whoever reads the state. */
function readable({ inputs, secrets }: DeclaredResource): string {
  const shown = structuredClone(inputs);
  for (const path of secrets) {
    const keys = path.split(".");
    const last = keys.pop() as string;
    const holder = keys.reduce<Record<string, unknown> | undefined>(
      (node, key) => node?.[key] as Record<string, unknown> | undefined,
      shown,
    );
    delete holder?.[last];
  }
  return JSON.stringify(shown);
}

describe("a stack of K3s on hosts of one's own", () => {
  it("is K3s, then the same network, mesh and ingress as ever", async () => {
    const stack = await built(k3s());
    assert.deepEqual(roots(stack), ["micromesh:clusters:K3s cluster", ...INSTALLED]);
    const { cluster, cni, mesh, ingress, size } = stack.platform;
    assert.deepEqual(
      [cluster.kind, cluster.name, cluster.distribution, cluster.loadBalancersOutside],
      ["k3s", "micromesh-staging", "k3s", true],
    );
    assert.deepEqual(cni, { kind: "cilium", enforcesNetworkPolicy: true, ciliumPolicies: true });
    assert.deepEqual([mesh.kind, mesh.present], ["istio", true]);
    assert.deepEqual(ingress.endpoint, {
      via: "load-balancer",
      namespace: "a-ingress-traefik",
      service: "traefik",
      port: 80,
    });
    assert.ok(size);
    const { resource: _, ...counted } = size;
    assert.deepEqual(counted, { nodes: 1, servers: 1, k3s: true });
  });

  it("declares everything in the cluster after its network, with its provider, to go with K3s", async () => {
    const { the, nameOf, platform, resources } = await built(
      k3s({}, { observability: { kind: "prometheus" } }),
    );
    for (const name of ["istio", "traefik", "prometheus"]) {
      const { dependencies, options } = the(name);
      assert.ok(dependencies.map(nameOf).includes("cilium-release"), `${name} waits for the CNI`);
      assert.equal(nameOf(options.deletedWith), "cluster-server-1-install", name);
    }
    assert.equal(nameOf(the("cilium").options.deletedWith), "cluster-server-1-install");
    for (const { name, type, provider } of resources) {
      if (type.startsWith("kubernetes:")) assert.equal(nameOf(provider), "cluster-provider", name);
    }
    assert.equal(platform.options.provider, platform.provider);
  });

  it("leaves kube-proxy's work to Cilium, by the API's port on every node, and load balancers too", async () => {
    const stack = await built(k3s());
    const { network, serviceLoadBalancer } = stack.the("cluster").inputs;
    assert.deepEqual([network, serviceLoadBalancer], ["none", false]);
    const { kubeProxyReplacement, k8sServiceHost, k8sServicePort, nodeIPAM, defaultLBServiceIPAM } =
      values(stack, "cilium-release");
    assert.deepEqual(
      { kubeProxyReplacement, k8sServiceHost, k8sServicePort, nodeIPAM, defaultLBServiceIPAM },
      {
        kubeProxyReplacement: "true",
        k8sServiceHost: "127.0.0.1",
        k8sServicePort: 6444,
        nodeIPAM: { enabled: true },
        defaultLBServiceIPAM: "nodeipam",
      },
    );
    assert.deepEqual(values(stack, "traefik-release").service, { spec: { type: "LoadBalancer" } });
  });

  it("leaves network and load balancers to K3s where there's no Cilium", async () => {
    const own = async (cni: object) => {
      const { network, serviceLoadBalancer } = (await built(k3s({}, { cni }))).the(
        "cluster",
      ).inputs;
      return [network, serviceLoadBalancer];
    };
    assert.deepEqual(await own({ kind: "none" }), ["flannel", true]);
    const existing = (enforcesNetworkPolicy: boolean) => ({
      kind: "existing",
      enforcesNetworkPolicy,
    });
    assert.deepEqual(await own(existing(false)), ["flannel", true]);
    assert.deepEqual(await own(existing(true)), ["flannel-and-policies", true]);
  });

  it("reaches each host as it is told, and the API where clients do", async () => {
    const host = { address: "a.lan", privateAddress: "10.0.0.1", port: 2222, hostKey: HOST_KEY };
    const { the } = await built(
      k3s({ servers: [host], user: "admin", privateKey: KEY, publicAddress: "api.lan" }),
    );
    const { connection, stdin } = the("cluster-server-1-install").inputs as {
      connection: Record<string, unknown>;
      stdin: string;
    };
    const { host: at, port, user, privateKey, hostKey } = connection;
    assert.deepEqual(
      [at, port, user, privateKey, hostKey],
      ["a.lan", 2222, "admin", KEY, HOST_KEY],
    );
    assert.match(stdin, /10\.0\.0\.1/, "the address for other nodes");
    assert.equal(the("cluster").inputs.publicAddress, "api.lan");
    assert.equal((await built(k3s())).the("cluster").inputs.publicAddress, "a.lan");
  });

  it("declares every node, and counts them all", async () => {
    const { the, platform } = await built(k3s(several));
    const { servers, agents } = the("cluster").inputs;
    assert.deepEqual(servers, ["server-1", "server-2", "server-3"]);
    assert.deepEqual(agents, ["agent-1", "agent-2"]);
    assert.deepEqual([platform.size?.nodes, platform.size?.servers], [5, 3]);
    for (const node of ["server-1", "server-2", "server-3", "agent-1", "agent-2"]) {
      the(`cluster-${node}-install`);
    }
  });

  it("warns of each address that is kept for documentation, of agents too", async () => {
    const { warnings } = await built(
      k3s({
        servers: [{ address: "192.0.2.10" }],
        agents: [{ address: "a.lan" }, { address: "198.51.100.2" }],
        token: TOKEN,
      }),
    );
    const kept = "which is kept for documentation: put your own there before";
    assert.deepEqual(warnings.sort(), [
      `micromesh:cluster.agents holds 198.51.100.2, ${kept} "pulumi up"`,
      `micromesh:cluster.servers holds 192.0.2.10, ${kept} "pulumi up"`,
    ]);
    assert.deepEqual((await built(k3s())).warnings, []);
  });

  it("makes a cluster's name of any stack's", async () => {
    const name = async (stack: string) => (await built(k3s(), stack)).platform.cluster.name;
    assert.equal(await name("staging"), "micromesh-staging");
    assert.equal(await name("Team_A.prod"), "micromesh-team-a-prod");
  });

  it("takes K3s from the mirror, and its images", async () => {
    const { the } = await built(
      k3s({}, { mirror: { k3s: "https://k3s.lan/releases/", images: "registry.lan/m" } }),
    );
    const { downloads, imageRegistry } = the("cluster").inputs;
    assert.deepEqual(downloads, {
      installer: "https://k3s.lan/releases/download/v1.36.3%2Bk3s1/install.sh",
      releases: "https://k3s.lan/releases",
    });
    assert.equal(imageRegistry, "registry.lan/m");
  });
});

describe("a stack of K3s on EC2", () => {
  it("is machines, and K3s on them, then the same network, mesh and ingress as ever", async () => {
    const stack = await built(ec2(), "prod");
    assert.deepEqual(roots(stack), [
      "micromesh:clusters:Ec2Hosts hosts",
      "micromesh:clusters:K3s cluster",
      ...INSTALLED,
    ]);
    const { cluster, size } = stack.platform;
    assert.deepEqual(
      [cluster.kind, cluster.name, cluster.distribution, cluster.loadBalancersOutside],
      ["k3s", "micromesh-prod", "k3s", false],
    );
    assert.deepEqual([size?.nodes, size?.servers, size?.k3s], [1, 1, true]);
    assert.ok(size?.offer, "what AWS offers is asked for");
    const { network, serviceLoadBalancer } = stack.the("cluster").inputs;
    assert.deepEqual([network, serviceLoadBalancer], ["none", false]);
    assert.equal(values(stack, "cilium-release").k8sServicePort, 6444);
  });

  it("is reached by the Elastic IP, which the API's certificate is for", async () => {
    const { outputs, the } = await built(ec2(), "prod");
    assert.deepEqual(outputs.endpoint, { via: "url", url: "http://192.0.2.1" });
    assert.equal(the("cluster").inputs.publicAddress, "192.0.2.1");
    const { connection } = the("cluster-server-1-install").inputs as {
      connection: Record<string, unknown>;
    };
    assert.deepEqual([connection.host, connection.user], ["192.0.2.1", "ubuntu"]);
  });

  it("goes with its first machine", async () => {
    const { the, nameOf } = await built(ec2({ agents: 1, token: TOKEN }), "prod");
    for (const name of ["cilium", "istio", "traefik", "cluster-server-1-install"]) {
      assert.equal(nameOf(the(name).options.deletedWith), "hosts-server-1", name);
    }
    assert.equal(nameOf(the("cluster-agent-1-install").options.deletedWith), "hosts-agent-1");
  });

  it("protects machines and address where that is asked for", async () => {
    const kept = ["hosts-server-1", "hosts-agent-1", "hosts-address"];
    for (const protect of [true, false]) {
      const { the } = await built(ec2({ protect, agents: 1, token: TOKEN }), "prod");
      for (const name of kept) assert.equal(the(name).options.protect, protect, name);
    }
  });

  it("hands over what machines are made of", async () => {
    const { the, resources } = await built(
      ec2({
        instanceType: "t4g.small",
        volumeGiB: 40,
        imageId: "ami-0123456789abcdef0",
        keyName: "mine",
        privateKey: KEY,
      }),
      "prod",
    );
    const { instanceType, ami, keyName, rootBlockDevice } = the("hosts-server-1").inputs;
    assert.deepEqual(
      [instanceType, ami, keyName, (rootBlockDevice as { volumeSize: number }).volumeSize],
      ["t4g.small", "ami-0123456789abcdef0", "mine", 40],
    );
    assert.ok(!resources.some(({ type }) => type.startsWith("tls:")), "no key of its own");
  });

  it("opens no port for SSH where sessions do", async () => {
    const { the } = await built(ec2({ access: "session-manager" }), "prod");
    const install = the("cluster-server-1-install");
    assert.equal(install.type, "command:local:Command");
    assert.ok(
      install.secrets.includes("environment.MICROMESH_SESSION"),
      "which holds the private key",
    );
  });

  it("warns of a network that is kept for documentation", async () => {
    const { warnings } = await built(ec2({ adminCidrs: ["203.0.113.7/32", "10.1.0.0/16"] }));
    assert.deepEqual(warnings, [
      'micromesh:cluster.adminCidrs holds 203.0.113.7/32, which is kept for documentation: put your own there before "pulumi up"',
    ]);
  });

  const run = (key: string, value: string) =>
    `run "pulumi config set --path micromesh:cluster.${key} ${value}"`;
  const OWN = `'["ADDRESS/32"]'`;
  const refused: [string, object, string[]][] = [
    [
      "SSH and the API for everybody, by whatever notation",
      { adminCidrs: ["0.0.0.0/0", "::/0", "0.0.0.0/1"] },
      [
        ["0.0.0.0/0", "which is everybody"],
        ["0.0.0.0/1", "which is wider than a /8"],
        ["::/0", "which is everybody"],
      ].map(
        ([network, why]) =>
          `micromesh:cluster.adminCidrs holds ${network}, ${why}; SSH and the Kubernetes API must be open ` +
          `to administrators only: ${run("adminCidrs", OWN)}`,
      ),
    ],
    [
      "a region that is misspelt",
      { region: "eu-centrall-1" },
      [
        `micromesh:cluster.region is "eu-centrall-1"; it must be a region of AWS (did you mean eu-central-1?): ${run("region", "eu-central-1")}`,
      ],
    ],
    [
      "a region that isn't there",
      { region: "mars" },
      [
        `micromesh:cluster.region is "mars"; it must be a region of AWS: ${run("region", "eu-central-1")}`,
      ],
    ],
    [
      "what no machine has",
      { instanceType: "large", volumeGiB: 8, haServers: 0, imageId: "ubuntu", subnetId: "mine" },
      [
        `micromesh:cluster.haServers is 0; it must be 1, or an odd number: half of an even number of servers has no majority: ${run("haServers", "3")}`,
        `micromesh:cluster.imageId is "ubuntu"; it must be the id of an image: ${run("imageId", "ami-0123456789abcdef0")}`,
        `micromesh:cluster.instanceType is "large"; it must be an instance type: ${run("instanceType", "m7i-flex.large")}`,
        `micromesh:cluster.subnetId is "mine"; it must be the id of a subnet: ${run("subnetId", "subnet-0123456789abcdef0")}`,
        `micromesh:cluster.volumeGiB is 8; it must be a whole number, 20 to 65536: ${run("volumeGiB", "30")}`,
      ],
    ],
  ];
  for (const [what, change, lines] of refused) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(built(ec2(change)), { name: "ConfigError", message: lines.join("\n") });
    });
  }
});

for (const [kind, of] of Object.entries({ k3s, ec2 })) {
  describe(`what stacks of ${kind} have in common`, () => {
    it("are networks that follow from the stack's name, unless it has its own", async () => {
      const networks = async (stack: string, change = {}) => {
        const { podCidr, serviceCidr } = (await built(of(change), stack)).the("cluster").inputs;
        return [podCidr, serviceCidr];
      };
      const all = [...(await networks("staging")), ...(await networks("prod"))];
      assert.equal(new Set(all).size, 4, `${all}`);
      const own = { podCidr: "10.42.0.0/16", serviceCidr: "10.43.0.0/16" };
      assert.deepEqual(await networks("prod", own), ["10.42.0.0/16", "10.43.0.0/16"]);
    });

    it("isn't a pair of networks that overlap", async () => {
      const overlapping = { podCidr: "10.42.0.0/16", serviceCidr: "10.42.128.0/17" };
      await assert.rejects(built(of(overlapping)), {
        name: "ConfigError",
        message:
          "micromesh:cluster is refused: The K3s cluster's podCidr 10.42.0.0/16 and serviceCidr " +
          "10.42.128.0/17 overlap; they must be apart.",
      });
    });
  });

  describe(`secrets of a stack of ${kind}`, () => {
    const change =
      kind === "k3s"
        ? several
        : { haServers: 3, agents: 2, token: TOKEN, keyName: "mine", privateKey: KEY };

    it("stand where they're needed, and nowhere in plain", async () => {
      const { resources, outputs, secretOutputs } = await built(of(change));
      const held = JSON.stringify(resources.map(({ inputs }) => inputs));
      for (const secret of [TOKEN, KEY]) {
        const text = JSON.stringify(secret).slice(1, -1);
        assert.ok(held.includes(text), "what isn't used isn't tested");
        for (const resource of resources) {
          assert.ok(!readable(resource).includes(text), `${resource.name} shows a secret`);
        }
        const { kubeconfig: _, ...others } = outputs;
        assert.ok(!JSON.stringify(others).includes(text));
      }
      assert.deepEqual(secretOutputs, ["kubeconfig"]);
    });

    it("are out of the commands that are run, and of what they log", async () => {
      const { resources } = await built(of(change));
      const commands = resources.filter(({ type }) => type.startsWith("command:"));
      assert.ok(commands.length > 10);
      for (const { name, inputs } of commands) {
        const run = JSON.stringify([inputs.create, inputs.delete, inputs.update, inputs.triggers]);
        assert.ok(!run.includes(TOKEN) && !run.includes("PRIVATE KEY-----"), name);
      }
      const [kubeconfig] = commands.filter(({ name }) => name === "cluster-kubeconfig");
      assert.equal(kubeconfig?.inputs.logging, "none");
    });
  });
}

describe("a stack on a cluster that is somebody else's", () => {
  it("is of the distribution that it's said to be", async () => {
    const distribution = async (more: object) =>
      (await built({ cluster: { kind: "existing", ...more } })).platform.cluster.distribution;
    assert.equal(await distribution({}), "kubernetes");
    assert.equal(await distribution({ distribution: "k3s" }), "k3s");
  });

  it("is of no known size, and keeps kube-proxy and NodePorts", async () => {
    const parts = { cni: { kind: "cilium" }, ingress: { kind: "traefik" } };
    const stack = await built({ cluster: { kind: "existing" }, ...parts });
    assert.equal(stack.platform.size, undefined);
    assert.equal(values(stack, "cilium-release").kubeProxyReplacement, undefined);
    assert.deepEqual(values(stack, "traefik-release").service, { spec: { type: "NodePort" } });
  });
});
