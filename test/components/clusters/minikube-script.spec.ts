import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { FakeMinikube } from "./fake-minikube.ts";

const noCni = `--cni=${resolve("components/clusters/minikube/no-cni.yaml")}`;
const wanted = {
  profile: "lab",
  memoryMiB: 6144,
  cpus: 2,
  kubernetesVersion: "v1.35.1",
  containerRuntime: "containerd",
  cni: "none",
  addons: ["metrics-server"],
};
const made = {
  memory: "--memory=6144 --cpus=2",
  start: "start -p lab --interactive=false --keep-context",
  flags: `--kubernetes-version=v1.35.1 --container-runtime=containerd ${noCni}`,
  /** Of a profile that exists. */
  again: `start -p lab --interactive=false --keep-context ${noCni}`,
};
const own = JSON.stringify({ profile: "lab", adopted: false, addons: ["metrics-server"] });
const adopted = JSON.stringify({ profile: "lab", adopted: true, addons: [] });

/** A profile that somebody made by hand. */
const foreign = {
  lab: {
    running: false,
    config: {
      Memory: 4096,
      CPUs: 4,
      Driver: "docker",
      Nodes: [{ IP: "192.168.58.2" }],
      KubernetesConfig: { KubernetesVersion: "v1.34.0", ContainerRuntime: "docker", CNI: "" },
    },
  },
};

describe("cluster.mjs", () => {
  let minikube: FakeMinikube;
  beforeEach(() => {
    minikube = new FakeMinikube();
  });
  afterEach(() => minikube.remove());

  it("makes a profile with every setting as a flag, and its addons", () => {
    const { status, stdout, stderr } = minikube.run("create", {
      ...wanted,
      driver: "kvm2",
      imageRepository: "registry.lan/m",
    });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, own);
    assert.match(stderr, /minikube talks on stdout/);
    assert.deepEqual(minikube.changes(), [
      `${made.start} ${made.memory} ${made.flags} --driver=kvm2 --image-repository=registry.lan/m`,
      "addons enable metrics-server -p lab",
    ]);
  });

  it("adopts a profile that exists: starts it as it is, and says what that means", () => {
    minikube.change({ profiles: foreign });
    const { status, stdout, stderr } = minikube.run("create", { ...wanted, addons: [] });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, adopted);
    assert.deepEqual(minikube.changes(), [made.start]);
    assert.match(
      stderr,
      /^minikube profile lab existed before this stack and is adopted: pulumi destroy will leave it, and empties it only if micromesh:cluster\.keep is true$/m,
    );
    assert.match(
      stderr,
      /^minikube profile lab is adopted and stays at Kubernetes v1\.34\.0\. To upgrade it: minikube start -p lab --kubernetes-version=v1\.35\.1$/m,
    );
  });

  it("starts a profile without a network of minikube's by the manifest of this folder, wherever it was made", () => {
    const [config, running] = [foreign.lab.config, false];
    const kubernetes = {
      ...config.KubernetesConfig,
      CNI: "/gone/no-cni.yaml",
      NetworkPlugin: "cni",
    };
    const lab = { running, config: { ...config, KubernetesConfig: kubernetes } };
    minikube.change({ profiles: { lab } });
    assert.equal(minikube.run("create", { ...wanted, addons: [] }).status, 0);
    assert.deepEqual(minikube.changes(), [made.again]);
  });

  it("leaves an adopted profile alone when the stack is destroyed, and says so", () => {
    minikube.change({ profiles: foreign });
    const { status, stderr } = minikube.run("delete", wanted, { previous: adopted });
    assert.equal(status, 0);
    assert.equal(
      stderr,
      "minikube profile lab wasn't made by this stack: it is left alone. To delete it: minikube delete -p lab",
    );
    assert.deepEqual(minikube.changes(), []);
    assert.equal(minikube.run("delete", wanted, { previous: "" }).status, 0);
    assert.deepEqual(minikube.changes(), [], "nor one that nothing is remembered of");
  });

  it("remembers the adoption through updates", () => {
    minikube.change({ profiles: foreign });
    const { stdout } = minikube.run("update", wanted, { previous: adopted });
    assert.equal(JSON.parse(stdout).adopted, true);
    assert.deepEqual(minikube.changes(), [made.start, "addons enable metrics-server -p lab"]);
    assert.equal(minikube.run("delete", wanted, { previous: stdout }).status, 0);
    assert.deepEqual(minikube.changes(), []);
  });

  it("deletes a profile of its own", () => {
    minikube.run("create", wanted);
    minikube.changes();
    assert.equal(minikube.run("delete", wanted, { previous: own }).status, 0);
    assert.deepEqual(minikube.changes(), ["delete -p lab"]);
    assert.deepEqual(minikube.state.profiles, {});
  });

  it("says when a profile can't be deleted", () => {
    minikube.change({ exits: { delete: 80 } });
    const { status, stderr } = minikube.run("delete", wanted, { previous: own });
    assert.equal(status, 1);
    assert.equal(stderr, "minikube delete -p lab ended with code 80 (its words are above)");
  });

  it("upgrades its own profile, never back, and changes only addons that changed", () => {
    minikube.run("create", wanted);
    minikube.changes();
    const newer = { ...wanted, kubernetesVersion: "v1.36.0", addons: ["dashboard"] };
    const { status, stdout } = minikube.run("update", newer, { previous: own });
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(stdout).addons, ["dashboard"]);
    assert.deepEqual(minikube.changes(), [
      `${made.again} --kubernetes-version=v1.36.0`,
      "addons enable dashboard -p lab",
      "addons disable metrics-server -p lab",
    ]);
    minikube.run("update", wanted, { previous: own });
    assert.deepEqual(minikube.changes(), [made.again], "v1.35.1 isn't newer than v1.36.0");
  });

  it("makes a profile anew that somebody deleted", () => {
    const { stdout } = minikube.run("update", wanted, { previous: adopted });
    assert.equal(stdout, own);
    assert.deepEqual(minikube.changes(), [
      `${made.start} ${made.memory} ${made.flags}`,
      "addons enable metrics-server -p lab",
    ]);
  });

  it("leaves nothing of a profile that couldn't be made, and names the mend", () => {
    minikube.change({ exits: { start: 23 } });
    const { status, stdout, stderr } = minikube.run("create", wanted);
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.equal(
      stderr.split("\n").at(-1),
      "minikube start -p lab ended with code 23: lower micromesh:cluster.memoryMiB, " +
        "or give Docker or the machine more memory",
    );
    assert.equal(minikube.changes().at(-1), "delete -p lab");
  });

  it("doesn't delete an adopted profile that won't start", () => {
    minikube.change({ profiles: foreign, exits: { start: 81 } });
    assert.equal(minikube.run("create", wanted).status, 1);
    assert.deepEqual(minikube.changes(), [made.start]);
  });

  for (const [code, what] of [
    [1, "host"],
    [2, "API server"],
  ] as const) {
    it(`doesn't call a cluster made whose ${what} doesn't run`, () => {
      minikube.change({ exits: { status: code } });
      const { status, stderr } = minikube.run("create", wanted);
      assert.equal(status, 1);
      assert.match(
        stderr,
        new RegExp(
          `^minikube profile lab was started, but minikube status says \\{.*\\} \\(code ${code}\\): ask "minikube logs -p lab"$`,
          "m",
        ),
      );
    });
  }

  it("minds only what runs, not whose kubeconfig is in use", () => {
    minikube.change({ exits: { status: 4 } });
    assert.equal(minikube.run("create", wanted).status, 0);
  });

  it("names an addon that minikube doesn't know", () => {
    minikube.change({ exits: { addons: 14 } });
    assert.equal(
      minikube.run("create", wanted).stderr.split("\n").at(-1),
      'minikube addons enable metrics-server ended with code 14: see "minikube addons list", ' +
        "and mend micromesh:cluster.addons",
    );
    assert.equal(minikube.changes().at(-1), "delete -p lab", "or the next try would adopt it");
  });

  it("says in one line that minikube is missing", () => {
    const { status, stderr } = minikube.run("create", wanted, { installed: false });
    assert.equal(status, 1);
    assert.equal(
      stderr,
      "minikube is not installed, or not on PATH: install it " +
        "(https://minikube.sigs.k8s.io/docs/start/), or use a cluster that you have " +
        "(pulumi config set --path micromesh:cluster.kind existing)",
    );
  });

  describe("read", () => {
    const read = (settings = {}) => {
      const { status, stdout, stderr } = minikube.run("read", { ...wanted, ...settings });
      assert.equal(status, 0);
      assert.equal(stderr, "", "nothing that could end in a log");
      return JSON.parse(stdout);
    };
    const base64 = (text: string) => Buffer.from(text).toString("base64");

    it("prints the present kubeconfig, self-contained, and the node's address", () => {
      minikube.run("create", wanted);
      minikube.changes();
      const { kubeconfig, nodeIp, warnings } = read();
      assert.equal(
        kubeconfig,
        [
          "apiVersion: v1",
          "clusters:",
          "- cluster:",
          `    certificate-authority-data: ${base64("the ca.crt")}`,
          "    server: https://127.0.0.1:32771",
          "  name: lab",
          "users:",
          "- name: lab",
          "  user:",
          `    client-certificate-data: ${base64("the client.crt")}`,
          `    client-key-data: ${base64("the client.key")}`,
          "",
        ].join("\n"),
      );
      assert.equal(nodeIp, "192.168.49.2");
      assert.deepEqual(warnings, []);
      assert.deepEqual(minikube.changes(), [], "reading changes nothing");
    });

    it("leaves no kubeconfig behind", () => {
      minikube.run("create", wanted);
      const before = readdirSync(tmpdir()).filter((name) => name.startsWith("micromesh-"));
      read();
      const after = readdirSync(tmpdir()).filter((name) => name.startsWith("micromesh-"));
      assert.deepEqual(after, before);
    });

    it("tells each setting that minikube ignores on the profile, with the mend", () => {
      minikube.change({ profiles: { lab: { ...foreign.lab, running: true } } });
      const mend = 'run "pulumi destroy", "minikube delete -p lab" and "pulumi up"';
      assert.deepEqual(read({ kubernetesVersion: "v1.33.9", driver: "kvm2" }).warnings, [
        `micromesh:cluster.memoryMiB is 6144, but minikube profile lab has 4096 and keeps it: set it to 4096, or ${mend}`,
        `micromesh:cluster.cpus is 2, but minikube profile lab has 4 and keeps it: set it to 4, or ${mend}`,
        `micromesh:cluster.driver is kvm2, but minikube profile lab has docker and keeps it: set it to docker, or ${mend}`,
        `micromesh:cluster.containerRuntime is containerd, but minikube profile lab has docker and keeps it: set it to docker, or ${mend}`,
        `micromesh:cluster.kubernetesVersion is v1.33.9, but minikube profile lab has v1.34.0 and keeps it: set it to v1.34.0, or ${mend}`,
        `micromesh:cni needs a cluster made without a network of minikube's, but minikube profile lab was made with --cni=auto: ${mend}`,
      ]);
      assert.deepEqual(
        read({ memoryMiB: 4096, cpus: 4, containerRuntime: "docker", cni: "auto" }).warnings,
        [],
        "a newer Kubernetes is no warning: it will be installed",
      );
    });

    it("takes a profile that others made for a CNI of one's own, and no bridge that Docker's pods are on", () => {
      const config = foreign.lab.config;
      const warningsOf = (CNI: string, NetworkPlugin: string) => {
        const kubernetes = { ...config.KubernetesConfig, CNI, NetworkPlugin };
        const lab = { running: true, config: { ...config, KubernetesConfig: kubernetes } };
        minikube.change({ profiles: { lab } });
        return read({ memoryMiB: 4096, cpus: 4, containerRuntime: "docker" }).warnings.length;
      };
      assert.deepEqual(
        [warningsOf("false", "cni"), warningsOf("false", ""), warningsOf("/x/weave.yaml", "cni")],
        [0, 1, 1],
      );
    });

    it("says why there is no kubeconfig, and still ends well", () => {
      assert.deepEqual(read(), {
        problem:
          'minikube profile lab doesn\'t exist: "pulumi up" makes it; if the stack had made it and ' +
          'it was deleted, run "pulumi destroy", then "pulumi up"',
        warnings: [],
      });
      minikube.change({ profiles: foreign });
      assert.equal(
        read().problem,
        `minikube profile lab isn't running: run "minikube start -p lab"`,
      );
      const { status, stdout } = minikube.run("read", wanted, { installed: false });
      assert.equal(status, 0);
      assert.match(JSON.parse(stdout).problem, /^minikube is not installed/);
    });
  });

  it("refuses an action that it doesn't know", () => {
    const { status, stderr } = minikube.run("destroy", wanted);
    assert.equal(status, 1);
    assert.equal(stderr, "cluster.mjs: say one of create, update, read, delete");
  });
});
