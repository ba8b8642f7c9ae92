/**
 * Changes by hand on a real cluster, and how `verify --live` names them. Needs kubectl, and a cluster for tests
 * that enforces NetworkPolicy; the namespaces of the lab are deleted there, before and after.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Bed, micromesh, plainCluster } from "./bed.ts";

const kubeconfig = process.env.MICROMESH_TEST_KUBECONFIG;
const lab = ["--lab", "counter", "--scenario", "counter=isolated"];
const POLICY = "isolate-namespace";

describe("drift on a real cluster (MICROMESH_TEST_KUBECONFIG)", function () {
  this.timeout(300_000);
  let folder: string;
  let rendered: string;
  let bed: Bed;

  before(async function () {
    if (!kubeconfig) this.skip();
    folder = await mkdtemp(path.join(tmpdir(), "micromesh-bed-"));
    bed = new Bed(kubeconfig, folder);
    await bed.clean();
    rendered = await bed.folder("isolated");
    const { code, stderr } = await micromesh(["render", "--out", rendered, ...lab], plainCluster);
    assert.equal(code, 0, stderr);
  });

  after(async () => {
    await bed?.clean();
    if (folder) await rm(folder, { recursive: true });
  });

  /** What `verify --live --json` says of the cluster, and of the probes that don't see what they should. */
  async function verified() {
    const command = ["verify", "--json", "--live", "--kubeconfig", bed.kubeconfig, ...lab];
    const { code, stdout, stderr } = await micromesh(command, plainCluster);
    assert.notEqual(stdout, "", stderr);
    const { drift, probes, summary } = JSON.parse(stdout);
    const failed: { name: string; verdict: string; drift: string[] }[] = probes;
    return {
      code,
      total: summary.total,
      objects: drift.objects.map((one: Record<string, unknown>) =>
        [one.drift, one.kind, `${one.namespace}/${one.name}`].join(" "),
      ),
      fields: drift.objects.flatMap((one: { fields?: object[] }) => one.fields ?? []),
      notes: drift.notes,
      failed: Object.fromEntries(
        failed.filter(({ verdict }) => verdict !== "pass").map((one) => [one.name, one.drift]),
      ),
    };
  }

  const asDeclared = { code: 0, total: 13, objects: [], fields: [], notes: [], failed: {} };

  it("is told in short of a cluster without the lab, where no probe is tried", async () => {
    const { code, total, objects } = await verified();
    assert.deepEqual({ code, total }, { code: 1, total: 0 });
    assert.deepEqual(objects, [
      "missing Namespace undefined/b-apacherr",
      "missing Namespace undefined/c-app-count",
      "missing Namespace undefined/d-redis",
    ]);
  });

  it("is none right after what is rendered was applied", async () => {
    await bed.apply(rendered);
    assert.deepEqual(await verified(), asDeclared);
  });

  it("is a policy that somebody deleted, and explains the probes that get through", async () => {
    await bed.kubectl("-n", "d-redis", "delete", "networkpolicy", POLICY);
    const { code, objects, failed } = await verified();
    assert.equal(code, 1);
    assert.deepEqual(objects, [`missing networking.k8s.io/NetworkPolicy d-redis/${POLICY}`]);
    const missing = `NetworkPolicy d-redis/${POLICY} is missing`;
    const front = `${missing}: b-apacherr/apache may reach d-redis/redis-http TCP 7379 now`;
    assert.deepEqual(failed, {
      "case 2: the time from Redis without the app": [front],
      "Apache's pod talks to Redis": [
        `${missing}: b-apacherr/apache may reach d-redis/redis TCP 6379 now`,
      ],
      "Apache's pod talks to the HTTP front": [front],
    });
    await bed.apply(rendered);
    assert.deepEqual(await verified(), asDeclared);
  });

  it("is a policy that nobody declares, and cuts what is needed", async () => {
    const file = path.join(folder, "oops.json");
    const oops = {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { namespace: "c-app-count", name: "oops" },
      spec: { podSelector: {}, policyTypes: ["Ingress"] },
    };
    await writeFile(file, JSON.stringify(oops));
    await bed.kubectl("apply", "--filename", file);
    const { code, objects, failed } = await verified();
    assert.equal(code, 1);
    assert.deepEqual(objects, ["undeclared networking.k8s.io/NetworkPolicy c-app-count/oops"]);
    const cut =
      "NetworkPolicy c-app-count/oops isn't declared: b-apacherr/apache can't reach c-app-count/counter TCP 8080 any more";
    assert.deepEqual(failed["the app answers without Redis"], [cut]);
    await bed.kubectl("delete", "--filename", file);
  });

  it("is what was changed in a workload, a Service and a policy", async () => {
    const patch = (namespace: string, object: string, operation: object) =>
      bed.kubectl(
        "-n",
        namespace,
        "patch",
        object,
        "--type=json",
        "-p",
        JSON.stringify([operation]),
      );
    await bed.kubectl("-n", "c-app-count", "scale", "deployment/counter", "--replicas=2");
    await patch("d-redis", "service/redis-http", {
      op: "replace",
      path: "/spec/ports/0/targetPort",
      value: 7380,
    });
    await patch("d-redis", `networkpolicy/${POLICY}`, {
      op: "add",
      path: "/spec/ingress/0/from/-",
      value: { namespaceSelector: {} },
    });
    const { code, objects, fields } = await verified();
    assert.equal(code, 1);
    assert.deepEqual(objects, [
      "changed Service d-redis/redis-http",
      "changed apps/Deployment c-app-count/counter",
      `changed networking.k8s.io/NetworkPolicy d-redis/${POLICY}`,
    ]);
    assert.deepEqual(fields, [
      { path: "spec.ports[http].targetPort", declared: "http", found: "7380" },
      { path: "spec.replicas", declared: "1", found: "2" },
      { path: "spec.ingress[0].from", declared: "2 items", found: "3 items" },
    ]);
    await bed.kubectl(
      ...["apply", "--server-side", "--force-conflicts", "--recursive", "--filename", rendered],
    );
    await bed.apply(rendered);
    assert.deepEqual(await verified(), asDeclared);
  });
});
