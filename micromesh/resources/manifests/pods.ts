/** What the API server rejects in pods and in what makes them, as far as anything here reads of it. */
import { type Checker, type Fields, isEmpty, isSet } from "../checker.ts";
import { isDnsLabel, isPortName } from "../names.ts";
import { checkLabels, checkOwnSelector } from "./labels.ts";

/** `metadata` of an object or of a template: labels and annotations are text. */
export function checkTextMetadata(check: Checker, metadata: Fields, field: string) {
  check.textMap(metadata.annotations, `${field}.annotations`);
  return checkLabels(check, metadata.labels, `${field}.labels`);
}

/** A spec that must be there. */
export function requiredFields(check: Checker, value: unknown, field: string): Fields | undefined {
  if (!isSet(value)) check.report(field, "is missing; the API server requires it");
  return check.fields(value, field);
}

/** Deployment, ReplicaSet, StatefulSet, DaemonSet. */
export function checkController(check: Checker, spec: Fields, field: string): void {
  check.integer(spec.replicas, `${field}.replicas`, 0);
  check.text(spec.serviceName, `${field}.serviceName`);
  const labels = checkTemplate(check, spec.template, `${field}.template`);
  checkOwnSelector(check, spec.selector, `${field}.selector`, labels);
}

/** ReplicationController: its selector is a plain map, by default the template's labels. */
export function checkReplicationController(check: Checker, spec: Fields, field: string): void {
  check.integer(spec.replicas, `${field}.replicas`, 0);
  const labels = checkTemplate(check, spec.template, `${field}.template`);
  if (!isSet(spec.selector)) return;
  checkOwnSelector(check, { matchLabels: spec.selector }, `${field}.selector`, labels);
}

/** Job: the API server makes its selector. */
export function checkJob(check: Checker, spec: Fields, field: string): void {
  checkTemplate(check, spec.template, `${field}.template`);
}

export function checkCronJob(check: Checker, spec: Fields, field: string): void {
  const template = requiredFields(check, spec.jobTemplate, `${field}.jobTemplate`);
  if (!template) return;
  const job = requiredFields(check, template.spec, `${field}.jobTemplate.spec`);
  if (job) checkJob(check, job, `${field}.jobTemplate.spec`);
}

/** Returns the template's labels; undefined where its metadata is wrong. */
function checkTemplate(
  check: Checker,
  value: unknown,
  field: string,
): Record<string, string> | undefined {
  const template = requiredFields(check, value, field);
  if (!template) return undefined;
  const before = check.problems.length;
  const metadata = check.fields(template.metadata, `${field}.metadata`) ?? {};
  const labels = checkTextMetadata(check, metadata, `${field}.metadata`);
  const isGood = check.problems.length === before;
  const spec = requiredFields(check, template.spec, `${field}.spec`);
  if (spec) checkPod(check, spec, `${field}.spec`);
  return isGood ? labels : undefined;
}

/** A pod's spec. */
export function checkPod(check: Checker, spec: Fields, field: string): void {
  for (const name of [
    "serviceAccountName",
    "serviceAccount",
    "hostname",
    "subdomain",
    "nodeName",
  ]) {
    check.text(spec[name], `${field}.${name}`);
  }
  check.boolean(spec.hostNetwork, `${field}.hostNetwork`);
  checkLabels(check, spec.nodeSelector, `${field}.nodeSelector`);
  for (const [volume, place] of check.each(spec.volumes, `${field}.volumes`)) {
    check.requiredText(volume.name, `${place}.name`, "name the volume");
  }
  const names = new Set<string>();
  for (const list of ["initContainers", "containers"]) {
    for (const [container, place] of check.each(spec[list], `${field}.${list}`)) {
      checkContainer(check, container, place, names);
    }
  }
  if (isEmpty(spec.containers)) {
    check.report(`${field}.containers`, "is empty; a pod needs at least one container");
  }
}

function checkContainer(
  check: Checker,
  container: Fields,
  field: string,
  names: Set<string>,
): void {
  const name = check.text(container.name, `${field}.name`);
  if (!isSet(container.name)) check.reportClear(`${field}.name`, "is missing; name the container");
  if (name !== undefined) {
    if (!isDnsLabel(name)) {
      check.report(
        `${field}.name`,
        `is ${check.show(name, `${field}.name`)}; write lower-case letters, digits and -, 63 at most`,
      );
    }
    unique(check, names, name, `${field}.name`, "container of the pod");
  }
  check.text(container.image, `${field}.image`);
  texts(check, container.command, `${field}.command`);
  texts(check, container.args, `${field}.args`);
  checkContainerPorts(check, container.ports, `${field}.ports`);
  for (const [variable, place] of check.each(container.env, `${field}.env`)) {
    checkVariable(check, variable, place);
  }
  for (const [source, place] of check.each(container.envFrom, `${field}.envFrom`)) {
    for (const kind of ["configMapRef", "secretRef"])
      checkRef(check, source[kind], `${place}.${kind}`);
  }
  for (const [mount, place] of check.each(container.volumeMounts, `${field}.volumeMounts`)) {
    check.requiredText(mount.name, `${place}.name`, "name one of the pod's volumes");
  }
}

/** Words of a command line; an empty one is a word, too. */
function texts(check: Checker, value: unknown, field: string): void {
  for (const [i, item] of check.list(value, field).entries()) {
    if (!isSet(item)) check.report(`${field}[${i}]`, 'is empty; write "" or remove the item');
    check.text(item, `${field}[${i}]`);
  }
}

function checkContainerPorts(check: Checker, value: unknown, field: string): void {
  const names = new Set<string>();
  for (const [port, place] of check.each(value, field)) {
    check.port(port.containerPort, `${place}.containerPort`);
    // 0 is as good as none: the API's own default.
    check.integer(port.hostPort, `${place}.hostPort`, 0, 65535);
    check.oneOf(port.protocol, PROTOCOLS, `${place}.protocol`);
    const name = check.text(port.name, `${place}.name`);
    if (!name) continue;
    if (!isPortName(name)) check.report(`${place}.name`, notPortName(check, name, `${place}.name`));
    unique(check, names, name, `${place}.name`, "port of the container");
  }
}

export const PROTOCOLS = ["TCP", "UDP", "SCTP"];

export function notPortName(check: Checker, name: string, field: string): string {
  return `is ${check.show(name, field)}; a port's name has 15 of a-z, 0-9 and - at most, and a letter`;
}

/** Reports a name that an earlier item has. */
export function unique(
  check: Checker,
  seen: Set<string>,
  name: string,
  field: string,
  what: string,
): void {
  if (seen.has(name)) {
    check.report(field, `is ${check.show(name, field)}, as another ${what} is; rename one`);
  }
  seen.add(name);
}

function checkVariable(check: Checker, variable: Fields, field: string): void {
  check.requiredText(variable.name, `${field}.name`, "name the variable");
  const value = check.text(variable.value, `${field}.value`);
  const source = check.fields(variable.valueFrom, `${field}.valueFrom`);
  if (!source) return;
  if (value) check.report(field, "has both value and valueFrom; remove one");
  for (const kind of ["configMapKeyRef", "secretKeyRef"]) {
    const place = `${field}.valueFrom.${kind}`;
    const ref = checkRef(check, source[kind], place);
    if (ref) check.requiredText(ref.key, `${place}.key`, "name the key");
  }
}

function checkRef(check: Checker, value: unknown, field: string): Fields | undefined {
  const ref = check.fields(value, field);
  check.text(ref?.name, `${field}.name`);
  return ref;
}
