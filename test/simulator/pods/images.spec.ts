import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Mount } from "../../../micromesh/simulator/agent/messages.ts";
import { commandOf, imageName, isKnownImage } from "../../../micromesh/simulator/pods/images.ts";
import type { ContainerSpec } from "../../../micromesh/simulator/pods/spec.ts";
import { container } from "./template.ts";

const bundles = {
  httpd: "/b/httpd.mjs",
  postgres: "/b/postgres.mjs",
  redis: "/b/redis.mjs",
  ingress: "/b/ingress.mjs",
};
const mount = (mountPath: string, source: string): Mount => ({ mountPath, source, readOnly: true });
const command = (more: Partial<ContainerSpec>, mounts: Mount[] = []) =>
  commandOf(container(more), mounts, bundles);

describe("imageName", () => {
  for (const [image, name] of [
    ["node", "node"],
    ["node:24-alpine", "node"],
    ["docker.io/library/redis:8", "redis"],
    ["registry.lan:5000/mirror/httpd:2.4", "httpd"],
    ["registry.lan:5000/httpd", "httpd"],
    [`node@sha256:${"a".repeat(64)}`, "node"],
    [`registry.lan:5000/node:24@sha256:${"a".repeat(64)}`, "node"],
  ] as const) {
    it(`of ${image.slice(0, 48)} is ${name}`, () => {
      assert.equal(imageName(image), name);
    });
  }
});

describe("isKnownImage", () => {
  it("holds for what the simulator can run, from any registry", () => {
    for (const image of [
      "node:24",
      "mirror/httpd:2.4",
      "redis",
      "traefik:v3",
      "postgres:17.10-alpine",
    ]) {
      assert.equal(isKnownImage(image), true, image);
    }
  });

  it("doesn't hold for others, nor for a part of a name", () => {
    for (const image of [
      "postgresql:18",
      "postgres-exporter",
      "node-exporter",
      "redis/insight",
      "toString",
    ]) {
      assert.equal(isKnownImage(image), false, image);
    }
  });
});

describe("commandOf", () => {
  it("runs a runtime of ours for its image, with the declared command and arguments", () => {
    const spec = { image: "redis:8", command: ["redis-server"], args: ["--port", "7000"] };
    assert.deepEqual(command(spec), [bundles.redis, "redis-server", "--port", "7000"]);
    assert.deepEqual(command({ image: "traefik", args: ["--port=8000"] }), [
      bundles.ingress,
      "--port=8000",
    ]);
  });

  it("tells PostgreSQL's runtime where the native server is", () => {
    const [bundle, installation, ...rest] = command({ image: "postgres", args: ["-c", "port=1"] });
    assert.equal(bundle, bundles.postgres);
    assert.ok(existsSync(join(installation ?? "", "bin", "postgres")), installation);
    assert.deepEqual(rest, ["-c", "port=1"]);
  });

  for (const program of ["node", "nodejs", "/usr/local/bin/node"]) {
    it(`runs Node for ${program}`, () => {
      assert.deepEqual(command({ command: [program, "main.mjs"] }), ["main.mjs"]);
    });
  }

  it("takes the program from args where there is no command", () => {
    assert.deepEqual(command({ args: ["node", "main.mjs", "-v"] }), ["main.mjs", "-v"]);
  });

  it("finds files of mounts on this machine", () => {
    const mounts = [mount("/app", "/run/volumes/code")];
    assert.deepEqual(command({ command: ["node", "/app/main.mjs", "/other/x", "app/y"] }, mounts), [
      "/run/volumes/code/main.mjs",
      "/other/x",
      "app/y",
    ]);
  });

  it("takes the deepest mount, in whatever order they're declared", () => {
    const mounts = [mount("/app", "/run/code"), mount("/app/conf", "/run/conf")];
    for (const order of [mounts, mounts.toReversed()]) {
      assert.deepEqual(command({ command: ["node", "/app/conf/a.mjs"] }, order), [
        "/run/conf/a.mjs",
      ]);
    }
  });

  it("isn't misled by a mount at a folder that its own files stand in", () => {
    const mounts = [mount("/app", "/tmp/mm-x/code"), mount("/tmp", "/tmp/mm-x/scratch")];
    for (const order of [mounts, mounts.toReversed()]) {
      assert.deepEqual(command({ command: ["node", "/app/a.mjs"] }, order), [
        "/tmp/mm-x/code/a.mjs",
      ]);
    }
  });

  it("says which image it doesn't know, and which it does", () => {
    assert.throws(
      () => command({ image: "mysql:9" }),
      (error: Error & { reason?: string }) => {
        assert.equal(error.reason, "ErrImagePull");
        assert.equal(
          error.message,
          "image mysql:9 (container main) is not one that the simulator can run; it knows node, httpd, postgres, redis, traefik",
        );
        return true;
      },
    );
  });

  for (const [declared, shown] of [
    [["sh", "-c", "node x"], '"sh"'],
    [[], '"the image\'s entrypoint"'],
    [["mynode"], '"mynode"'],
  ] as const) {
    it(`says that it can't run a node image by ${shown}`, () => {
      assert.throws(
        () => command({ command: [...declared] }),
        (error: Error & { reason?: string }) => {
          assert.equal(error.reason, "RunContainerError");
          assert.equal(
            error.message,
            `container main: the simulator runs node images by "node FILE", not by ${shown}`,
          );
          return true;
        },
      );
    });
  }
});
