import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { K3sArgs } from "../../../../components/clusters/k3s/args.ts";
import type { Host, SshConnection } from "../../../../components/clusters/k3s/host.ts";
import { K3s } from "../../../../components/clusters/k3s/k3s.ts";
import {
  AS_ROOT,
  clusterIdentifier,
  PRINT_HOST_KEY,
  PRINT_KUBECONFIG,
} from "../../../../components/clusters/k3s/plan.ts";
import { type Collected, collected } from "../../../stacks/collected.ts";

const TOKEN = "0123456789abcdef";
const KEY = "-----BEGIN KEY-----";
const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==";
const ssh = (host: string, change: Partial<SshConnection> = {}): SshConnection => ({
  via: "ssh",
  user: "ubuntu",
  privateKey: KEY,
  host,
  port: 22,
  hostKey: HOST_KEY,
  ...change,
});
const host = (name: string, change: Partial<Host> = {}): Host => ({
  name,
  identity: `${name}-id`,
  address: "10.0.0.1",
  connection: ssh(`${name}.lan`),
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
const several: Partial<K3sArgs> = {
  servers: [host("a"), host("b"), host("c")],
  agents: [host("d"), host("e")],
  token: TOKEN,
};

const declared = (change: Partial<K3sArgs> = {}) =>
  collected(() => {
    const { kubeconfig, name, kind } = new K3s("cluster", { ...args, ...change });
    return { kubeconfig, name, kind };
  });
const dependencies = ({ the, nameOf }: Collected, name: string) =>
  the(name).dependencies.map(nameOf).sort();

describe("K3s", () => {
  it("declares for one server: what uninstalls, what installs, the kubeconfig, a provider", async () => {
    const all = await declared();
    const { resources, the, nameOf, outputs, secretOutputs } = all;
    assert.deepEqual(
      resources.map(({ type, name, parent }) => [type, name, nameOf(parent)]).sort(),
      [
        ["command:remote:Command", "cluster-kubeconfig", "cluster"],
        ["command:remote:Command", "cluster-server-install", "cluster"],
        ["command:remote:Command", "cluster-server-uninstall", "cluster"],
        ["micromesh:clusters:K3s", "cluster", undefined],
        ["pulumi:providers:kubernetes", "cluster-provider", "cluster"],
      ],
    );
    assert.deepEqual(outputs, { kubeconfig: "", name: "lab", kind: "k3s" });
    assert.deepEqual(secretOutputs, ["kubeconfig"]);
    const { stdin, ...install } = the("cluster-server-install").inputs;
    assert.deepEqual(install, {
      create: AS_ROOT,
      connection: {
        host: "server.lan",
        port: 22,
        user: "ubuntu",
        privateKey: KEY,
        hostKey: HOST_KEY,
        dialErrorLimit: 8,
        perDialTimeout: 15,
      },
      triggers: ["server-id", "server-id"],
      addPreviousOutputInEnv: false,
    });
    assert.match(stdin as string, /v1\.36\.3\+k3s1/);
    assert.deepEqual(dependencies(all, "cluster-server-install"), ["cluster-server-uninstall"]);
  });

  it("undoes by a command that a new identity doesn't replace, but another address does", async () => {
    const { the } = await declared();
    const { inputs, options } = the("cluster-server-uninstall");
    assert.equal(inputs.create, undefined, "it does nothing before it is deleted");
    assert.equal(inputs.delete, AS_ROOT);
    assert.deepEqual(inputs.triggers, ["server.lan:22"]);
    assert.equal(options.deleteBeforeReplace, false, "or the new installation would be waited for");
    assert.equal((inputs.stdin as string).includes("K3s is uninstalled from"), true);
  });

  it("fetches the kubeconfig as a secret from birth, anew for another machine or address", async () => {
    const all = await declared();
    const { inputs, options } = all.the("cluster-kubeconfig");
    assert.deepEqual(inputs.triggers, ["server-id", "198.51.100.7"]);
    const upgraded = (await declared({ version: "v1.36.4+k3s1" })).the("cluster-kubeconfig");
    assert.deepEqual(upgraded.inputs, inputs, "or an upgrade's preview would tell nothing");
    assert.equal(inputs.stdin, PRINT_KUBECONFIG);
    assert.equal(inputs.logging, "none");
    for (const output of ["stdout", "stderr"]) {
      assert.ok(options.additionalSecretOutputs.includes(output), output);
    }
    assert.deepEqual(dependencies(all, "cluster-kubeconfig"), ["cluster-server-install"]);
    const provider = all.the("cluster-provider");
    assert.equal(provider.inputs.clusterIdentifier, clusterIdentifier("lab", "server-id"));
    assert.deepEqual(provider.secrets, ["kubeconfig"]);
  });

  it("keeps keys and the token secret, and out of what the component shows", async () => {
    const { resources, the } = await declared({
      ...several,
      servers: [host("a", { connection: ssh("a", { jump: ssh("bastion") }) })],
    });
    for (const { name, type, inputs, secrets } of resources) {
      if (type !== "command:remote:Command") continue;
      const holds = JSON.stringify(inputs).includes(TOKEN);
      assert.equal(secrets.includes("stdin"), holds, name);
      // The Command class makes the whole connection a secret, or its key alone.
      assert.ok(
        secrets.some((path) => "connection.privateKey".startsWith(path)),
        `${name}: ${secrets}`,
      );
      assert.equal(`${inputs.create}${inputs.delete}${inputs.triggers}`.includes(TOKEN), false);
    }
    assert.ok(the("cluster-a-install").secrets.includes("stdin"));
    const shown = JSON.stringify(the("cluster").inputs);
    assert.equal(shown.includes(TOKEN) || shown.includes(KEY), false, shown);
    assert.match(shown, /"servers":\["a"\]/);
  });

  it("installs servers one after another, then agents; and goes the other way back", async () => {
    const all = await declared(several);
    const needs = (name: string) => dependencies(all, `cluster-${name}`);
    assert.deepEqual(needs("a-uninstall"), []);
    assert.deepEqual(needs("a-install"), ["cluster-a-uninstall"]);
    assert.deepEqual(needs("b-node"), ["cluster-a-install"]);
    assert.deepEqual(needs("b-uninstall"), ["cluster-a-install", "cluster-b-node"]);
    assert.deepEqual(needs("b-install"), [
      "cluster-a-install",
      "cluster-b-node",
      "cluster-b-uninstall",
    ]);
    assert.deepEqual(needs("c-uninstall"), ["cluster-b-install", "cluster-c-node"]);
    for (const agent of ["d", "e"]) {
      assert.deepEqual(needs(`${agent}-uninstall`), ["cluster-c-install", `cluster-${agent}-node`]);
      assert.deepEqual(needs(`${agent}-node`), ["cluster-a-install"]);
    }
    const init = (name: string) =>
      (all.the(`cluster-${name}-install`).inputs.stdin as string).includes("cluster-init: true");
    assert.deepEqual(["a", "b", "c", "d"].map(init), [true, false, false, false]);
  });

  it("lets a node leave before it is uninstalled, by way of the first server, unless all of it goes", async () => {
    const all = await declared(several);
    for (const name of ["b", "d"]) {
      const { inputs, options } = all.the(`cluster-${name}-leave`);
      assert.deepEqual(dependencies(all, `cluster-${name}-leave`), [`cluster-${name}-install`]);
      assert.equal((inputs.connection as SshConnection).host, "a.lan");
      assert.equal(inputs.create, undefined);
      assert.equal(inputs.delete, AS_ROOT);
      assert.equal(
        inputs.triggers,
        undefined,
        "another machine of its name would be made to leave",
      );
      assert.equal(all.nameOf(options.deletedWith), "cluster-a-install");
      assert.match(inputs.stdin as string, new RegExp(`^node='${name}'\n[^]*kubectl drain`));
      assert.equal(/kubectl delete node/.test(inputs.stdin as string), name === "b", name);
    }
    assert.ok(!all.resources.some(({ name }) => name === "cluster-a-leave"));
  });

  it("has patience with machines that come with it, and tells of others soon", async () => {
    const limits = async (comes: boolean) => {
      const { resources } = await collected(() => {
        const jump = ssh("bastion", { hostKey: undefined });
        const connection = ssh("s", { hostKey: undefined, jump });
        const machine = new pulumi.ComponentResource("test:Machine", "machine");
        const deletedWith = comes ? machine : undefined;
        new K3s("cluster", { ...args, servers: [host("server", { connection, deletedWith })] });
        return undefined;
      });
      const found = JSON.stringify(resources).matchAll(/"dialErrorLimit":(\d+)/g);
      return [...new Set([...found].map(([, limit]) => limit))];
    };
    assert.deepEqual(await limits(false), ["8"]);
    assert.deepEqual(await limits(true), ["40"]);
  });

  it("takes a node out of the cluster from the first server, unless all of it goes", async () => {
    const { the, nameOf } = await declared(several);
    const { inputs, options } = the("cluster-d-node");
    assert.equal((inputs.connection as SshConnection).host, "a.lan");
    assert.match(inputs.stdin as string, /^node='d'\n/);
    assert.equal(inputs.delete, AS_ROOT);
    assert.equal(nameOf(options.deletedWith), "cluster-a-install");
    assert.deepEqual(inputs.triggers, ["d-id"]);
    assert.equal(options.deleteBeforeReplace, true, "before another machine of its name joins");
  });

  it("installs every node anew when the first one's machine changes", async () => {
    const triggers = async (identity: string) => {
      const { the } = await declared({ ...several, servers: [host("a", { identity })] });
      return ["a", "d"].map((name) => the(`cluster-${name}-install`).inputs.triggers);
    };
    assert.deepEqual(await triggers("one"), [
      ["one", "one"],
      ["one", "d-id"],
    ]);
  });

  it("leaves to machines that go what is on them", async () => {
    let cluster: K3s | undefined;
    let machine: pulumi.Resource | undefined;
    const { resources, the, nameOf } = await collected(() => {
      machine = new pulumi.ComponentResource("test:Machine", "machine");
      const goes = { deletedWith: machine };
      cluster = new K3s("cluster", {
        ...args,
        servers: [host("server", goes)],
        agents: [host("agent", goes)],
        token: TOKEN,
      });
      return undefined;
    });
    assert.deepEqual(
      resources.filter(({ name }) => name.endsWith("uninstall")),
      [],
    );
    assert.equal(nameOf(the("cluster-agent-install").options.deletedWith), "machine");
    assert.equal(cluster?.deletedWith, machine);
  });

  it("lets the cluster's contents go with it", async () => {
    let deletedWith: pulumi.Resource | undefined;
    const { the } = await collected(() => {
      deletedWith = new K3s("cluster", args).deletedWith;
      return { urn: deletedWith.urn };
    });
    const urn = await new Promise((resolve) => deletedWith?.urn.apply(resolve));
    assert.equal(urn, the("cluster-server-install").urn);
  });

  it("pins the key that the host showed first, and the jump's, until the identity changes", async () => {
    const unknown = { hostKey: undefined };
    const all = await declared({
      servers: [
        host("server", { connection: ssh("s", { ...unknown, jump: ssh("bastion", unknown) }) }),
      ],
    });
    const key = all.the("cluster-server-host-key");
    assert.equal(key.inputs.create, PRINT_HOST_KEY);
    assert.deepEqual(key.inputs.triggers, ["server-id"]);
    assert.equal((key.inputs.connection as { hostKey?: string }).hostKey, undefined);
    assert.deepEqual(dependencies(all, "cluster-server-host-key"), [
      "cluster-server-jump-host-key",
    ]);
    const jump = all.the("cluster-server-jump-host-key").inputs.connection as SshConnection;
    assert.equal(jump.host, "bastion");
    for (const name of ["install", "uninstall"]) {
      const found = dependencies(all, `cluster-server-${name}`);
      assert.ok(found.includes("cluster-server-host-key"), name);
      assert.ok(found.includes("cluster-server-jump-host-key"), name);
    }
    assert.ok(dependencies(all, "cluster-kubeconfig").includes("cluster-server-host-key"));
  });

  it("goes through Session Manager by a local command, with its key in the environment", async () => {
    const all = await declared({
      servers: [
        host("server", {
          connection: {
            via: "session-manager",
            user: "ubuntu",
            privateKey: KEY,
            instanceId: "i-0abc",
            region: "eu-west-1",
          },
        }),
      ],
    });
    const { type, inputs, secrets } = all.the("cluster-server-install");
    assert.equal(type, "command:local:Command");
    assert.deepEqual(inputs.interpreter, ["node", "components/clusters/k3s/session.mjs"]);
    assert.deepEqual(
      JSON.parse((inputs.environment as Record<string, string>).MICROMESH_SESSION ?? ""),
      {
        user: "ubuntu",
        privateKey: KEY,
        instanceId: "i-0abc",
        region: "eu-west-1",
      },
    );
    assert.ok(
      secrets.some((path) => "environment.MICROMESH_SESSION".startsWith(path)),
      `${secrets}`,
    );
    assert.equal(
      all.resources.some(({ name }) => name.endsWith("host-key")),
      false,
    );
  });

  it("gives the kubeconfig that the host printed, for use from here", async () => {
    const text = await kubeconfigOf(
      'clusters: [{cluster: {server: "https://127.0.0.1:6443"}}]\nusers: [{user: {token: t}}]',
    );
    const { clusters } = JSON.parse(text);
    assert.deepEqual(clusters, [{ name: "lab", cluster: { server: "https://198.51.100.7:6443" } }]);
  });

  it("warns of a kubeconfig whose certificate ends, with the command that reads it again", async () => {
    // Of 2020, for a year.
    const certificate = [
      "-----BEGIN CERTIFICATE-----",
      "MIG+MHICAQEwBQYDK2VwMAwxCjAIBgNVBAMMAWEwHhcNMjAwMTAxMDAwMDAwWhcN",
      "MjEwMTAxMDAwMDAwWjAMMQowCAYDVQQDDAFhMCowBQYDK2VwAyEAEITQUM0JwYNk",
      "orE5rhxT1TldwgInmQkAOud8p+fa770wBQYDK2VwA0EAUrWTiovGuDHRIRaMG7v4",
      "2bNmJD15ieqioQkpjIYZdKSGZ6Q0ODpEcvfpxiZLdAFr0TUT8U0FSnag1xC8k2bi",
      "DA==",
      "-----END CERTIFICATE-----",
    ].join("\n");
    const data = Buffer.from(certificate).toString("base64");
    const stdout = `clusters: [{cluster: {}}]\nusers: [{user: {client-certificate-data: ${data}}}]`;
    const { warnings, the } = await collected(() => void new K3s("cluster", args), undefined, {
      outputs: ({ name }) => (name === "cluster-kubeconfig" ? { stdout } : {}),
    });
    const { urn } = the("cluster-kubeconfig");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /was valid until 2021-01-01: .* on server, /);
    assert.ok(warnings[0]?.endsWith(`"pulumi up --replace '${urn}'"`), warnings[0]);
    assert.deepEqual((await declared()).warnings, []);
  });

  it("fails with what is wrong, before anything is run", async () => {
    await assert.rejects(
      declared({ version: "latest" }),
      /^Error: The K3s cluster's version is "latest"; /,
    );
    await assert.rejects(
      declared({ ...several, token: "s h o r t" }),
      (error: Error) =>
        /The K3s cluster's token isn't one/.test(error.message) && !/s h o r t/.test(error.message),
    );
  });
});

/** As `pulumi up` would have it, where commands print something. */
async function kubeconfigOf(stdout: string): Promise<string> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, custom, inputs }) => ({
        id: custom ? `${name}-id` : undefined,
        state: { ...inputs, stdout: name === "cluster-kubeconfig" ? stdout : "", stderr: "" },
      }),
      call: ({ inputs }) => inputs,
    },
    "micromesh",
    "dev",
  );
  const { kubeconfig } = new K3s("cluster", args);
  return new Promise((resolve) => kubeconfig.apply(resolve));
}
