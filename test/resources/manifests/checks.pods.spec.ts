/** What pods must be, wherever they stand: alone, or in a workload's template at one depth or another. */
import { describeKind, type Right, type Wrong } from "./describe-kind.ts";
import { metadata, pod } from "./good-pod.ts";

/** By path and problem, both within the pod's spec. */
const wrong: [path: string, by: unknown, problem: string][] = [
  ["containers", undefined, "containers is empty; a pod needs at least one container"],
  ["containers", [], "containers is empty; a pod needs at least one container"],
  ["containers", {}, "containers is {}; it must be a list"],
  ["containers.1", "x", 'containers[1] is "x"; it must be an object'],
  ["containers.1", null, "containers[1] is empty; remove the item"],
  ["containers.1.name", undefined, "containers[1].name is missing; name the container"],
  [
    "containers.1.name",
    "A",
    'containers[1].name is "A"; write lower-case letters, digits and -, 63 at most',
  ],
  [
    "containers.1.name",
    "main",
    'containers[1].name is "main", as another container of the pod is; rename one',
  ],
  [
    "initContainers.0.name",
    "main",
    'containers[0].name is "main", as another container of the pod is; rename one',
  ],
  ["containers.0.image", 1, "containers[0].image is 1; it must be text: put it in quotes"],
  ["containers.0.args", [80], "containers[0].args[0] is 80; it must be text: put it in quotes"],
  [
    "containers.0.command",
    [null],
    'containers[0].command[0] is empty; write "" or remove the item',
  ],
  ["containers.0.ports", 80, "containers[0].ports is 80; it must be a list"],
  [
    "containers.0.ports.1.containerPort",
    undefined,
    "containers[0].ports[1].containerPort is missing; write a port, 1 to 65535",
  ],
  [
    "containers.0.ports.1.containerPort",
    "80",
    'containers[0].ports[1].containerPort is "80"; write a number without quotes, 1 to 65535',
  ],
  [
    "containers.0.ports.1.containerPort",
    0,
    "containers[0].ports[1].containerPort is 0; write a whole number, 1 to 65535",
  ],
  [
    "containers.0.ports.1.containerPort",
    65536,
    "containers[0].ports[1].containerPort is 65536; write a whole number, 1 to 65535",
  ],
  [
    "containers.0.ports.1.containerPort",
    80.5,
    "containers[0].ports[1].containerPort is 80.5; write a whole number, 1 to 65535",
  ],
  [
    "containers.0.ports.1.hostPort",
    70000,
    "containers[0].ports[1].hostPort is 70000; write a whole number, 0 to 65535",
  ],
  [
    "containers.0.ports.1.protocol",
    "tcp",
    'containers[0].ports[1].protocol is "tcp"; write one of TCP, UDP, SCTP',
  ],
  [
    "containers.0.ports.1.name",
    "http",
    'containers[0].ports[1].name is "http", as another port of the container is; rename one',
  ],
  [
    "containers.0.ports.1.name",
    "80",
    'containers[0].ports[1].name is "80"; a port\'s name has 15 of a-z, 0-9 and - at most, and a letter',
  ],
  [
    "containers.0.ports.1.name",
    80,
    "containers[0].ports[1].name is 80; it must be text: put it in quotes",
  ],
  ["containers.0.env", { A: "1" }, 'containers[0].env is {"A":"1"}; it must be a list'],
  ["containers.0.env.0.name", undefined, "containers[0].env[0].name is missing; name the variable"],
  [
    "containers.0.env.0.value",
    8080,
    "containers[0].env[0].value is 8080; it must be text: put it in quotes",
  ],
  [
    "containers.0.env.1.value",
    "x",
    "containers[0].env[1] has both value and valueFrom; remove one",
  ],
  [
    "containers.0.env.1.valueFrom",
    "x",
    'containers[0].env[1].valueFrom is "x"; it must be an object',
  ],
  [
    "containers.0.env.1.valueFrom.configMapKeyRef.key",
    undefined,
    "containers[0].env[1].valueFrom.configMapKeyRef.key is missing; name the key",
  ],
  [
    "containers.0.env.1.valueFrom.configMapKeyRef.name",
    1,
    "containers[0].env[1].valueFrom.configMapKeyRef.name is 1; it must be text: put it in quotes",
  ],
  [
    "containers.0.envFrom.1.secretRef",
    "s",
    'containers[0].envFrom[1].secretRef is "s"; it must be an object',
  ],
  [
    "containers.0.volumeMounts.0.name",
    undefined,
    "containers[0].volumeMounts[0].name is missing; name one of the pod's volumes",
  ],
  ["volumes.0.name", undefined, "volumes[0].name is missing; name the volume"],
  ["hostNetwork", "true", 'hostNetwork is "true"; write true or false, without quotes'],
  ["serviceAccountName", 7, "serviceAccountName is 7; it must be text: put it in quotes"],
  ["nodeSelector.a", true, "nodeSelector.a is true; it must be text: put it in quotes"],
];
const right: Right[] = [
  ["containers.0.ports", null],
  ["containers.0.ports.1.name", "http2"],
  ["containers.0.env.0.value", ""],
  ["containers.0.env.0.value", null],
];

const template = { metadata, spec: pod };
const kinds = [
  { place: "spec", apiVersion: "v1", kind: "Pod", spec: pod },
  {
    place: "spec.template.spec",
    apiVersion: "apps/v1",
    kind: "Deployment",
    spec: { selector: { matchLabels: { app: "x" } }, template },
  },
  {
    place: "spec.jobTemplate.spec.template.spec",
    apiVersion: "batch/v1",
    kind: "CronJob",
    spec: { schedule: "* * * * *", jobTemplate: { spec: { template } } },
  },
];

describe("what the pod of a manifest's object must be", () => {
  for (const { place, ...object } of kinds) {
    describeKind(
      object,
      wrong.map(([path, by, problem]): Wrong => [`${place}.${path}`, by, `${place}.${problem}`]),
      right.map(([path, by]): Right => [`${place}.${path}`, by]),
    );
  }
});
