import { type Checker, type Fields, isSet } from "../checker.ts";
import type { KubernetesObject, ObjectMeta } from "../declared.ts";
import { groupKind, isClusterScoped } from "../kubernetes.ts";
import { isDnsLabel, isDnsSubdomain, isPathSegment } from "../names.ts";
import { checkTextMetadata } from "./pods.ts";

/**
 * Makes an object of what a manifest holds, as the API server would: namespaced kinds get the namespace
 * `default` where they name none, the others lose theirs. What's wrong goes to `check`; the result counts
 * only where what is meant is clear all the same.
 */
export function objectOf(check: Checker, item: Fields): KubernetesObject | undefined {
  const apiVersion = check.requiredText(item.apiVersion, "apiVersion", "write e.g. apps/v1");
  if (apiVersion !== undefined && !/^(?:[-a-z0-9.]+\/)?[a-z0-9]+$/.test(apiVersion)) {
    check.report("apiVersion", `is ${check.show(apiVersion, "apiVersion")}; write [group/]version`);
  }
  const kind = check.requiredText(item.kind, "kind", "write e.g. Deployment");
  if (kind !== undefined && !/^[A-Za-z][A-Za-z0-9]*$/.test(kind)) {
    check.report("kind", `is ${check.show(kind, "kind")}; a kind is one word`);
  }
  if (!isSet(item.metadata)) check.report("metadata", "is missing; give at least a name");
  const metadata = check.fields(item.metadata, "metadata");
  if (!metadata) return undefined;
  checkTextMetadata(check, metadata, "metadata");
  const namespace = namespaceOf(check, metadata, kind);
  const name = check.text(metadata.name, "metadata.name") || generated(check, metadata);
  if (apiVersion === undefined || kind === undefined || name === undefined) return undefined;
  const { namespace: _, ...rest } = metadata;
  const named: ObjectMeta = { ...rest, name, ...(namespace === undefined ? {} : { namespace }) };
  const object: KubernetesObject = { ...item, apiVersion, kind, metadata: named };
  checkName(check, object);
  return object;
}

function namespaceOf(check: Checker, metadata: Fields, kind?: string): string | undefined {
  const field = "metadata.namespace";
  const namespace = check.text(metadata.namespace ?? "", field);
  if (namespace === undefined) return undefined;
  if (namespace !== "" && !isDnsLabel(namespace)) {
    check.report(field, notDns(check, namespace, field, "-, 63"));
  }
  return kind !== undefined && isClusterScoped(kind) ? undefined : namespace || "default";
}

/** A name as the API server would make it, but for its five characters by chance. */
function generated(check: Checker, metadata: Fields): string | undefined {
  const prefix = check.text(metadata.generateName, "metadata.generateName");
  if (prefix) return `${prefix}0`;
  if (!isSet(metadata.name) || metadata.name === "") {
    check.report("metadata.name", "is missing; give the object a name");
  }
  return undefined;
}

/** An object that takes its name from `generateName`. */
export function isGenerated(item: Fields): boolean {
  return !(item.metadata as Fields).name;
}

function checkName(check: Checker, object: KubernetesObject): void {
  const { name } = object.metadata;
  const key = groupKind(object);
  const field = "metadata.name";
  if (
    key.startsWith("rbac.authorization.k8s.io/") ||
    key === "certificates.k8s.io/CertificateSigningRequest"
  ) {
    if (isPathSegment(name)) return;
    check.report(field, `is ${check.show(name, field)}; it may have neither / nor %`);
  } else if (key === "Namespace" || key === "Service") {
    if (!isDnsLabel(name)) check.report(field, notDns(check, name, field, "-, 63"));
  } else if (!isDnsSubdomain(name)) {
    check.report(field, notDns(check, name, field, "- and ., 253"));
  }
}

function notDns(check: Checker, name: string, field: string, rest: string): string {
  return `is ${check.show(name, field)}; write lower-case letters, digits, ${rest} characters at most`;
}
