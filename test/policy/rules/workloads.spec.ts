/** The rules on workloads: no-latest-tags, workload-limits, non-root-workloads. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { hasDigest, isLatest, tagOf } from "../../../policy/images.ts";
import { UNKNOWN } from "../../../policy/plain.ts";
import type { ResourceRule } from "../../../policy/rule.ts";
import { noLatestTags } from "../../../policy/rules/no-latest-tags.ts";
import { nonRootWorkloads } from "../../../policy/rules/non-root-workloads.ts";
import { workloadLimits } from "../../../policy/rules/workload-limits.ts";
import { seed } from "../../connectivity/random-clusters.ts";
import { found, object, seen } from "../seen.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

/** Every kind that makes pods, with a pod's spec in its place. */
const kinds: Record<string, (spec: object) => ReturnType<typeof object>> = {
  Pod: (spec) => object("v1", "Pod", "a/it", { spec }),
  PodTemplate: (spec) => object("v1", "PodTemplate", "a/it", { template: { spec } }),
  ReplicationController: (spec) =>
    object("v1", "ReplicationController", "a/it", { spec: { template: { spec } } }),
  ...Object.fromEntries(
    ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"].map((kind) => [
      kind,
      (spec: object) => object("apps/v1", kind, "a/it", { spec: { template: { spec } } }),
    ]),
  ),
  Job: (spec) => object("batch/v1", "Job", "a/it", { spec: { template: { spec } } }),
  CronJob: (spec) =>
    object("batch/v1", "CronJob", "a/it", {
      spec: { jobTemplate: { spec: { template: { spec } } } },
    }),
};

const limits = { cpu: "500m", memory: "64Mi" };
const good = {
  name: "web",
  image: "httpd:2.4.65",
  resources: { limits },
  securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false },
};

/** What a rule says of a pod, without the resource's name. */
function inPod(rule: ResourceRule, spec: object): string[] {
  const pod = kinds.Pod?.(spec);
  return pod ? found(rule, [pod]).map((line) => line.replace("Pod-it: ", "")) : [];
}
const inContainer = (rule: ResourceRule, changes: object) =>
  inPod(rule, { containers: [{ ...good, ...changes }] });

describe("the rules on workloads", () => {
  for (const [kind, make] of Object.entries(kinds)) {
    it(`look into a ${kind}'s containers, those that begin and debug too`, () => {
      const bad = { image: "httpd" };
      const resource = make({
        containers: [{ name: "a", ...bad }],
        initContainers: [{ name: "b", ...bad }],
        ephemeralContainers: [{ name: "c", ...bad }],
      });
      const titles = (rule: ResourceRule) => [
        ...new Set(found(rule, [resource]).map((line) => /: (.*container \w)/.exec(line)?.[1])),
      ];
      const all = ["container a", "init container b", "ephemeral container c"];
      assert.deepEqual(titles(noLatestTags), all);
      assert.deepEqual(titles(nonRootWorkloads), all);
      assert.deepEqual(titles(workloadLimits), all.slice(0, 2), "a debugger can't have limits");
      for (const rule of [noLatestTags, nonRootWorkloads, workloadLimits]) {
        assert.deepEqual(found(rule, [make({ containers: [good] })]), []);
      }
    });
  }

  it("look at nothing else", () => {
    const service = object("v1", "Service", "a/it", { spec: { containers: [{ image: "httpd" }] } });
    const list = object("apps/v1", "DeploymentList", "a/it");
    for (const rule of [noLatestTags, nonRootWorkloads, workloadLimits]) {
      assert.deepEqual(found(rule, [service, list, object("v1", "Pod", "a/it")]), []);
    }
  });
});

describe(`no-latest-tags (MICROMESH_SEED=${seed})`, () => {
  const images = (image: string) => inContainer(noLatestTags, { image });

  it("finds latest, in all its forms, and no tag at all", () => {
    for (const image of [
      "httpd:latest",
      "r:5000/httpd:latest",
      "httpd:LATEST",
      "httpd:latest-alpine",
    ]) {
      assert.deepEqual(images(image), [
        `container web: image ${image} changes under its tag; name a version or a digest`,
      ]);
    }
    for (const image of ["httpd", "registry.lan:5000/library/httpd"]) {
      assert.deepEqual(images(image), [
        `container web: image ${image} has no tag, which means latest; name a version or a digest`,
      ]);
    }
  });

  it("lets by versions, digests, and what isn't known", () => {
    for (const image of ["httpd:2", `httpd@${DIGEST}`, `httpd:latest@${DIGEST}`, `r/${UNKNOWN}`]) {
      assert.deepEqual(images(image), [], image);
    }
    assert.deepEqual(inContainer(noLatestTags, { image: undefined }), []);
    assert.equal(isLatest("latestfix"), false);
  });

  it("finds charts without a version, and latest among their values", () => {
    const chart = (inputs: Record<string, unknown>) =>
      ["v3:Release", "v4:Chart"].flatMap((type) =>
        found(noLatestTags, [seen(`kubernetes:helm.sh/${type}`, inputs, { name: type })]),
      );
    const twice = (text: string) => [`v3:Release: ${text}`, `v4:Chart: ${text}`];
    const repositoryOpts = { repo: "https://charts.example.com" };
    const newest = "has no version, which means the newest; set version";
    assert.deepEqual(chart({ chart: "web", repositoryOpts }), twice(`chart web ${newest}`));
    assert.deepEqual(chart({ chart: "oci://r/web" }), twice(`chart oci://r/web ${newest}`));
    assert.deepEqual(chart({ chart: "./charts/web" }), []);
    const versioned = { chart: "web", version: "1.0.0", repositoryOpts };
    for (const range of ["*", "1.x", "^1.2.0", ">=1.0.0", "1.2", "~1"]) {
      assert.deepEqual(
        chart({ chart: "web", version: range, repositoryOpts }),
        twice(
          `chart web has the version ${range}, which means the newest of these; set one version`,
        ),
      );
    }
    for (const version of ["1.2.3", "v1.20.0", "1.0.0-rc.1", "1.0.0+up1.2", UNKNOWN]) {
      assert.deepEqual(chart({ chart: "web", version, repositoryOpts }), []);
    }
    const values = {
      image: { repository: "httpd", tag: "latest" },
      sidecars: [{ image: "proxy:latest" }, { image: "proxy:1" }, { image: `proxy@${DIGEST}` }],
      stage: "latest",
    };
    assert.deepEqual(chart({ ...versioned, values }), [
      "v3:Release: values.image.tag is latest; name a version or a digest",
      "v3:Release: values.sidecars[0].image is proxy:latest; name a version or a digest",
      "v4:Chart: values.image.tag is latest; name a version or a digest",
      "v4:Chart: values.sidecars[0].image is proxy:latest; name a version or a digest",
    ]);
  });

  it("takes references apart as they're put together", () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const registry = fc.option(fc.tuple(part, fc.option(fc.nat(65535))), { nil: undefined });
    const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}$/), {
      nil: undefined,
    });
    const path = fc.array(part, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(registry, path, tag, fc.boolean(), (host, names, version, digested) => {
        const [name, port] = host ?? [];
        const prefix = host ? `${name}${port === null ? "" : `:${port}`}/` : "";
        const text = `${prefix}${names.join("/")}${version === undefined ? "" : `:${version}`}`;
        const reference = digested ? `${text}@${DIGEST}` : text;
        assert.equal(tagOf(reference), version);
        assert.equal(hasDigest(reference), digested);
      }),
      { numRuns: 500, seed },
    );
  });
});

describe("workload-limits", () => {
  const check = (resources: unknown) =>
    inContainer(workloadLimits, { resources }).map((line) => /no (\w+) limit/.exec(line)?.[1]);

  it("finds each limit that isn't there, or is none", () => {
    assert.deepEqual(check(undefined), ["cpu", "memory"]);
    assert.deepEqual(check({ requests: limits }), ["cpu", "memory"]);
    assert.deepEqual(check({ limits: { memory: "64Mi" } }), ["cpu"]);
    assert.deepEqual(check({ limits: { cpu: 1 } }), ["memory"]);
    assert.deepEqual(check({ limits: { cpu: "0", memory: "0Mi" } }), ["cpu", "memory"]);
  });

  it("lets by limits in any form", () => {
    assert.deepEqual(check({ limits: { cpu: 0.5, memory: 1e9 } }), []);
    assert.deepEqual(check({ limits: { cpu: UNKNOWN, memory: "1Gi" } }), []);
    assert.deepEqual(check({ limits: UNKNOWN }), []);
    assert.deepEqual(check(UNKNOWN), []);
  });
});

describe("non-root-workloads", () => {
  const at = "spec.containers[0].securityContext";
  const root = `container web may run as root; set ${at}.runAsNonRoot to true`;
  const zero = `container web runs as user 0, root; set ${at}.runAsUser to another`;
  const more = `container web may become more than it is; set ${at}.allowPrivilegeEscalation to false`;
  const privileged = `container web is privileged; take ${at}.privileged away`;
  const check = (own: object, pod: object = {}) =>
    inPod(nonRootWorkloads, {
      securityContext: pod,
      containers: [{ ...good, securityContext: own }],
    });
  const kept = { allowPrivilegeEscalation: false };

  it("finds what may be root, what is, and what may become it", () => {
    assert.deepEqual(inContainer(nonRootWorkloads, { securityContext: undefined }), [root, more]);
    assert.deepEqual(check(kept), [root]);
    assert.deepEqual(check({ runAsNonRoot: true }), [more]);
    assert.deepEqual(check({ ...kept, runAsNonRoot: true, runAsUser: 0 }), [zero]);
    assert.deepEqual(check({ ...kept, runAsNonRoot: true, privileged: true }), [privileged]);
    assert.deepEqual(check({ runAsNonRoot: true, allowPrivilegeEscalation: true }), [more]);
  });

  it("takes the pod's settings where a container has none of its own", () => {
    assert.deepEqual(check(kept, { runAsNonRoot: true }), []);
    assert.deepEqual(check(kept, { runAsNonRoot: true, runAsUser: 0 }), [zero]);
    assert.deepEqual(check({ ...kept, runAsUser: 1000 }, { runAsNonRoot: true, runAsUser: 0 }), []);
    assert.deepEqual(check({ ...kept, runAsNonRoot: false }, { runAsNonRoot: true }), [root]);
  });

  it("says nothing of settings that aren't known yet", () => {
    assert.deepEqual(inContainer(nonRootWorkloads, { securityContext: UNKNOWN }), []);
    const containers = [{ ...good, securityContext: kept }];
    assert.deepEqual(inPod(nonRootWorkloads, { securityContext: UNKNOWN, containers }), []);
  });
});
