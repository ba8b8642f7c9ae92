import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FindConfig } from "../../../micromesh/simulator/pods/environment.ts";
import type { ContainerSpec, VolumeSpec } from "../../../micromesh/simulator/pods/spec.ts";
import { layOutVolumes, mountsOf } from "../../../micromesh/simulator/pods/volumes.ts";
import { configs, container, template } from "./template.ts";

const cannotStart = (reason: string, message: string) => (error: Error & { reason?: string }) => {
  assert.deepEqual([error.reason, error.message], [reason, message]);
  return true;
};

describe("layOutVolumes", () => {
  let root: string;
  const find = configs({
    "ConfigMap settings": { data: { "a.conf": "A", b: "B" } },
    "Secret login": { data: { password: Buffer.from("p").toString("base64") } },
  });
  const lay = (volume: VolumeSpec, from: FindConfig = find, spec: Partial<ContainerSpec> = {}) =>
    layOutVolumes(
      template(
        { volumes: [volume], containers: [container(spec)] },
        { annotations: { z: '"', a: "1" } },
      ),
      "10.244.0.10",
      join(root, "volumes"),
      join(root, "claims"),
      from,
    );
  const read = (...path: string[]) => readFile(join(root, "volumes", ...path), "utf8");
  const list = (...path: string[]) => readdir(join(root, "volumes", ...path)).then((f) => f.sort());

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "micromesh-test-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  it("writes a file per key of a ConfigMap", async () => {
    await lay({ name: "v", configMap: { name: "settings" } });
    assert.deepEqual(await list("v"), ["a.conf", "b"]);
    assert.equal(await read("v", "a.conf"), "A");
  });

  it("writes a Secret's keys decoded, for the owner alone", async () => {
    await lay({ name: "v", secret: { secretName: "login" } });
    assert.equal(await read("v", "password"), "p");
    assert.equal((await stat(join(root, "volumes/v/password"))).mode & 0o777, 0o600);
    assert.equal((await stat(join(root, "volumes/v"))).mode & 0o777, 0o700);
  });

  it("writes only the keys that are picked, at their own paths", async () => {
    await lay({
      name: "v",
      configMap: { name: "settings", items: [{ key: "b", path: "deep/er/c" }] },
    });
    assert.deepEqual(await list("v"), ["deep"]);
    assert.equal(await read("v", "deep/er/c"), "B");
  });

  it("brings files up to date and removes those of keys that have gone", async () => {
    const volume = { name: "v", configMap: { name: "settings" } };
    await lay(volume);
    await lay(volume, configs({ "ConfigMap settings": { data: { b: "B2", c: "C" } } }));
    assert.deepEqual(await list("v"), ["b", "c"]);
    assert.equal(await read("v", "b"), "B2");
  });

  it("keeps what a pod has written to its own volumes", async () => {
    await lay({ name: "v", emptyDir: {} });
    await writeFile(join(root, "volumes/v/mine"), "kept");
    await lay({ name: "v", emptyDir: {} });
    assert.equal(await read("v", "mine"), "kept");
  });

  it("makes the folders that are mounted from a pod's own volumes", async () => {
    const volumeMounts = [{ name: "v", mountPath: "/data", subPath: "a/b" }];
    await lay({ name: "v", emptyDir: {} }, find, { volumeMounts });
    assert.deepEqual(await list("v", "a"), ["b"]);
  });

  it("lays claims out by namespace and name, outside of the pod", async () => {
    await lay({ name: "v", persistentVolumeClaim: { claimName: "data" } });
    assert.ok((await stat(join(root, "claims/lab/data"))).isDirectory());
  });

  it("writes fields of the pod", async () => {
    await lay({
      name: "v",
      downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] },
    });
    assert.equal(await read("v", "name"), "web-1");
  });

  it("writes all annotations to a file, sorted and quoted", async () => {
    await lay({
      name: "v",
      downwardAPI: { items: [{ path: "all", fieldRef: { fieldPath: "metadata.annotations" } }] },
    });
    assert.equal(await read("v", "all"), 'a="1"\nz="\\""');
  });

  describe("can't start the pod", () => {
    const because = (volume: VolumeSpec, why: string) =>
      assert.rejects(
        lay(volume),
        cannotStart("ContainerCreating", `MountVolume.SetUp failed for volume "v": ${why}`),
      );

    it("without a ConfigMap", () =>
      because({ name: "v", configMap: { name: "gone" } }, 'configmap "gone" not found'));

    it("without a Secret", () =>
      because({ name: "v", secret: { secretName: "gone" } }, 'secret "gone" not found'));

    it("without a key that is picked", () =>
      because(
        { name: "v", configMap: { name: "settings", items: [{ key: "x", path: "x" }] } },
        "it has no key x",
      ));

    it("with a kind that isn't simulated", () =>
      because(
        { name: "v", hostPath: { path: "/" } } as VolumeSpec,
        "its kind isn't simulated; simulated are configMap, secret, emptyDir, persistentVolumeClaim, downwardAPI",
      ));
  });

  it("leaves what is optional and isn't there empty", async () => {
    await lay({ name: "v", configMap: { name: "gone", optional: true } });
    await lay({
      name: "v",
      secret: { secretName: "gone", optional: true, items: [{ key: "x", path: "x" }] },
    });
    assert.deepEqual(await list("v"), []);
  });
});

describe("mountsOf", () => {
  const volumes: VolumeSpec[] = [
    { name: "code", configMap: { name: "code" } },
    { name: "login", secret: { secretName: "login" } },
    { name: "scratch", emptyDir: {} },
    { name: "data", persistentVolumeClaim: { claimName: "claim" } },
  ];
  const only = (mount: NonNullable<ContainerSpec["volumeMounts"]>[number]) => {
    const spec = container({ volumeMounts: [mount] });
    const [found] = mountsOf(template({ volumes }), spec, "/run/volumes", "/run/claims");
    return found;
  };

  it("finds a volume of the pod's own below the pod's folder", () => {
    assert.deepEqual(only({ name: "scratch", mountPath: "/tmp" }), {
      mountPath: "/tmp",
      source: "/run/volumes/scratch",
      readOnly: false,
    });
  });

  it("finds a claim where all pods of the namespace find it", () => {
    assert.equal(only({ name: "data", mountPath: "/data" })?.source, "/run/claims/lab/claim");
  });

  it("takes ConfigMaps and Secrets for read-only", () => {
    assert.equal(only({ name: "code", mountPath: "/app" })?.readOnly, true);
    assert.equal(only({ name: "login", mountPath: "/login" })?.readOnly, true);
  });

  it("takes any volume for read-only where the mount says so", () => {
    assert.equal(only({ name: "scratch", mountPath: "/tmp", readOnly: true })?.readOnly, true);
  });

  it("mounts a part of a volume", () => {
    const mount = only({ name: "code", mountPath: "/app/a.mjs", subPath: "a.mjs" });
    assert.equal(mount?.source, "/run/volumes/code/a.mjs");
  });

  it("minds no slash at a path's end", () => {
    assert.equal(only({ name: "scratch", mountPath: "/tmp/" })?.mountPath, "/tmp");
  });

  it("has nothing where nothing is mounted", () => {
    assert.deepEqual(mountsOf(template({ volumes }), container(), "/v", "/c"), []);
  });

  it("says which volume isn't declared", () => {
    assert.throws(
      () => only({ name: "gone", mountPath: "/x" }),
      cannotStart("CreateContainerConfigError", "volume gone is not declared"),
    );
  });
});
