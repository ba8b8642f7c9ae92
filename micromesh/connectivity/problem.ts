import type { KubernetesObject } from "../resources/declared.ts";

/** A mistake in a policy that its API server would reject: what, where, how to mend. */
export interface Problem {
  kind: string;
  namespace?: string;
  name: string;
  /** The place in the object, e.g. `spec.ingress[0].ports[0].endPort`. */
  field: string;
  /** What's wrong there and how to mend it. */
  text: string;
  /** What is meant is clear all the same, so the policy isn't left out. */
  clear?: true;
}

/** `NetworkPolicy d-redis/isolate: spec.policyTypes[0] is "ingress"; write Ingress or Egress`. */
export function problemLine(problem: Problem): string {
  const name = problem.namespace ? `${problem.namespace}/${problem.name}` : problem.name;
  return `${problem.kind} ${name}: ${problem.field} ${problem.text}`;
}

export type Fields = Record<string, unknown>;

/**
 * Reads one object of unknown shape, and collects what's wrong with it. Readers never throw: a value
 * of the wrong type is reported, and read as absent.
 */
export class Checker {
  readonly problems: Problem[] = [];
  readonly #object: KubernetesObject;

  constructor(object: KubernetesObject) {
    this.#object = object;
  }

  report(field: string, text: string): void {
    const { kind, metadata } = this.#object;
    this.problems.push({ kind, namespace: metadata.namespace, name: metadata.name, field, text });
  }

  /** Something that the API server rejects, but that leaves clear what is meant. */
  reportClear(field: string, text: string): void {
    this.report(field, text);
    const last = this.problems.at(-1);
    if (last) last.clear = true;
  }

  /** A list, empty where absent. */
  list(value: unknown, field: string): unknown[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value;
    this.report(field, `is ${show(value)}; it must be a list`);
    return [];
  }

  /** A list of strings, empty where absent; an empty string in it is reported. */
  strings(value: unknown, field: string): string[] {
    return this.list(value, field).filter((item, i): item is string => {
      const good = typeof item === "string" && item !== "";
      if (!good) this.report(`${field}[${i}]`, `is ${show(item)}; it must be text, not empty`);
      return good;
    });
  }

  /** An object, undefined where absent. */
  fields(value: unknown, field: string): Fields | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value === "object" && !Array.isArray(value)) return value as Fields;
    this.report(field, `is ${show(value)}; it must be an object`);
    return undefined;
  }

  /** The objects of a list, each with its place. */
  *each(value: unknown, field: string): Generator<[item: Fields, field: string]> {
    for (const [i, item] of this.list(value, field).entries()) {
      const place = `${field}[${i}]`;
      const fields = this.fields(item, place);
      if (fields) yield [fields, place];
      else if (item === undefined || item === null) this.report(place, "is empty; remove the item");
    }
  }

  /** Text, or nothing. */
  text(value: unknown, field: string): void {
    if (value === undefined || value === null || typeof value === "string") return;
    this.report(field, `is ${show(value)}; it must be text`);
  }

  oneOf(value: unknown, allowed: readonly unknown[], field: string): void {
    if (value === undefined || value === null || allowed.includes(value)) return;
    this.report(field, `is ${show(value)}; write one of ${allowed.join(", ")}`);
  }
}

/** A value as a message shows it. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
