/** What the data of a document is: Kubernetes objects, or plainly something else. */
import { type Fields, isSet } from "../checker.ts";

/** An object to be within a document, or why there's none. */
export type Item = ({ fields: Fields } | { problem: string }) & {
  /** Where in the document: `items[3]`, or empty for all of it. */
  place: string;
};

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The objects within a document: of `kind: List`, and of any `FooList` with items, each item, and theirs
 * in turn. Items of a `FooList` may leave out apiVersion and kind: they are the list's version, and `Foo`.
 */
export function* itemsOf(value: unknown, place = ""): Generator<Item> {
  const kind = isFields(value) && typeof value.kind === "string" ? value.kind : "";
  if (!isFields(value)) {
    yield { place, problem: "is no object; remove the item" };
    return;
  }
  if (!isList(kind, value)) {
    yield { place, fields: value };
    return;
  }
  const within = (name: string) => `${place === "" ? "" : `${place}.`}${name}`;
  const items = value.items ?? [];
  if (!Array.isArray(items)) {
    yield { place: within("items"), problem: "isn't a list; write the objects as its items" };
    return;
  }
  const defaults =
    kind === "List" ? {} : { apiVersion: value.apiVersion, kind: kind.slice(0, -"List".length) };
  for (const [i, item] of items.entries()) {
    yield* itemsOf(isFields(item) ? withDefaults(item, defaults) : item, within(`items[${i}]`));
  }
}

function isList(kind: string, value: Fields): boolean {
  return kind === "List" || (kind.endsWith("List") && Object.hasOwn(value, "items"));
}

function withDefaults(item: Fields, defaults: Fields): Fields {
  return isSet(item.apiVersion) && isSet(item.kind) ? item : { ...defaults, ...withoutNulls(item) };
}

/** An `apiVersion: null` counts as left out. */
function withoutNulls(item: Fields): Fields {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => isSet(value)));
}

/** Groups of files that configure programs: they look like objects, and no API server knows them. */
const CONFIGURATION =
  /^(?:[a-z.]*config\.k8s\.io|kubeadm\.k8s\.io|kind\.x-k8s\.io|k3d\.io|skaffold)\//;

/**
 * What a document is that is no manifest, in words that read on after the file's name; undefined where it
 * is one, or means to be.
 */
export function otherThanManifest(value: unknown, file: string): string | undefined {
  const name = file.slice(file.lastIndexOf("/") + 1);
  const passed = "passed over";
  if (!isFields(value)) return `holds no Kubernetes object; ${passed}`;
  const { apiVersion, kind } = value;
  if (
    /^kustomization\.ya?ml$/.test(name) ||
    String(apiVersion).startsWith("kustomize.config.k8s.io/")
  ) {
    return `is for Kustomize, whose changes aren't made here; ${passed}: to have them, give what kubectl kustomize prints`;
  }
  const isChart = !isSet(kind) && isSet(value.name) && isSet(value.version);
  if (isChart && isSet(apiVersion)) {
    return `is a Helm chart's; ${passed}: to have the chart, give what helm template prints`;
  }
  if (!isSet(apiVersion) && !isSet(kind)) {
    const looksLikeOne = isFields(value.metadata) && (isSet(value.spec) || isSet(value.data));
    return looksLikeOne ? undefined : `has neither apiVersion nor kind; ${passed}`;
  }
  const isKubeconfig = apiVersion === "v1" && kind === "Config";
  if (isKubeconfig || CONFIGURATION.test(String(apiVersion))) {
    return `configures a program and is no object of a cluster; ${passed}`;
  }
  return undefined;
}

/** A line of a Helm chart's template: `{{ ... }}` where YAML would have a key, a value or an item. */
const TEMPLATE_LINE = /^[ \t]*(?:- +)*(?:[\w./-]+:[ \t]+)?\{\{/m;

/** Whether text that isn't YAML up to `offset`, or near it, is a template that nobody has rendered. */
export function isTemplate(text: string, offset: number): boolean {
  const end = text.indexOf("\n", offset);
  return TEMPLATE_LINE.test(text.slice(0, end < 0 ? text.length : end));
}

export const TEMPLATE_NOTE =
  "is a Helm template; passed over: to have its objects, give what helm template prints";

/** Whether a template's quotes made it valid YAML, though its object has no name yet: `"{{ .Values.name }}"`. */
export function isUnrendered({ kind, metadata }: Fields): boolean {
  const { name, namespace } = isFields(metadata) ? metadata : {};
  return [kind, name, namespace].some((text) => typeof text === "string" && text.includes("{{"));
}
