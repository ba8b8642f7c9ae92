/** What workloads must be, their pods aside. */
import { describeKind } from "./describe-kind.ts";
import { metadata, pod } from "./good-pod.ts";

describe("what a manifest's workload must be", () => {
  describeKind(
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      spec: {
        replicas: 0,
        selector: {
          matchLabels: { app: "x" },
          matchExpressions: [
            { key: "tier", operator: "In", values: ["a", "b"] },
            { key: "app", operator: "NotIn", values: ["y"] },
            { key: "app", operator: "Exists" },
            { key: "none", operator: "DoesNotExist" },
          ],
        },
        template: { metadata, spec: pod },
      },
    },
    [
      ["spec", undefined, "spec is missing; the API server requires it"],
      ["spec", [], "spec is []; it must be an object"],
      ["spec.replicas", "2", 'spec.replicas is "2"; write a number without quotes, 0 or more'],
      ["spec.replicas", -1, "spec.replicas is -1; write a whole number, 0 or more"],
      ["spec.template", null, "spec.template is missing; the API server requires it"],
      [
        "spec.template.spec",
        undefined,
        "spec.template.spec is missing; the API server requires it",
      ],
      [
        "spec.selector",
        undefined,
        "spec.selector selects nothing; give matchLabels that the template's labels have",
      ],
      [
        "spec.selector",
        {},
        "spec.selector selects nothing; give matchLabels that the template's labels have",
      ],
      [
        "spec.selector.matchLabels.app",
        "y",
        'spec.selector.matchLabels.app is "y", but the template has "x"; make the two agree',
      ],
      [
        "spec.selector.matchLabels.constructor",
        "y",
        'spec.selector.matchLabels.constructor is "y", but the template has no such label; make the two agree',
      ],
      [
        "spec.selector.matchLabels.app",
        1,
        "spec.selector.matchLabels.app is 1; it must be text: put it in quotes",
      ],
      ["spec.selector.matchLabels", [], "spec.selector.matchLabels is []; it must be an object"],
      [
        "spec.selector.matchExpressions.0.values",
        ["c"],
        "spec.selector.matchExpressions[0] doesn't match the template's own labels; make the two agree",
      ],
      [
        "spec.selector.matchExpressions.1.values",
        ["x"],
        "spec.selector.matchExpressions[1] doesn't match the template's own labels; make the two agree",
      ],
      [
        "spec.selector.matchExpressions.2.key",
        "none",
        "spec.selector.matchExpressions[2] doesn't match the template's own labels; make the two agree",
      ],
      [
        "spec.selector.matchExpressions.3.key",
        "app",
        "spec.selector.matchExpressions[3] doesn't match the template's own labels; make the two agree",
      ],
      [
        "spec.selector.matchExpressions.0.operator",
        "in",
        'spec.selector.matchExpressions[0].operator is "in"; write one of In, NotIn, Exists, DoesNotExist',
      ],
      [
        "spec.selector.matchExpressions.0.operator",
        undefined,
        "spec.selector.matchExpressions[0].operator is missing; write one of In, NotIn, Exists, DoesNotExist",
      ],
      [
        "spec.selector.matchExpressions.0.values",
        [],
        "spec.selector.matchExpressions[0].values is empty; In needs at least one value",
      ],
      [
        "spec.selector.matchExpressions.0.values",
        [true],
        "spec.selector.matchExpressions[0].values[0] is true; it must be text: put it in quotes",
      ],
      [
        "spec.selector.matchExpressions.2.values",
        ["a"],
        "spec.selector.matchExpressions[2].values is set; Exists takes no values, remove them",
      ],
      [
        "spec.selector.matchExpressions.2.key",
        "a b",
        'spec.selector.matchExpressions[2].key is "a b"; write [prefix/]name',
      ],
      [
        "spec.selector.matchExpressions.2.key",
        undefined,
        "spec.selector.matchExpressions[2].key is missing; name a label",
      ],
      [
        "spec.template.metadata.labels.tier",
        2,
        "spec.template.metadata.labels.tier is 2; it must be text: put it in quotes",
      ],
      [
        "spec.template.metadata.annotations.a",
        true,
        "spec.template.metadata.annotations.a is true; it must be text: put it in quotes",
      ],
    ],
    [
      ["spec.selector.matchExpressions", undefined],
      ["spec.selector.matchLabels", null],
    ],
  );

  for (const kind of ["ReplicaSet", "StatefulSet", "DaemonSet"]) {
    const spec = { selector: { matchLabels: { app: "x" } }, template: { metadata, spec: pod } };
    describeKind({ apiVersion: "apps/v1", kind, spec }, [
      [
        "spec.selector.matchLabels.app",
        "y",
        'spec.selector.matchLabels.app is "y", but the template has "x"; make the two agree',
      ],
      ["spec.template.spec.containers", 7, "spec.template.spec.containers is 7; it must be a list"],
    ]);
  }

  describeKind({ apiVersion: "v1", kind: "Pod", spec: pod }, [
    ["spec", undefined, "spec is missing; the API server requires it"],
    [
      "spec.containers.0.ports.0.containerPort",
      -1,
      "spec.containers[0].ports[0].containerPort is -1; write a whole number, 1 to 65535",
    ],
  ]);

  describeKind(
    {
      apiVersion: "v1",
      kind: "ReplicationController",
      spec: { selector: { app: "x" }, template: { metadata, spec: pod } },
    },
    [
      [
        "spec.selector.app",
        "y",
        'spec.selector.matchLabels.app is "y", but the template has "x"; make the two agree',
      ],
      [
        "spec.template.spec.containers",
        [],
        "spec.template.spec.containers is empty; a pod needs at least one container",
      ],
    ],
    [["spec.selector", undefined]],
  );

  describeKind({ apiVersion: "batch/v1", kind: "Job", spec: { template: { spec: pod } } }, [
    [
      "spec.template.spec.containers",
      [],
      "spec.template.spec.containers is empty; a pod needs at least one container",
    ],
  ]);

  describeKind(
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      spec: { schedule: "* * * * *", jobTemplate: { spec: { template: { spec: pod } } } },
    },
    [
      ["spec.jobTemplate", undefined, "spec.jobTemplate is missing; the API server requires it"],
      [
        "spec.jobTemplate.spec",
        undefined,
        "spec.jobTemplate.spec is missing; the API server requires it",
      ],
      [
        "spec.jobTemplate.spec.template.spec.containers",
        [],
        "spec.jobTemplate.spec.template.spec.containers is empty; a pod needs at least one container",
      ],
    ],
  );
});
