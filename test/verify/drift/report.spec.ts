import assert from "node:assert/strict";
import type { Assessment } from "../../../micromesh/verify/drift/assess.ts";
import type { Drift } from "../../../micromesh/verify/drift/drift.ts";
import type { Origin } from "../../../micromesh/verify/drift/mend.ts";
import { driftData, formatDrift } from "../../../micromesh/verify/drift/report.ts";
import { formatJson, formatReport } from "../../../micromesh/verify/report.ts";
import { resultOf } from "../samples.ts";
import { deployment, namespace, policy, secret, service } from "./objects.ts";

const missing: Drift = { kind: "missing", declared: policy, within: [], unknownKind: false };
const changed: Drift = {
  kind: "changed",
  declared: deployment,
  found: deployment,
  fields: [
    { path: "spec.template.spec.containers[web].image", declared: "web:1", found: "web:2" },
    { path: "spec.replicas", found: "3" },
    { path: "spec.paused", declared: "true" },
  ],
};
const undeclared: Drift = {
  kind: "undeclared",
  found: { ...policy, metadata: { namespace: "a", name: "oops" } },
};

function assessed(drifts: Drift[], more: Partial<Assessment> = {}): Assessment {
  const origin: Origin = { by: "pulumi", stack: "prod" };
  return { compared: 20, drifts, notes: [], origin, effects: () => [], causes: () => [], ...more };
}

const widest = (text: string) => Math.max(...text.split("\n").map((line) => [...line].length));

describe("the report of drift", () => {
  it("is a line where the cluster is as declared", () => {
    assert.equal(
      formatDrift(assessed([])),
      "20 declared objects compared: the cluster is as declared",
    );
  });

  it("tells each difference, what it does and how it's mended, in 80 columns", () => {
    const effects = (drift: Drift) =>
      drift === missing
        ? ["a/x may reach a/y TCP 80 now", "b", "c", "d", "outside may reach a/y TCP 80 now"]
        : [];
    const notes = ["not compared: can't list secrets in a"];
    const text = formatDrift(assessed([missing, changed, undeclared], { effects, notes }));
    assert.equal(
      text,
      `✗ NetworkPolicy a/isolate is declared, but not on the cluster
  effect    a/x may reach a/y TCP 80 now
  effect    b
  effect    c
            and 2 more

✗ Deployment a/web isn't as declared
  field     spec.template.spec.containers[web].image: web:1 declared, web:2
            found
  field     spec.replicas: not declared, 3 found
  field     spec.paused: true declared, none found
  mend      kubectl edit -n a deployment.apps web, which alone takes out what
            was added

✗ NetworkPolicy a/oops is on the cluster, but not declared
  mend      kubectl delete -n a networkpolicy.networking.k8s.io oops, or declare
            it

Put back what is declared:
  pulumi refresh --stack prod
  PULUMI_K8S_ENABLE_PATCH_FORCE=true pulumi up --stack prod

note: not compared: can't list secrets in a

20 declared objects compared: 1 missing, 1 changed, 1 not declared`,
    );
    assert.ok(widest(text) <= 80);
  });

  it("names kubectl where the cluster was filled by manifests, and nothing to put back where nothing is gone", () => {
    const origin: Origin = { by: "manifests" };
    assert.match(
      formatDrift(assessed([missing], { origin })),
      /\n {2}micromesh render --out DIR .*\n {2}kubectl apply --server-side --force-conflicts -f DIR -R\n/,
    );
    assert.doesNotMatch(formatDrift(assessed([undeclared], { origin })), /Put back/);
  });

  it("has a policy that was changed deleted first, where Pulumi is to put it back", () => {
    const fields = [{ path: "spec.ingress", declared: "1 item", found: "2 items" }];
    const drift: Drift = { kind: "changed", declared: policy, found: policy, fields };
    const mends = (origin: Origin) => driftData(assessed([drift], { origin })).objects[0]?.mend;
    assert.equal(
      mends({ by: "pulumi", stack: "prod" })?.[0],
      "kubectl delete -n a networkpolicy.networking.k8s.io isolate",
    );
    assert.match(mends({ by: "manifests" })?.[0] ?? "", /^micromesh render/);
  });

  it("is a line where nothing is deployed", () => {
    const all: Drift = {
      kind: "missing",
      declared: namespace,
      within: [policy, service],
      unknownKind: false,
    };
    assert.equal(
      formatDrift(assessed([all], { compared: 3 })),
      `Put back what is declared:
  pulumi refresh --stack prod
  pulumi up --stack prod

3 declared objects compared: none of them is on the cluster; deploy them first`,
    );
  });

  it("tells thirty, and how many more there are", () => {
    const text = formatDrift(assessed(Array.from({ length: 42 }, () => undeclared)));
    assert.equal(text.match(/✗/g)?.length, 30);
    assert.match(text, /\n\nand 12 more: --json lists them all\n/);
  });

  it("prints nothing that a terminal would obey", () => {
    const found = `\u001b[2J${"x".repeat(5)}`;
    const drift: Drift = { ...changed, fields: [{ path: "data.x", declared: "a", found }] };
    assert.ok(!formatDrift(assessed([drift])).includes("\u001b"));
  });

  it("tells nothing of a secret", () => {
    const drift: Drift = {
      kind: "changed",
      declared: secret,
      found: secret,
      fields: [{ path: "data.password", secret: true }],
    };
    const text = formatDrift(assessed([drift]));
    assert.match(text, / {2}field {5}data.password differs \(a secret, and so not shown\)\n/);
    assert.ok(!`${text}${JSON.stringify(driftData(assessed([drift])))}`.includes("hunter2"));
  });

  it("as data has all of it", () => {
    assert.deepEqual(driftData(assessed([missing, undeclared], { effects: () => ["x"] })), {
      compared: 20,
      objects: [
        {
          drift: "missing",
          kind: "networking.k8s.io/NetworkPolicy",
          namespace: "a",
          name: "isolate",
          effects: ["x"],
          mend: ["pulumi refresh --stack prod", "pulumi up --stack prod"],
        },
        {
          drift: "undeclared",
          kind: "networking.k8s.io/NetworkPolicy",
          namespace: "a",
          name: "oops",
          effects: ["x"],
          mend: ["kubectl delete -n a networkpolicy.networking.k8s.io oops"],
        },
      ],
      notes: [],
    });
  });
});

describe("a report of probes", () => {
  const failed = resultOf({ expect: { failure: "timeout" } }, { status: 200, body: "x", ms: 1 });
  const passed = resultOf({ name: "b", expect: { status: 200 } }, { status: 200, ms: 1 });
  const drift = assessed([missing], { causes: () => ["NetworkPolicy a/isolate is missing: x"] });

  it("says next to a failed one what explains it, and has the drift before its summary", () => {
    const text = formatReport([passed, failed], { drift });
    assert.match(
      text,
      /\n {2}seen {7}200 x\n {2}drift {6}NetworkPolicy a\/isolate is missing: x\n\n✗ NetworkPolicy/,
    );
    assert.equal(text.match(/is missing: x/g)?.length, 1);
    assert.match(text, /compared: 1 missing\n\n1 of 2 probes passed, 1 failed$/);
  });

  it("has it as data too, and nothing of it where nothing was compared", () => {
    const data = JSON.parse(formatJson([passed, failed], drift));
    assert.equal(data.drift.compared, 20);
    assert.deepEqual(data.probes[1].drift, ["NetworkPolicy a/isolate is missing: x"]);
    assert.equal("drift" in data.probes[0], false);
    assert.doesNotMatch(formatJson([failed]), /drift/);
  });
});
