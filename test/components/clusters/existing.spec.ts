import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ExistingCluster } from "../../../components/clusters/existing/existing.ts";
import { fingerprint } from "../../../components/clusters/kubeconfig.ts";
import { collected } from "../../stacks/collected.ts";

const kubeconfig = (name: string, ca = "YQ==") => `apiVersion: v1
current-context: ${name}
contexts: [{name: ${name}, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://c", certificate-authority-data: ${ca}}}]
users: [{name: u, user: {token: t0p}}]
`;

describe("ExistingCluster", () => {
  it("reads the kubeconfig by a command, on each run", async () => {
    const calls: unknown[] = [];
    const { the, resources, outputs, secretOutputs } = await collected(
      () => {
        const cluster = new ExistingCluster("cluster", { context: "bed" }, { kubeconfig: "~/bed" });
        assert.equal(cluster.name, "bed");
        assert.equal("deletedWith" in cluster, false, "it outlives the stack");
        return { kubeconfig: cluster.kubeconfig };
      },
      ({ inputs }) => {
        calls.push(inputs);
        return { ...inputs, stdout: JSON.stringify({ clusters: [{ cluster: { server: "s" } }] }) };
      },
    );
    assert.deepEqual(calls, [
      {
        interpreter: ["node", "--import=tsx", "components/clusters/existing/read.ts"],
        command: "read",
        environment: { MICROMESH_KUBECONFIG: '{"path":"~/bed","context":"bed"}' },
        logging: "none",
      },
    ]);
    assert.equal(resources.length, 2);
    assert.deepEqual(the("cluster").inputs, { context: "bed" });
    assert.equal(the("cluster").type, "micromesh:clusters:Existing");
    assert.deepEqual(secretOutputs, ["kubeconfig"]);
    const { inputs, secrets } = the("cluster-provider");
    assert.deepEqual(inputs, {
      kubeconfig: outputs.kubeconfig,
      clusterIdentifier: `existing:${fingerprint(outputs.kubeconfig as string)}`,
    });
    assert.deepEqual(secrets, ["kubeconfig"], "and the identifier isn't");
  });

  it("takes contents as they are, with no command", async () => {
    const { the, outputs, secretOutputs } = await collected(
      () => {
        const cluster = new ExistingCluster("cluster", {}, { kubeconfig: kubeconfig("here") });
        return { kubeconfig: cluster.kubeconfig, name: cluster.name };
      },
      () => {
        throw new Error("no command is needed");
      },
    );
    assert.equal(JSON.parse(outputs.kubeconfig as string)["current-context"], "here");
    assert.deepEqual(secretOutputs, ["kubeconfig"]);
    assert.equal(outputs.name, "existing");
    assert.deepEqual(the("cluster-provider").secrets, ["kubeconfig"]);
    assert.equal(JSON.stringify(the("cluster").inputs).includes("t0p"), false);
  });

  it("refuses contents that name a file, as an error of the resource", async () => {
    const text = kubeconfig("x").replace("certificate-authority-data", "certificate-authority");
    await assert.rejects(
      collected(() => {
        new ExistingCluster("cluster", {}, { kubeconfig: text });
        return undefined;
      }),
      {
        message:
          "micromesh:cluster.kubeconfig names the file YQ==; with contents, embed it " +
          "(kubectl config view --raw --flatten), or give the kubeconfig's path instead",
      },
    );
  });

  it("knows itself by the name of its arguments before that of the context", async () => {
    await collected(() => {
      assert.equal(new ExistingCluster("c", { name: "n", context: "k" }, {}).name, "n");
      return undefined;
    });
  });
});

describe("existing/read.ts", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kubeconfigs-"));
    mkdirSync(join(folder, ".kube"));
    writeFileSync(join(folder, ".kube", "config"), kubeconfig("home"));
    writeFileSync(join(folder, "one"), kubeconfig("one"));
    writeFileSync(join(folder, "two"), kubeconfig("two").replace("-data: YQ==", ": ca.crt"));
    writeFileSync(join(folder, "ca.crt"), "the authority");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (wanted: object, env: Record<string, string> = {}) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--import=tsx", "components/clusters/existing/read.ts", "read"],
      {
        encoding: "utf8",
        env: { HOME: folder, MICROMESH_KUBECONFIG: JSON.stringify(wanted), ...env },
      },
    );
    return { status, stderr, current: stdout && JSON.parse(stdout)["current-context"], stdout };
  };

  it("reads the path, else $KUBECONFIG, else the one at home", () => {
    const env = { KUBECONFIG: [join(folder, "gone"), join(folder, "one")].join(delimiter) };
    assert.equal(run({ path: "~/two" }, env).current, "two");
    assert.equal(run({}, env).current, "one");
    assert.equal(run({}).current, "home");
  });

  it("embeds files that the kubeconfig names beside itself", () => {
    assert.equal(
      JSON.parse(run({ path: join(folder, "two") }).stdout).clusters[0].cluster[
        "certificate-authority-data"
      ],
      Buffer.from("the authority").toString("base64"),
    );
  });

  it("says in one line what it can't read", () => {
    const gone = join(folder, "gone");
    assert.deepEqual(run({ path: gone }), {
      status: 1,
      stderr:
        `the kubeconfig ${gone} can't be read (ENOENT): ` +
        'run "pulumi config set --path micromesh:cluster.kubeconfig PATH"\n',
      current: "",
      stdout: "",
    });
    assert.match(run({}, { KUBECONFIG: gone }).stderr, /gone can't be read \(ENOENT\)/);
    assert.equal(run({ context: "x" }).stderr, "the kubeconfig has no context x; it has home\n");
    rmSync(join(folder, "ca.crt"));
    assert.equal(
      run({ path: "~/two" }).stderr,
      "the kubeconfig names ca.crt, which can't be read (ENOENT)\n",
    );
  });
});
