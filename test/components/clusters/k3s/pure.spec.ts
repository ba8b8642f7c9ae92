import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import fc from "fast-check";
import { parse } from "yaml";
import { type K3sArgs, validateK3s, validToken } from "../../../../components/clusters/k3s/args.ts";
import {
  apiUrl,
  type ClusterConfig,
  type Node,
  nodeConfig,
  registriesConfig,
} from "../../../../components/clusters/k3s/config.ts";
import type { Host } from "../../../../components/clusters/k3s/host.ts";
import { expiryWarning, publicKubeconfig } from "../../../../components/clusters/k3s/kubeconfig.ts";
import {
  AS_ROOT,
  clusterIdentifier,
  forgetting,
  installation,
  lifeOf,
  uninstallation,
} from "../../../../components/clusters/k3s/plan.ts";
import { assignments, quote } from "../../../../components/clusters/k3s/shell.ts";

const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));

const host = (name: string, change: Partial<Host> = {}): Host => ({
  name,
  identity: name,
  address: "10.0.0.1",
  connection: { via: "ssh", user: "ubuntu", privateKey: "k", host: "h", port: 22 },
  ...change,
});
const args: K3sArgs = {
  name: "lab",
  version: "v1.36.3+k3s1",
  servers: [host("server")],
  agents: [],
  publicAddress: "198.51.100.7",
  network: "none",
  podCidr: "10.42.0.0/16",
  serviceCidr: "10.43.0.0/16",
  serviceLoadBalancer: false,
  downloads: { installer: "https://example/install.sh" },
};

describe("K3s: arguments", () => {
  it("refuses in words what no cluster could be made with", () => {
    const refused = (change: Partial<K3sArgs>, message: string) =>
      assert.throws(() => validateK3s({ ...args, ...change }), { message });
    const ssh = host("server").connection as Extract<Host["connection"], { via: "ssh" }>;
    const form = "it must be of small letters, digits and -, at most 63";
    refused({ name: "My Lab" }, `The K3s cluster's name is "My Lab"; ${form}.`);
    refused(
      { version: "latest" },
      `The K3s cluster's version is "latest"; it must be of the form v1.36.3+k3s1.`,
    );
    refused(
      { version: "v1.36.3-rc1+k3s1" },
      `The K3s cluster's version is "v1.36.3-rc1+k3s1"; it must be of the form v1.36.3+k3s1.`,
    );
    for (const servers of [[], [host("a"), host("b")]]) {
      refused(
        { servers, token: "0123456789abcdef" },
        `The K3s cluster's servers are ${servers.length}; they must be 1, 3, 5 or another odd number, for etcd's votes.`,
      );
    }
    refused({ servers: [host("a_b")] }, `The K3s cluster's host is called "a_b"; ${form}.`);
    refused(
      { agents: [host("server")], token: "0123456789abcdef" },
      `The K3s cluster's hosts hold "server" twice; each must have a name of its own.`,
    );
    refused(
      { agents: [host("agent")] },
      "The K3s cluster's nodes are 2, and token is missing; nodes join the first by a token.",
    );
    refused(
      { servers: [host("server", { connection: { ...ssh, port: 70000 } })] },
      "The K3s cluster's host server has the port 70000; it must be from 1 to 65535.",
    );
    refused(
      { servers: [host("server", { connection: { ...ssh, user: "" } })] },
      "The K3s cluster's host server has no user; name the one to log in as.",
    );
    refused(
      { servers: [host("server", { connection: { ...ssh, jump: { ...ssh, jump: ssh } } })] },
      "The K3s cluster's host server has a jump that jumps itself; only one jump is possible.",
    );
    for (const hostKey of [
      "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ==",
      "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
      "k3s.lan ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==",
    ]) {
      const line = `The K3s cluster's host server has the hostKey "${hostKey}"; it must be an Ed25519 or ECDSA key as ssh-keyscan prints it, without the host: ssh-ed25519 AAAA….`;
      refused({ servers: [host("server", { connection: { ...ssh, hostKey } })] }, line);
      refused(
        { servers: [host("server", { connection: { ...ssh, jump: { ...ssh, hostKey } } })] },
        line,
      );
    }
    for (const hostKey of [
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== root@k3s",
      "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=",
    ]) {
      validateK3s({ ...args, servers: [host("server", { connection: { ...ssh, hostKey } })] });
    }
    refused(
      { podCidr: "10.42.0.0" },
      `The K3s cluster's podCidr is "10.42.0.0"; it must be a range of IPv4 addresses, e.g. 10.42.0.0/16.`,
    );
    refused(
      { serviceCidr: "10.42.128.0/20" },
      "The K3s cluster's podCidr 10.42.0.0/16 and serviceCidr 10.42.128.0/20 overlap; they must be apart.",
    );
    refused(
      { agents: [host("agent", { address: "10.43.7.7" })], token: "0123456789abcdef" },
      "The K3s cluster's host agent is at 10.43.7.7, inside of serviceCidr 10.43.0.0/16; podCidr and serviceCidr must be networks that no host is in.",
    );
    refused(
      { servers: [host("server", { address: "10.42.0.1" })] },
      "The K3s cluster's host server is at 10.42.0.1, inside of podCidr 10.42.0.0/16; podCidr and serviceCidr must be networks that no host is in.",
    );
    refused(
      { downloads: { installer: "get.k3s.io" } },
      `The K3s cluster's downloads.installer is "get.k3s.io"; it must be an address that begins with https://.`,
    );
    refused(
      { imageRegistry: "https://registry.lan" },
      `The K3s cluster's imageRegistry is "https://registry.lan"; it must be of the form registry.lan:5000/mirror, without https://.`,
    );
    validateK3s(args);
    validateK3s({
      ...args,
      servers: [host("a"), host("b"), host("c")],
      agents: [host("d")],
      token: "0123456789abcdef",
    });
  });

  it("refuses a token that K3s couldn't read from a file, and doesn't tell it", () => {
    for (const token of ["", "short", "with a space in it", "two\nlines-of-a-token"]) {
      assert.throws(() => validToken(token), {
        message:
          "The K3s cluster's token isn't one; it must have 16 or more printable characters without spaces.",
      });
    }
    assert.equal(validToken("0123456789abcdef"), "0123456789abcdef");
  });
});

describe("K3s: configuration", () => {
  const addresses = { public: "198.51.100.7", servers: ["10.0.0.1", "10.0.0.2", "10.0.0.3"] };
  const one = { public: "198.51.100.7", servers: ["10.0.0.1"] };
  const cluster: ClusterConfig = args;
  const of = (
    role: Node["role"],
    change: Partial<ClusterConfig> = {},
    all = addresses,
    address = "10.0.0.9",
    token = true,
  ) => parse(nodeConfig({ name: "n", role, address }, { ...cluster, ...change }, all, token));

  it("of the only server, for another CNI", () => {
    assert.deepEqual(of("first", {}, one, "10.0.0.1", false), {
      "node-name": "n",
      "node-ip": "10.0.0.1",
      "tls-san": ["198.51.100.7", "10.0.0.1"],
      "cluster-cidr": "10.42.0.0/16",
      "service-cidr": "10.43.0.0/16",
      "flannel-backend": "none",
      "disable-kube-proxy": true,
      "disable-network-policy": true,
      disable: ["traefik", "servicelb"],
      "secrets-encryption": true,
      "write-kubeconfig-mode": "0600",
    });
    assert.match(
      nodeConfig({ name: "n", role: "first", address: "" }, cluster, one, false),
      /"0600"/,
    );
  });

  it("of several servers: the first makes etcd, the others join it", () => {
    assert.equal(of("first")["cluster-init"], true);
    assert.equal(of("first").server, undefined);
    assert.equal(of("server")["cluster-init"], undefined);
    assert.equal(of("server").server, "https://10.0.0.1:6443");
    assert.deepEqual(of("server")["tls-san"], ["198.51.100.7", ...addresses.servers]);
    const critical = (config: Record<string, unknown>) => {
      const { "cluster-init": _, server: __, ...rest } = config;
      return rest;
    };
    assert.deepEqual(critical(of("server")), critical(of("first")), "the same on all of them");
  });

  it("of an agent: nothing that only servers know", () => {
    assert.deepEqual(of("agent"), {
      "node-name": "n",
      "node-ip": "10.0.0.9",
      server: "https://10.0.0.1:6443",
      "token-file": "/var/lib/micromesh/k3s/token",
    });
  });

  it("of K3s' own networks", () => {
    const flannel = of("first", { network: "flannel" });
    assert.equal("flannel-backend" in flannel, false);
    assert.equal("disable-kube-proxy" in flannel, false);
    assert.equal(flannel["disable-network-policy"], true);
    const policies = of("first", { network: "flannel-and-policies", serviceLoadBalancer: true });
    assert.equal("disable-network-policy" in policies, false);
    assert.deepEqual(policies.disable, ["traefik"]);
  });

  it("tells K3s only an address that surely is an interface's", () => {
    const ip = (address: string) => of("agent", {}, one, address)["node-ip"];
    assert.equal(ip("192.168.1.2"), "192.168.1.2");
    assert.equal(ip("100.64.1.2"), "100.64.1.2");
    for (const other of ["203.0.113.9", "127.0.0.1", "k3s.lan", ""])
      assert.equal(ip(other), undefined);
  });

  it("of registries", () => {
    assert.equal(registriesConfig(undefined), "");
    assert.deepEqual(parse(registriesConfig("registry.lan:5000")), {
      mirrors: { "docker.io": { endpoint: ["https://registry.lan:5000"] } },
    });
    assert.deepEqual(parse(registriesConfig("registry.lan/a/b")).mirrors["docker.io"], {
      endpoint: ["https://registry.lan"],
      rewrite: { "^(.*)$": "a/b/$1" },
    });
  });
});

describe("K3s: kubeconfig", () => {
  const text = `
current-context: default
contexts: [{name: default, context: {cluster: default, user: default}}]
clusters: [{name: default, cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: Q0E=}}]
users: [{name: default, user: {client-certificate-data: QQ==, client-key-data: S0VZ}}]`;

  it("leads to the public address, under the cluster's name", () => {
    assert.deepEqual(JSON.parse(publicKubeconfig(text, "lab", "198.51.100.7")), {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "lab",
      contexts: [{ name: "lab", context: { cluster: "lab", user: "lab" } }],
      clusters: [
        {
          name: "lab",
          cluster: { server: "https://198.51.100.7:6443", "certificate-authority-data": "Q0E=" },
        },
      ],
      users: [
        { name: "lab", user: { "client-certificate-data": "QQ==", "client-key-data": "S0VZ" } },
      ],
    });
    assert.equal(apiUrl("2001:db8::7"), "https://[2001:db8::7]:6443");
  });

  it("is warned of, and how to read it again, when its certificate ends within 90 days", () => {
    // By: openssl req -x509 -newkey ed25519 -nodes -subj /CN=a -days 365
    const certificate = [
      "-----BEGIN CERTIFICATE-----",
      "MIIBLDCB36ADAgECAhRCPgul8OoEqN0CbhJBgjdTI+U9ZjAFBgMrZXAwDDEKMAgG",
      "A1UEAwwBYTAeFw0yNjExMjIwMjM4MzdaFw0yNzExMjIwMjM4MzdaMAwxCjAIBgNV",
      "BAMMAWEwKjAFBgMrZXADIQCRcREeQN10a2f0m6O1WwCzhrg9vNAATcVwNi9xFDhx",
      "3KNTMFEwHQYDVR0OBBYEFFUNQWQbguqx10QwsCHyGEimAyJSMB8GA1UdIwQYMBaA",
      "FFUNQWQbguqx10QwsCHyGEimAyJSMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EA",
      "3upBKo6KQlZ47bQiBf1hqgEXmz0y8J66RIw9b7Hcsaml86rL0TBaq5NDP/Zwuzag",
      "VC5VpsRTL2TBKuP4tDe0AA==",
      "-----END CERTIFICATE-----",
    ].join("\n");
    const data = Buffer.from(certificate).toString("base64");
    const kubeconfig = JSON.stringify({
      users: [{ name: "a", user: { "client-certificate-data": data } }],
    });
    const at = (day: string, text = kubeconfig) =>
      expiryWarning(text, new Date(`${day}T00:00:00Z`), "server-1", "urn:a$b::c");
    assert.equal(at("2027-08-23"), undefined);
    const mend =
      ': run "sudo systemctl restart k3s" on server-1, which renews it there, then read it again by ' +
      `"pulumi up --replace 'urn:a$b::c'"`;
    const kept = "the kubeconfig that this stack keeps";
    assert.equal(at("2027-08-25"), `${kept} is valid until 2027-11-22${mend}`);
    assert.equal(at("2027-11-23"), `${kept} was valid until 2027-11-22${mend}`);
    for (const none of ["", "{}", "{", kubeconfig.replace(data, "Q0E=")]) {
      assert.equal(at("2028-01-01", none), undefined);
    }
  });

  it("lets what stands in for one pass, where commands aren't run", () => {
    for (const text of ["stdout-of-cluster-kubeconfig", "", "{}", "{", "clusters: []"]) {
      assert.equal(publicKubeconfig(text, "lab", "h"), text);
    }
  });
});

describe(`K3s: values for a shell (MICROMESH_SEED=${seed})`, () => {
  it("arrive as they are, whatever is in them", function () {
    this.timeout(60_000);
    const value = fc
      .string({
        unit: fc.oneof(
          fc.constantFrom(..."'\"\\$`\n;&|<>()! *?~#{}%\t"),
          fc.string({ minLength: 1, maxLength: 1 }),
        ),
      })
      .filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(value, value, (a, b) => {
        const script = `${assignments({ a, b, nested: assignments({ a: b }) })}printf '%s|%s|' "$a" "$b"; eval "$nested"; printf '%s' "$a"`;
        const { stdout, stderr, status } = spawnSync("sh", [], { input: script, encoding: "utf8" });
        assert.deepEqual([stdout, stderr, status], [`${a}|${b}|${b}`, "", 0]);
        assert.equal(
          spawnSync("sh", ["-c", `printf %s ${quote(a)}`], { encoding: "utf8" }).stdout,
          a,
        );
      }),
      { seed, numRuns: 60 },
    );
  });

  it("hold no NUL", () => {
    assert.throws(() => quote("a\0b"), { message: "a value for a shell holds a NUL character" });
  });
});

describe("K3s: plan", () => {
  const first = { first: "i-1", own: "i-1" };
  const life = lifeOf("lab", "server", first, "h:22");
  const node: Node = { name: "server", role: "first", address: "10.0.0.1" };
  const addresses = { public: "p", servers: ["10.0.0.1"] };

  it("tells lives apart by the cluster's machine, and the node's own", () => {
    const instance = (cluster: string, name: string, a: string, b: string) =>
      lifeOf(cluster, name, { first: a, own: b }, "h:22").instance;
    assert.equal(instance("lab", "n", "a", "b"), instance("lab", "n", "a", "b"));
    const all = [
      ["lab", "n", "a", "b"],
      ["lab", "n", "a", "c"],
      ["lab", "n", "c", "b"],
      ["x", "n", "a", "b"],
    ];
    assert.equal(
      new Set(all.map((one) => instance(...(one as [string, string, string, string])))).size,
      4,
    );
    assert.notEqual(clusterIdentifier("lab", "a"), clusterIdentifier("lab", "b"));
    assert.match(clusterIdentifier("lab", "a"), /^k3s:lab:[0-9a-f]{16}$/);
  });

  it("puts no value into the command, and the token only where there is one", () => {
    assert.doesNotMatch(AS_ROOT, /lab|10\.0/);
    assert.match(installation(args, life, node, addresses, "0123456789abcdef"), /0123456789abcdef/);
    assert.match(installation(args, life, node, addresses, undefined), /\ntoken='\\'''\\''\n/);
  });

  describe("scripts", () => {
    // Scripts inside of scripts are quoted: nothing in them shall expand (SC2016).
    const shellcheck = (text: string, name: string) => {
      const found = spawnSync("shellcheck", ["--shell", "sh", "--exclude", "SC2016", "-"], {
        input: text,
        encoding: "utf8",
      });
      assert.equal(found.stdout, "", name);
      assert.equal(found.status, 0);
    };
    const missing = spawnSync("shellcheck", ["--version"]).error !== undefined;

    it(`pass shellcheck${missing ? " (skipped: there is no shellcheck)" : ""}`, function () {
      if (missing) this.skip();
      const folder = new URL("../../../../components/clusters/k3s/scripts/", import.meta.url)
        .pathname;
      const files = readdirSync(folder).map((name) => `${folder}${name}`);
      const { stdout, status } = spawnSync("shellcheck", files, { encoding: "utf8" });
      assert.equal(stdout, "");
      assert.equal(status, 0);
      shellcheck(installation(args, life, node, addresses, "0123456789abcdef"), "installation");
      shellcheck(uninstallation(life), "uninstallation");
      shellcheck(forgetting("agent-1"), "forgetting");
    });
  });
});
