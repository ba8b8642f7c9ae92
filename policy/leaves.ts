/** The texts in a resource's inputs. */
import { UNKNOWN } from "./plain.ts";

export interface Leaf {
  /** Keys and numbers on the way to it. */
  path: string[];
  /** The path as messages write it: `spec.template.spec.containers[0].env[1].value`. */
  place: string;
  /** What it's called: its key; of an item `{name, value}`, as variables are written, the name. */
  name: string;
  text: string;
}

/** All texts, the deepest included; what isn't known yet isn't one. */
export function leavesOf(node: unknown, path: string[] = [], name = ""): Leaf[] {
  if (typeof node === "string") {
    return node === UNKNOWN ? [] : [{ path, place: placeOf(path), name, text: node }];
  }
  if (node === null || typeof node !== "object") return [];
  return Object.entries(node).flatMap(([key, item]) =>
    leavesOf(item, [...path, key], nameOf(node, key, name)),
  );
}

function nameOf(parent: object, key: string, name: string): string {
  // An item of a list is called as the list is.
  if (Array.isArray(parent)) return name;
  const { name: given } = parent as { name?: unknown };
  return key === "value" && typeof given === "string" ? given : key;
}

function placeOf(path: string[]): string {
  return path
    .map((key, i) => (/^\d+$/.test(key) ? `[${key}]` : i === 0 ? key : `.${key}`))
    .join("");
}
